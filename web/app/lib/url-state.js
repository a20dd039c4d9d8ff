// The address is the state: what can be seen can be linked, and going back undoes one visible step. Parameters that
// are not known are kept, those that are not valid are left out.

import { DEFAULT, fixed, isRelative, relative } from "./time-range.js";
import { isZone } from "./time.js";

const GROUPS = ["outcome", "actor", "action", "crud", "source", "none"];
const KNOWN = ["q", "range", "from", "to", "tz", "order", "cols", "group", "event", "live", "org", "compare", "view"];
const VIEW_ID = /^sv_[0-9a-z]{20}$/;
export const isEventId = (text) => /^evt_[0-9a-f]{32}$/.test(text);

/** The state in the query of an address. */
export function parse(search) {
  const params = new URLSearchParams(search);
  const get = (name) => params.get(name) ?? "";
  const ids = get("compare")
    .split(",")
    .filter(isEventId);
  const rest = [...params].filter(([name]) => !KNOWN.includes(name));
  /** @type {ReturnType<typeof relative> | ReturnType<typeof fixed>} */
  let range = isRelative(get("range")) ? relative(get("range")) : relative(DEFAULT);
  if (get("from") || get("to")) range = fixed(get("from"), get("to"));
  return {
    q: get("q"),
    range,
    tz: get("tz") && isZone(get("tz")) ? get("tz") : null,
    order: get("order") === "asc" ? "asc" : "desc",
    // A key of the metadata in quotes may have a comma in it.
    cols: get("cols").match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g),
    group: GROUPS.includes(get("group")) ? get("group") : "outcome",
    event: isEventId(get("event")) ? get("event") : null,
    compare: ids.length > 1 ? ids : [],
    live: get("live") === "1",
    view: VIEW_ID.test(get("view")) ? get("view") : null,
    org: get("org") || null,
    rest,
  };
}

/** The query of the address for a state, with what differs from the defaults; `?` included, or empty. */
export function format(state) {
  const params = new URLSearchParams();
  const set = (name, value) => value && params.set(name, value);
  set("org", state.org);
  set("q", state.q);
  if (!state.range.relative) {
    set("from", state.range.from);
    set("to", state.range.to);
  } else if (state.range.relative !== DEFAULT) set("range", state.range.relative);
  set("tz", state.tz);
  if (state.order === "asc") set("order", "asc");
  set("cols", state.cols?.join(","));
  if (state.group !== "outcome") set("group", state.group);
  set("event", state.event);
  set("compare", state.compare?.join(","));
  if (state.live) set("live", "1");
  set("view", state.view);
  for (const [name, value] of state.rest ?? []) params.append(name, value);
  // Colons and commas mean nothing in a query and are easier to read as they are.
  const text = params.toString().replaceAll("%3A", ":").replaceAll("%2C", ",");
  return text ? `?${text}` : "";
}

/** The address of the explorer with this query, and what else differs from the defaults. */
export const explorer = (q, state = {}) =>
  `/events${format({ q, range: relative(DEFAULT), order: "desc", group: "outcome", ...state })}`;
