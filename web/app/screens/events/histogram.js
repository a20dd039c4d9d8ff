// Events over time. Drag to zoom, click a bar to zoom into it; by keys: arrows move, with Shift they extend, Enter
// zooms. It is drawn by hand: a hundred bars need no library.

import { bucketColors } from "../../lib/colors.js";
import { h, html, useEffect, useRef, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { zone } from "../../lib/session.js";
import { axisTime, isoOf } from "../../lib/time.js";
import { fixed } from "../../lib/time-range.js";
import { visible } from "../../lib/safe-text.js";
import { IconButton, Trouble } from "../../ui/parts.js";
import * as model from "./model.js";
import { adjust, setRange } from "./range-picker.js";
import { inSight } from "./table.js";

const WIDTH = 960;
const HEIGHT = 72;
const TICKS = 5;
const GROUPS = [
  ["outcome", "by outcome"],
  ["actor", "by actor"],
  ["action", "by action"],
  ["crud", "by kind of change"],
  ["source", "by source"],
  ["none", "all as one"],
];

/** The parts of a bar from the bottom up: what is not normal lies at the bottom, where it can be compared. */
function stackOf(bucket, series) {
  if (!bucket.by) return [["", bucket.count]];
  return [...series].reverse().map((name) => [name, bucket.by[name] ?? 0]);
}

function Bars({ data, colors }) {
  const most = Math.max(1, ...data.buckets.map(({ count }) => count));
  const width = WIDTH / data.buckets.length;
  const gap = Math.min(2, width * 0.2);
  return data.buckets.map((bucket, index) => {
    let top = HEIGHT;
    return stackOf(bucket, data.series ?? []).map(([name, count]) => {
      if (!count) return null;
      const height = Math.max(1, (count / most) * (HEIGHT - 2));
      top -= height;
      return html`<rect x=${index * width + gap / 2} width=${Math.max(0.5, width - gap)} y=${Math.max(0, top)}
        height=${height}
        style=${{ fill: colors(name) }} />`;
    });
  });
}

/** Which part of the range the rows in sight are of: by itself, so that scrolling draws no bars. */
function Seen({ times }) {
  const seen = inSight.value;
  const [start, end] = [times[0]?.start, times.at(-1)?.end];
  if (!seen || !(end > start)) return null;
  const x = (ms) => ((Math.max(start, Math.min(end, ms)) - start) / (end - start)) * WIDTH;
  const width = Math.max(3, x(seen[1]) - x(seen[0]));
  return html`<rect class="seen" x=${Math.min(WIDTH - width, x(seen[0]))} width=${width} y=${HEIGHT - 2} height="2" />`;
}

function Tip({ data, index, colors }) {
  const bucket = data.buckets[index];
  const share = (index + 0.5) / data.buckets.length;
  const side = share > 0.6 ? { right: `${(1 - share) * 100}%` } : { left: `${share * 100}%` };
  const parts = bucket.by ? (data.series ?? []).filter((name) => bucket.by[name]) : [];
  return html`<div class="tip" style=${{ ...side, top: "76px" }}>
    <b>${axisTime(data.times[index].start, zone.value, "1h")}</b> <span class="quiet">${data.interval}</span>
    <dl><dt>Events</dt><dd>${number(bucket.count)}</dd>
      ${parts.map(
        (name) => html`<dt><span class="swatch" style=${{ background: colors(name) }}></span>
        <bdi>${visible(name)}</bdi></dt><dd>${number(bucket.by[name])}</dd>`,
      )}</dl>
  </div>`;
}

function AsTable({ data }) {
  const series = data.series ?? [];
  const rows = data.buckets.map(
    (bucket, index) => html`<tr><th scope="row">${axisTime(data.times[index].start, zone.value, "1h")}</th>
    <td class="number">${number(bucket.count)}</td>
    ${series.map((name) => html`<td class="number">${number(bucket.by?.[name] ?? 0)}</td>`)}</tr>`,
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Events over time as a table"><table
    class="sheet">
    <thead><tr><th scope="col">From</th><th scope="col" class="number">Events</th>
      ${series.map((name) => html`<th scope="col" class="number">${visible(name)}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></div>`;
}

function Tools({ isTable, setTable }) {
  const isShown = model.isHistogramShown.value;
  return html`<div class="tools">
    ${
      isShown &&
      html`<select class="field small" aria-label="Group bars" value=${model.state.value.group}
      onChange=${(event) => model.change({ group: event.target.value }, { replace: true })}>
      ${GROUPS.map(([name, label]) => html`<option value=${name}>${label}</option>`)}</select>
      ${h(IconButton, { icon: "minus", small: true, label: "Wider range", onClick: () => adjust(2) })}
      ${h(IconButton, { icon: "plus", small: true, label: "Narrower range", onClick: () => adjust(0.5) })}
      ${h(IconButton, {
        icon: "density",
        small: true,
        label: "Show as a table",
        pressed: String(isTable),
        onClick: () => setTable(!isTable),
      })}`
    }
    <button type="button" class="button ghost small" aria-expanded=${String(isShown)}
      onClick=${() => model.showHistogram(!isShown)}>${isShown ? "Hide" : "Show the histogram"}</button>
  </div>`;
}

/** What is chosen on the bars, from one bucket to another, and what changes it; until it is, the bars stay. */
function useBrush(loaded) {
  const [brush, setBrush] = useState(null);
  const [hovered, setHovered] = useState(-1);
  const [cursor, setCursor] = useState(-1);
  const bars = useRef(null);
  const held = useRef(loaded);
  if (!brush) held.current = loaded;
  const data = held.current;
  const count = data?.buckets.length ?? 0;
  const at = (event) => {
    const box = bars.current.getBoundingClientRect();
    return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
  };
  const leave = () => (setBrush(null), setCursor(-1));
  const zoom = ([a, b]) => {
    const [first, last] = [Math.min(a, b), Math.max(a, b)];
    leave();
    setRange(fixed(isoOf(data.times[first].start), isoOf(data.times[last].end)));
  };
  const pointer = {
    onPointerDown: (event) => {
      if (event.button !== 0 || !count) return;
      bars.current.setPointerCapture(event.pointerId);
      setBrush([at(event), at(event)]);
    },
    onPointerMove: (event) => {
      if (!count) return;
      setHovered(at(event));
      if (brush) setBrush([brush[0], at(event)]);
    },
    onPointerUp: (event) => brush && zoom([brush[0], at(event)]),
    onPointerCancel: () => setBrush(null),
    onPointerLeave: () => setHovered(-1),
  };
  const onKeyDown = (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const [a, b] = brush ?? [cursor < 0 ? count - 1 : cursor, cursor < 0 ? count - 1 : cursor];
    if (step && count) {
      const next = Math.max(0, Math.min(count - 1, cursor < 0 ? b : b + step));
      setCursor(next);
      setBrush(event.shiftKey ? [a, next] : null);
    } else if (event.key === "Enter" && cursor >= 0) zoom([a, b]);
    else if (event.key === "Backspace") adjust(2);
    else if (event.key === "Escape" && brush) setBrush(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  useEffect(() => setCursor(-1), [count, data?.interval]);
  return { data, bars, brush, hovered, cursor, leave, pointer, onKeyDown };
}

export function Histogram() {
  const { data: loaded, error, isLoading } = model.histogram;
  const [isTable, setTable] = useState(false);
  const { data, bars, brush, hovered, cursor, leave, pointer, onKeyDown } = useBrush(loaded.value);
  const tools = h(Tools, { isTable, setTable });
  if (!model.isHistogramShown.value) return html`<div class="histogram none">${tools}</div>`;
  if (error.value) {
    return html`<div
      class="histogram">${tools}${h(Trouble, { error: error.value, retry: () => model.histogram.retry() })}</div>`;
  }
  const count = data?.buckets.length ?? 0;
  const width = WIDTH / Math.max(1, count);
  const colors = bucketColors(data?.by, data?.series);
  const shown = cursor >= 0 ? cursor : hovered;
  const all = data?.buckets.reduce((sum, bucket) => sum + bucket.count, 0) ?? 0;
  const label = data
    ? `Events over time, ${number(all)} in ${count} bars of ${data.interval}. Arrow keys move, Enter zooms.`
    : "Events over time";
  const ticks = count
    ? Array.from({ length: Math.min(TICKS, count) }, (_, i) =>
        Math.round((i * (count - 1)) / Math.max(1, Math.min(TICKS, count) - 1)),
      )
    : [];
  const said =
    shown >= 0 && data?.buckets[shown]
      ? `${axisTime(data.times[shown].start, zone.value, "1h")}: ${number(data.buckets[shown].count)} events`
      : "";
  return html`<div class=${`histogram${isLoading.value && data ? " stale" : ""}`}>
    ${tools}
    ${
      isTable && data
        ? h(AsTable, { data })
        : html`
    <svg class="bars" ref=${bars} viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" tabindex="0"
      role="slider"
      aria-label=${label} aria-valuemin="0" aria-valuemax=${Math.max(0, count - 1)}
        aria-valuenow=${Math.max(0, cursor)}
      aria-valuetext=${said || "none"} onKeyDown=${onKeyDown} onBlur=${leave} ...${pointer}>
      ${shown >= 0 && html`<rect class="cursor" x=${shown * width} width=${width} y="0" height=${HEIGHT} />`}
      ${data && h(Bars, { data, colors })}${data && h(Seen, { times: data.times })}
      ${
        brush &&
        html`<rect class="brush" x=${Math.min(...brush) * width}
        width=${(Math.abs(brush[1] - brush[0]) + 1) * width} y="0" height=${HEIGHT} />`
      }
    </svg>
    <div class="axis"
      aria-hidden="true">${
        ticks.length
          ? ticks.map(
              (index) => html`<span>
      ${axisTime(data.times[index].start, zone.value, data.interval)}</span>`,
            )
          : "\u00a0"
      }</div>`
    }
    ${shown >= 0 && data?.buckets[shown] && !isTable && h(Tip, { data, index: shown, colors })}
  </div>`;
}
