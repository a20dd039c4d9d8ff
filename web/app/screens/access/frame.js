// What the lists of this screen share: a panel with a heading and acts, a link to what was recorded, times, and
// pages as far as they were asked for.

import { getJson } from "../../lib/api.js";
import { h, html } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { may, zone } from "../../lib/session.js";
import { ago, fullTime, zoneLabel } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Icon } from "../../ui/parts.js";

/** Leads to the events of these actions, for whoever may read them. */
export function Recorded({ q, label = "Recorded acts" }) {
  if (!may("audit_logs.read")) return null;
  return html`<a class="button ghost small" href=${explorer(q)}>${h(Icon, { name: "timeline" })}${label}</a>`;
}

export function Panel({ id, title, note, q, children, acts }) {
  return html`<section class="panel" aria-labelledby=${`${id}-title`}>
    <header><h2 id=${`${id}-title`}>${title}</h2>${note && html`<span class="quiet wide-only">${note}</span>`}
      <span class="grow"></span>${q && h(Recorded, { q })}${acts}</header>
    ${children}</section>`;
}

/** What stands in an empty list: what the thing is for, and where it is described. */
export const None = ({ children, about }) =>
  html`<p class="body quiet">${children} <a href=${`/docs#${about}`} data-outside="true">How it works</a></p>`;

/** A button that opens a form. */
export const AddButton = ({ label, onClick }) =>
  html`<button type="button" class="button primary small" onClick=${onClick}>
    ${h(Icon, { name: "plus" })}${label}</button>`;

export const exactTime = (text) => `${fullTime(text, zone.value)} ${zoneLabel(zone.value)}`;

/** How long ago, with the exact time at hand. */
export function Ago({ time, never = "never" }) {
  if (!time) return html`<span class="quiet">${never}</span>`;
  return html`<time datetime=${time} title=${exactTime(time)}>${ago(Date.parse(time))}</time>`;
}

/** A day in the future or past, with the exact time at hand. */
export function Day({ time, never = "never" }) {
  if (!time) return html`<span class="quiet">${never}</span>`;
  return html`<time datetime=${time} title=${exactTime(time)}>${fullTime(time, zone.value).slice(0, 11)}</time>`;
}

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
