// Who is looking, at which organization, and how they like to see it.

import { getJson, request } from "./api.js";
import { computed, effect, signal } from "./html.js";
import { go, route } from "./route.js";
import { recall, remember, rememberPlain } from "./store.js";
import { isZone } from "./time.js";
import { format, parse } from "./url-state.js";

/** What the page was served with. */
export const boot = JSON.parse(document.getElementById("boot").textContent);

/** Organizations within reach, `{ id, name }`; null until they are known. */
export const organizations = signal(null);
/** The one that the service begins with: the first whose events may be read. */
const first = signal(null);
/** Who is signed in, `{ id, name, email, operator }`; null with a key, and until it is known. */
export const person = signal(null);
/** The name of their role in the organization; null with a key. */
export const roleName = signal(null);
/** What they may in the organization, as words; null until it is known. */
export const permissions = signal(null);
const chosen = signal(recall("org"));
const zoneChosen = signal(recall("zone"));
export const theme = signal(document.documentElement.dataset.theme);
export const density = signal(document.documentElement.dataset.density);
/** Whether single keys do something (WCAG 2.1.4 wants a way to switch that off). */
export const singleKeys = signal(recall("singleKeys", true));

const inAddress = computed(() => parse(route.value.search));

/** The organization that is looked at: of the address, else the one chosen last; null: all that may be seen. */
export const organization = computed(() => {
  const named = inAddress.value.org;
  if (named) return named === "*" ? null : named;
  if (organizations.value === null) return chosen.value;
  const all = organizations.value ?? [];
  if (all.some(({ id }) => id === chosen.value)) return chosen.value;
  return first.value;
});

/** Whether it is known at which organization to look: from the last visit, or from the service. */
export const isReady = computed(() => organizations.value !== null || chosen.value !== null);

/** The zone of all times on the page: of the address, else the one chosen, else UTC. */
export const zone = computed(() => {
  const own = zoneChosen.value;
  return inAddress.value.tz ?? (own && isZone(own) ? own : "UTC");
});

/** Whether the caller may do something in the organization; true until it is known. */
export const may = (permission) => permissions.value?.has(permission) ?? true;

function take(answer) {
  first.value = answer.organization?.id ?? null;
  organizations.value = answer.organizations;
  person.value = answer.user;
  const own = zoneChosen.peek() === null && answer.user ? answer.time_zone : null;
  if (own && own !== "UTC" && isZone(own)) zoneChosen.value = own;
}

function takeRole(answer) {
  roleName.value = answer.role_name;
  permissions.value = new Set(answer.permissions);
}

/** Loads who is looking, what may be seen, and what they may do in the organization, whenever that is another. */
export async function loadSession() {
  let loaded = null;
  try {
    const answer = await getJson("/v1/ui/boot");
    take(answer);
    loaded = answer.organization?.id ?? null;
    if (organization.peek() === loaded) takeRole(answer);
    // The next visit need not wait for the list.
    if (chosen.peek() === null && organization.peek()) remember("org", organization.peek());
  } catch {
    organizations.value = [];
  }
  effect(() => {
    const org = organization.value;
    if (org === loaded && permissions.peek()) return;
    loaded = org;
    getJson("/v1/ui/boot", { org }).then(
      (answer) => org === organization.peek() && takeRole(answer),
      () => {},
    );
  });
}

/** Ends the session, here and on the service. */
export async function signOut() {
  await request("/v1/session", { method: "DELETE" });
  location.assign("/sign-in");
}

/** Changes parameters of the present address. */
function adjust(change) {
  go(`${route.value.path}${format({ ...inAddress.peek(), ...change })}`, { replace: true });
}

export function chooseOrganization(id) {
  chosen.value = id;
  remember("org", id);
  const isOfOne = /^\/(events|entities)\/./.test(route.value.path);
  if (isOfOne) go(route.value.path.split("/").slice(0, 2).join("/"));
  else adjust({ org: id === null ? "*" : null, event: null, compare: [] });
}

export function chooseZone(name) {
  zoneChosen.value = name;
  remember("zone", name);
  adjust({ tz: null });
}

export function chooseTheme(name) {
  theme.value = name;
  document.documentElement.dataset.theme = name;
  rememberPlain("theme", name);
}

export function chooseDensity(name) {
  density.value = name;
  document.documentElement.dataset.density = name;
  rememberPlain("density", name);
}

export function switchSingleKeys(isOn) {
  singleKeys.value = isOn;
  remember("singleKeys", isOn);
}
