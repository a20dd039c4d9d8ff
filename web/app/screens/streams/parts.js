// What the list of streams and the page of one both show: states, kinds, figures that lead to their events.

import { h, html } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { cut, lineOf, visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { ago } from "../../lib/time.js";
import { Icon } from "../../ui/parts.js";
import { titleOf } from "./model.js";
import { OUTCOMES, duration, exactTime, iconOf, pathOf, stateOf, waitingOf } from "./words.js";

/** Shape, colour and word of the state. */
export function State({ one }) {
  const [icon, word, meaning] = stateOf(one);
  return html`<span class=${`state is-${one.state}`} title=${meaning}>
    ${h(Icon, { name: icon })}${visible(word)}</span>`;
}

export const Kind = ({ kind }) =>
  html`<span class="kind">${h(Icon, { name: iconOf(kind) })}<span>${visible(titleOf(kind))}</span></span>`;

/** Shape, colour and word for what came of an attempt. */
export function Came({ outcome }) {
  const [icon, word, look] = OUTCOMES[outcome] ?? ["help", outcome, "odd"];
  return html`<span class=${`came ${look}`}>${h(Icon, { name: icon })}${visible(word)}</span>`;
}

/** A number, or another text, that leads to the events behind it for whoever may read them. */
export function Events({ href, title, children }) {
  if (!href || !may("audit_logs.read")) return html`<span title=${title}>${children}</span>`;
  return html`<a href=${href} title=${title}>${children}</a>`;
}

/** A query that is broken between its terms where it has to be, not at their hyphens. */
export function Query({ q }) {
  if (!q.trim()) return "every event";
  return html`<code class="query-text">${lineOf(q.trim())
    .split(" ")
    .map((term) => html`<span>${term}</span> `)}</code>`;
}

/** How many events wait, and for how long the oldest has. */
export function Lag({ one }) {
  const { lag_events: events, lag_seconds: seconds } = one.health;
  if (!events) return html`<span class="quiet">none</span>`;
  const [cursor] = one.cursors;
  const isOne = one.cursors.length === 1;
  const title = isOne ? "The events that wait" : "Where it is in each log";
  const href = isOne ? waitingOf(one, cursor) : pathOf(one, "position");
  const text = html`${number(events)} · ${duration(seconds)}`;
  return isOne ? h(Events, { href, title }, text) : html`<a href=${href} title=${title}>${text}</a>`;
}

/** How long ago, with the exact time at hand. */
export function Ago({ time, never = "never" }) {
  if (!time) return html`<span class="quiet">${never}</span>`;
  return html`<time datetime=${time} title=${exactTime(time)}>${ago(Date.parse(time))}</time>`;
}

/** What somebody else said: a line of it, and the rest when it is asked for. */
export function Said({ text, most = 90 }) {
  const line = text.trim().replace(/\s+/g, " ");
  if (!line) return html`<span class="quiet">—</span>`;
  const short = cut(line, most);
  if (!short.rest && !text.trim().includes("\n")) return html`<bdi class="said">${short.text}</bdi>`;
  return html`<details class="said"><summary><bdi>${short.text}${short.rest > 0 && "…"}</bdi></summary>
    <pre tabindex="0" aria-label="What was answered">${cut(text).text}</pre></details>`;
}
