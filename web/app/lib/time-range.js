// The range of time that is looked at: relative ones stay relative in a link, fixed ones are two times in the words of
// the query language. Nothing here knows a calendar: the service does.

import { isoOf, widthMs } from "./time.js";

export const PRESETS = [
  ["15m", "Last 15 minutes"],
  ["1h", "Last hour"],
  ["24h", "Last 24 hours"],
  ["7d", "Last 7 days"],
  ["30d", "Last 30 days"],
  ["90d", "Last 90 days"],
  ["this-month", "This month"],
  ["last-month", "Last month"],
  ["this-quarter", "This quarter"],
  ["all", "All time"],
];
export const DEFAULT = "7d";
const NAMED = { "this-month": ["this-month", "this-month"], "last-month": ["now-1mo/mo", "now-1mo/mo"] };
const RELATIVE = /^[1-9]\d{0,4}(m|h|d|w|mo|y)$/;
const WORDS = { m: "minute", h: "hour", d: "day", w: "week", mo: "month", y: "year" };

/** Whether it is a relative range that a link may hold. */
export const isRelative = (text) => RELATIVE.test(text) || PRESETS.some(([name]) => name === text);

/** A range as the explorer keeps it: `{ relative }`, or `{ from, to }`, either of which may be empty. */
export const relative = (text) => ({ relative: text });
export const fixed = (from, to) => ({ from, to });
export const sameRange = (a, b) => a.relative === b.relative && a.from === b.from && a.to === b.to;

/** The parameters `from` and `to` for the service; exact ones, so that four requests mean the same. */
export function parameters(range, now = Date.now()) {
  const name = range.relative;
  if (!name) return { from: range.from || null, to: range.to || null };
  if (name === "all") return { from: null, to: null };
  if (name === "this-quarter") {
    const date = new Date(now);
    const month = String(date.getUTCMonth() - (date.getUTCMonth() % 3) + 1).padStart(2, "0");
    return { from: `${date.getUTCFullYear()}-${month}-01`, to: null };
  }
  if (NAMED[name]) return { from: NAMED[name][0], to: NAMED[name][1] };
  // By the calendar for months and years, which are not all alike.
  if (/(mo|y)$/.test(name)) return { from: `now-${name}`, to: null };
  return { from: isoOf(Math.floor((now - widthMs(name)) / 1000) * 1000), to: null };
}

/** What the button says. */
export function labelOf(range, show) {
  if (!range.relative) {
    if (!range.from && !range.to) return "All time";
    if (!range.to) return `Since ${show(range.from)}`;
    return range.from ? `${show(range.from)} – ${show(range.to)}` : `Until ${show(range.to)}`;
  }
  const preset = PRESETS.find(([name]) => name === range.relative);
  if (preset) return preset[1];
  const [, size, unit] = /^(\d+)(\w+)$/.exec(range.relative);
  return `Last ${size} ${WORDS[unit]}${size === "1" ? "" : "s"}`;
}

/** The range `factor` times as wide around the same middle, or `shift` widths later; from its ends in ms. */
export function changed({ start, end }, factor, shift = 0, now = Date.now()) {
  const width = Math.max(1000, (end - start) * factor);
  const middle = (start + end) / 2 + shift * (end - start);
  const to = Math.min(middle + width / 2, Math.max(now, end));
  return fixed(isoOf(Math.floor((to - width) / 1000) * 1000), isoOf(Math.ceil(to / 1000) * 1000));
}
