// Places in a log, for whoever says where a stream begins or goes on: now, the beginning, a time, an event.

import { h, html } from "../../lib/html.js";
import { instantOf, localOf } from "../../lib/local-time.js";
import { zone } from "../../lib/session.js";
import { isoOf, zoneLabel } from "../../lib/time.js";
import { Field } from "../../ui/forms.js";

export const placeAtFirst = () => ({ kind: "now", time: localOf(Date.now() - 86_400_000, zone.peek()), seq: "" });

/** As the service wants it; what cannot be one is sent as it is, so that the service says so. */
export function placeToSend({ kind, time, seq }) {
  if (kind === "seq") return { seq: /^\d+$/.test(seq.trim()) ? Number(seq) : seq };
  if (kind !== "time") return kind;
  const ms = instantOf(time, zone.peek());
  return Number.isNaN(ms) ? time : isoOf(ms);
}

/** Whether it says where. */
export const isPlace = ({ kind, time, seq }) =>
  kind === "seq" ? /^\d+$/.test(seq.trim()) : kind !== "time" || !Number.isNaN(instantOf(time, zone.peek()));

/** Fields for a place: `labels` are those of the kinds that are offered. */
export function Place({ name, label, labels, value, onValue, act, hint = undefined, first = false }) {
  const set = (patch) => onValue({ ...value, ...patch });
  return html`${h(Field, {
    act,
    name,
    label,
    value: value.kind,
    onValue: (kind) => set({ kind }),
    options: labels,
    hint,
    "data-first": first || undefined,
  })}
  ${
    value.kind === "time" &&
    h(Field, {
      name: `${name}-time`,
      label: `Taken in since (${zoneLabel(zone.value)})`,
      kind: "datetime-local",
      value: value.time,
      onValue: (time) => set({ time }),
      required: true,
    })
  }
  ${
    value.kind === "seq" &&
    h(Field, {
      name: `${name}-seq`,
      label: "Number of the event in the log (seq)",
      inputmode: "numeric",
      value: value.seq,
      onValue: (seq) => set({ seq }),
      autocomplete: "off",
      required: true,
    })
  }`;
}
