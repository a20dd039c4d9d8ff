// The parts of the form for a new export: its range, its format, how many events it would be of, and what most leave as
// it is.

import { h, html } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import { boot, zone } from "../../lib/session.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { PRESETS, fixed, labelOf, parameters, relative } from "../../lib/time-range.js";
import { Field } from "../../ui/forms.js";
import { COMPRESSIONS, FORMATS, isCompressible, isOrdered } from "./words.js";

const FIXED = "fixed";

/** A time of the address in the zone on screen; words stay words. */
export const shownTime = (text) =>
  /^\d{4}-\d\d-\d\dT.*Z$/.test(text) ? fullTime(text, zone.peek()).slice(0, -3) : text;

export function Counted({ counted }) {
  const { found, failure, isWaiting } = counted;
  if (failure) return html`<p class="wrong" role="status">${visible(failure.message)}</p>`;
  const text = !found
    ? "Counting …"
    : found.count
      ? `${found.exact ? "" : "≈ "}${count(found.count, "event")}`
      : "No event matches: the file would be empty";
  return html`<p class=${isWaiting ? "quiet" : "counted"} role="status">${text}</p>`;
}

export function Formats({ value, onValue }) {
  return html`<div class="labelled"><span class="name" id="format-label">Format</span>
    <div class="modes" role="group" aria-labelledby="format-label">${Object.entries(FORMATS).map(
      ([name, [label]]) => html`<button type="button" aria-pressed=${String(name === value)}
        onClick=${() => onValue(name)}>${label}</button>`,
    )}</div><p class="quiet">${FORMATS[value][1]}</p></div>`;
}

const isPreset = (range) => PRESETS.some(([name]) => name === range.relative);

export function Range({ range, onRange, act, tz }) {
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
export function Rest({ act, state, set, isCsv }) {
  const { limits } = boot.data.value ?? {};
  const said = [
    isOrdered(state.format) && (state.order === "asc" ? "oldest first" : "newest first"),
    state.tz || "UTC",
    isCompressible(state.format) && state.compression !== "none" && state.compression,
    state.keep && count(Number(state.keep), "day"),
    isCsv && !state.guard && "formulas as they are",
  ].filter(Boolean);
  return html`<details class="rest"><summary>More <span class="quiet">${visible(said.join(" · "))}</span></summary>
    <div class="form">
    ${
      isOrdered(state.format) &&
      h(Field, {
        act,
        name: "order",
        label: "Order",
        value: state.order,
        onValue: (order) => set({ order }),
        options: [
          ["desc", "Newest first"],
          ["asc", "Oldest first"],
        ],
      })
    }
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
      isCompressible(state.format) &&
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
