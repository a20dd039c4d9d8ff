// The parts of a screen, each with an address: `?tab=…`.

import { html, useLayoutEffect, useRef } from "../lib/html.js";
import { route } from "../lib/route.js";

/** The tab of the address, else the first one. `tabs` are `[name, label, component]`. */
export function tabOf(tabs) {
  const wanted = new URLSearchParams(route.value.search).get("tab");
  return tabs.find(([name]) => name === wanted) ?? tabs[0];
}

export function Tabs({ label, tabs, current, path = route.value.path }) {
  const bar = useRef(null);
  useLayoutEffect(() => {
    // In a narrow window the bar is longer than its room. Only the bar is moved: nothing else may jump.
    const shown = bar.current.querySelector("[aria-current]");
    if (shown) bar.current.scrollLeft = shown.offsetLeft - (bar.current.clientWidth - shown.offsetWidth) / 2;
  }, [current]);
  return html`<nav ref=${bar} class="modes tabs" aria-label=${label}>${tabs.map(
    ([name, text]) => html`<a href=${`${path}?tab=${name}`}
      aria-current=${name === current ? "page" : undefined}>${text}</a>`,
  )}</nav>`;
}
