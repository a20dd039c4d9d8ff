// The list of entities: those with most events first, or with most failures, found by a part of the name or id.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useState } from "../../lib/html.js";
import { about, count, number } from "../../lib/format.js";
import { useResource } from "../../lib/resource.js";
import { go, route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { organization } from "../../lib/session.js";
import { relative, parameters } from "../../lib/time-range.js";
import { Empty, Name, Trouble, entityAddress, entityOf } from "../../ui/parts.js";
import { explorer } from "../../lib/url-state.js";
import { quoted } from "../../lib/query-edit.js";

const SHOWN = 100;
const FAILURES_MAX = 1000;
const WAIT_MS = 200;
const RANGES = [
  ["24h", "24 hours"],
  ["7d", "7 days"],
  ["30d", "30 days"],
  ["90d", "90 days"],
  ["all", "all time"],
];

/** What the address says of the list. */
function stateOf(search) {
  const params = new URLSearchParams(search);
  const get = (name, among, otherwise) => (among.includes(params.get(name)) ? params.get(name) : otherwise);
  return {
    side: get("side", ["actor", "target"], "actor"),
    sort: get("sort", ["events", "failures", "name"], "events"),
    range: get(
      "range",
      RANGES.map(([name]) => name),
      "30d",
    ),
    contains: params.get("contains") ?? "",
    org: params.get("org"),
  };
}

function change(patch, options) {
  const next = { ...stateOf(route.peek().search), ...patch };
  const usual = { side: "actor", sort: "events", range: "30d", contains: "" };
  const params = new URLSearchParams(Object.entries(next).filter(([name, value]) => value && value !== usual[name]));
  go(`/entities${params.size ? `?${params}` : ""}`, options);
}

async function load({ side, range, contains }, stop) {
  const common = { org: organization.peek(), ...parameters(relative(range)), field: side };
  const failing = { ...common, q: "outcome:failure,denied", contains, limit: FAILURES_MAX };
  const [all, failed] = await Promise.all([
    getJson("/v1/facets", { ...common, contains, limit: SHOWN }, stop),
    getJson("/v1/facets", failing, stop),
  ]);
  const failures = new Map(failed.values.map(({ value, count: amount }) => [value, amount]));
  // Of those with failures some may be too quiet to be among the first.
  const known = new Set(all.values.map(({ value }) => value));
  const others = failed.values.filter(({ value }) => !known.has(value)).map((one) => ({ ...one, count: null }));
  const rows = [...all.values, ...others].map((one) => ({ ...one, failures: failures.get(one.value) ?? 0 }));
  return { rows, distinct: all.distinct, exact: all.exact };
}

const ORDERS = {
  events: (a, b) => (b.count ?? 0) - (a.count ?? 0),
  failures: (a, b) => b.failures - a.failures,
  name: (a, b) => a.label.localeCompare(b.label),
};

function Row({ side, row }) {
  const entity = entityOf(side, row.value);
  const failing = explorer(`${side}:${quoted(row.value)} outcome:failure,denied`);
  return html`<tr><th scope="row"><a href=${entityAddress(side, entity)}>${h(Name, { text: row.label })}</a></th>
    <td><code>${visible(side === "actor" ? row.value : entity.id)}</code></td>
    ${side === "target" && html`<td>${visible(entity.type)}</td>`}
    <td class="number">${row.count === null ? "…" : number(row.count)}</td>
    <td class="number">${
      row.failures
        ? html`<a class="failing"
      href=${failing}>${number(row.failures)}</a>`
        : html`<span class="quiet">0</span>`
    }</td></tr>`;
}

function Sheet({ side, sort, data, range }) {
  const rows = [...data.rows].sort(ORDERS[sort]).slice(0, SHOWN);
  if (!rows.length) return h(Empty, { title: "Nobody and nothing of that name." }, html`<p>Try a longer time.</p>`);
  const head = (name, label, kind) => html`<th scope="col" class=${kind}
    aria-sort=${sort === name ? (name === "name" ? "ascending" : "descending") : undefined}>
    <button type="button" class=${`link sorter${sort === name ? " on" : ""}`}
      onClick=${() => change({ sort: name }, { replace: true })}>${label}</button></th>`;
  const label = RANGES.find(([name]) => name === range)[1];
  return html`<div class="panel scroll"><table class="sheet">
    <thead><tr>${head("name", "Name")}<th scope="col">Id</th>${side === "target" && html`<th scope="col">Type</th>`}
      ${head("events", `Events, ${label}`, "number")}${head("failures", "Failed or denied", "number")}</tr></thead>
    <tbody>${rows.map((row) => h(Row, { key: row.value, side, row }))}</tbody></table></div>
    <p class="quiet">${number(rows.length)} of ${about(data.distinct, data.exact)} shown.</p>`;
}

export function EntityList() {
  const state = stateOf(route.value.search);
  const org = organization.value;
  const [text, setText] = useState(state.contains);
  const { side, sort, range, contains } = state;
  const entities = useResource((stop) => load({ side, range, contains }, stop), [side, range, contains, org]);
  useEffect(() => {
    if (text === contains) return undefined;
    const timer = setTimeout(() => change({ contains: text.trim() }, { replace: true }), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error, isLoading } = entities;
  const tab = (name, label) =>
    html`<button type="button" aria-pressed=${String(side === name)}
      onClick=${() => change({ side: name })}>${label}</button>`;
  return html`<div class="screen">
    <header><h1>Entities</h1>
      <div class="modes tabs" role="group"
        aria-label="Who or what">${tab("actor", "Actors")}${tab("target", "Targets")}</div>
      <span class="grow"></span>
      <input class="field" type="search" value=${text} aria-label="Part of a name or id"
        placeholder="Name, id or e-mail"
        onInput=${(event) => setText(event.target.value)} />
      <select class="field" aria-label="Time" value=${range}
        onChange=${(event) => change({ range: event.target.value })}>
        ${RANGES.map(([name, label]) => html`<option value=${name}>Last ${label}</option>`)}</select>
    </header>
    ${error.value && h(Trouble, { error: error.value, retry: () => entities.retry() })}
    <div class=${isLoading.value && data.value ? "dimmed" : ""}>
      ${data.value && !error.value && h(Sheet, { side, sort, range, data: data.value })}</div>
    <p class="unseen" role="status">${data.value ? count(data.value.distinct, "entity", "entities") : ""}</p>
  </div>`;
}
