// The range of time: presets, any number of units back, or two times in the words of the query language.

import { h, html, useState } from "../../lib/html.js";
import { zone } from "../../lib/session.js";
import { recall, remember } from "../../lib/store.js";
import { fullTime, isoOf, offsetOf, zoneLabel } from "../../lib/time.js";
import {
  PRESETS,
  changed,
  fixed,
  isRelative,
  labelOf,
  parameters,
  relative,
  sameRange,
} from "../../lib/time-range.js";
import { visible } from "../../lib/safe-text.js";
import { Popover } from "../../ui/popover.js";
import * as model from "./model.js";

const RECENT_MAX = 4;

/** A time of the address in the zone on screen; words such as `now-1d` stay words. */
export function shownTime(text) {
  const isInstant = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text);
  return isInstant ? fullTime(text, zone.value).replace(/:00$/, "") : visible(text);
}

export function setRange(range) {
  if (!range.relative) {
    const others = recall("ranges", []).filter((one) => !sameRange(one, range));
    remember("ranges", [range, ...others].slice(0, RECENT_MAX));
  }
  model.change({ range, event: null });
}

/** Widens, narrows or moves the range. */
export const adjust = (factor, shift = 0) => setRange(changed(model.bounds(), factor, shift));

/** What an `<input type=datetime-local>` shows of a time, in the zone on screen. */
function fieldValue(text) {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  const offset = offsetOf(ms, zone.value);
  const minutes = (offset.startsWith("-") ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  return isoOf(ms + minutes * 60_000).replace(/Z$/, "");
}

function Times({ close }) {
  const { range } = model.state.value;
  const exact = parameters(range);
  const [from, setFrom] = useState(range.relative ? "" : fieldValue(range.from || ""));
  const [to, setTo] = useState(range.relative ? "" : fieldValue(range.to || ""));
  const [size, setSize] = useState("2");
  const [unit, setUnit] = useState("h");
  const take = (next) => (setRange(next), close());
  const own = (event) => {
    event.preventDefault();
    if (from.trim() || to.trim()) take(fixed(from.trim(), to.trim()));
  };
  const last = (event) => {
    event.preventDefault();
    if (isRelative(size + unit)) take(relative(size + unit));
  };
  const recent = recall("ranges", []);
  return html`<div class="times">
    <div role="group" aria-label="Ranges">
      ${PRESETS.map(
        ([name, label]) => html`<button type="button" class="item" aria-pressed=${String(range.relative === name)}
        onClick=${() => take(relative(name))}>${label}</button>`,
      )}
    </div>
    <div>
      <form onSubmit=${last}>
        <span class="label">Last</span>
        <div class="pair"><input class="field" inputmode="numeric" size="4" value=${size} aria-label="Number"
            onInput=${(event) => setSize(event.target.value)} />
          <select class="field" aria-label="Unit" value=${unit} onChange=${(event) => setUnit(event.target.value)}>
            ${[
              ["m", "minutes"],
              ["h", "hours"],
              ["d", "days"],
              ["w", "weeks"],
              ["mo", "months"],
              ["y", "years"],
            ].map(([value, label]) => html`<option value=${value}>${label}</option>`)}
          </select><button class="button">Use</button></div>
      </form>
      <form onSubmit=${own}>
        <span class="label">From and to, ${zoneLabel(zone.value)}</span>
        <label>From<input class="field" value=${from}
          placeholder=${exact.from ? fieldValue(exact.from) : "2026-11-20T09:30"}
          onInput=${(event) => setFrom(event.target.value)} /></label>
        <label>To<input class="field" value=${to} placeholder="now"
          onInput=${(event) => setTo(event.target.value)} /></label>
        <p class="quiet">A date, a time, or words: <code>2026-11-20</code> <code>yesterday</code> <code>now-36h</code>
          </p>
        <button class="button primary">Use these times</button>
      </form>
      ${
        recent.length > 0 &&
        html`<div><h3>Used before</h3>${recent.map(
          (one) => html`<button type="button" class="item"
        onClick=${() => take(one)}>${labelOf(one, shownTime)}</button>`,
        )}</div>`
      }
    </div>
  </div>`;
}

let openPicker = () => {};
export const openRange = () => openPicker();
const takeOpener = (open) => (openPicker = open);

export function RangePicker() {
  const label = labelOf(model.state.value.range, shownTime);
  const content = (close) => h(Times, { close });
  return h(Popover, { label, title: "Range of time", content, align: "end", opener: takeOpener, panel: "range-menu" });
}
