// The keys of the explorer.

import { bind } from "../../lib/keys.js";
import { chooseZone, zone } from "../../lib/session.js";
import { localZone } from "../../lib/time.js";
import { copy } from "../../ui/hand-over.js";
import { stored } from "../../ui/parts.js";
import { openColumns } from "./columns.js";
import * as model from "./model.js";
import { adjust, openRange } from "./range-picker.js";
import { saving } from "./search-menu.js";
import { pick, step } from "./table.js";
import { obstacle, showPending } from "./tail.js";

/** The event that is open, else the one that the keyboard is at; null on a gap. */
function current() {
  const row = model.selected.peek() ?? model.pages.at(model.active.peek());
  return row && !row.gap ? row : null;
}

/** @type {(selector: string) => HTMLElement | null} */
const element = (selector) => document.querySelector(selector);

function search() {
  /** @type {HTMLTextAreaElement} */
  const box = document.querySelector("#query");
  box.focus();
  box.setSelectionRange(box.value.length, box.value.length);
}

function escape() {
  if (model.state.peek().event) {
    model.closeEvent();
    element(".rows")?.focus();
  } else if (model.picked.peek().size) model.picked.value = new Set();
  else return false;
  return true;
}

/** Enter and Space mean the row only where the rows have the focus. */
const inRows = (event) => event.target.closest(".rows") && event.target.tagName !== "BUTTON";

export function bindKeys() {
  const next = () => step(1);
  const previous = () => step(-1);
  const arrow = (go) => (event) =>
    event.target.closest(".rows, body") === document.body && event.target !== document.body ? false : go();
  return bind({
    "/": search,
    j: next,
    k: previous,
    ArrowDown: arrow(next),
    ArrowUp: arrow(previous),
    Enter: (event) => (inRows(event) ? model.open(Math.max(0, model.active.peek())) : false),
    " ": (event) => {
      const row = inRows(event) && current();
      return row ? pick(row) : false;
    },
    Escape: escape,
    n: () => showPending(document.querySelector(".rows")),
    l: () => obstacle.peek() || model.change({ live: !model.state.peek().live }, { replace: true }),
    f: () => element(".facets .pick")?.focus(),
    t: () => openRange(),
    "[": () => adjust(1, -1),
    "]": () => adjust(1, 1),
    "-": () => adjust(2),
    "+": () => adjust(0.5),
    c: () => openColumns(),
    e: () => import("./handing-over.js").then(({ copyLink }) => copyLink(true)),
    s: () => model.common().org && (saving.value = {}),
    y: () => current() && copy(JSON.stringify(stored(current()), null, 2), "Event copied as JSON"),
    v: () => element(".drawer .verify")?.click(),
    z: () => chooseZone(zone.peek() === "UTC" ? localZone() : "UTC"),
  });
}
