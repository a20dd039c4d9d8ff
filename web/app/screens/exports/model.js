// The history of exports: as far as it was loaded, each as it was heard of last.

import { getJson } from "../../lib/api.js";
import { computed, signal } from "../../lib/html.js";
import { forget, known, take } from "../../lib/export-watch.js";
import { Resource } from "../../lib/resource.js";
import { organization } from "../../lib/session.js";

const PAGE = 50;

/** `{ ids, isMore }` of what was loaded. */
export const list = new Resource();
const pages = signal(1);
let ofOrganization = null;

async function load(stop) {
  const found = [];
  const before = [...known.peek().values()];
  let cursor = null;
  for (let page = 0; page < pages.peek(); page++) {
    const org = organization.peek();
    const answer = await getJson("/v1/exports", { org, limit: PAGE, cursor }, stop);
    found.push(...answer.exports);
    cursor = answer.next_cursor;
    if (!cursor) break;
  }
  return { found, before, isMore: Boolean(cursor) };
}

/** Takes a list, and forgets what is not in it any more. */
function takeList({ found, before, isMore }) {
  take(found);
  const listed = new Set(found.map(({ id }) => id));
  const oldest = isMore ? found.at(-1).created_at : "";
  for (const { id, org, created_at } of before) {
    if (org === ofOrganization && created_at > oldest && !listed.has(id)) forget(id);
  }
}

export function reload() {
  // What was listed of another organization is not this one's.
  if (ofOrganization !== organization.peek()) {
    list.clear();
    pages.value = 1;
    ofOrganization = organization.peek();
  }
  return list.load(load, takeList);
}

export function more() {
  pages.value++;
  return reload();
}

/** Those of the list, and those that were asked for since; the newest first. */
export const rows = computed(() => {
  const { data } = list;
  if (!data.value) return [];
  const oldest = data.value.isMore ? data.value.found.at(-1)?.created_at : "";
  const listed = new Set(data.value.found.map(({ id }) => id));
  return [...known.value.values()]
    .filter(({ id, org, created_at }) => org === organization.value && (listed.has(id) || created_at > oldest))
    .sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
});

/** An export by its id, loaded if it is not known. */
export async function find(id, stop) {
  const one = await getJson(`/v1/exports/${encodeURIComponent(id)}`, {}, stop);
  take([one]);
  return one;
}

export function remove(id) {
  forget(id);
  return reload();
}
