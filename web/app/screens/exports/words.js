// How exports are put into words: states, ranges, and where their events are.

import { withTerm } from "../../lib/query-edit.js";
import { zone } from "../../lib/session.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { fixed, relative } from "../../lib/time-range.js";
import { explorer, format } from "../../lib/url-state.js";

/** @type {Record<string, [string, string]>} An icon and a word; what runs has a dot. */
export const STATES = {
  queued: ["clock", "Queued"],
  running: ["", "Running"],
  completed: ["check", "Completed"],
  failed: ["alert", "Failed"],
  cancelled: ["exclude", "Cancelled"],
  expired: ["calendar", "Expired"],
};

/** @type {Record<string, [string, string]>} A format's name and what it is for. */
export const FORMATS = {
  csv: ["CSV", "A table with one event a line, for spreadsheets."],
  ndjson: ["NDJSON", "Whole events, one a line, for programs."],
  json: ["JSON", "Whole events in one document that says what it is of."],
  parquet: ["Parquet", "Typed columns and the whole event, for data tools. Compressed inside."],
  evidence: ["Evidence pack", "Events with all that proves them, for an auditor who believes nobody: checked offline."],
};

/** Formats that others compress; the rest is read as it is. */
export const isCompressible = (name) => name !== "parquet" && name !== "evidence";

/** Formats whose events stand in an order that one can choose. */
export const isOrdered = (name) => name !== "evidence";

/** In which order its events stand. */
export const orderText = ({ format: name, order }) =>
  isOrdered(name) ? `${order === "asc" ? "oldest" : "newest"} first` : "in the order of the log";

export const COMPRESSIONS = [
  ["none", "None"],
  ["gzip", "gzip"],
  ["zstd", "zstd"],
];

const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
let rules;

/** `2nd`, `13th`. */
export function ordinal(place) {
  rules ??= new Intl.PluralRules("en", { type: "ordinal" });
  return `${place}${ENDINGS[rules.select(place)]}`;
}

/** Hundredths of the way; null where nobody knows. */
export const percent = ({ progress }) => (progress === null ? null : Math.floor(progress * 100));

/** What the state is, in words. */
export function stateOf(one) {
  const [, word] = STATES[one.status] ?? ["", one.status];
  if (one.status === "queued") return `${word}, ${one.queued_before ? ordinal(one.queued_before + 1) : "next"}`;
  return one.status === "running" && percent(one) !== null ? `${word} ${percent(one)} %` : word;
}

const isMidnight = (text) => fullTime(text, zone.value).endsWith("00:00:00");
const day = (ms) => fullTime(ms, zone.value).slice(0, 11);

/** A bound in the zone on screen: a day where it is one; of the end the last day that is in. */
function bound(text, isEnd) {
  if (!isMidnight(text)) return fullTime(text, zone.value).replace(/:00$/, "");
  return day(Date.parse(text) - (isEnd ? 1 : 0));
}

/** From when to when. */
export function rangeText({ from, to, schedule = null }) {
  if (schedule?.received_to) {
    const at = (text) => fullTime(text, zone.value).slice(0, -3);
    return `Taken in ${at(schedule.received_from)} – ${at(schedule.received_to)}`;
  }
  if (!from && !to) return "All time";
  if (!to) return `Since ${bound(from, false)}`;
  if (!from) return `Until ${bound(to, true)}`;
  const [start, end] = [bound(from, false), bound(to, true)];
  return start === end ? start : `${start} – ${end}`;
}

const rangeOf = ({ from, to }) => (from || to ? fixed(from ?? "", to ?? "") : relative("all"));

/** Dates in its query are of its own zone. */
const zoneOf = ({ time_zone: own }) => ((own ?? "UTC") === zone.value ? null : (own ?? "UTC"));

/** The search that an export was made of. */
export const searchOf = (one) => explorer(one.query, { range: rangeOf(one), order: one.order, tz: zoneOf(one) });

const ofLog = ({ query, schedule, log_size: size }) => {
  const below = withTerm(query, `seq:<${size}`);
  return schedule?.first_seq ? withTerm(below, `seq:>=${schedule.first_seq}`) : below;
};

/** The events in its file: those of the log as it was. */
export const eventsOf = (one) =>
  explorer(ofLog(one), { range: rangeOf(one), order: one.order, tz: zoneOf(one) });

const acts = (one, actions = "") => `${actions && `action:${actions} `}target:(type:audit_export id:${one.id})`;
export const downloadsQuery = (one) => acts(one, "audit_export.downloaded");

/** What was recorded of it. */
export const recordedOf = (one, q = acts(one)) => explorer(q, { range: relative("all") });

/** The form, filled in with what an export was made of. */
export const againOf = (one) =>
  `/exports/new${format({
    q: one.query,
    range: rangeOf(one),
    tz: zoneOf(one),
    order: one.order,
    group: "outcome",
    rest: [["format", one.format]],
  })}`;

export const downloadOf = ({ id }) => `/v1/exports/${id}/download`;
export const manifestOf = ({ id }) => `/v1/exports/${id}/manifest`;

export const exactTime = (text) => `${fullTime(text, zone.value)} ${zoneLabel(zone.value)}`;
