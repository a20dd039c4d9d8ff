// Who is looking and what they may in the present organization, for the screens that depend on it.

import { getJson } from "./api.js";
import { computed, effect } from "./html.js";
import { Resource } from "./resource.js";
import { isReady, organization } from "./session.js";

export const boot = new Resource();
export const reloadBoot = () => boot.load((stop) => getJson("/v1/ui/boot", { org: organization.peek() }, stop));

effect(() => {
  const isKnown = isReady.value;
  void organization.value;
  if (isKnown) reloadBoot();
});

/** What the service said of the present organization; null until it has. */
export const present = computed(() => {
  const { data } = boot;
  const org = organization.value;
  return data.value && (org === null || data.value.organization?.id === org) ? data.value : null;
});

/** `{ id, name, email, operator }` of the person; null with an API key. */
export const person = computed(() => present.value?.user ?? null);
export const permissions = computed(() => new Set(present.value?.permissions));
export const may = (word) => permissions.value.has(word);
