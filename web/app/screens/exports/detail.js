// One export: how far it is, its file, what it is of, and who took it.

import { address, getJson } from "../../lib/api.js";
import { h, html, useEffect } from "../../lib/html.js";
import { isActive, known } from "../../lib/export-watch.js";
import { about, bytes, count, number } from "../../lib/format.js";
import { useResource } from "../../lib/resource.js";
import { go } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { may, organization } from "../../lib/session.js";
import { copy } from "../../ui/hand-over.js";
import { Empty, IconButton, Name, Trouble } from "../../ui/parts.js";
import { Side } from "../../ui/side.js";
import * as model from "./model.js";
import { More, Next, QueryText, State } from "./parts.js";
import { formatText } from "./list.js";
import {
  downloadsQuery,
  eventsOf,
  exactTime,
  manifestOf,
  orderText,
  rangeText,
  recordedOf,
  searchOf,
} from "./words.js";

/** What the service needs to record a download that has begun. */
const RECORDED_MS = 1000;

/** How often the file was taken, with the events that say so. */
function Downloads({ one }) {
  const q = downloadsQuery(one);
  const found = useResource((stop) => getJson("/v1/count", { org: one.org, q }, stop), [q]);
  useEffect(() => {
    const again = ({ target }) =>
      target instanceof Element && target.closest("a[download]") && setTimeout(() => found.retry(), RECORDED_MS);
    document.addEventListener("click", again);
    return () => document.removeEventListener("click", again);
  }, []);
  const { data } = found;
  if (!data.value) return html`<span class="quiet">…</span>`;
  const times = data.value.count;
  if (!times) return html`<span class="quiet">never</span>`;
  return html`<a href=${recordedOf(one, q)}>${times === 1 ? "once" : `${about(times, data.value.exact)} times`}</a>`;
}

function File({ one }) {
  if (one.status !== "completed") return null;
  return html`<section aria-label="File">
    <header><h3>File</h3></header>
    <dl class="facts">
      <dt>Name</dt><dd>${visible(one.file_name)}</dd>
      <dt>Size</dt><dd title=${`${number(one.bytes)} bytes`}>${bytes(one.bytes)}</dd>
      <dt>SHA-256</dt><dd class="hash"><code>${one.sha256}</code>${h(IconButton, {
        icon: "copy",
        label: "Copy SHA-256",
        small: true,
        onClick: () => copy(one.sha256, "SHA-256 copied"),
      })}</dd>
      <dt>Manifest</dt><dd><a href=${manifestOf(one)} download="">${visible(one.file_name)}.export.json</a></dd>
      <dt>Kept until</dt><dd>${exactTime(one.expires_at)}</dd>
      ${may("audit_logs.read") && html`<dt>Downloaded</dt><dd>${h(Downloads, { one })}</dd>`}
    </dl></section>`;
}

function Of({ one }) {
  const rows = one.status === "running" ? `${number(one.rows)} so far` : number(one.rows);
  const isCounted = ["running", "completed", "expired"].includes(one.status);
  return html`<section aria-label="What it is of">
    <header><h3>What it is of</h3></header>
    <dl class="facts">
      <dt>Query</dt><dd><a href=${searchOf(one)}>${h(QueryText, { q: one.query })}</a></dd>
      <dt>Range</dt><dd>${rangeText(one)}</dd>
      <dt>Rows</dt><dd>${isCounted ? html`<a href=${eventsOf(one)}>${rows}</a>` : "—"}</dd>
      <dt>As of</dt><dd>${count(one.log_size, "event")} in the log</dd>
      <dt>Format</dt><dd>${formatText(one)}, ${orderText(one)}</dd>
      <dt>Time zone</dt><dd>${visible(one.time_zone ?? "UTC")}</dd>
      ${
        one.columns &&
        html`<dt>Columns</dt><dd><details><summary>${count(one.columns.length, "column")}</summary>
          ${one.columns.map((name, at) => html`${at > 0 && ", "}<code>${visible(name)}</code>`)}</details></dd>
          <dt>Formulas</dt><dd>${one.formula_guard ? "made harmless with a '" : "as they are"}</dd>`
      }
    </dl></section>`;
}

function When({ one }) {
  const time = (label, text) => text && html`<dt>${label}</dt><dd>${exactTime(text)}</dd>`;
  return html`<section aria-label="When and by whom">
    <header><h3>When and by whom</h3></header>
    <dl class="facts">
      <dt>Asked by</dt><dd>${h(Name, { text: one.created_by.name })}</dd>
      ${time("Asked", one.created_at)}${time("Begun", one.started_at)}
      ${time(isActive(one) ? "" : "Ended", one.finished_at)}
      ${
        one.schedule &&
        html`<dt>Schedule</dt>
        <dd><a href=${`/exports?tab=schedules&open=${one.schedule.id}`}>run ${number(one.schedule.run)}</a></dd>`
      }
      ${one.attempt > 1 && html`<dt>Attempt</dt><dd>${number(one.attempt)}</dd>`}
      <dt>Id</dt><dd><code>${one.id}</code></dd>
      ${
        may("audit_logs.read") &&
        html`<dt>Recorded</dt><dd><a href=${recordedOf(one)}>everything done with it</a></dd>`
      }
    </dl></section>`;
}

export function Detail({ id, onClose }) {
  const found = useResource((stop) => model.find(id, stop), [id]);
  const one = known.value.get(id);
  const error = found.error.value;
  useEffect(() => {
    // A link to one of another organization: nothing of one stands under the name of another.
    if (one && one.org !== organization.peek()) go(address(`/exports/${id}`, { org: one.org }), { replace: true });
  }, [one?.org]);
  if (!one && error) {
    return h(
      Side,
      { title: "Export", onClose },
      error.status === 404 || error.status === 400
        ? h(
            Empty,
            { title: "There is no such export." },
            html`<p>It may have been deleted, or belong to another organization.</p>`,
          )
        : html`<section>${h(Trouble, { error, retry: () => found.retry() })}</section>`,
    );
  }
  if (!one) return h(Side, { title: "Export", onClose });
  return h(
    Side,
    { title: visible(one.name), onClose, tools: h(More, { one }) },
    html`<section class="export-now" aria-label="State">
        ${h(State, { one })}${h(Next, { one, small: false })}</section>
      ${h(File, { key: `file ${one.attempt}`, one })}${h(Of, { one })}${h(When, { one })}`,
  );
}
