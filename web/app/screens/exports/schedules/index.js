// The tab with schedules: when each is due next, and what became of its last run.

import { h, html, useEffect } from "../../../lib/html.js";
import { count } from "../../../lib/format.js";
import { route } from "../../../lib/route.js";
import { visible } from "../../../lib/safe-text.js";
import { zone } from "../../../lib/session.js";
import { zoneLabel } from "../../../lib/time.js";
import { Empty, Icon, Name, Trouble } from "../../../ui/parts.js";
import { QueryText } from "../parts.js";
import { Asked, More, Next } from "./acts.js";
import { Detail } from "./detail.js";
import { EditSchedule, NewSchedule } from "./form.js";
import * as model from "./model.js";
import { Mark } from "./parts.js";
import { NEW, RUNS, minute, scheduleOf, whenText } from "./words.js";

const NEW_ADDRESS = scheduleOf(NEW);

function LastRun({ one }) {
  const run = one.last_run;
  if (!run) return html`<span class="quiet">${one.asked_at ? "begins now" : "not yet"}</span>`;
  const failed = ["email", "store"].filter((target) => run[target]?.status === "failed");
  const why = run.error?.message ?? (failed.length ? `Not delivered: ${failed.join(", ")}` : null);
  return html`<div>${h(Mark, { known: RUNS[run.status] })}
    ${why && html`<span class="why">${visible(why)}</span>`}
    <br /><a class="quiet" href=${`/exports/${run.export_id}`}>${minute(run.started_at)}</a></div>`;
}

function Due({ one }) {
  if (one.status === "paused") {
    return html`<div><span class="state cancelled">${h(Icon, { name: "pause" })}Paused</span>
      ${one.error && html`<span class="why">${visible(one.error.message)}</span>`}</div>`;
  }
  return html`<div>${one.next_run_at ? minute(one.next_run_at) : html`<span class="quiet">never</span>`}
    ${one.error && html`<span class="why">Waits: ${visible(one.error.message)}</span>`}</div>`;
}

const goesTo = (one) =>
  ["History", one.email && count(one.email.to.length, "e-mail recipient"), one.store && one.store.kind]
    .filter(Boolean)
    .join(", ");

function Row({ one, isOpen }) {
  return html`<tr class=${isOpen ? "on" : ""}><th scope="row" data-is="">
      <a href=${scheduleOf(one.id)} aria-current=${isOpen ? "true" : undefined}>${h(Name, { text: one.name })}</a>
      <br /><span class="quiet">${h(Name, { text: one.owner.name })}</span></th>
    <td data-is="Query" class="of">${h(QueryText, { q: one.query })}</td>
    <td data-is="When"><div>${visible(whenText(one))}<br /><span class="quiet">${visible(goesTo(one))}</span></div></td>
    <td data-is="Next run">${h(Due, { one })}</td>
    <td data-is="Last run">${h(LastRun, { one })}</td>
    <td class="acts"><div class="act-line">${h(Next, { one })}${h(More, { one })}</div></td></tr>`;
}

function Nothing() {
  return h(
    Empty,
    { title: "No schedule yet." },
    html`<p>An export every day, week or month, of what came since the one before: in the history, by e-mail, or in a
      store.</p>
      <div class="empty-actions">
        <a class="button primary" href=${NEW_ADDRESS}>${h(Icon, { name: "plus" })}New schedule</a></div>`,
  );
}

export function List({ open }) {
  useEffect(() => {
    document.title = "Schedules · Exports · Tallystick";
    return model.follow();
  }, []);
  const { data, error } = model.list;
  const rows = data.value?.schedules ?? [];
  return html`${error.value && h(Trouble, { error: error.value, retry: model.reload })}
    ${
      data.value &&
      (rows.length
        ? html`<section class="panel exports" aria-labelledby="schedules-title">
          <header><h2 id="schedules-title">Schedules</h2></header>
          <table class="sheet stack"><thead><tr><th scope="col">Name</th><th scope="col" class="of">Query</th>
            <th scope="col">When</th><th scope="col">Next run (${zoneLabel(zone.value)})</th>
            <th scope="col">Last run</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
            <tbody>${rows.map((one) => h(Row, { key: one.id, one, isOpen: one.id === open }))}</tbody>
          </table></section>`
        : h(Nothing, {}))
    }
    ${h(Asked, {})}`;
}

/** What stands beside the list: the form, or one of them. */
export function Beside({ onClose }) {
  const params = new URLSearchParams(route.value.search);
  const open = params.get("open");
  if (!open || !model.list.data.value) return null;
  if (open === NEW) return h(NewSchedule, { key: route.value.search, onClose });
  const isEdited = params.has("edit");
  return h(isEdited ? EditSchedule : Detail, { key: `${open} ${isEdited}`, id: open, onClose });
}
