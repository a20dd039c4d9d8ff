// The form for a new export, filled in with the search that is on the page, if one is.

import { route } from "./route.js";
import { recall } from "./store.js";
import { format, parse } from "./url-state.js";

export function exportAddress() {
  const { path, search } = route.value;
  if (path !== "/events") return "/exports/new";
  const { cols, ...state } = parse(search);
  const own = { event: null, compare: [], live: false, group: "outcome", rest: [] };
  return `/exports/new${format({ ...state, ...own, cols: cols ?? recall("columns") })}`;
}
