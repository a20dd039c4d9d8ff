// The few drawings that an embedded viewer needs, inside its own tree: those of the page around it cannot be reached.

import { html } from "../lib/html.js";

const SHAPES = { check: "M20 6 9 17l-5-5", close: "M18 6 6 18M6 6l12 12", minus: "M5 12h14" };

export const ICONS = () =>
  html`<svg class="sprite" aria-hidden="true">${Object.entries(SHAPES).map(
    ([name, path]) => html`<symbol id=${`i-${name}`} viewBox="0 0 24 24"><path d=${path} /></symbol>`,
  )}</svg>`;
