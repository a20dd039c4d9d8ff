// Starts the app: the bar at the top, the screen of the address, and what lies over both.

import { onEnded, onReach, signInAddress } from "./lib/api.js";
import { effect, h, html, render, signal } from "./lib/html.js";
import { bind, listen, takeAhead } from "./lib/keys.js";
import { followLinks, go, route, screenOf } from "./lib/route.js";
import { lazy } from "./lib/lazy.js";
import { isReady, loadSession, may, organization, person, present } from "./lib/session.js";
import { recall } from "./lib/store.js";
import { explorer } from "./lib/url-state.js";
import { isHelpOpen, isPaletteOpen } from "./shell/open.js";
import { TopBar } from "./shell/top-bar.js";
import { Icon, Lost, Said, dialogs } from "./ui/parts.js";

const Help = lazy(() => import("./shell/help.js"), "Help");
const SessionEnded = lazy(() => import("./shell/session-ended.js"), "SessionEnded");
const Palette = lazy(() => import("./shell/palette.js"), "Palette");
const isReached = signal(true);
const isEnded = signal(false);
const screen = signal(null);
/** Ends when it is known who looks. */
const known = new Promise((resolve) => effect(() => isReady.value && resolve(null)));
/** How long a screen that asked ahead waits for its answer, so that it is drawn once and not twice. */
const AHEAD_MS = 80;
let unreached = 0;

/** The first request that fails may be a tab going to sleep; two in a row are not. */
onReach((isThere) => {
  unreached = isThere ? 0 : unreached + 1;
  isReached.value = unreached < 2;
});

/** What somebody reads or writes stays; whoever was never known here is led to sign in. */
onEnded(() => {
  if (person.peek()) isEnded.value = true;
  else location.assign(signInAddress());
});

function goOn() {
  isEnded.value = false;
  dispatchEvent(new Event("tallystick:again"));
}

function Layer() {
  return html`${!dialogs.value && h(Said, {})}${isPaletteOpen.value && h(Palette, {})}
    ${isHelpOpen.value && h(Help, {})}${isEnded.value && h(SessionEnded, { onBack: goOn })}
    ${
      !isReached.value &&
      html`<div class="offline" role="status">${h(Icon, { name: "offline" })}
      The service cannot be reached. What is shown may be old; it goes on by itself.</div>`
    }`;
}

/** Asks now and then whether the service is back, and then loads what is shown again. */
function watchReach() {
  setInterval(async () => {
    if (isReached.value || document.hidden) return;
    const isThere = await fetch("/healthz", { cache: "no-store" }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (!isThere) return;
    unreached = 0;
    isReached.value = true;
    dispatchEvent(new Event("tallystick:again"));
  }, 2000);
}

function Main() {
  const { value } = screen;
  if (!value || !isReady.value) return null;
  if (value.isLost) return h(Lost, {});
  // Nothing that was loaded of one organization may stand under the name of another.
  return h(value.Screen, { key: organization.value });
}

/** @type {(selector: string) => NodeListOf<HTMLElement>} */
const elements = (selector) => document.querySelectorAll(selector);

/** Shows the screen of the address whenever it changes. */
function showScreens() {
  let shown = null;
  const show = () => {
    const found = screenOf(route.value.path);
    if (!found || found.home === shown) return;
    shown = found.home;
    document.getElementById("more").hidePopover?.();
    for (const link of elements(".rail [data-screen]")) {
      if (link.dataset.screen === found.home) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    found.load().then(
      async (module) => {
        await known;
        if (found.home !== shown) return;
        await Promise.race([module.ahead?.(), new Promise((resolve) => setTimeout(resolve, AHEAD_MS))]);
        if (found.home === shown) screen.value = module;
      },
      () => {
        if (found.home !== shown) return;
        // So that it is tried again.
        shown = null;
        screen.value = { isLost: true };
      },
    );
  };
  effect(show);
  addEventListener("tallystick:again", show);
}

/** What is typed goes on going where it went if the palette cannot be loaded. */
function watchPalette() {
  effect(() => {
    if (isPaletteOpen.value) Palette.prefetch().then((isThere) => isThere || takeAhead(null));
  });
}

/** Leaves out of the rail what the caller may not open. */
function fitRail() {
  effect(() => {
    for (const link of elements(".rail [data-needs]")) {
      // One of several is enough.
      link.hidden = present.value !== null && !link.dataset.needs.split(" ").some(may);
    }
  });
}

bind({
  "mod+k": () => (isPaletteOpen.value = true),
  "?": () => (isHelpOpen.value = true),
  "g o": () => go("/"),
  "g e": () => go(explorer("")),
  "g n": () => go("/entities"),
  "g x": () => go("/exports"),
  "g t": () => go("/streams"),
  "g i": () => go("/integrity"),
  "g a": () => go("/access"),
  "g s": () => go("/settings"),
});
listen();
followLinks();
showScreens();
fitRail();
watchPalette();
watchReach();
loadSession();
// What was asked for before the page was loaded anew is still followed.
if (recall("exports")) import("./lib/export-watch.js").catch(() => {});
render(h(TopBar, {}), document.getElementById("top"));
render(h(Main, {}), document.getElementById("main"));
render(h(Layer, {}), document.getElementById("layer"));
