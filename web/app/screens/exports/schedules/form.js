// The form of a schedule: a new one, filled in by the address, or one that is changed.

import { send } from "../../../lib/api.js";
import { h, html, useEffect, useRef, useState } from "../../../lib/html.js";
import { go, route } from "../../../lib/route.js";
import { loadSaved, savedById } from "../../../lib/saved-searches.js";
import { may, organization, zone } from "../../../lib/session.js";
import { parse } from "../../../lib/url-state.js";
import { Field, FormEnd, onSubmit, useAct } from "../../../ui/forms.js";
import { Empty, toast } from "../../../ui/parts.js";
import { Side } from "../../../ui/side.js";
import { loadKinds } from "../../streams/model.js";
import { settingsAtFirst, settingsToSend } from "../../streams/setting-fields.js";
import { Columns, columnsAtFirst, columnsToSend } from "../columns.js";
import { Formats, Rest } from "../form-fields.js";
import { isCompressible, isOrdered } from "../words.js";
import { Email, Store, Timing, kindOfStore } from "./form-parts.js";
import * as model from "./model.js";
import { COVERS, LIST, scheduleOf } from "./words.js";

const NAME_CHARS_MAX = 80;
const FIELDS = [
  ...["name", "query", "timing", "covers", "columns", "order", "time_zone", "compression", "keep_days", "email"],
  "store",
];

function newState(search) {
  const { q, cols, order, view } = parse(search);
  const saved = savedById(view);
  return {
    name: (saved && saved.query === q ? saved.name : q.trim() || "All events").slice(0, NAME_CHARS_MAX),
    q,
    view,
    format: "csv",
    columns: columnsAtFirst(cols),
    order,
    tz: zone.peek() === "UTC" ? "" : zone.peek(),
    compression: "none",
    guard: true,
    keep: "",
    timing: { repeat: "weekly", at: "06:00", weekday: "monday", day: "1", cron: "0 6 * * 1-5" },
    covers: "received",
    to: "",
    attach: false,
    store: "",
    key: "",
    settings: {},
  };
}

function stateOf(one) {
  const { timing } = one;
  return {
    name: one.name,
    q: one.query,
    format: one.format,
    columns: one.columns ? { kind: "chosen", names: one.columns, table: one.columns } : columnsAtFirst(null),
    order: one.order,
    tz: one.time_zone ?? "",
    compression: one.compression,
    guard: one.formula_guard,
    keep: String(one.keep_days),
    timing: { at: "06:00", weekday: "monday", cron: "0 6 * * 1-5", ...timing, day: String(timing.day ?? "1") },
    covers: one.covers,
    to: one.email?.to.join(", ") ?? "",
    attach: one.email?.attach ?? false,
    store: one.store?.kind ?? "",
    key: one.store?.key ?? "",
    settings: one.store?.settings ?? {},
  };
}

function timingToSend({ timing, tz }) {
  const { repeat, at, weekday, day, cron } = timing;
  const time_zone = tz.trim() || "UTC";
  if (repeat === "cron") return { repeat, cron: cron.trim(), time_zone };
  if (repeat === "weekly") return { repeat, at, weekday, time_zone };
  if (repeat === "monthly") return { repeat, at, day: day === "last" ? day : Number(day), time_zone };
  return { repeat, at, time_zone };
}

function storeToSend(state, one) {
  const kind = kindOfStore(state.store);
  if (!kind) return null;
  const before = one?.store?.kind === state.store ? one.store.settings : {};
  const settings = settingsToSend(kind.fields, { ...settingsAtFirst(kind.fields, before), ...state.settings }, before);
  return { kind: state.store, key: state.key.trim() || undefined, settings };
}

const addresses = (text) => text.split(/[\s,;]+/).filter(Boolean);

