// Which columns there are, and in which order.

import { computed, h } from "../../lib/html.js";
import { lazy } from "../../lib/lazy.js";
import { recall, remember } from "../../lib/store.js";
import { Popover } from "../../ui/popover.js";
import { DEFAULT_COLUMNS, columnOf } from "./fields.js";
import * as model from "./model.js";

const Chooser = lazy(() => import("./columns-chooser.js"), "Chooser");

/** The names of the columns that were chosen. */
export const names = computed(() => model.state.value.cols ?? recall("columns", DEFAULT_COLUMNS));
export const chosenColumns = computed(() => {
  const found = names.value.map(columnOf).filter((column) => column);
  return found.length ? found : DEFAULT_COLUMNS.map(columnOf);
});

export function choose(next) {
  remember("columns", next);
  const isDefault = next.join() === DEFAULT_COLUMNS.join();
  model.change({ cols: isDefault ? null : next }, { replace: true });
}

/** Adds a column, from anywhere. */
export const addColumn = (name) => names.peek().includes(name) || choose([...names.peek(), name]);

let openMenu = () => {};
export const openColumns = () => openMenu();
const takeOpener = (open) => {
  openMenu = open;
};

export function ColumnsMenu() {
  const content = () => h(Chooser, {});
  return h(Popover, {
    icon: "columns",
    title: "Columns",
    kind: "ghost small square",
    align: "end",
    content,
    opener: takeOpener,
  });
}
