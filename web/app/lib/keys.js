// Keys of the whole page. A single key never does anything while somebody types, and all of them can be switched off.

import { singleKeys } from "./session.js";

const TYPING =
  "input:not([type=checkbox], [type=radio], [type=file], [type=button]), textarea, select, [contenteditable]";
const handlers = new Map();
const SEQUENCE_MS = 1200;
let first = { key: "", at: 0 };
/** What takes what is typed before the field that it is meant for is there; null: nothing does. */
let ahead = null;
export const takeAhead = (take) => {
  ahead = take;
};

/** What is done by keys: `bind({ j: next, "g e": …, "mod+k": … })`; gives back what takes them away again. */
export function bind(map) {
  const before = Object.keys(map).map((key) => [key, handlers.get(key)]);
  for (const [key, handler] of Object.entries(map)) handlers.set(key, handler);
  return () => {
    for (const [key, handler] of Object.entries(map)) {
      if (handlers.get(key) !== handler) continue;
      const [, old] = before.find(([name]) => name === key);
      if (old) handlers.set(key, old);
      else handlers.delete(key);
    }
  };
}

function nameOf(event) {
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return `mod+${event.key.toLowerCase()}`;
  return event.ctrlKey || event.metaKey || event.altKey ? null : event.key;
}

function pressed(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const name = nameOf(event);
  if (!name) return;
  const isPlain = !name.startsWith("mod+");
  if (ahead && /^(.|Backspace|Enter|Escape)$/u.test(name) && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    ahead(name);
    return;
  }
  const isInside = event.target.closest?.(TYPING) || document.querySelector("dialog[open]");
  // Arrows, Enter and Space work a list, as they do anywhere: only characters can be switched off.
  const isCharacter = isPlain && name.length === 1 && name !== " ";
  if ((isPlain && isInside) || (isCharacter && !singleKeys.value)) return;
  const sequence = event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${name}` : "";
  const handler = handlers.get(sequence) ?? handlers.get(name);
  first = { key: name, at: event.timeStamp };
  if (!handler) return;
  if (handler(event) !== false) event.preventDefault();
  if (sequence && handlers.has(sequence)) first = { key: "", at: 0 };
}

export const listen = () => document.addEventListener("keydown", pressed);
