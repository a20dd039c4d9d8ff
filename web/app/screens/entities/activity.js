// A year as a calendar: a column a week, a square a day, as dark as there were events.

import { getJson } from "../../lib/api.js";
import { h, html, useLayoutEffect, useRef } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { useResource } from "../../lib/resource.js";
import { organization, zone } from "../../lib/session.js";
import { fixed } from "../../lib/time-range.js";
import { dayOf, isoOf, partsOf } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Trouble } from "../../ui/parts.js";
import { layOut } from "./activity-layout.js";

const CELL = 12;
const WEEKS = 53;
const DAY_MS = 86_400_000;
/** Buckets that make the service count by days for a year. */
const BUCKETS = 400;
const DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const weekday = (ms) => DAYS.indexOf(partsOf(ms, zone.value).weekday);

/** Four shades: by the rank of a day and not by its number, so that one busy day does not pale all others. */
function shades(days) {
  const counts = days
    .map((day) => day.count)
    .filter((amount) => amount > 0)
    .sort((a, b) => a - b);
  const bounds = [0.25, 0.5, 0.75].map((share) => counts[Math.floor(share * (counts.length - 1))] ?? 1);
  return (amount) => (amount === 0 ? 0 : 1 + bounds.filter((bound) => amount > bound).length);
}

function Calendar({ days, q }) {
  const box = useRef(null);
  // Where it does not fit, the present is what is seen.
  useLayoutEffect(() => {
    box.current.scrollLeft = box.current.scrollWidth;
  }, []);
  const shade = shades(days);
  const last = days.at(-1).week;
  const first = Math.max(0, last - WEEKS + 1);
  const shown = days.filter(({ week }) => week >= first);
  const monthOf = (ms) => partsOf(ms, zone.value).month;
  // The first Monday of each month; of one that only just shows there is no room for a name.
  const months = shown.filter(
    (day, i) => day.day === 0 && i >= 7 && monthOf(day.start) !== monthOf(day.start - 7 * DAY_MS),
  );
  const square = (day) => {
    const x = 26 + (day.week - first) * CELL;
    const title = `${dayOf(day.start, zone.value)}: ${count(day.count, "event")}`;
    const rect = html`<rect class=${`shade-${shade(day.count)}`} x=${x} y=${14 + day.day * CELL} width=${CELL - 2}
      height=${CELL - 2} rx="2"><title>${title}</title></rect>`;
    if (!day.count) return rect;
    return html`<a href=${explorer(q, { range: fixed(isoOf(day.start), isoOf(day.end)) })} tabindex="-1"
      aria-label=${title}>${rect}</a>`;
  };
  const width = 26 + Math.min(WEEKS, last + 1) * CELL;
  return html`<div class="scroll" ref=${box} tabindex="0" role="region"
    aria-label="Events of each day of the last year">
    <svg class="calendar" viewBox=${`0 0 ${width} ${14 + 7 * CELL}`}>
      ${[0, 2, 4].map((day) => html`<text x="0" y=${14 + day * CELL + 9}>${DAYS[day]}</text>`)}
      ${months.map(
        (day) => html`<text x=${26 + (day.week - first) * CELL}
        y="9">${partsOf(day.start, zone.value).month}</text>`,
      )}
      ${shown.map(square)}
    </svg></div>`;
}

export function Activity({ q }) {
  const tz = zone.value;
  const own = { q, from: "now-1y", to: "today", tz: tz === "UTC" ? null : tz, buckets: BUCKETS };
  const ask = (stop) => getJson("/v1/histogram", { org: organization.peek(), ...own }, stop);
  const year = useResource(ask, [q, tz]);
  const data = year.data.value;
  const days = data && data.interval === "1d" ? layOut(data.buckets, weekday) : [];
  const active = days.filter((day) => day.count > 0).length;
  return html`<section class="panel" aria-labelledby="activity-title">
    <header><h2 id="activity-title">Activity</h2><span class="grow"></span><span
      class="quiet">${data ? `${count(active, "day")} with events in a year` : ""}</span></header>
    <div class="body calendar-body">
      ${year.error.value && h(Trouble, { error: year.error.value, retry: () => year.retry() })}
      ${days.length > 0 && h(Calendar, { days, q })}</div>
  </section>`;
}
