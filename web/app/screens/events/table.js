// The rows: a grid of which only what is in sight exists. Rows that are not loaded have no place in its scroll bar,
// since nobody knows how many there are; the histogram is for going far.

import { batch, computed, h, html, signal, useEffect, useLayoutEffect, useRef } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { density, zone } from "../../lib/session.js";
import { ago, fullTime, rowTime, zoneLabel } from "../../lib/time.js";
import { lazy } from "../../lib/lazy.js";
import { Icon, Outcome, Sentence, Trouble } from "../../ui/parts.js";
import { ColumnsMenu, chosenColumns } from "./columns.js";
import { fitting } from "./fields.js";
import * as model from "./model.js";
import { fresh, isAtTop, loadGap, pending, showPending } from "./tail.js";

const NothingFound = lazy(() => import("./nothing-found.js"), "NothingFound");

/** Rows that are there above and below those in sight. */
const MARGIN = 8;
const PREFETCH_SCREENS = 3;
const LATE_MS = 5 * 60_000;
const NARROW = 720;

/** What stands beside the rows on wide, less wide and narrow screens, and above them, px. */
const BESIDE = (width) => (width <= NARROW ? 0 : width <= 1180 ? 272 : 416);
const ABOVE = 235;

// Until the rows are measured their place is a good guess: a wrong one costs a second drawing before the first is seen.
const view = {
  top: signal(0),
  height: signal(innerHeight - ABOVE),
  width: signal(innerWidth - BESIDE(innerWidth)),
  margin: signal(0),
};

/** The height of a row in px, as the style sheet has it. */
function rowHeight() {
  const style = getComputedStyle(document.documentElement);
  return parseFloat(style.getPropertyValue("--row")) * parseFloat(style.fontSize);
}

const templateOf = (columns) =>
  [...columns.map(({ width, grow }) => (grow ? `minmax(${width}px, ${grow}fr)` : `${width}px`)), "20px"].join(" ");

function timeTitle(event) {
  const late = Date.parse(event.received_at) - Date.parse(event.occurred_at);
  const parts = [event.occurred_at, `${fullTime(event.occurred_at, "UTC")} UTC`, ago(Date.parse(event.occurred_at))];
  if (late > LATE_MS) parts.push(`received ${event.received_at}`);
  return parts.join("\n");
}

function Cell({ column, event }) {
  if (column.id === "time") {
    return html`<time class="time" role="gridcell" datetime=${event.occurred_at} title=${timeTitle(event)}>
      ${rowTime(event.occurred_at, zone.value)}</time>`;
  }
  if (column.id === "received") {
    return html`<time class="time extra" role="gridcell"
      datetime=${event.received_at}>${rowTime(event.received_at, zone.value)}</time>`;
  }
  if (column.id === "outcome") return html`<span role="gridcell">${h(Outcome, { value: event.outcome })}</span>`;
  if (column.id === "sentence") return html`<span class="say" role="gridcell">${h(Sentence, { event })}</span>`;
  return html`<span class="code extra" role="gridcell"><bdi>${column.show(event)}</bdi></span>`;
}

/** A mark only for what is not normal: an event that came late. */
function State({ event }) {
  const isLate = Date.parse(event.received_at) - Date.parse(event.occurred_at) > LATE_MS && event.source !== "demo";
  return html`<span class="state" role="gridcell">${
    isLate &&
    html`<span title=${`Received late: ${event.received_at}`}>
    ${h(Icon, { name: "clock" })}<span class="unseen">received late</span></span>`
  }</span>`;
}

function Row({ event, index, top, columns, template, isSelected, isActive, isPicked }) {
  const click = (pressed) => {
    if (pressed.metaKey || pressed.ctrlKey) return pick(event);
    if (pressed.shiftKey) return pickUpTo(index);
    return model.open(index);
  };
  const name = `row cells${fresh.has(event) ? " fresh" : ""}${isActive ? " active" : ""}`;
  return html`<div class=${name} role="row" id=${`row-${index}`} aria-rowindex=${index + 2}
    aria-selected=${String(isSelected || isPicked)} style=${{ top: `${top}px`, gridTemplateColumns: template }}
      onClick=${click}>
    ${columns.map((column) => h(Cell, { column, event }))}${h(State, { event })}
  </div>`;
}

const PICKED_MAX = 5;

/** Takes a row for comparing, or lets go of it. */
export function pick(event) {
  const next = new Set(model.picked.peek());
  if (!next.delete(event.id) && next.size < PICKED_MAX) next.add(event.id);
  model.picked.value = next;
}

function pickUpTo(index) {
  const from = model.active.peek() < 0 ? index : model.active.peek();
  const next = new Set();
  for (let i = Math.min(from, index); i <= Math.max(from, index) && next.size < PICKED_MAX; i++) {
    const row = model.pages.at(i);
    if (row && !row.gap) next.add(row.id);
  }
  model.picked.value = next;
}

