// Who is looking and what they may in the present organization: what depends on it asks here.

import { getJson, request } from "./api.js";
import { computed, effect } from "./html.js";
import { Resource } from "./resource.js";
import { organization, organizations, takeOrganizations } from "./session.js";

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

export async function reloadBoot() {
  if (await boot.load(ask)) takeOrganizations(boot.data.value);
  // What is shown without knowing says by itself what it may not.
  else organizations.value ??= [];
}

/** Loads who is looking, and what they may whenever they look at another organization. */
export function loadSession() {
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

/** Ends the session, here and on the service. */
export async function signOut() {
  await request("/v1/session", { method: "DELETE" });
  location.assign("/sign-in");
}
