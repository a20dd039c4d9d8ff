// The event as the service gives it: a tree that can be opened and closed, or to copy.

import { address } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { copy } from "../../ui/hand-over.js";
import { stored } from "../../ui/parts.js";
import { LongText } from "./changes.js";

const OPEN_DEPTH = 2;
const CHILDREN_MAX = 200;

function Leaf({ name, value }) {
  const kind = typeof value === "string" ? "string" : "other";
  return html`<div class="leaf">${name !== null && html`<span class="name">${visible(name)}</span>${": "}`}<span
    class=${kind}><bdi>
    ${h(LongText, { text: JSON.stringify(value) ?? "" })}</bdi></span></div>`;
}

/** One value of a JSON document, objects and lists as something to open. */
export function Tree({ name = null, value, depth = 0 }) {
  const isList = Array.isArray(value);
  if (value === null || typeof value !== "object") return h(Leaf, { name, value });
  const entries = Object.entries(value);
  const shown = entries.slice(0, CHILDREN_MAX);
  const label = isList ? `[${entries.length}]` : `{${entries.length}}`;
  return html`<details open=${depth < OPEN_DEPTH}>
    <summary>${name !== null && html`<span class="name">${visible(name)}</span>${" "}`}<span
      class="quiet">${label}</span></summary>
    ${shown.map(([key, inner]) => h(Tree, { key, name: isList ? null : key, value: inner, depth: depth + 1 }))}
    ${entries.length > shown.length && html`<div class="leaf quiet">${entries.length - shown.length} more</div>`}
  </details>`;
}

export function RawEvent({ event }) {
  const [isOpen, setOpen] = useState(false);
  const own = stored(event);
  const curl = `curl -sS -H "Authorization: Bearer $KEY" '${location.origin}${address(`/v1/events/${event.id}`)}'`;
  return html`<section aria-labelledby="raw-title">
    <header><h3 id="raw-title">Raw event</h3>
      <button type="button" class="button small" onClick=${() => copy(curl, "Command copied")}>curl</button>
      <button type="button" class="button small"
        onClick=${() => copy(JSON.stringify(own, null, 2), "Event copied as JSON")}>Copy</button>
      <button type="button" class="button small" aria-expanded=${String(isOpen)}
        onClick=${() => setOpen(!isOpen)}>${isOpen ? "Hide" : "Show"}</button></header>
    ${
      isOpen &&
      html`<div class="json" tabindex="0" role="region"
      aria-label="Raw event">${h(Tree, { value: own })}</div>`
    }
  </section>`;
}