function Skeleton() {
  const widths = [140, 70, 320];
  return html`<div class="waiting" aria-hidden="true">${Array.from(
    { length: 8 },
    (_, row) => html`<div class="ghost-row">
    ${widths.map(
      (width, i) => html`<span class="skeleton"
      style=${{ width: `${i === 2 ? width - (row % 3) * 60 : width}px` }}></span>`,
    )}
  </div>`,
  )}</div>`;
}

/** What stands behind the last row: more to load, or the end as the service said it. */
function Tail({ top }) {
  const { pages } = model;
  const isNewest = model.state.value.order === "desc";
  let inside;
  if (pages.error.value) inside = h(Trouble, { error: pages.error.value, retry: () => pages.more() });
  else if (pages.next) {
    inside = html`<button type="button" class="button" disabled=${pages.isLoading.value} onClick=${() => pages.more()}>
      ${pages.isLoading.value ? "Loading …" : isNewest ? "Load older" : "Load newer"}</button>`;
  } else {
    const last = pages.at(pages.length - 1);
    const label = zoneLabel(zone.value);
    inside = html`<span>No ${isNewest ? "older" : "newer"} events match in this range.</span>
      ${
        last?.occurred_at &&
        html`<small>The last one shown is of ${fullTime(last.occurred_at, zone.value)} ${label}.</small>`
      }`;
  }
  return html`<div class="tail" role="row" style=${{ top: `${top}px` }}><div class="last"
    role="gridcell">${inside}</div></div>`;
}

function Heads({ columns, template }) {
  const isNewest = model.state.value.order === "desc";
  const sort = () => model.change({ order: isNewest ? "asc" : "desc", event: null });
  const head = ({ id, title }) =>
    id === "time"
      ? html`<span role="columnheader" aria-sort=${isNewest ? "descending" : "ascending"}><button type="button"
        class="sort"
          title=${isNewest ? "Newest first" : "Oldest first"} onClick=${sort}>${title} (${zoneLabel(zone.value)})
          ${h(Icon, { name: isNewest ? "newest" : "oldest" })}</button></span>`
      : html`<span role="columnheader">${title}${id === "received" ? ` (${zoneLabel(zone.value)})` : ""}</span>`;
  return html`<div class="heads cells" role="row" aria-rowindex="1" style=${{ gridTemplateColumns: template }}>
    ${columns.map(head)}<span role="columnheader"><span class="unseen">State</span></span></div>`;
}

/** The times of the first and the last row in sight, in ms; null while there is none. */
export const inSight = computed(() => {
  const { pages } = model;
  pages.version.value;
  const height = view.height.value;
  const at = (px) => Date.parse(pages.at(Math.min(pages.length - 1, Math.floor(px / rowHeight())))?.occurred_at);
  const ends = [at(view.top.value), at(view.top.value + height - rowHeight())];
  return pages.length && !ends.some(Number.isNaN) ? [Math.min(...ends), Math.max(...ends)] : null;
});

let scroller = null;

/** Moves the keyboard's row, and the open event with it. */
export function step(by) {
  const { pages } = model;
  const isOpen = model.state.peek().event;
  const at = isOpen ? pages.indexOf(isOpen) : model.active.peek();
  const next = Math.max(0, Math.min(pages.length - 1, (at < 0 ? -1 : at) + by));
  if (next === at || !pages.length) return;
  reveal(next);
  if (isOpen) model.open(next, { replace: true });
  else model.active.value = next;
}

function reveal(index) {
  if (!scroller) return;
  const height = rowHeight();
  const top = index * height;
  if (top < scroller.scrollTop) scroller.scrollTop = top;
  else if (top + height > scroller.scrollTop + scroller.clientHeight)
    scroller.scrollTop = top + height - scroller.clientHeight;
  view.top.value = scroller.scrollTop;
}

function scrolled() {
  const height = rowHeight();
  const { scrollTop, clientHeight } = scroller;
  isAtTop.value = scrollTop < 4;
  if (isAtTop.value && pending.value.length && !model.state.peek().event) showPending();
  // Between two steps of a few rows nothing new comes into sight.
  if (Math.abs(scrollTop - view.top.peek()) > 3 * height || scrollTop < height) view.top.value = scrollTop;
  const left = model.pages.length * height - scrollTop;
  if (left < clientHeight * PREFETCH_SCREENS && !model.pages.error.peek()) model.pages.more();
}

function useScroller() {
  const ref = useRef(null);
  useLayoutEffect(() => {
    scroller = ref.current;
    const measure = () =>
      batch(() => {
        view.height.value = scroller.clientHeight;
        view.width.value = scroller.clientWidth;
      });
    // It is told at once, before anything is painted; asking for sizes here would lay the page out once more.
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    return () => {
      observer.disconnect();
      view.margin.value = 0;
      scroller = null;
    };
  }, []);
  // Rows out of sight are drawn when those in sight are painted.
  useEffect(() => void (view.margin.value = MARGIN), []);
  // A new search begins at its top.
  useEffect(() => {
    ref.current.scrollTop = 0;
    view.top.value = 0;
  }, [model.pages.run]);
  return ref;
}

