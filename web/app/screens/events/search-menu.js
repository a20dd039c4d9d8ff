// Searches to begin with, and the present one to hand over; what the menu holds is loaded when it is opened.

import { h } from "../../lib/html.js";
import { lazy } from "../../lib/lazy.js";
import { Popover } from "../../ui/popover.js";

const Searches = lazy(() => import("./searches.js"), "Searches");

export function SearchMenu() {
  const content = (close) => h(Searches, { close });
  return h(Popover, { label: "Searches", title: "Searches", align: "end", content });
}
