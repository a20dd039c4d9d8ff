// The columns of a CSV: all, those of the table of events, or chosen ones in their order.

import { h, html, useMemo, useState } from "../../lib/html.js";
import { recall } from "../../lib/store.js";
import { visible } from "../../lib/safe-text.js";
import { IconButton } from "../../ui/parts.js";
import { Field } from "../../ui/forms.js";
import { DEFAULT_COLUMNS, columnOf } from "../events/fields.js";

/** What `POST /v1/exports` knows, as docs/exports.md lists it. */
const KNOWN = [
  ...["seq", "id", "org", "occurred_at", "occurred_at_local", "received_at", "action", "outcome", "reason", "sentence"],
  ...["actor.type", "actor.id", "actor.name", "actor.email", "actor.metadata", "actor.on_behalf_of"],
  ...["targets.type", "targets.id", "targets.name", "targets", "context.ip", "context.country", "context.user_agent"],
  ...["context.origin", "context.request_id", "context.session_id", "context.trace_id", "changes", "metadata"],
  ...["source", "idempotency_key", "version", "event"],
];

/** What shows in a file what a column of the table shows. */
const OF_TABLE = {
  time: "occurred_at",
  received: "received_at",
  ip: "context.ip",
  country: "context.country",
  origin: "context.origin",
  request: "context.request_id",
  session: "context.session_id",
  actor: "actor.name",
  target: "targets.name",
  "target.type": "targets.type",
  changed: "changes",
};

/** Columns of a file for those of the table of events. */
export function columnsOf(names, hasZone) {
  const found = names.filter(columnOf).map((name) => {
    if (name.startsWith("metadata.")) return `metadata.${columnOf(name).title}`;
    return OF_TABLE[name] ?? name;
  });
  const all = found.flatMap((name) => (name === "occurred_at" && hasZone ? [name, "occurred_at_local"] : [name]));
  return [...new Set(all)];
}

/** Whether a table of events has columns that somebody chose. */
export const isChosen = (names) => Boolean(names) && names.join() !== DEFAULT_COLUMNS.join();

/** What the form begins with: `{ kind, names }`. */
export const columnsAtFirst = (cols) => ({
  kind: isChosen(cols) ? "table" : "all",
  names: null,
  table: cols ?? recall("columns", DEFAULT_COLUMNS),
});

/** What is sent to the service; undefined: every column. */
export function columnsToSend({ kind, names, table }, hasZone) {
  if (kind === "all") return undefined;
  return kind === "table" ? columnsOf(table, hasZone) : names;
}

function One({ name, at, names, onNames }) {
  const move = (by) => {
    const next = names.filter((one) => one !== name);
    next.splice(at + by, 0, name);
    onNames(next);
  };
  const shown = visible(name);
  return html`<li><code>${shown}</code>
    ${h(IconButton, { icon: "up", small: true, label: `Move ${shown} up`, disabled: !at, onClick: () => move(-1) })}
    ${h(IconButton, {
      icon: "down",
      small: true,
      label: `Move ${shown} down`,
      disabled: at === names.length - 1,
      onClick: () => move(1),
    })}
    ${h(IconButton, {
      icon: "close",
      small: true,
      label: `Leave ${shown} out`,
      disabled: names.length === 1,
      onClick: () => onNames(names.filter((one) => one !== name)),
    })}</li>`;
}

function Chosen({ names, onNames }) {
  const [text, setText] = useState("");
  const wanted = text.trim();
  const isGood = (KNOWN.includes(wanted) || /^metadata\../.test(wanted)) && !names.includes(wanted);
  const add = () => {
    if (!isGood) return;
    onNames([...names, wanted]);
    setText("");
  };
  const keys = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  };
  return html`<ul class="chosen" aria-label="Columns of the file">${names.map((name, at) =>
    h(One, { key: name, name, at, names, onNames }),
  )}</ul>
    <div class="add-column"><input class="field" list="columns-known" value=${text} placeholder="metadata.ticket"
      aria-label="Another column" spellcheck=${false} autocomplete="off"
      onInput=${(event) => setText(event.target.value)} onKeyDown=${keys} />
      <datalist id="columns-known">${KNOWN.filter((name) => !names.includes(name)).map(
        (name) => html`<option value=${name} />`,
      )}</datalist>
      <button type="button" class="button" disabled=${!isGood} onClick=${add}>Add</button></div>`;
}

export function Columns({ value, onValue, hasZone, act }) {
  const table = useMemo(() => columnsOf(value.table, hasZone), [value.table, hasZone]);
  const choose = (kind) => onValue({ ...value, kind, names: value.names ?? table });
  return html`${h(Field, {
    act,
    name: "columns",
    label: "Columns",
    value: value.kind,
    onValue: choose,
    options: [
      ["all", "Every column"],
      ["table", `Those of the table of events (${table.length})`],
      ["chosen", "Chosen ones"],
    ],
    hint: value.kind === "table" ? html`<span class="names">${table.join(", ")}</span>` : undefined,
  })}
  ${
    value.kind === "chosen" &&
    h(Chosen, { names: value.names, onNames: (names) => onValue({ ...value, names }) })
  }`;
}
