// The form for a new export, filled in by the address: what the explorer shows, or what an earlier one was made of.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { begin } from "../../lib/export-watch.js";
import { count } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { back, go, route } from "../../lib/route.js";
import { loadSaved, savedById } from "../../lib/saved-searches.js";
import { organization, zone } from "../../lib/session.js";
import { isZone } from "../../lib/time.js";
import { labelOf, parameters } from "../../lib/time-range.js";
import { parse } from "../../lib/url-state.js";
import { Field, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Side } from "../../ui/side.js";
import { Columns, columnsAtFirst, columnsToSend } from "./columns.js";
import { Counted, Formats, Range, Rest, shownTime } from "./form-fields.js";
import { FORMATS, isCompressible, isOrdered } from "./words.js";

const WAIT_MS = 300;
const NAME_CHARS_MAX = 80;
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

/** What the service is asked for. */
function bodyOf(state, { from, to }) {
  const zoneName = state.tz.trim();
  return {
    org: organization.peek(),
    name: (state.name ?? suggested(state)).trim() || undefined,
    query: state.q.trim(),
    from: from?.trim() || undefined,
    to: to?.trim() || undefined,
    format: state.format,
    order: isOrdered(state.format) ? state.order : undefined,
    columns: state.format === "csv" ? columnsToSend(state.columns, Boolean(zoneName)) : undefined,
    time_zone: zoneName || undefined,
    compression: isCompressible(state.format) ? state.compression : undefined,
    formula_guard: state.guard,
    keep_days: state.keep ? Number(state.keep) : undefined,
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
  const zoneName = state.tz.trim();
  // Of one moment, so that what is counted is what is exported.
  const times = useMemo(() => parameters(state.range), [state.range]);
  const tz = isZone(zoneName || "UTC") ? zoneName : "";
  const counted = useCount({ org: organization.value, q: state.q.trim(), ...times, tz });
  const isCsv = state.format === "csv";
  const done = (made) => {
    begin(made);
    go(`/exports/${made.id}`, { replace: true });
  };
  const { found } = counted;
  const label = found?.count ? `Export ${found.exact ? "" : "≈ "}${count(found.count, "event")}` : "Export";
  const onClose = () => back("/exports");
  const submit = () => act.run(() => send("POST", "/v1/exports", { body: bodyOf(state, times) }), done);
  return h(
    Side,
    { title: "New export", onClose },
    html`<form class="form" onSubmit=${onSubmit(submit)}>
      ${h(Field, {
        act,
        name: "name",
        label: "Name",
        value: state.name ?? suggested(state),
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
        h(Columns, {
          act,
          value: state.columns,
          onValue: (columns) => set({ columns }),
          hasZone: Boolean(zoneName),
        })
      }
      ${h(Rest, { act, state, set, isCsv })}
      <p class="quiet">In the file is the log as it is now: what comes later is not in it. It is made in the background;
        you can leave this page.</p>
      ${h(FormEnd, { act, label, fields: FIELDS, onCancel: onClose, isReady: !counted.failure })}</form>`,
  );
}
