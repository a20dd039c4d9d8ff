// Lists that the service gives page by page: shown as far as they were asked for.

import { getJson } from "../../lib/api.js";
import { html } from "../../lib/html.js";
import { count } from "../../lib/format.js";

const PAGE = 200;

/** The first `pages` pages of a list, and whether there are more. */
export async function loadPages(path, name, parameters, pages, stop) {
  const rows = [];
  let cursor = null;
  for (let page = 0; page < pages; page++) {
    const found = await getJson(path, { ...parameters, limit: PAGE, cursor }, stop);
    rows.push(...found[name]);
    cursor = found.next_cursor;
    if (!cursor) break;
  }
  return { rows, isMore: Boolean(cursor) };
}

/** Says that a list goes on, and goes on. */
export function More({ rows, isMore, onMore, what }) {
  return isMore
    ? html`<p class="more"><span class="quiet">${count(rows.length, what)} shown</span>
      <button type="button" class="button small" onClick=${onMore}>Show more</button></p>`
    : null;
}
