// One schedule: when, of what, where to, and its runs with how far each delivery is.

import { getJson, send } from "../../../lib/api.js";
import { h, html, useState } from "../../../lib/html.js";
import { count } from "../../../lib/format.js";
import { useResource } from "../../../lib/resource.js";
import { visible } from "../../../lib/safe-text.js";
import { Empty, Icon, Name, Trouble, toast } from "../../../ui/parts.js";
import { Side } from "../../../ui/side.js";
import { formatText } from "../list.js";
import { QueryText } from "../parts.js";
import { exactTime, orderText } from "../words.js";
import { More, Next } from "./acts.js";
import * as model from "./model.js";
import { Mark } from "./parts.js";
import { COVERS, DELIVERIES, RUNS, minute, rangeOfRun, scheduleOf, whenText } from "./words.js";

const REASONS = { due: "", late: "makes up for what was missed", asked: "asked for" };
const TARGETS = { email: "E-mail", store: "Store" };

function Delivery({ name, one }) {
  if (!one) return null;
  const next = one.next_attempt_at && html`, again ${minute(one.next_attempt_at)}`;
  return html`<p>${TARGETS[name]}: ${h(Mark, { known: DELIVERIES[one.status] })}
    <span class=${one.status === "delivered" ? "quiet" : "why"}><bdi>${visible(one.detail)}</bdi>${next}</span></p>`;
}

function Run({ one, run, onAgain }) {
  const hasFailed = ["email", "store"].some((target) => run[target]?.status === "failed");
  const [isBusy, setBusy] = useState(false);
  const again = async () => {
    setBusy(true);
    try {
      await send("POST", `/v1/export-schedules/${one.id}/deliver`, { body: { run: run.number } });
      toast(`Run ${run.number} is delivered again`);
    } catch (error) {
      toast(error.message);
    }
    setBusy(false);
    onAgain();
  };
  return html`<li><p><a href=${`/exports/${run.export_id}`}>Run ${run.number}</a>
      ${" "}${h(Mark, { known: RUNS[run.status] })}
      <br /><span class="quiet">${rangeOfRun(run)}${REASONS[run.why] && ` · ${REASONS[run.why]}`}</span></p>
    ${run.error && html`<p class="why">${visible(run.error.message)}</p>`}
    ${h(Delivery, { name: "email", one: run.email })}${h(Delivery, { name: "store", one: run.store })}
    ${
      hasFailed &&
      html`<button type="button" class="button small" disabled=${isBusy} onClick=${again}
        aria-label=${`Deliver run ${run.number} again`}>${h(Icon, { name: "reset" })}Deliver again</button>`
    }</li>`;
}

function Runs({ one }) {
  const path = `/v1/export-schedules/${one.id}/runs`;
  const { last_run: last } = one;
  const found = useResource((stop) => getJson(path, {}, stop), [one.runs, JSON.stringify(last)]);
  const { data, error } = found;
  const onAgain = () => {
    found.retry();
    model.soon();
  };
  return html`<section aria-label="Runs"><header><h3>Runs</h3>
      <span class="quiet">${one.runs > 0 && count(one.runs, "run")}</span></header>
    ${error.value && h(Trouble, { error: error.value, retry: () => found.retry() })}
    ${
      data.value?.runs.length === 0
        ? html`<p class="quiet">It has not run yet.</p>`
        : html`<ol class="runs">${data.value?.runs.map((run) => h(Run, { key: run.number, one, run, onAgain }))}</ol>`
    }</section>`;
}

function Facts({ one }) {
  const covers = COVERS.find(([word]) => word === one.covers)?.[1] ?? one.covers;
  return html`<section aria-label="What it is">
    <header><h3>What it is</h3><span class="grow"></span>
      <a class="button small" href=${`${scheduleOf(one.id)}&edit=1`}>${h(Icon, { name: "edit" })}Edit</a></header>
    <dl class="facts">
      <dt>When</dt><dd>${visible(whenText(one))}</dd>
      <dt>Next run</dt><dd>${one.next_run_at ? exactTime(one.next_run_at) : "paused"}</dd>
      <dt>Each run has</dt><dd>${covers}; the next one from ${exactTime(one.covered_until)} on</dd>
      <dt>Query</dt><dd>${h(QueryText, { q: one.query })}</dd>
      <dt>Format</dt><dd>${formatText(one)}, ${orderText(one)}</dd>
      <dt>Files are kept</dt><dd>${count(one.keep_days, "day")}</dd>
      ${
        one.email &&
        html`<dt>E-mail to</dt><dd>${one.email.to.map((to, at) => html`${at > 0 && ", "}<bdi>${visible(to)}</bdi>`)}
          <br /><span class="quiet">${one.email.attach ? "with the file" : "with a link"}</span></dd>`
      }
      ${
        one.store &&
        html`<dt>Store</dt><dd>${visible(one.store.kind)}: <bdi>${visible(
          one.store.settings.bucket ?? one.store.settings.container ?? "",
        )}</bdi><br /><code>${visible(one.store.key)}</code></dd>`
      }
      <dt>With the rights of</dt><dd>${h(Name, { text: one.owner.name })}</dd>
      <dt>Made by</dt><dd>${h(Name, { text: one.created_by.name })}, ${exactTime(one.created_at)}</dd>
      <dt>Id</dt><dd><code>${one.id}</code></dd></dl></section>`;
}

export function Detail({ id, onClose }) {
  const one = model.find(id);
  if (!one) {
    return h(
      Side,
      { title: "Schedule", onClose },
      h(Empty, { title: "There is no such schedule." }, html`<p>It may have been deleted.</p>`),
    );
  }
  return h(
    Side,
    { title: visible(one.name), onClose, tools: h(More, { one }) },
    html`<section class="export-now" aria-label="State"><div>${
      one.status === "paused" ? h(Mark, { known: ["pause", "Paused", "cancelled"] }) : html`<span>Active</span>`
    }${one.error && html`<span class="why">${visible(one.error.message)}</span>`}</div>
      ${h(Next, { one, small: false })}</section>
      ${h(Facts, { one })}${h(Runs, { one })}`,
  );
}
