// What is usual for an entity: where from, at which hours, what it does. Each is counted, nothing is judged.

import { getJson } from "../../lib/api.js";
import { h, html } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { quoted } from "../../lib/query-edit.js";
import { useResource } from "../../lib/resource.js";
import { organization, zone } from "../../lib/session.js";
import { visible } from "../../lib/safe-text.js";
import { relative } from "../../lib/time-range.js";
import { partsOf, zoneLabel } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Trouble } from "../../ui/parts.js";

const RANGE = "90d";
const HOURS_FROM = "now-20d";
const HOUR_BUCKETS = 490;

async function load(q, stop) {
  const org = organization.peek();
  const own = { org, q, from: `now-${RANGE}` };
  const facet = (field, limit) => getJson("/v1/facets", { ...own, field, limit }, stop);
  const [country, ip, action, hours] = await Promise.all([
    facet("country", 4),
    facet("ip", 3),
    facet("action", 5),
    getJson("/v1/histogram", { org, q, from: HOURS_FROM, buckets: HOUR_BUCKETS }, stop),
  ]);
  return { country, ip, action, hours };
}

/** Events of each hour of the day in a zone. */
function hoursOf({ buckets, interval }, tz) {
  const found = Array.from({ length: 24 }, () => 0);
  if (interval !== "1h") return found;
  for (const { start, count } of buckets) if (count) found[Number(partsOf(Date.parse(start), tz).hour)] += count;
  return found;
}

function Hours({ hours }) {
  const most = Math.max(1, ...hours);
  const busiest = hours.indexOf(Math.max(...hours));
  const bars = hours.map(
    (amount, hour) => html`<rect x=${hour * 8} width="6" y=${32 - (amount / most) * 30} height=${(amount / most) * 30}>
    <title>${`${String(hour).padStart(2, "0")}:00: ${number(amount)}`}</title></rect>`,
  );
  return html`<svg class="hours" viewBox="0 0 192 44" role="img"
    aria-label=${`Events by hour of the day; most at ${busiest}:00`}>
    ${bars}<line x1="0" x2="190" y1="32.5" y2="32.5" /><text x="0" y="43">00</text><text x="96" y="43"
      text-anchor="middle">12</text>
    <text x="190" y="43" text-anchor="end">23</text></svg>`;
}

function Values({ q, field, found }) {
  const total = found.values.reduce((sum, { count }) => sum + count, 0);
  if (!found.values.length) return html`<span class="quiet">nothing recorded</span>`;
  return found.values.map(
    ({ value, label, count }, index) => html`${index > 0 && ", "}<a
    href=${explorer(`${/ OR /.test(q) ? `(${q})` : q} ${field}:${quoted(value)}`, { range: relative(RANGE) })}>
      <bdi>${visible(label)}</bdi></a>
    <span
      class="quiet"> ${found.distinct > found.values.length ? number(count) : `${Math.round((100 * count) / total)} %`}
      </span>`,
  );
}

export function Usual({ q }) {
  const resource = useResource((stop) => load(q, stop), [q]);
  const data = resource.data.value;
  return html`<section class="panel" aria-labelledby="usual-title">
    <header><h2 id="usual-title">Usual</h2><span class="grow"></span><span
      class="quiet">last 90 days; hours of 20 days</span></header>
    <div class="body">
      ${resource.error.value && h(Trouble, { error: resource.error.value, retry: () => resource.retry() })}
      ${
        data &&
        html`<dl class="facts usual">
        <dt>From</dt><dd>${h(Values, { q, field: "country", found: data.country })}</dd>
        <dt>Address</dt><dd>${h(Values, { q, field: "ip", found: data.ip })}</dd>
        <dt>Does</dt><dd>${h(Values, { q, field: "action", found: data.action })}</dd>
        <dt>Hours, ${zoneLabel(zone.value)}</dt><dd>${h(Hours, { hours: hoursOf(data.hours, zone.value) })}</dd></dl>`
      }</div>
  </section>`;
}
