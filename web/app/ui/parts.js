// Small parts that every screen uses.

import { Ended, Offline, address } from "../lib/api.js";
import { h, html, signal } from "../lib/html.js";
import { visible } from "../lib/safe-text.js";

export const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true"><use href=${`#i-${name}`}></use></svg>`;

const OUTCOMES = ["success", "failure", "denied", "unknown"];

/** Shape, colour and word for what came of it. */
export function Outcome({ value = "unknown" }) {
  return html`<span class=${`outcome ${OUTCOMES.includes(value) ? value : "unknown"}`}>${visible(value)}</span>`;
}

/** A name from an event, kept from changing the direction of what is around it. */
export const Name = ({ text, kind = "" }) => html`<bdi class=${kind}>${visible(text)}</bdi>`;

/** Type and id of a value of a facet: of a target both are in it. */
export function entityOf(side, value) {
  if (side === "actor") return { type: "any", id: value };
  const [type, ...id] = value.split("/");
  return { type, id: id.join("/") };
}

/** The address of an entity's timeline; in this organization, or in the one that is looked at. */
export function entityAddress(side, entity, org) {
  const path = `/entities/${side}/${encodeURIComponent(entity.type || "unknown")}/${encodeURIComponent(entity.id)}`;
  return address(path, { org });
}

/** An event as the sentence that the service made; with `links`, its actor and targets lead to their timelines. */
export function Sentence({ event, links = false }) {
  const parts = event.sentence ?? [{ text: event.action ?? "" }];
  return parts.map((part) => {
    if (!part.side) return visible(part.text);
    const name = h(Name, { text: part.text, kind: part.side === "actor" ? "who" : "target" });
    return links ? html`<a href=${entityAddress(part.side, part, event.org)}>${name}</a>` : name;
  });
}
export const sentenceText = (event) => (event.sentence ?? []).map(({ text }) => text).join("");

/** The event as it is stored, without what was added for showing it. */
export const stored = ({ sentence, ...event }) => event;

/** A button that has only an icon to show, and a name. */
export function IconButton({ icon, label, onClick, pressed, kind = "ghost", small = false, ...rest }) {
  const name = `button square ${kind}${small ? " small" : ""}`;
  const said = visible(label);
  return html`<button type="button" class=${name} title=${said} aria-label=${said} aria-pressed=${pressed}
    onClick=${onClick} ...${rest}>${h(Icon, { name: icon })}</button>`;
}

/** Why a part of the page could not be loaded, with a way to try again. */
export function Trouble({ error, retry }) {
  const isAway = error instanceof Offline && !(error instanceof Ended);
  const text = isAway ? "The service cannot be reached." : error.message;
  return html`<div class="trouble" role="alert">
    ${h(Icon, { name: "alert" })}<span>${visible(text)}</span>
    ${error.requestId && html`<code>${error.requestId}</code>`}
    ${retry && html`<button type="button" class="button small" onClick=${retry}>Try again</button>`}
  </div>`;
}

export function Empty({ title, children }) {
  return html`<div class="empty"><b>${title}</b>${children}</div>`;
}

/** What stands where a module could not be loaded. */
export function Lost() {
  return h(
    Empty,
    { title: "A part of this page could not be loaded." },
    html`<p>The service may have been updated. Load the page again.</p>
      <button type="button" class="button" onClick=${() => location.reload()}>Load again</button>`,
  );
}

const spoken = signal("");
let lastSaid = 0;
const SAY_EVERY_MS = 10_000;

/** Says something to screen readers; what comes in a stream at most every ten seconds. */
export function announce(text, { often = false } = {}) {
  const now = performance.now();
  if (often && now - lastSaid < SAY_EVERY_MS) return;
  lastSaid = now;
  spoken.value = text;
}

const toasts = signal([]);
const TOAST_MS = 3500;

/** A short message that goes away by itself. */
export function toast(text) {
  const one = { text };
  toasts.value = [...toasts.value, one];
  setTimeout(() => (toasts.value = toasts.value.filter((other) => other !== one)), TOAST_MS);
}

/** How many dialogs are open: nothing outside of one can be read or heard, so what is said is said inside. */
export const dialogs = signal(0);

/** What is said to screen readers, and the short messages. */
export const Said = () => html`<p class="unseen" role="status" aria-live="polite">${spoken.value}</p>
  <div class="toasts" role="status">${toasts.value.map(
    ({ text }) => html`<div class="toast">${visible(text)}</div>`,
  )}</div>`;
