// The form for a new export, filled in by the address: what the explorer shows, or what an earlier one was made of.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { begin } from "../../lib/export-watch.js";
import { count } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { back, go, route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { loadSaved, savedById } from "../../lib/saved-searches.js";
import { boot, organization, zone } from "../../lib/session.js";
import { fullTime, isZone, zoneLabel } from "../../lib/time.js";
import { PRESETS, fixed, labelOf, parameters, relative } from "../../lib/time-range.js";
import { parse } from "../../lib/url-state.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Side } from "../../ui/side.js";
import { Columns, columnsAtFirst, columnsToSend } from "./columns.js";
import { COMPRESSIONS, FORMATS } from "./words.js";

const WAIT_MS = 300;
const NAME_CHARS_MAX = 80;
const FIXED = "fixed";

const shownTime = (text) => (/^\d{4}-\d\d-\d\dT.*Z$/.test(text) ? fullTime(text, zone.peek()).slice(0, -3) : text);

/** A name for what is exported: of the saved search that is shown, else of the query and the range. */
function suggested({ q, range, view }) {
  const saved = savedById(view);
  const what = saved && saved.query === q ? saved.name : q.trim() || "All events";
  const when = labelOf(range, shownTime);
  return `${what.slice(0, NAME_CHARS_MAX)}, ${when.charAt(0).toLowerCase()}${when.slice(1)}`;
}

/** How many events it would be of, while it is typed. */
function useCount(asked) {
  const resource = useMemo(() => new Resource(), []);
  const key = JSON.stringify(asked);
  useEffect(() => {
    const ask = (stop) => getJson("/v1/count", asked, stop);
    resource.expect();
    const timer = setTimeout(() => resource.load(ask), WAIT_MS);
    return () => {
      clearTimeout(timer);
      resource.stop();
    };
  }, [key]);
  const { data, isLoading } = resource;
  const failure = isLoading.value ? null : resource.failure;
  return { found: failure ? null : data.value, failure, isWaiting: isLoading.value };
}

function Counted({ counted }) {
  const { found, failure, isWaiting } = counted;
  if (failure) return html`<p class="wrong" role="status">${visible(failure.message)}</p>`;
  const text = !found
    ? "Counting …"
    : found.count
      ? `${found.exact ? "" : "≈ "}${count(found.count, "event")}`
      : "No event matches: the file would be empty";
  return html`<p class=${isWaiting ? "quiet" : "counted"} role="status">${text}</p>`;
}

function Formats({ value, onValue }) {
  return html`<div class="labelled"><span class="name" id="format-label">Format</span>
    <div class="modes" role="group" aria-labelledby="format-label">${Object.entries(FORMATS).map(
      ([name, [label]]) => html`<button type="button" aria-pressed=${String(name === value)}
        onClick=${() => onValue(name)}>${label}</button>`,
    )}</div><p class="quiet">${FORMATS[value][1]}</p></div>`;
}

const isPreset = (range) => PRESETS.some(([name]) => name === range.relative);

function Range({ range, onRange, act, tz }) {
  const own = range.relative && !isPreset(range) ? [[range.relative, labelOf(range, shownTime)]] : [];
  const options = [...PRESETS, ...own, [FIXED, "From and to …"]];
  const choose = (name) => {
    if (name !== FIXED) return onRange(relative(name));
    const { from, to } = parameters(range);
    return onRange(fixed(from ?? "", to ?? ""));
  };
  const bound = (name, label, placeholder) =>
    h(Field, {
      act,
      name,
      label,
      value: range[name],
      placeholder,
      autocomplete: "off",
      onValue: (text) => onRange({ ...range, [name]: text }),
    });
  return html`${h(Field, {
    name: "range",
    label: "Range of time",
    value: range.relative ?? FIXED,
    onValue: choose,
    options,
  })}
    ${
      !range.relative &&
      html`<div class="two-fields">${bound("from", "From", "since ever")}${bound("to", "To", "now")}</div>
        <p class="quiet">A date, a time, or words, in ${visible(zoneLabel(tz))}: <code>2026-11-20</code>
          ${" "}<code>yesterday</code> <code>now-36h</code></p>`
    }`;
}

/** What most leave as it is. */
function Rest({ act, state, set, isCsv }) {
  const { limits } = boot.data.value ?? {};
  const said = [
    state.order === "asc" ? "oldest first" : "newest first",
    state.tz || "UTC",
    state.format !== "parquet" && state.compression !== "none" && state.compression,
    state.keep && count(Number(state.keep), "day"),
    isCsv && !state.guard && "formulas as they are",
  ].filter(Boolean);
  return html`<details class="rest"><summary>More <span class="quiet">${visible(said.join(" · "))}</span></summary>
    <div class="form">
    ${h(Field, {
      act,
      name: "order",
      label: "Order",
      value: state.order,
      onValue: (order) => set({ order }),
      options: [
        ["desc", "Newest first"],
        ["asc", "Oldest first"],
      ],
    })}
    ${h(Field, {
      act,
      name: "time_zone",
      label: "Time zone",
      value: state.tz,
      onValue: (tz) => set({ tz }),
      placeholder: "UTC",
      list: "export-zones",
      autocomplete: "off",
      hint: isCsv
        ? "Dates above are of it, and there is a column with the local time; UTC is always there, too."
        : "Dates above are of it. Times in the file are UTC.",
    })}
    <datalist id="export-zones">${(Intl.supportedValuesOf?.("timeZone") ?? []).map(
      (name) => html`<option value=${name} />`,
    )}</datalist>
    ${
      state.format !== "parquet" &&
      h(Field, {
        act,
        name: "compression",
        label: "Compress",
        value: state.compression,
        onValue: (compression) => set({ compression }),
        options: COMPRESSIONS,
      })
    }
    ${h(Field, {
      act,
      name: "keep_days",
      label: "Keep the file for days",
      kind: "number",
      min: 1,
      max: limits?.export_keep_days_max,
      value: state.keep,
      placeholder: limits ? String(limits.export_keep_days) : "",
      onValue: (keep) => set({ keep }),
    })}
    ${
      isCsv &&
      html`<label class="check"><input type="checkbox" checked=${state.guard}
        onChange=${(event) => set({ guard: event.target.checked })} /><span>Make harmless what a spreadsheet would run
          as a formula, by a <code>'</code> in front. Off for programs.</span></label>`
    }</div></details>`;
}

const FIELDS = ["name", "query", "from", "to", "columns", "order", "time_zone", "compression", "keep_days"];

function stateAtFirst(search) {
  const { q, range, order, cols, view } = parse(search);
  const format = new URLSearchParams(search).get("format");
  return {
    name: null,
    q,
    range,
    order,
    view,
    format: FORMATS[format] ? format : "csv",
    columns: columnsAtFirst(cols),
    tz: zone.peek() === "UTC" ? "" : zone.peek(),
    compression: "none",
    guard: true,
    keep: "",
  };
}

export function NewExport() {
  const [state, setState] = useState(() => stateAtFirst(route.peek().search));
  const set = (patch) => setState((before) => ({ ...before, ...patch }));
  useEffect(() => {
    // The name of the search that is shown is a good one.
    if (state.view) loadSaved().then(() => set({}));
  }, []);
  const act = useAct();
  const org = organization.value;
  const zoneName = state.tz.trim();
  // Of one moment, so that what is counted is what is exported.
  const times = useMemo(() => parameters(state.range), [state.range]);
  const q = state.q.trim();
  const counted = useCount({ org, q, ...times, tz: isZone(zoneName || "UTC") ? zoneName : "" });
  const name = state.name ?? suggested(state);
  const isCsv = state.format === "csv";
  const body = () => ({
    org,
    name: name.trim() || undefined,
    query: q,
    from: times.from?.trim() || undefined,
    to: times.to?.trim() || undefined,
    format: state.format,
    order: state.order,
    columns: isCsv ? columnsToSend(state.columns, Boolean(zoneName)) : undefined,
    time_zone: zoneName || undefined,
    compression: state.format === "parquet" ? undefined : state.compression,
    formula_guard: state.guard,
    keep_days: state.keep ? Number(state.keep) : undefined,
  });
  const done = (made) => {
    begin(made);
    go(`/exports/${made.id}`, { replace: true });
  };
  const { found } = counted;
  const label = found?.count ? `Export ${found.exact ? "" : "≈ "}${count(found.count, "event")}` : "Export";
  const onClose = () => back("/exports");
  return h(
    Side,
    { title: "New export", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(() => send("POST", "/v1/exports", { body: body() }), done))}>
      ${h(Field, {
        act,
        name: "name",
        label: "Name",
        value: name,
        onValue: (text) => set({ name: text }),
        maxlength: 200,
        autocomplete: "off",
        "data-first": true,
      })}
      ${h(Field, {
        act,
        name: "query",
        label: "Query",
        value: state.q,
        onValue: (text) => set({ q: text }),
        placeholder: "every event",
        autocomplete: "off",
      })}
      ${h(Range, { range: state.range, onRange: (range) => set({ range }), act, tz: zoneName || "UTC" })}
      ${h(Counted, { counted })}
      ${h(Formats, { value: state.format, onValue: (format) => set({ format }) })}
      ${
        isCsv &&
        h(Columns, { value: state.columns, onValue: (columns) => set({ columns }), hasZone: Boolean(zoneName), act })
      }
      ${h(Rest, { act, state, set, isCsv })}
      <p class="quiet">In the file is the log as it is now: what comes later is not in it. It is made in the background; you can leave this page.</p>
      ${h(FormEnd, { act, label, fields: FIELDS, onCancel: onClose, isReady: !counted.failure })}</form>`,
  );
}
