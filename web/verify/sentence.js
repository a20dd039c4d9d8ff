// What a record says, in parts for people. All of it is text that strangers chose.

import { hex } from "./bytes.js";
import { KINDS, valuesOf } from "./record.js";

const CHARS_MAX = 200;
const LAST_SHOWN_MS = 253402300799999n;

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const textOf = (value, name) => (isObject(value) && typeof value[name] === "string" ? cut(value[name]) : null);
const cut = (text) => (text.length > CHARS_MAX ? `${text.slice(0, CHARS_MAX)}…` : text);

/** Unix milliseconds as RFC 3339 in UTC. */
export function timeOfMs(ms) {
  return ms > LAST_SHOWN_MS ? `${ms} ms` : new Date(Number(ms)).toISOString();
}

/** Unix seconds likewise. */
export const timeOfSeconds = (seconds) => timeOfMs(seconds * 1000n).replace(".000Z", "Z");

/** Someone or something: its label, and what tells it apart. */
function thing(value) {
  const id = textOf(value, "id");
  const label = textOf(value, "name") ?? textOf(value, "email") ?? id;
  return label === null ? null : { label, type: textOf(value, "type"), id };
}

const eventId = (leaf) => `evt_${hex(leaf.subarray(36, 52))}`;

/** The parts of a row: when, who, what, on what, with what outcome; null for what is not shown. */
export function partsOf(record, checked) {
  const values = valuesOf(checked.disclosures);
  const event = values.get("event");
  // Logs of other producers have units for what is a member of `event` here.
  const ofEvent = (name) => textOf(event, name) ?? textOf(Object.fromEntries(values), name);
  const targets = values.get("targets");
  const onBehalfOf = isObject(values.get("actor")) ? values.get("actor").on_behalf_of : null;
  const count = Array.isArray(targets) ? targets.length : 0;
  return {
    kind: KINDS[checked.leaf.kind],
    event_id: eventId(record.leaf),
    received_at: timeOfMs(checked.leaf.receivedAt),
    occurred_at: ofEvent("occurred_at"),
    actor: thing(values.get("actor")),
    on_behalf_of: Array.isArray(onBehalfOf)
      ? onBehalfOf
          .slice(0, 8)
          .map(thing)
          .filter((found) => found)
      : [],
    action: ofEvent("action"),
    targets: (Array.isArray(targets) ? targets.slice(0, 3) : []).map(thing).filter((found) => found),
    more_targets: Math.max(0, count - 3),
    outcome: ofEvent("outcome"),
    reason: ofEvent("reason"),
  };
}