/** The rows in sight, and the row that the keyboard is at wherever it is. */
function rowsInSight(height) {
  const { pages } = model;
  const margin = view.margin.value;
  const first = Math.max(0, Math.floor(view.top.value / height) - margin);
  const last = Math.min(pages.length, Math.ceil((view.top.value + view.height.value) / height) + margin);
  const found = [];
  for (let index = first; index < last; index++) found.push([index, pages.at(index)]);
  const active = model.active.value;
  if (active >= 0 && active < pages.length && (active < first || active >= last))
    found.push([active, pages.at(active)]);
  pages.keepAround((first + last) / 2);
  return found;
}

function Body({ columns, template }) {
  const { pages, rowsState } = model;
  pages.version.value;
  density.value;
  const scrollRef = useScroller();
  const height = rowHeight();
  const { event: openId } = model.state.value;
  const error = rowsState.error.value;
  const isWaiting = rowsState.isLoading.value;
  const hasNone = !rowsState.data.value;
  const active = model.active.value;
  const row = ([index, event]) => {
    const top = index * height;
    if (!event)
      return html`<div class="ghost-row" key=${`w${index}`} style=${{ position: "absolute", top: `${top}px` }}></div>`;
    if (event.gap) {
      return html`<div class="gap" key=${event.id} role="row" style=${{ top: `${top}px` }}><span role="gridcell">
        ${number(event.gap.count)} events are not shown here · <button type="button" class="link"
          onClick=${() => loadGap(event)}>load</button></span></div>`;
    }
    return h(Row, {
      key: event.id,
      event,
      index,
      top,
      columns,
      template,
      isSelected: event.id === openId,
      isActive: index === active,
      isPicked: model.picked.value.has(event.id),
    });
  };
  const rows = rowsInSight(height);
  return html`<div class=${`rows${isWaiting && !hasNone ? " stale" : ""}`} ref=${scrollRef} tabindex="0" role="grid"
    aria-label="Events" aria-rowcount=${pages.next ? -1 : pages.length + 1} aria-busy=${String(isWaiting)}
    aria-activedescendant=${active >= 0 && pages.at(active) ? `row-${active}` : undefined} onScroll=${scrolled}>
    ${h(Heads, { columns, template })}
    <div role="presentation" style=${{ height: `${pages.length * height + (pages.length ? 96 : 0)}px` }}></div>
    ${rows.map(row)}
    ${
      error &&
      error.code !== "invalid_query" &&
      html`<div class="in-rows" role="row"><div
        role="gridcell">${h(Trouble, { error, retry: () => model.run() })}</div></div>`
    }
    ${isWaiting && hasNone && h(Skeleton, {})}
    ${!hasNone && !error && pages.length > 0 && h(Tail, { top: pages.length * height })}
    ${
      !hasNone &&
      !isWaiting &&
      !error &&
      pages.length === 0 &&
      html`<div class="in-rows" role="row"><div role="gridcell">${h(NothingFound, {})}</div></div>`
    }
  </div>`;
}

export function Table() {
  const columns = fitting(chosenColumns.value, innerWidth <= NARROW ? Infinity : view.width.value);
  const template = templateOf(columns);
  const waiting = pending.value.length;
  return html`<div class="results">
    <div class="choose">${h(ColumnsMenu, {})}</div>
    ${
      waiting > 0 &&
      html`<button type="button" class="button primary jump" onClick=${() => showPending(scroller)}>
      ${h(Icon, { name: "arrow-up" })}${number(waiting)} new ${waiting === 1 ? "event" : "events"}</button>`
    }
    ${h(Body, { columns, template })}
    ${
      model.pages.searchedUntil &&
      html`<div class="bar">${h(Icon, { name: "clock" })}The search took long: it went back to
      ${fullTime(model.pages.searchedUntil, zone.value)}. <button type="button" class="link"
        onClick=${() => model.pages.more()}>Go on</button></div>`
    }
    ${h(Picked, {})}
  </div>`;
}

const copyIds = async () => {
  const { copy } = await import("../../ui/hand-over.js");
  copy([...model.picked.peek()].join("\n"), "Ids copied");
};

function Picked() {
  const ids = [...model.picked.value];
  if (!ids.length) return null;
  return html`<div class="selection" role="region"
    aria-label="Selected events"><span>${number(ids.length)} selected</span>
    <button type="button" class="button primary" disabled=${ids.length < 2}
      onClick=${() => model.change({ compare: ids })}>
      ${h(Icon, { name: "compare" })}Compare</button>
    <button type="button" class="button" onClick=${copyIds}>
      ${h(Icon, { name: "copy" })}Copy ids</button>
    <button type="button" class="button" onClick=${() => (model.picked.value = new Set())}>Clear</button></div>`;
}
