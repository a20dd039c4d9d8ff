// The events explorer: everything about finding, on one page; and one event as a page of its own.

import { effect, h, html, signal, useEffect, useLayoutEffect } from "../../lib/html.js";
import { exportAddress } from "../../lib/export-address.js";
import { lazy } from "../../lib/lazy.js";
import { mayExport, present } from "../../lib/session.js";
import { Icon } from "../../ui/parts.js";
import { Chips } from "./chips.js";
import { Facets, isSheetOpen } from "./facets.js";
import { Histogram } from "./histogram.js";
import { bindKeys } from "./keys.js";
import * as model from "./model.js";
import { Notes, QueryBar } from "./query-bar.js";
import { RangePicker } from "./range-picker.js";
import { SearchMenu } from "./search-menu.js";
import { Table } from "./table.js";
import { obstacle, tailState, watchTail } from "./tail.js";

export { ahead } from "./model.js";

const Compare = lazy(() => import("./compare.js"), "Compare");
const Drawer = lazy(() => import("./drawer.js"), "Drawer");
const EventPage = lazy(() => import("./drawer.js"), "EventPage");

const SOON_MS = 500;

/** Loads what is needed soon, an event or a menu, when the rows are there. What fails is loaded when it is needed. */
function useRest() {
  useEffect(() => {
    const load = () => {
      const parts = [
        import("./drawer.js"),
        import("./suggest.js"),
        import("./range-times.js"),
        import("./filter-editor.js"),
        import("./saved.js"),
        import("./columns-chooser.js"),
      ];
      for (const part of parts) part.catch(() => {});
    };
    return effect(() => {
      if (model.shownSearch.value) setTimeout(load, SOON_MS);
    });
  }, []);
}

function LiveButton() {
  const { live } = model.state.value;
  const why = obstacle.value;
  const isOn = live && !why;
  const state = tailState.value;
  const says = !isOn
    ? "Live"
    : typeof state === "number"
      ? `Reconnecting ${state} s`
      : { live: "Live", paused: "Paused", connecting: "Connecting" }[state];
  return html`<button type="button" class="button live" aria-pressed=${String(isOn)} disabled=${Boolean(why)}
    title=${why ?? "New events as they come (l)"} onClick=${() => model.change({ live: !live }, { replace: true })}>
    ${isOn ? html`<span class="live-dot"></span>` : h(Icon, { name: "play" })}${says}</button>`;
}

/** Keeps its place until it is known who may export, so that nothing jumps. */
function ExportLink() {
  if (present.value && !mayExport.value) return null;
  return html`<a class=${`button wide-only${present.value ? "" : " awaited"}`} href=${exportAddress()}>
    ${h(Icon, { name: "download" })}Export</a>`;
}

const isNarrow = matchMedia("(max-width: 720px)");
const narrow = signal(isNarrow.matches);
isNarrow.addEventListener("change", () => (narrow.value = isNarrow.matches));

function Explorer() {
  useLayoutEffect(() => model.watch(), []);
  useEffect(() => watchTail(), []);
  useEffect(() => bindKeys(), []);
  useRest();
  useEffect(() => {
    document.title = "Events · Tallystick";
    const again = () => model.run();
    addEventListener("tallystick:again", again);
    return () => removeEventListener("tallystick:again", again);
  }, []);
  const filters = html`<button type="button" class="button only-narrow" aria-expanded=${String(isSheetOpen.value)}
    aria-controls="facets" onClick=${() => (isSheetOpen.value = true)}>${h(Icon, { name: "filter" })}Filters</button>`;
  return html`<div class="explorer">
    <div><h1 class="unseen">Events</h1>
      <div class="search">${h(QueryBar, {})}${filters}${h(RangePicker, {})}${h(SearchMenu, {})}${h(LiveButton, {})}
        ${h(ExportLink, {})}</div>
      ${h(Notes, {})}</div>
    ${h(Chips, {})}
    ${h(Histogram, {})}
    <div class="columns">
      ${!narrow.value || isSheetOpen.value ? h(Facets, {}) : null}${h(Table, {})}
        ${model.state.value.event && h(Drawer, {})}
    </div>
    ${model.state.value.compare.length > 1 && h(Compare, {})}
  </div>`;
}

export function Screen() {
  return model.pageOf.value ? h(EventPage, { id: model.pageOf.value }) : h(Explorer, {});
}
