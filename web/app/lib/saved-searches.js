// Searches that are kept: one's own, and those that the organization shares.

import { getJson, send } from "./api.js";
import { Resource } from "./resource.js";
import { stateOf } from "./saved-view.js";
import { organization } from "./session.js";
import { explorer } from "./url-state.js";

/** Those of the present organization; each as the service gives it. */
export const saved = new Resource();
let loadedFor = null;

export async function loadSaved({ again = false } = {}) {
  const org = organization.peek();
  if (loadedFor === org && !again && saved.data.peek()) return;
  loadedFor = org;
  const ask = (stop) => getJson("/v1/searches", { org }, stop).then(({ searches }) => searches);
  await saved.load(org === null ? async () => [] : ask);
}

export const savedById = (id) => saved.data.value?.find((one) => one.id === id) ?? null;

export const savedAddress = (search) => {
  const { q, ...state } = stateOf(search);
  return explorer(q, state);
};

export const keep = (body) => send("POST", "/v1/searches", { parameters: { org: organization.peek() }, body });
export const change = (id, body) => send("PATCH", `/v1/searches/${id}`, { body });
export const forget = (id) => send("DELETE", `/v1/searches/${id}`);
