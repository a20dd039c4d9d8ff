// Whether an event as it is shown is the one that its leaf commits to: all of it, unit by unit.

/** Units that are a member of the event each; the members of the unit `event` stand in the event itself. */
const UNITS = ["actor", "changes", "context", "metadata", "targets"];
/** Members that are no unit: they stand in the leaf. */
const OF_LEAF = ["id", "received_at", "seq"];
/** What the service makes of the event for readers, so that no leaf has it. */
const MADE = ["sentence"];

const isObject = (value) => value !== null && typeof value === "object";

/** Whether two values of JSON are the same; the order of members does not matter. */
function sameJson(a, b) {
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return a === b;
  const names = Object.keys(a);
  const isSame = (name) => Object.hasOwn(b, name) && sameJson(a[name], b[name]);
  return names.length === Object.keys(b).length && names.every(isSame);
}

/** The units of an event as it is shown. */
function unitsOf(event) {
  const own = Object.entries(event).filter(([name]) => ![...UNITS, ...OF_LEAF, ...MADE].includes(name));
  const units = UNITS.filter((name) => Object.hasOwn(event, name)).map((name) => [name, event[name]]);
  if (own.length) units.unshift(["event", Object.fromEntries(own)]);
  return new Map(/** @type {[string, any][]} */ (units));
}

/**
 * The first part of the shown event that is not what the log committed to, in words; null if there is none. `values`
 * are the disclosed units by name, `leaf` is `{ id, seq, receivedAt }` as they are shown.
 */
export function firstDifference(event, values, leaf) {
  if (event.id !== leaf.id) return `the id: it is ${leaf.id}`;
  if (BigInt(event.seq) !== leaf.seq) return `the seq: it is ${leaf.seq}`;
  if (event.received_at !== leaf.receivedAt) return `the time received: it is ${leaf.receivedAt}`;
  const shown = unitsOf(event);
  for (const name of [...new Set([...values.keys(), ...shown.keys()])].sort()) {
    if (!values.has(name)) return `${name}: the proof does not disclose it`;
    if (!shown.has(name)) return `${name}: it is left out`;
    if (!sameJson(shown.get(name), values.get(name))) return `${name}: the log has something else`;
  }
  return null;
}
