// The first page: what happened lately, what was refused, what is unlike before. Every number is a link to the search
// that made it.

import { getJson } from "../../lib/api.js";
import { bucketColors } from "../../lib/colors.js";
import { h, html, useEffect } from "../../lib/html.js";
import { about, number } from "../../lib/format.js";
import { quoted } from "../../lib/query-edit.js";
import { useResource } from "../../lib/resource.js";
import { go, route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { organization, zone } from "../../lib/session.js";
import { fixed, relative } from "../../lib/time-range.js";
import { axisTime, bucketTimes, isoOf, widthMs } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Trouble, entityAddress, entityOf } from "../../ui/parts.js";
import { integrity, verdictOf } from "../../shell/top-bar.js";
import { Checklist } from "./checklist.js";
import { unusual } from "./unusual.js";

const RANGES = [
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
];
/** The time that "unlike before" compares with, as so many ranges before. */
const BEFORE = 4;
const SIGN_IN = "action:user.sign_in_failed,user.login,user.signed_in,session.created outcome:failure,denied";
const SENSITIVE = [
  [
    "Roles and permissions",
    "action:user.role_assigned,user.role_removed,user.permission_granted,user.permission_revoked,role",
  ],
  ["API keys created", "action:api_key.created,api_key.rotated"],
  ["Secrets and fields revealed", "action:*.revealed,*.field_revealed,secret.viewed"],
  ["Exports and downloads", "action:*.exported,*.downloaded"],
  ["Deletions", "crud:delete"],
  ["Refused", "outcome:denied"],
];

/** A panel that loads by itself: one that fails leaves the others. */
function Panel({ title, href, load, watch, children, kind = "" }) {
  const resource = useResource(load, watch);
  const data = resource.data.value;
  return html`<section class=${`panel ${kind}`} aria-label=${title}>
    <header><h2>${href ? html`<a href=${href}>${title}</a>` : title}</h2></header>
    <div class="body">
      ${resource.error.value && h(Trouble, { error: resource.error.value, retry: () => resource.retry() })}
      ${data ? children(data) : html`<div class="panel-wait"></div>`}</div>
  </section>`;
}

/** Names with their numbers, and bars that compare them. */
function Ranking({ values, hrefOf, none }) {
  const most = Math.max(1, ...values.map(({ count }) => count));
  if (!values.length) return html`<p class="quiet">${none}</p>`;
  return html`<ol class="ranking">${values.map(
    (one) => html`<li><a href=${hrefOf(one)}><bdi>${visible(one.label)}</bdi>
    <span class="number">${number(one.count)}</span></a><span class="meter"
      style=${{ width: `${(100 * one.count) / most}%` }}></span></li>`,
  )}</ol>`;
}

function Chart({ data, range }) {
  const { buckets, series = [], interval } = data.now;
  const most = Math.max(1, ...buckets.map(({ count }) => count));
  const colors = bucketColors("outcome");
  const times = bucketTimes(buckets, interval);
  const width = 960 / Math.max(1, buckets.length);
  const bars = buckets.map((bucket, index) => {
    let top = 120;
    const parts = [...series].reverse().map((name) => {
      const height = ((bucket.by[name] ?? 0) / most) * 118;
      top -= height;
      return html`<rect x=${index * width + width * 0.1} width=${width * 0.8} y=${top} height=${height}
        style=${{ fill: colors(name) }} />`;
    });
    const title = `${axisTime(times[index].start, zone.value, "1h")}: ${number(bucket.count)} events`;
    return html`<a href=${explorer("", { range: fixed(isoOf(times[index].start), isoOf(times[index].end)) })}
      aria-label=${title} tabindex="-1">
      <rect class="hit-area" x=${index * width} width=${width} y="0"
        height="120"><title>${title}</title></rect>${parts}</a>`;
  });
  const shown = [0, 0.25, 0.5, 0.75, 1].map(
    (share) => times[Math.round(share * (times.length - 1))]?.start ?? Date.now(),
  );
  const label = `Events over time, ${RANGES.find(([name]) => name === range)[1].toLowerCase()}`;
  return html`<svg class="chart" viewBox="0 0 960 120" preserveAspectRatio="none" role="group"
    aria-label=${label}>${bars}</svg>
    <div class="axis"
      aria-hidden="true">${shown.map((ms) => html`<span>${axisTime(ms, zone.value, interval)}</span>`)}</div>`;
}

/** How a number compares with the one before. */
export function compared(now, before) {
  if (!before) return now ? "none in the time before" : "as in the time before";
  const change = Math.round((100 * (now - before)) / before);
  return change === 0
    ? "as in the time before"
    : `${change > 0 ? "+" : "−"}${number(Math.abs(change))} % on the time before`;
}

function Totals({ data, range }) {
  return html`<p class="total-line"><a href=${explorer("", { range: relative(range) })}><b
    class="big">${about(data.count.count, data.count.exact)}</b> events</a>
    <span class="quiet">${compared(data.count.count, data.previous.count)}</span></p>${h(Chart, { data, range })}`;
}

