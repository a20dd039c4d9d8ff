// The history: what was exported, how far it is, and the file.

import { h, html } from "../../lib/html.js";
import { bytes, count, number } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import { present, zone } from "../../lib/session.js";
import { zoneLabel } from "../../lib/time.js";
import { Empty, Icon, Name, Trouble } from "../../ui/parts.js";
import * as model from "./model.js";
import { Asked, More, Next, QueryText, State } from "./parts.js";
import { FORMATS, eventsOf, exactTime, rangeText, searchOf } from "./words.js";

const hasRows = ({ status }) => ["running", "completed", "expired"].includes(status);

export const formatText = ({ format, compression }) =>
  `${FORMATS[format]?.[0] ?? format}${compression === "none" ? "" : `, ${compression}`}`;

function Row({ one, isOpen }) {
  return html`<tr class=${isOpen ? "on" : ""}><th scope="row" data-is="">
      <a href=${`/exports/${one.id}`} aria-current=${isOpen ? "true" : undefined}>${h(Name, { text: one.name })}</a>
      <br /><span class="quiet" title=${exactTime(one.created_at)}>${h(Name, { text: one.created_by.name })}</span></th>
    <td data-is="Query" class="of"><a href=${searchOf(one)} title=${visible(one.query)}>${
      h(QueryText, { q: one.query })
    }</a></td>
    <td data-is="Range" class="of">${rangeText(one)}</td>
    <td data-is="Rows" class="number">${
      hasRows(one)
        ? html`<a href=${eventsOf(one)}>${number(one.rows)}</a>`
        : html`<span class="quiet">—</span>`
    }</td>
    <td data-is="Status">${h(State, { one })}</td>
    <td data-is="File"><div>${formatText(one)}${
      one.status === "completed" && html`<br /><span class="quiet">${bytes(one.bytes)}</span>`
    }</div></td>
    <td class="acts"><div class="act-line">${h(Next, { one })}${h(More, { one })}</div></td></tr>`;
}

function Nothing() {
  return h(
    Empty,
    { title: "Nothing was exported yet." },
    html`<p>A file of events, however many: made in the background, kept for a while, checked by its SHA-256.</p>
      <div class="empty-actions">
        <a class="button primary" href="/exports/new">${h(Icon, { name: "plus" })}New export</a>
        <a class="button" href="/events">Choose events first</a></div>`,
  );
}

export function List({ open }) {
  const { data, error } = model.list;
  const rows = model.rows.value;
  const days = present.value?.limits.export_keep_days;
  return html`${error.value && h(Trouble, { error: error.value, retry: model.reload })}
    ${
      data.value &&
      (rows.length
        ? html`<section class="panel exports" aria-labelledby="history-title">
          <header><h2 id="history-title">History</h2>
            <span class="quiet">${days > 0 && `files are kept for ${count(days, "day")} unless asked otherwise`}</span>
            </header>
          <table class="sheet stack"><thead><tr><th scope="col">Name</th><th scope="col" class="of">Query</th>
            <th scope="col" class="of">Range (${zoneLabel(zone.value)})</th><th scope="col" class="number">Rows</th>
            <th scope="col">Status</th><th scope="col">File</th>
            <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
            <tbody>${rows.map((one) => h(Row, { key: one.id, one, isOpen: one.id === open }))}</tbody></table>
          ${
            data.value.isMore &&
            html`<p class="more"><span class="quiet">${count(rows.length, "export")} shown</span>
              <button type="button" class="button small" onClick=${model.more}>Show more</button></p>`
          }</section>`
        : h(Nothing, {}))
    }
    <p class="quiet">To prove events to somebody else, take an <a href="/docs#get_evidence"
      data-outside="true">evidence pack</a>: the events with all that proves them.</p>
    ${h(Asked, {})}`;
}
