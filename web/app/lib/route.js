// Which screen is shown: addresses without loading the page again. `crates/server/src/ui/shell.rs` serves the same
// ones.

import { signal } from "./html.js";

/** @type {[RegExp, string, () => Promise<{ Screen: any, ahead?: () => Promise<void> | null }>][]} */
const SCREENS = [
  [/^\/$/, "/", () => import("../screens/overview/index.js")],
  [/^\/events(?:\/[^/]+)?$/, "/events", () => import("../screens/events/index.js")],
  [/^\/entities(?:\/[^/]+\/[^/]+\/[^/]+)?$/, "/entities", () => import("../screens/entities/index.js")],
  [/^\/exports(?:\/[^/]+)?$/, "/exports", () => import("../screens/exports/index.js")],
  [/^\/streams(?:\/[^/]+(?:\/edit)?)?$/, "/streams", () => import("../screens/streams/index.js")],
  [/^\/start$/, "/start", () => import("../screens/start/index.js")],
  [/^\/integrity$/, "/integrity", () => import("../screens/integrity/index.js")],
  [/^\/access$/, "/access", () => import("../screens/access/index.js")],
  [/^\/settings$/, "/settings", () => import("../screens/settings/index.js")],
];

const here = () => ({ path: location.pathname, search: location.search });
export const route = signal(here());

/** The screen of a path: where the rail leads to it, and what loads it; null if it is not one of the app's. */
export function screenOf(path) {
  const found = SCREENS.find(([pattern]) => pattern.test(path));
  return found ? { home: found[1], load: found[2] } : null;
}

/** Goes to an address of the app. Going back undoes a step that was pushed, not one that was replaced. */
export function go(href, { replace = false } = {}) {
  const target = new URL(href, location.href);
  if (target.origin !== location.origin || !screenOf(target.pathname)) return location.assign(target);
  if (target.href === location.href) return undefined;
  // How many steps of the app's own lie before this one.
  const depth = (history.state ?? 0) + (replace ? 0 : 1);
  history[replace ? "replaceState" : "pushState"](depth, "", target);
  route.value = here();
  return undefined;
}

/** Goes back to where somebody came from within the app, else to an address of it. */
export const back = (href) => (history.state > 0 ? history.back() : go(href));

/** The parts of a path behind its first, decoded. */
export const partsOf = (path) =>
  path
    .split("/")
    .slice(2)
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });

const isPlainClick = (event) =>
  event.button === 0 &&
  !event.metaKey &&
  !event.ctrlKey &&
  !event.shiftKey &&
  !event.altKey &&
  !event.defaultPrevented;

/** Lets links of the app change the screen instead of loading a page. */
export function followLinks() {
  addEventListener("popstate", () => (route.value = here()));
  document.addEventListener("click", (event) => {
    /** @type {HTMLAnchorElement | null} */
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!link || !isPlainClick(event) || link.target || link.dataset.outside || link.hasAttribute("download")) return;
    const target = new URL(link.href, location.href);
    if (target.origin !== location.origin || !screenOf(target.pathname)) return;
    if (target.pathname === location.pathname && target.search === location.search && target.hash) return;
    event.preventDefault();
    go(target.href);
  });
}
