// Text from events is chosen by strangers. It is only ever put into text nodes; characters that hide or reorder others
// are written out, and what is too long for a page is cut until somebody asks for the rest.

import { visible } from "../../verify/visible.js";

export { visible };

/** Characters of a value that are shown before somebody asks for more. */
export const SHOWN_MAX = 2048;
/** Characters of a value within a line. */
const LINE_MAX = 300;

/** A value of any kind as one line of text. */
export function lineOf(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  const line = (text ?? "").replace(/\s+/g, " ");
  return visible(line.length > LINE_MAX ? `${line.slice(0, LINE_MAX)}…` : line);
}

/** The start of a long text, and how many characters are left out. */
export function cut(text, most = SHOWN_MAX) {
  if (text.length <= most) return { text: visible(text), rest: 0 };
  // Not between the two halves of a character.
  const end = /[\ud800-\udbff]/.test(text[most - 1]) ? most - 1 : most;
  return { text: visible(text.slice(0, end)), rest: text.length - end };
}
