// Who is looking, at which organization, what they may there, and how they like to see it.

import { getJson } from "./api.js";
import { batch, computed, effect, signal, untracked } from "./html.js";
import { Resource } from "./resource.js";
import { go, route } from "./route.js";
import { recall, remember, rememberPlain } from "./store.js";
import { isZone } from "./time.js";
import { format, parse } from "./url-state.js";

/** Organizations within reach, `{ id, name }`; null until they are known. */
export const organizations = signal(null);
/** The one that the service begins with: the first whose events may be read. */
const first = signal(null);
/** What is looked at where the address does not say: an organization, `*` for all of them; null: not chosen. */
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
  if ((named ?? chosen.value) === "*") return null;
  if (named) return named;
  if (organizations.value === null) return chosen.value;
  const all = organizations.value ?? [];
  if (all.some(({ id }) => id === chosen.value)) return chosen.value;
  return first.value;
});

/** Whether it is known at which organization to look: from the address, from the last visit, or from the service. */
export const isReady = computed(
  () => organizations.value !== null || chosen.value !== null || Boolean(inAddress.value.org),
);

/** The zone of all times on the page: of the address, else the one chosen, else UTC. */
export const zone = computed(() => {
  const own = zoneChosen.value;
  return inAddress.value.tz ?? (own && isZone(own) ? own : "UTC");
});

/** What the service said: where one may look, and one's own zone. */
function takeOrganizations({ organizations: all, organization: one, user, time_zone: own }) {
  batch(() => {
    first.value = one?.id ?? null;
    organizations.value = all;
    if (user && zoneChosen.peek() === null && own !== "UTC" && isZone(own)) zoneChosen.value = own;
  });
  // The next visit need not wait for the list.
  if (chosen.peek() === null && organization.peek()) remember("org", organization.peek());
}

/** What the service says of who is looking, in the present organization. */
export const boot = new Resource();

async function ask(stop) {
  const org = organization.peek();
  try {
    return await getJson("/v1/ui/boot", { org }, stop);
  } catch (error) {
    // What was chosen the last time may be out of reach today.
    if (!org || ![403, 404].includes(error.status)) throw error;
    return getJson("/v1/ui/boot", {}, stop);
  }
}

export const reloadBoot = () => boot.load(ask);

/** Loads who is looking, and what they may whenever they look at another organization. */
export function loadSession() {
  // Links that say nothing of an organization stay in the one that the address named; the next visit does not.
  effect(() => {
    const { org } = inAddress.value;
    if (org) chosen.value = org;
  });
  effect(() => {
    const { data, error } = boot;
    if (data.value) takeOrganizations(data.value);
    // What is shown without knowing says by itself what it may not.
    if (error.value) untracked(() => (organizations.value ??= []));
  });
  effect(() => {
    const org = organization.value;
    if (org === null || org !== boot.data.peek()?.organization?.id) reloadBoot();
  });
}

/** What the service said of the present organization; null until it has. */
export const present = computed(() => {
  const { data } = boot;
  const org = organization.value;
  return data.value && (org === null || data.value.organization?.id === org) ? data.value : null;
});

/** `{ id, name, email, operator }` of the person; null with an API key. */
export const person = computed(() => boot.data.value?.user ?? null);
export const permissions = computed(() => new Set(present.value?.permissions));
export const may = (word) => permissions.value.has(word);
/** Whether events may be exported here: those of one organization. */
export const mayExport = computed(() => organization.value !== null && may("audit_logs.export"));
/** Whether streams may be managed here: those of the organization, or those of all of them. */
export const mayStream = computed(() => may("streams.manage") || may("instance_streams.manage"));

/** Changes parameters of the present address. */
function adjust(change) {
  go(`${route.value.path}${format({ ...inAddress.peek(), ...change })}`, { replace: true });
}

export function chooseOrganization(id) {
  chosen.value = id ?? "*";
  remember("org", id);
  const isOfOne = /^\/(events|entities|exports|streams)\/./.test(route.value.path);
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
