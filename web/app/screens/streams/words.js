// How streams are put into words: states, kinds, formats, what came of attempts, and where their events are.

import { count, number } from "../../lib/format.js";
import { withTerm } from "../../lib/query-edit.js";
import { organizations, zone } from "../../lib/session.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { relative } from "../../lib/time-range.js";
import { explorer } from "../../lib/url-state.js";

/** @type {Record<string, [string, string, string]>} Of a state: an icon, a word, and what it means. */
export const STATES = {
  active: ["check", "Delivering", "events are sent as they arrive"],
  error: ["reset", "Retrying", "an attempt failed, and is made again by itself"],
  invalid: ["alert", "Misconfigured", "somebody has to mend it: the settings, or the destination"],
  inactive: ["exclude", "Stopped", "the destination wants nothing any more"],
  paused: ["pause", "Paused", "somebody stopped it; it keeps its place"],
};
export const stateOf = ({ state }) => STATES[state] ?? ["help", state, ""];
/** States in which something is wrong. */
export const isFailing = ({ state }) => ["error", "invalid", "inactive"].includes(state);

const KIND_ICONS = {
  webhook: "webhook",
  s3: "store",
  gcs: "store",
  azure_blob: "store",
  snowflake: "store",
  clickhouse: "store",
  kafka: "queue",
  nats: "queue",
  syslog: "terminal",
};
export const iconOf = (kind) => KIND_ICONS[kind] ?? "siem";

/** @type {Record<string, [string, string]>} A format's name and what it is for. */
export const FORMATS = {
  native: ["Tallystick", "The event as the API shows it."],
  ocsf_1_9: ["OCSF 1.9", "Open Cybersecurity Schema Framework, for security lakes and SIEMs."],
  ocsf_1_8: ["OCSF 1.8", "Open Cybersecurity Schema Framework, for what does not know 1.9 yet."],
  ecs: ["ECS", "Elastic Common Schema, for Elasticsearch and Kibana."],
  cef: ["CEF", "Common Event Format, one line, for ArcSight and many SIEMs."],
  leef: ["LEEF", "Log Event Extended Format, one line, for QRadar."],
  cloudevents: ["CloudEvents", "CloudEvents 1.0 around the event, for event buses."],
  workos: ["WorkOS", "As WorkOS log streams send it, for what was made for those."],
};
export const formatName = (name) => FORMATS[name]?.[0] ?? name;

/** @type {Record<string, [string, string, string]>} Of what came of an attempt: an icon, a word, how it looks. */
export const OUTCOMES = {
  delivered: ["check", "Delivered", "good"],
  partial: ["minus", "In part", "odd"],
  retry: ["reset", "To be retried", "odd"],
  split: ["compare", "Too large, split", "odd"],
  misconfigured: ["alert", "Misconfigured", "bad"],
  refused: ["close", "Refused", "bad"],
  gone: ["exclude", "Gone", "bad"],
};

const REASONS = {
  refused: "refused by the destination",
  too_large: "too large for the destination",
  unrenderable: "cannot be written in this format",
};
export const reasonOf = (reason) => REASONS[reason] ?? reason.replaceAll("_", " ");

const GAPS = {
  rewound_forward: "the stream was moved forward",
  retention: "they were deleted from the log before their turn came",
};
export const gapReason = (reason) => GAPS[reason] ?? reason.replaceAll("_", " ");

/** @type {Record<string, [string, string]>} */
export const MASKS = {
  drop: ["Leave out", "they are not in what is sent"],
  hash: ["Hash", "the same value has the same hash, keyed for each organization"],
  mask: ["Blacken", "*** stands in their place"],
};

/** `4 s`, `12 min`, `3 h`, `2 d`. */
export function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** `4 min 12 s`: of what is waited for. */
export function wait(seconds) {
  const whole = Math.max(0, Math.ceil(seconds));
  return whole < 60 || whole >= 3600 || whole % 60 === 0
    ? duration(whole)
    : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function took(ms) {
  return ms < 1000 ? `${number(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** `12/s`; null: not known yet. */
export function rateText(rate) {
  if (rate === null || rate === undefined) return "…";
  if (rate === 0) return "0/s";
  return rate < 10 ? `${rate < 0.05 ? "<0.1" : rate.toFixed(1)}/s` : `${number(Math.round(rate))}/s`;
}

export const exactTime = (text) => `${fullTime(text, zone.value)} ${zoneLabel(zone.value)}`;

/** Its name where it is known. */
export const orgName = (id) => organizations.value?.find((one) => one.id === id)?.name ?? id;
export const ownerOf = ({ organization_id: id }) => (id === null ? "Every organization" : orgName(id));

export const pathOf = (one, tab = "") => `/streams/${encodeURIComponent(one.id)}${tab && `?tab=${tab}`}`;
export const editOf = (one) => `${pathOf(one)}/edit`;

/** Dates in the query of a stream are of UTC. */
const HAS_DATES = /\b(?:created|received|occurred|timestamp):/i;
const zoneOf = (query) => (HAS_DATES.test(query) && zone.value !== "UTC" ? "UTC" : null);
const search = (query, org, order = "desc") =>
  explorer(query, { range: relative("all"), org, order, tz: zoneOf(query) });

/** The events of a log from one place to another that a stream sends. */
export const eventsOf = (one, org, first, last) =>
  search(withTerm(one.query, `seq:${first === last ? first : `${first}..${last}`}`), org, "asc");
/** Those that wait. */
export const waitingOf = (one, { organization_id: org, next_seq: next }) =>
  search(withTerm(one.query, `seq:${next}..`), org, "asc");
/** Those that its query finds before its place. */
export const beforeOf = (one, { organization_id: org, next_seq: next }) =>
  search(withTerm(one.query, `seq:<${next}`), org);
/** What its query finds. */
export const queryOf = (one) => search(one.query, one.organization_id);

/** What was recorded of it; of one of all organizations that is in the log of the installation. */
export const recordedOf = (one) =>
  explorer(`target:(type:audit_stream id:${one.id})`, {
    range: relative("all"),
    org: one.organization_id ?? "instance",
  });

/** Why it does not deliver: the error that it waits because of; null where it has none. */
export function troubleOf(one) {
  const { last_error: error } = one.health;
  if (!error || one.state === "active") return null;
  const status = error.status ? `${error.status >= 100 && error.status < 600 ? "HTTP " : ""}${error.status}` : "";
  return [status, error.message.trim() || error.code.replaceAll("_", " ")].filter(Boolean).join(": ");
}

/** What the state is and what comes next, in a sentence or two. */
export function sentenceOf(one, now = Date.now()) {
  const { lag_events: lag, lag_seconds: age, consecutive_failures: failures, next_attempt_at: next } = one.health;
  const waiting = lag ? `${count(lag, "event")} ${lag === 1 ? "waits" : "wait"}` : "no event waits";
  const attempt = next ? `The next attempt is in ${wait((Date.parse(next) - now) / 1000)}.` : "It is tried again now.";
  if (one.state === "paused") return `Nothing is sent until it is resumed; ${waiting}.`;
  if (one.state === "inactive") return `The destination wants nothing any more; ${waiting} until it is resumed.`;
  if (one.state === "invalid") return `It does not mend itself; ${waiting}, and none is lost. ${attempt}`;
  if (one.state === "error") {
    return `${count(failures, "attempt")} in a row failed; ${waiting}, and none is lost. ${attempt}`;
  }
  return lag ? `${waiting}, the oldest for ${duration(age)}.` : "Everything is delivered.";
}