function bodyOf(state, one) {
  const tz = state.tz.trim();
  const to = addresses(state.to);
  const body = {
    name: state.name.trim(),
    query: state.q.trim(),
    format: state.format,
    order: isOrdered(state.format) ? state.order : undefined,
    columns: state.format === "csv" ? (columnsToSend(state.columns, Boolean(tz)) ?? null) : null,
    time_zone: tz || null,
    compression: isCompressible(state.format) ? state.compression : "none",
    formula_guard: state.guard,
    keep_days: state.keep ? Number(state.keep) : undefined,
    timing: timingToSend(state),
    covers: state.covers,
    email: to.length ? { to, attach: state.attach } : null,
  };
  // What somebody may not change is not touched, nor what cannot be shown: its settings were not loaded.
  const store = storeToSend(state, one);
  if (may("streams.manage") && (store || !state.store)) body.store = store;
  return one ? body : { ...body, org: organization.peek() };
}

function Form({ one = null, onClose }) {
  const root = useRef(null);
  const [state, setState] = useState(() => (one ? stateOf(one) : newState(route.peek().search)));
  const set = (patch) => setState((before) => ({ ...before, ...patch }));
  const act = useAct();
  useEffect(() => {
    if (may("streams.manage")) loadKinds();
    // The name of the search that is shown is a good one.
    if (state.view) loadSaved().then(() => set({ name: newState(route.peek().search).name }));
  }, []);
  useEffect(() => {
    if (act.error) root.current?.querySelector("[aria-invalid=true]")?.focus();
  }, [act.error]);
  const isCsv = state.format === "csv";
  const done = (answer) => {
    toast(one ? "Schedule changed" : "Schedule made");
    model.put(answer);
    go(scheduleOf(answer.id), { replace: true });
  };
  const submit = () =>
    act.run(
      () =>
        one
          ? send("PATCH", `/v1/export-schedules/${one.id}`, { body: bodyOf(state, one) })
          : send("POST", "/v1/export-schedules", { body: bodyOf(state, null) }),
      done,
    );
  const text = (name, label, key, more = {}) =>
    h(Field, {
      act,
      name,
      label,
      value: state[key],
      onValue: (value) => set({ [key]: value }),
      autocomplete: "off",
      ...more,
    });
  return html`<form class="form" ref=${root} onSubmit=${onSubmit(submit)}>
    ${text("name", "Name", "name", { maxlength: 200, required: true, "data-first": true })}
    ${text("query", "Query", "q", { placeholder: "every event" })}
    ${h(Timing, { act, value: state.timing, tz: state.tz, onValue: (timing) => set({ timing }) })}
    ${text("covers", "Each run has", "covers", { options: COVERS })}
    ${h(Formats, { value: state.format, onValue: (format) => set({ format }) })}
    ${
      isCsv &&
      h(Columns, {
        act,
        value: state.columns,
        onValue: (columns) => set({ columns }),
        hasZone: Boolean(state.tz.trim()),
      })
    }
    ${h(Rest, { act, state, set, isCsv })}
    ${h(Email, { act, state, set })}
    ${h(Store, { act, state, set, kept: one?.store?.kind === state.store ? one.store.settings : {} })}
    <p class="quiet">${
      one
        ? "It has your rights from now on. Where the next run begins stays as it is."
        : "It runs with your rights, as they are when it runs. The first run is of the period before."
    }</p>
    ${h(FormEnd, {
      act,
      label: one ? "Save the changes" : "Create the schedule",
      fields: FIELDS,
      onCancel: onClose,
      isReady: Boolean(state.name.trim()),
    })}</form>`;
}

export function NewSchedule({ onClose }) {
  return h(Side, { title: "New schedule", onClose }, h(Form, { onClose }));
}

export function EditSchedule({ id, onClose }) {
  // The form begins with the schedule as it was when it was opened.
  const first = useRef(null);
  first.current ??= model.find(id);
  const one = first.current;
  if (!one) return h(Side, { title: "Schedule", onClose }, h(Empty, { title: "There is no such schedule." }));
  const back = () => go(one ? scheduleOf(one.id) : LIST);
  return h(Side, { title: "Edit the schedule", onClose: back }, h(Form, { one, onClose: back }));
}
