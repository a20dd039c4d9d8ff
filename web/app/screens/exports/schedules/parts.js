// What the list of schedules and the drawer of one both show.

import { h, html } from "../../../lib/html.js";
import { visible } from "../../../lib/safe-text.js";
import { Icon } from "../../../ui/parts.js";

/** Shape and word of a state: `[icon, word, class]`; what has no icon is under way. */
export function Mark({ known = ["help", "?", ""] }) {
  const [icon, word, kind] = known;
  const mark = icon ? h(Icon, { name: icon }) : html`<span class="live-dot"></span>`;
  return html`<span class=${`state ${kind}`}>${mark}${visible(word)}</span>`;
}
