// What the explorer knows of fields at once: those with a facet, and what a column shows of an event.

import { visible } from "../../lib/safe-text.js";

/** Facets at the side: field, title, whether it is open at first. */
export const FACETS = [
  ["outcome", "Outcome", true],
  ["actor", "Actor", true],
  ["action", "Action", true],
  ["target.type", "Target type", true],
  ["target", "Target", false],
  ["country", "Country", true],
  ["crud", "Kind of change", false],
  ["actor.type", "Actor type", false],
  ["origin", "Origin", false],
  ["ip", "Address", false],
  ["source", "Source", false],
];

const text = (value) => visible(value ?? "");
const name = (thing) => text(thing?.name || thing?.email || thing?.id);

/** Columns: name, heading, least width in px, how it grows, and its text; those without have a part of their own. */
const LIST = [
  ["time", "Time", 172, 0, null],
  ["outcome", "Outcome", 88, 0, null],
  ["sentence", "What happened", 200, 1.6, null],
  ["action", "Action", 190, 0.3, (event) => text(event.action)],
  ["ip", "From", 124, 0, (event) => text(event.context?.ip ?? "—")],
  ["actor", "Actor", 140, 0.3, (event) => name(event.actor)],
  ["actor.id", "Actor id", 120, 0.2, (event) => text(event.actor?.id)],
  ["actor.type", "Actor type", 90, 0, (event) => text(event.actor?.type)],
  ["target", "Target", 150, 0.3, (event) => (event.targets ?? []).map(name).join(", ")],
  ["target.type", "Target type", 110, 0, (event) => (event.targets ?? []).map((one) => text(one.type)).join(", ")],
  ["changed", "Changed", 130, 0.2, (event) => (event.changes ?? []).map((one) => text(one.path)).join(", ")],
  ["reason", "Reason", 140, 0.4, (event) => text(event.reason)],
  ["country", "Country", 70, 0, (event) => text(event.context?.country)],
  ["origin", "Origin", 80, 0, (event) => text(event.context?.origin)],
  ["request", "Request", 170, 0, (event) => text(event.context?.request_id)],
  ["session", "Session", 150, 0, (event) => text(event.context?.session_id)],
  ["source", "Source", 100, 0, (event) => text(event.source)],
  ["received", "Received", 172, 0, null],
  ["seq", "Seq", 84, 0, (event) => String(event.seq)],
  ["id", "Id", 290, 0, (event) => text(event.id)],
  ["org", "Organization", 110, 0, (event) => text(event.org)],
];
export const COLUMNS = new Map(LIST.map(([id, title, width, grow, show]) => [id, { id, title, width, grow, show }]));
export const DEFAULT_COLUMNS = ["time", "outcome", "sentence", "action", "ip"];

/** The keys of a path as a query has it: `region."a.b"` is two. */
const keysOf = (path) =>
  (path.match(/"(?:[^"\\]|\\.)*"|[^."]+/g) ?? []).map((key) =>
    key.startsWith('"') ? key.slice(1, -1).replace(/\\(.)/g, "$1") : key,
  );

/** The column of that name: one of the list, or a key of the metadata. */
export function columnOf(id) {
  if (COLUMNS.has(id)) return COLUMNS.get(id);
  if (!id.startsWith("metadata.")) return null;
  const path = keysOf(id.slice("metadata.".length));
  const show = (event) => {
    const value = path.reduce(
      (at, key) => (at !== null && typeof at === "object" ? at[key] : undefined),
      event.metadata,
    );
    return value === undefined ? "" : text(typeof value === "string" ? value : JSON.stringify(value));
  };
  return { id, title: path.join("."), width: 120, grow: 0.3, show };
}

/** Which of the chosen columns fit: the sentence and the time stay, others go from the end. */
export function fitting(columns, width) {
  const gap = 12;
  const need = (list) => list.reduce((sum, column) => sum + column.width + gap, 40);
  const kept = [...columns];
  while (kept.length > 1 && need(kept) > width) {
    const at = kept.findLastIndex(({ id }) => !["sentence", "time", "outcome"].includes(id));
    if (at >= 0) kept.splice(at, 1);
    else {
      const outcome = kept.findIndex(({ id }) => id === "outcome");
      if (outcome < 0) break;
      kept.splice(outcome, 1);
    }
  }
  return kept;
}
