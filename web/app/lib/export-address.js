// The form for a new export, filled in with the search that is on the page, if one is.

import { route } from "./route.js";
import { recall } from "./store.js";
import { format, parse } from "./url-state.js";

function filledIn(rest) {
  const { path, search } = route.value;
  if (path !== "/events") return new URLSearchParams(rest).toString().replace(/^(?=.)/, "?");
  const { cols, ...state } = parse(search);
  const own = { event: null, compare: [], live: false, group: "outcome", rest };
  return format({ ...state, ...own, cols: cols ?? recall("columns") });
}

export const exportAddress = () => `/exports/new${filledIn([])}`;

/** The same for a schedule, whose range is that of each run. */
export const scheduleAddress = () =>
  `/exports${filledIn([
    ["tab", "schedules"],
    ["open", "new"],
  ])}`;