function Attention({ signIns, range }) {
  const verdict = verdictOf(integrity.value);
  const items = [];
  if (integrity.value && verdict.kind)
    items.push({ href: "/integrity", text: verdict.text, kind: verdict.kind === "broken" ? "failure" : "denied" });
  for (const { label, value, count } of signIns.values.filter(({ count: amount }) => amount >= 5).slice(0, 4)) {
    const href = explorer(`actor.id:${quoted(value)} ${SIGN_IN}`, { range: relative(range) });
    items.push({ href, text: html`${number(count)} failed sign-ins, <bdi>${visible(label)}</bdi>`, kind: "failure" });
  }
  if (!items.length) {
    const log = integrity.value ? "the log is intact, and n" : "n";
    return html`<p class="quiet">Nothing: ${log}obody failed to sign in five times or more.
      ${!integrity.value && "Whether the log is intact is not known here."}</p>`;
  }
  return html`<ul class="attention">${items.map(
    ({ href, text, kind }) => html`<li><span
    class=${`outcome ${kind}`}></span><a href=${href}>${text}</a></li>`,
  )}</ul>`;
}

function Sensitive({ data, range }) {
  return html`<ul class="plain">${SENSITIVE.map(
    ([name, q], index) => html`<li><a href=${explorer(q, { range: relative(range) })}>${name}</a>
    <span class="number">${data[index] ? about(data[index].count, data[index].exact) : "…"}</span></li>`,
  )}</ul>`;
}

function Unusual({ data, range }) {
  const found = unusual(data.now.values, data.before.values, BEFORE);
  const words = RANGES.find(([name]) => name === range)[1]
    .toLowerCase()
    .replace("last ", "");
  return html`${found.length === 0 && html`<p class="quiet">Nothing stands out.</p>`}
    <ul class="plain">${found.map(
      ({ value, count, ratio }) => html`<li><a
        href=${explorer(`action:${quoted(value)}`, { range: relative(range) })}><code>${visible(value)}</code></a>
      <span class="number">${number(count)} <span
        class="quiet">${ratio === null ? "first time" : `×${ratio.toFixed(ratio < 10 ? 1 : 0)}`}</span></span></li>`,
    )}</ul>
    <p class="quiet method">Actions with at least 5 events,
      at least 3 times their average over the ${BEFORE} × ${words} before.</p>`;
}

export function Screen() {
  const org = organization.value;
  const wanted = new URLSearchParams(route.value.search).get("range");
  const range = RANGES.some(([name]) => name === wanted) ? wanted : "24h";
  useEffect(() => {
    document.title = "Overview · Tallystick";
  }, []);
  const watch = [org, range];
  const now = Date.now();
  const width = widthMs(range);
  const from = isoOf(Math.floor((now - width) / 1000) * 1000);
  const earlier = (count) => isoOf(Math.floor((now - width * (count + 1)) / 1000) * 1000);
  const get = (path, parameters, stop) => getJson(path, { org, from, ...parameters }, stop);
  const all = async (stop) => {
    const [count, previous, bars] = await Promise.all([
      get("/v1/count", {}, stop),
      get("/v1/count", { from: earlier(1), to: from }, stop),
      get("/v1/histogram", { by: "outcome", buckets: 60, tz: zone.peek() }, stop),
    ]);
    return { count, previous, now: bars };
  };
  const top =
    (field, q, limit = 6) =>
    (stop) =>
      get("/v1/facets", { field, q, limit }, stop);
  const sensitive = (stop) => Promise.all(SENSITIVE.map(([, q]) => get("/v1/count", { q }, stop).catch(() => null)));
  const actions = async (stop) => {
    const [one, before] = await Promise.all([
      get("/v1/facets", { field: "action", limit: 1000 }, stop),
      get("/v1/facets", { field: "action", limit: 1000, from: earlier(BEFORE), to: from }, stop),
    ]);
    return { now: one, before };
  };
  const within = (q) => explorer(q, { range: relative(range) });
  const person = ({ value }) => entityAddress("actor", entityOf("actor", value));
  return html`<div class="screen overview">
    <header><h1>Overview</h1><span class="grow"></span>
      <select class="field" aria-label="Time" value=${range}
        onChange=${(event) => go(event.target.value === "24h" ? "/" : `/?range=${event.target.value}`)}>
        ${RANGES.map(([name, label]) => html`<option value=${name}>${label}</option>`)}</select></header>
    ${h(Checklist, { key: org })}
    ${h(Panel, { title: "Events over time, by outcome", href: within(""), load: all, watch, kind: "two" }, (data) =>
      h(Totals, { data, range }),
    )}
    ${h(Panel, { title: "Needs attention", load: top("actor", SIGN_IN), watch }, (data) =>
      h(Attention, { signIns: data, range }),
    )}
    ${h(
      Panel,
      { title: "Most active", href: `/entities?range=${range}`, load: top("actor", "actor.type:user"), watch },
      (data) => h(Ranking, { values: data.values, hrefOf: person, none: "Nobody did anything." }),
    )}
    ${h(
      Panel,
      {
        title: "Refused and failed",
        href: within("outcome:denied,failure"),
        load: top("action", "outcome:denied,failure"),
        watch,
      },
      (data) =>
        h(Ranking, {
          values: data.values,
          hrefOf: ({ value }) => within(`action:${quoted(value)} outcome:denied,failure`),
          none: "Nothing was refused, nothing failed.",
        }),
    )}
    ${h(Panel, { title: "Sensitive", load: sensitive, watch }, (data) => h(Sensitive, { data, range }))}
    ${h(Panel, { title: "Unlike before", load: actions, watch, kind: "two" }, (data) => h(Unusual, { data, range }))}
    ${h(Panel, { title: "From where", href: within(""), load: top("country", ""), watch }, (data) =>
      h(Ranking, { values: data.values, hrefOf: ({ value }) => within(`country:${value}`), none: "No event says." }),
    )}
  </div>`;
}
