// The range of time: presets, any number of units back, or two times in the words of the query language.

import { h } from "../../lib/html.js";
import { lazy } from "../../lib/lazy.js";
import { zone } from "../../lib/session.js";
import { recall, remember } from "../../lib/store.js";
import { fullTime } from "../../lib/time.js";
import { changed, labelOf, sameRange } from "../../lib/time-range.js";
import { visible } from "../../lib/safe-text.js";
import { Popover } from "../../ui/popover.js";
import * as model from "./model.js";

const Times = lazy(() => import("./range-times.js"), "Times");

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

let openPicker = () => {};
export const openRange = () => openPicker();
const takeOpener = (open) => {
  openPicker = open;
};

export function RangePicker() {
  const label = labelOf(model.state.value.range, shownTime);
  const content = (close) => h(Times, { close });
  return h(Popover, { label, title: "Range of time", content, align: "end", opener: takeOpener, panel: "range-menu" });
}
