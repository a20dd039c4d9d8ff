// At which organization somebody looks, and how they like to see it.

import { batch, computed, signal } from "./html.js";
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

/** What the service said: where one may look, and one's own zone. */
export function takeOrganizations({ organizations: all, organization: one, user, time_zone: own }) {
  batch(() => {
    first.value = one?.id ?? null;
    organizations.value = all;
    if (user && zoneChosen.peek() === null && own !== "UTC" && isZone(own)) zoneChosen.value = own;
  });
  // The next visit need not wait for the list.
  if (chosen.peek() === null && organization.peek()) remember("org", organization.peek());
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
