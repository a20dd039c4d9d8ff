// The steps of a verification, each with what was computed.

import { h, html } from "../lib/html.js";
import { visible } from "../lib/safe-text.js";
import { Icon } from "./parts.js";

const ICONS = { yes: "check", no: "close", open: "minus" };
const WORDS = { yes: "holds", no: "does not hold", open: "not shown" };

export function Steps({ steps }) {
  return html`<ol>${steps.map(
    ({ state, text, detail }) => html`<li class=${state}>
    ${h(Icon, { name: ICONS[state] })}<span><span
      class="unseen">${WORDS[state]}: </span>${text}<br /><code>${visible(detail)}</code></span></li>`,
  )}</ol>`;
}
