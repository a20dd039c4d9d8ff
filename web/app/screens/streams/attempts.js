// What was sent lately and what became of it, newest first. What somebody reads stays where it is: newer attempts wait
// behind a button until they are asked for.

import { getJson } from "../../lib/api.js";
import { h, html, useMemo, useRef, useState } from "../../lib/html.js";
import { bytes, count, number } from "../../lib/format.js";
import { useLive } from "../../lib/live.js";
import { visible } from "../../lib/safe-text.js";
import { zone } from "../../lib/session.js";
import { rowTime, zoneLabel } from "../../lib/time.js";
import { Icon, Trouble } from "../../ui/parts.js";
import { Came, Events, Said } from "./parts.js";
import { OUTCOMES, eventsOf, orgName, took } from "./words.js";

const PAGE = 100;
/** All that are kept: so many that a filter of what is loaded is one of all. */
const KEPT_MAX = 1000;
/** The whole of them is asked for less often. */
const ALL_EVERY_MS = 5000;

/** Two halves of a batch that was split are two attempts; nothing else tells attempts apart for sure. */
function keyed(attempts) {
  const seen = new Map();
  return attempts.map((one) => {
    const name = [one.started_at, one.batch_id, one.organization_id, one.first_seq, one.last_seq].join(" ");
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    return { ...one, key: `${name} ${times}` };
  });
}

function Row({ one, of, isOfSeveral }) {
  const first = one.first_seq;
  const last = one.last_seq;
  const range = first === last ? `#${number(first)}` : `#${number(first)} – #${number(last)}`;
  return html`<tr><td data-is="Time" class="when"><time datetime=${one.started_at}
      title=${`Batch ${one.batch_id}`}>${rowTime(one.started_at, zone.value)}</time></td>
    <td data-is="Outcome">${h(Came, { outcome: one.outcome })}</td>
    <td data-is="Status" class="number">${one.status ?? html`<span class="quiet">—</span>`}</td>
    ${isOfSeveral && html`<td data-is="Organization"><bdi>${visible(orgName(one.organization_id))}</bdi></td>`}
    <td data-is="Events" class="range"><div>${h(
      Events,
      { href: eventsOf(of, one.organization_id, first, last), title: `Events ${range} of the log` },
      count(one.events, "event"),
    )}<span class="quiet"> ${range}</span></div></td>
    <td data-is="Size" class="number">${bytes(one.bytes)}</td>
    <td data-is="Took" class="number">${took(one.took_ms)}</td>
    <td data-is="Answer" class="answer">${h(Said, { text: one.detail })}</td></tr>`;
}

/** How long attempts took: half of them, and nearly all. */
function Times({ attempts }) {
  const times = attempts.map(({ took_ms: ms }) => ms).sort((a, b) => a - b);
  if (times.length < 2) return null;
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return html`<span class="quiet wide-only">half took up to ${took(at(0.5))}, 95 of 100 up to ${took(at(0.95))}</span>`;
}

/** Whether somebody looks at the rows: then nothing may move them. */
function isRead(panel) {
  const main = document.getElementById("main").getBoundingClientRect();
  return panel.matches(":has(tbody:hover, tbody :focus)") || panel.getBoundingClientRect().top < main.top;
}

/** What is shown, and what is newer and waits. */
function useHeld(latest, root) {
  const held = useRef(null);
  const [, draw] = useState(0);
  const known = new Set(held.current?.map(({ key }) => key));
  const old = latest?.findIndex(({ key }) => known.has(key)) ?? 0;
  const fresh = old < 0 ? latest.length : old;
  if (latest && (!known.size || !fresh || !root.current || !isRead(root.current))) held.current = latest;
  if (held.current === latest) return { shown: latest, newer: [], show: null };
  const show = () => {
    held.current = latest;
    draw((times) => times + 1);
  };
  return { shown: old < 0 ? held.current : latest.slice(old), newer: latest.slice(0, fresh), show };
}

export function Attempts({ one, outcome, onOutcome }) {
  const root = useRef(null);
  const [pages, setPages] = useState(1);
  const limit = outcome ? KEPT_MAX : Math.min(KEPT_MAX, pages * PAGE);
  const path = `/v1/streams/${encodeURIComponent(one.id)}/attempts`;
  const live = useLive((stop) => getJson(path, { limit }, stop), [one.id, limit], {
    every: limit > PAGE ? ALL_EVERY_MS : undefined,
  });
  const { data, error } = live;
  const latest = useMemo(() => data.value && keyed(data.value.data), [data.value]);
  const { shown, newer, show } = useHeld(latest, root);
  const isWanted = (attempt) => !outcome || attempt.outcome === outcome;
  const rows = shown?.filter(isWanted);
  const waiting = newer.filter(isWanted).length;
  const isOfSeveral = one.organization_id === null;
  const options = [["", "Every outcome"], ...Object.entries(OUTCOMES).map(([name, [, word]]) => [name, word])];
  return html`<section class="panel streams" aria-labelledby="attempts-title" ref=${root}>
    <header><h2 id="attempts-title">Attempts</h2>${rows && h(Times, { attempts: rows })}<span class="grow"></span>
      ${
        waiting > 0 &&
        html`<button type="button" class="button small" onClick=${show}>${h(Icon, { name: "arrow-up" })}${number(
          waiting,
        )} new</button>`
      }
      <select class="field" aria-label="Outcome" value=${outcome}
        onChange=${(event) => onOutcome(event.target.value)}>${options.map(
          ([name, word]) => html`<option value=${name} selected=${name === outcome}>${word}</option>`,
        )}</select></header>
    ${error.value && !data.value && h(Trouble, { error: error.value, retry: () => live.ask() })}
    ${rows?.length === 0 && html`<p class="body quiet">${
      outcome ? "None of the last 1,000 came to that." : "Nothing was sent yet."
    }</p>`}
    ${
      rows?.length > 0 &&
      html`<table class="sheet stack"><thead><tr><th scope="col">Time (${zoneLabel(zone.value)})</th>
          <th scope="col">Outcome</th><th scope="col" class="number">Status</th>
          ${isOfSeveral && html`<th scope="col">Organization</th>`}<th scope="col">Events</th>
          <th scope="col" class="number">Size</th><th scope="col" class="number">Took</th>
          <th scope="col">Answer</th></tr></thead>
        <tbody>${rows.map((attempt) =>
          h(Row, { key: attempt.key, one: attempt, of: one, isOfSeveral }),
        )}</tbody></table>`
    }
    ${
      data.value?.next_cursor &&
      !outcome &&
      html`<p class="more"><span class="quiet">${count(rows.length, "attempt")} shown, the last 1,000 are kept</span>
        <button type="button" class="button small" onClick=${() => setPages(pages + 1)}>Show more</button></p>`
    }</section>`;
}
