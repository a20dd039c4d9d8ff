// Changes of a query's text by clicks. What the reader wrote is never written anew: only the characters of the term
// that was clicked change.

import { terms } from "./query-tokens.js";

const NEEDS_QUOTES = /[\s\u00a0\u3000(),"“”*\\]|\.\.|^[-<>=]/u;
/** What fields are called besides their names, as crates/query/src/fields.rs has it. */
export const ALIASES = {
  user: "actor",
  event: "action",
  status: "outcome",
  result: "outcome",
  occurred: "created",
  timestamp: "created",
  actor_ip: "ip",
  user_agent: "ua",
  request_id: "request",
  correlation: "request",
  session_id: "session",
  trace_id: "trace",
  tenant: "org",
  organization: "org",
  group: "org",
};
/** Up to the first key that whoever wrote the event chose, if there is one. */
const OWN_NAMES = /^(?:(?:\w+\.)?(?:metadata|changes)\.)?/i;

/** A value as the query language writes it. */
export function quoted(value) {
  const text = String(value);
  if (text !== "" && !NEEDS_QUOTES.test(text)) return text;
  return `"${text.replace(/["“”\\]/g, "\\$&")}"`;
}

/** A field in its canonical spelling; keys of metadata keep theirs, because the service tells them apart by case. */
export function canonicalField(field) {
  const [own] = OWN_NAMES.exec(field);
  const lower = own ? own.toLowerCase() + field.slice(own.length) : field.toLowerCase();
  const [first, ...rest] = lower.split(".");
  return [ALIASES[first] ?? first, ...rest].join(".");
}

const join = (before, after) => [before.trimEnd(), after.trimStart()].filter((part) => part).join(" ");

/** The text without this term. */
export const withoutTerm = (text, term) => join(text.slice(0, term.start), text.slice(term.end));

/** The text with one more term; what has an OR at its top is put into parentheses first. */
export function withTerm(text, term) {
  const whole = terms(text)[0]?.isWhole ? `(${text.trim()})` : text;
  return join(whole, term);
}

const isOf = (field, negated) => (term) =>
  term.kind === "term" && term.isSimple && term.negated === negated && canonicalField(term.field) === field;

/** Values that the query includes, or excludes, for a field. */
export const valuesFor = (text, field, negated = false) =>
  terms(text)
    .filter(isOf(field, negated))
    .flatMap((term) => term.values.map((value) => value.text));

function withoutValue(text, term, value) {
  const left = term.values.filter((one) => one !== value);
  if (!left.length) return withoutTerm(text, term);
  const index = term.values.indexOf(value);
  // With the comma before it, or, of the first one, the comma behind it.
  const [start, end] = index === 0 ? [value.start, term.values[1].start] : [term.values[index - 1].end, value.end];
  return text.slice(0, start) + text.slice(end);
}

/** Adds the value to the field's list of values, or takes it out if it is there. */
export function toggled(text, field, value, negated = false) {
  for (const term of terms(text).filter(isOf(field, negated))) {
    const found = term.values.find((one) => one.text === String(value));
    if (found) return withoutValue(text, term, found);
  }
  const opposite = terms(text).filter(isOf(field, !negated));
  for (const term of opposite) {
    const found = term.values.find((one) => one.text === String(value));
    // Including what is excluded, or the other way round, first takes that back.
    if (found) return toggled(withoutValue(text, term, found), field, value, negated);
  }
  const term = terms(text).find(isOf(field, negated));
  if (term && term.values.length) {
    return `${text.slice(0, term.end)},${quoted(value)}${text.slice(term.end)}`;
  }
  return withTerm(text, `${negated ? "-" : ""}${field}:${quoted(value)}`);
}

/** Only this value of the field, whatever was there of it. */
export function only(text, field, value) {
  let rest = text;
  for (let found; (found = terms(rest).find((term) => isOf(field, false)(term) || isOf(field, true)(term)));) {
    rest = withoutTerm(rest, found);
  }
  return withTerm(rest, `${field}:${quoted(value)}`);
}
