// What the range of time is chosen from: presets, any number of units back, or two times.

import { html, useState } from "../../lib/html.js";
import { zone } from "../../lib/session.js";
import { recall } from "../../lib/store.js";
import { isoOf, offsetOf, zoneLabel } from "../../lib/time.js";
import { PRESETS, fixed, isRelative, labelOf, parameters, relative } from "../../lib/time-range.js";
import * as model from "./model.js";
import { setRange, shownTime } from "./range-picker.js";

/** What an `<input type=datetime-local>` shows of a time, in the zone on screen. */
function fieldValue(text) {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return text;
  const offset = offsetOf(ms, zone.value);
  const minutes = (offset.startsWith("-") ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
  return isoOf(ms + minutes * 60_000).replace(/Z$/, "");
}

export function Times({ close }) {
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
