// One stream: whether it gets on and what comes next, and, in parts, what was sent, what was refused, where it is, what
// it left out, and what it was told.

import { address, getJson } from "../../lib/api.js";
import { h, html, useEffect } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { useLive } from "../../lib/live.js";
import { go, route } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { organization } from "../../lib/session.js";
import { Empty, Icon, Name, Trouble } from "../../ui/parts.js";
import { Tabs, tabOf } from "../../ui/tabs.js";
import { More, Next, ask } from "./acts.js";
import { Attempts } from "./attempts.js";
import { DeadLetters } from "./dead-letters.js";
import { Asked, changed } from "./dialogs.js";
import * as model from "./model.js";
import { Ago, Events, Kind, State } from "./parts.js";
import { Gaps, Position } from "./places-now.js";
import { Settings } from "./settings.js";
import { OUTCOMES, beforeOf, duration, isFailing, ownerOf, pathOf, rateText, sentenceOf } from "./words.js";
import { troubleOf, waitingOf } from "./words.js";

/** A figure with its name. */
const Figure = ({ name, children }) => html`<div><dt>${name}</dt><dd>${children}</dd></div>`;

function Figures({ one }) {
  const { health, cursors } = one;
  const [cursor] = cursors;
  const isOne = cursors.length === 1;
  const position = pathOf(one, "position");
  const waiting = isOne ? waitingOf(one, cursor) : position;
  const delivered = isOne ? beforeOf(one, cursor) : position;
  const dead = number(health.dead_letters);
  return html`<dl class="figures">
    ${h(Figure, { name: "Waiting" }, health.lag_events
      ? h(Events, { href: waiting, title: isOne ? "The events that wait" : "In each log" }, number(health.lag_events))
      : "0")}
    ${h(Figure, { name: "Oldest waits" }, health.lag_events ? duration(health.lag_seconds) : "—")}
    ${h(Figure, { name: "Rate" }, rateText(model.rates.value.get(one.id)))}
    ${h(Figure, { name: "Last delivered" }, h(Ago, { time: health.last_ok_at }))}
    ${h(Figure, { name: "Delivered" }, health.delivered_total
      ? h(Events, { href: delivered, title: "Events before its place that match" }, number(health.delivered_total))
      : "0")}
    ${h(Figure, { name: "Dead letters" }, health.dead_letters
      ? html`<a href=${pathOf(one, "dead-letters")} class="failing">${dead}</a>`
      : dead)}</dl>`;
}

/** Whether it gets on, in words and figures. */
function Now({ one }) {
  const trouble = troubleOf(one);
  const { last_error: error } = one.health;
  return html`<section class=${`panel stream-now${isFailing(one) ? " failing-now" : ""}`} aria-label="How it gets on">
    <div class="in-words"><p>${sentenceOf(one)}</p>${
      trouble
        ? html`<p class="trouble-said">${h(Icon, { name: "alert" })}<bdi>${visible(trouble)}</bdi></p>`
        : error &&
          html`<p class="quiet">The last error was ${h(Ago, { time: error.at })}:
            ${" "}<bdi>${visible(error.message || error.code)}</bdi></p>`
    }</div>${h(Figures, { one })}</section>`;
}

const tabsOf = ({ health }) => [
  ["attempts", "Attempts"],
  ["dead-letters", health.dead_letters ? `Dead letters (${number(health.dead_letters)})` : "Dead letters"],
  ["position", "Position"],
  ["gaps", "Gaps"],
  ["settings", "Settings"],
];

function Part({ one, tab }) {
  if (tab === "dead-letters") return h(DeadLetters, { one });
  if (tab === "position") return h(Position, { one });
  if (tab === "gaps") return h(Gaps, { one });
  if (tab === "settings") return h(Settings, { one });
  const wanted = new URLSearchParams(route.value.search).get("outcome");
  const onOutcome = (name) => go(pathOf(one, "attempts") + (name && `&outcome=${name}`), { replace: true });
  return h(Attempts, { one, outcome: OUTCOMES[wanted] ? wanted : "", onOutcome });
}

function Missing({ error, retry }) {
  if (error.status !== 404 && error.status !== 400) return h(Trouble, { error, retry });
  return h(
    Empty,
    { title: "There is no such stream." },
    html`<p>It may have been deleted, or be one that is not yours to manage.</p>
      <a class="button" href="/streams">All streams</a>`,
  );
}

/** The stream with this id, as it is heard of, and what the page says until it is. */
export function useStream(id) {
  const live = useLive((stop) => getJson(`/v1/streams/${encodeURIComponent(id)}`, {}, stop), [id], {
    take: (one) => model.take([one]),
  });
  const newer = changed.value;
  // What was done before is in what is asked for now.
  useEffect(() => void (changed.value = null), [id]);
  useEffect(() => {
    const answer = changed.peek();
    if (answer?.id === id) live.put(answer);
  }, [newer]);
  const one = live.data.value ?? model.listed(id) ?? null;
  const own = one?.organization_id;
  useEffect(() => {
    // A link to one of another organization: nothing of one stands under the name of another.
    const org = organization.peek();
    if (!own || org === null || own === org) return;
    const { path, search } = route.peek();
    go(address(path, { ...Object.fromEntries(new URLSearchParams(search)), org: own }), { replace: true });
  }, [own]);
  const error = live.error.value;
  const isGone = error && [400, 403, 404].includes(error.status);
  return { one: isGone ? null : one, error, retry: () => live.ask() };
}

export const Crumbs = ({ one = null, here = "" }) =>
  html`<nav class="crumbs" aria-label="Where this is"><a href="/streams">Streams</a>${
    one && here && html`<span aria-hidden="true">/</span><a href=${pathOf(one)}>${h(Name, { text: one.name })}</a>`
  }</nav>`;

export function Detail({ id }) {
  const { one, error, retry } = useStream(id);
  const name = one ? visible(one.name) : "";
  useEffect(() => {
    document.title = `${name ? `${name} · ` : ""}Streams · Tallystick`;
  }, [name]);
  if (!one) {
    return html`<div class="screen">${h(Crumbs, {})}${error && h(Missing, { error, retry })}</div>`;
  }
  const tabs = tabsOf(one);
  const [tab] = tabOf(tabs);
  return html`<div class="screen stream">
    <div class="stream-head">${h(Crumbs, { one })}
      <header><h1>${h(Name, { text: one.name })}</h1>${h(State, { one })}<span class="grow"></span>
        <div class="act-line">${h(Next, { one, small: false })}
          <button type="button" class="button" onClick=${() => ask("test", one)}>
            ${h(Icon, { name: "stream" })}Test</button>
          ${h(More, { one, small: false })}</div></header>
      <p class="quiet whose">${h(Kind, { kind: one.kind })}<span>·</span><bdi>${visible(ownerOf(one))}</bdi></p></div>
    ${h(Now, { one })}
    ${h(Tabs, { label: "Of this stream", tabs, current: tab })}
    ${h(Part, { key: tab, one, tab })}
    ${h(Asked, {})}</div>`;
}
