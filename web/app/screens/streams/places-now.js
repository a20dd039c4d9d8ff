// Where a stream is in each log, and what it has left out.

import { getJson } from "../../lib/api.js";
import { h, html } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { useLive } from "../../lib/live.js";
import { visible } from "../../lib/safe-text.js";
import { zone } from "../../lib/session.js";
import { rowTime, zoneLabel } from "../../lib/time.js";
import { Icon, Trouble } from "../../ui/parts.js";
import { ask } from "./acts.js";
import { Events } from "./parts.js";
import { beforeOf, eventsOf, exactTime, gapReason, orgName, waitingOf } from "./words.js";

const GAPS_EVERY_MS = 5000;
const place = (seq) => `#${number(seq)}`;

function Log({ one, cursor }) {
  const { organization_id: org, next_seq: next, log_size: size, in_flight: flight } = cursor;
  const waiting = Math.max(0, size - next);
  const far = size === 0 ? 100 : Math.floor((100 * Math.min(next, size)) / size);
  const name = visible(orgName(org));
  return html`<tr><th scope="row" data-is="Log of"><bdi>${name}</bdi></th>
    <td data-is="Gone through"><div>${
      next === 0
        ? html`<span class="quiet">nothing yet</span>`
        : h(Events, { href: beforeOf(one, cursor), title: "Events before it that match" }, `up to ${place(next - 1)}`)
    }<span class="quiet"> of ${number(size)}</span>
      <progress max="100" value=${far} aria-label=${`${name}: how far it is`}></progress></div></td>
    <td data-is="Waiting" class="number">${
      waiting
        ? h(Events, { href: waitingOf(one, cursor), title: "Events that wait" }, number(waiting))
        : html`<span class="quiet">none</span>`
    }</td>
    <td data-is="On its way">${
      flight
        ? h(
            Events,
            { href: eventsOf(one, org, flight.first_seq, flight.last_seq), title: `Batch ${flight.batch_id}` },
            flight.first_seq === flight.last_seq
              ? place(flight.first_seq)
              : `${place(flight.first_seq)} – ${place(flight.last_seq)}`,
          )
        : html`<span class="quiet">nothing</span>`
    }</td>
    <td class="acts"><button type="button" class="button small" aria-label=${`Rewind in the log of ${name}`}
      onClick=${() => ask("rewind", one, { org })}>${h(Icon, { name: "rewind" })}Rewind</button></td></tr>`;
}

export function Position({ one }) {
  return html`<section class="panel streams" aria-labelledby="position-title">
    <header><h2 id="position-title">Position</h2>
      <span class="quiet wide-only">how far each log was gone through; what lies behind that waits</span></header>
    ${
      one.cursors.length
        ? html`<table class="sheet stack"><thead><tr><th scope="col">Log of</th><th scope="col">Gone through</th>
            <th scope="col" class="number">Waiting</th><th scope="col">On its way</th>
            <th scope="col"><span class="unseen">Acts</span></th></tr></thead>
          <tbody>${one.cursors.map((cursor) => h(Log, { key: cursor.organization_id, one, cursor }))}</tbody></table>`
        : html`<p class="body quiet">There is no log yet.</p>`
    }</section>`;
}

function Gap({ one, gap }) {
  const { organization_id: org, first_seq: first, last_seq: last } = gap;
  const range = first === last ? place(first) : `${place(first)} – ${place(last)}`;
  return html`<tr><td data-is="Noted" class="when"><time datetime=${gap.at}
      title=${exactTime(gap.at)}>${rowTime(gap.at, zone.value)}</time></td>
    <td data-is="Log of"><bdi>${visible(orgName(org))}</bdi></td>
    <td data-is="Left out" class="range">${h(
      Events,
      { href: eventsOf(one, org, first, last), title: "These events" },
      range,
    )}</td>
    <td data-is="Events" class="number">${number(last - first + 1)}</td>
    <td data-is="Why">${visible(gapReason(gap.reason))}</td></tr>`;
}

export function Gaps({ one }) {
  const path = `/v1/streams/${encodeURIComponent(one.id)}/gaps`;
  const live = useLive((stop) => getJson(path, {}, stop), [one.id], { every: GAPS_EVERY_MS });
  const { data, error } = live;
  const rows = data.value?.data;
  const key = (gap) => `${gap.organization_id} ${gap.first_seq} ${gap.last_seq} ${gap.at}`;
  return html`<section class="panel streams" aria-labelledby="gaps-title">
    <header><h2 id="gaps-title">Gaps</h2>
      <span class="quiet wide-only">parts of the log that were never sent</span></header>
    ${error.value && !rows && h(Trouble, { error: error.value, retry: () => live.ask() })}
    ${rows?.length === 0 && html`<p class="body quiet">Nothing was left out.</p>`}
    ${
      rows?.length > 0 &&
      html`<table class="sheet stack"><thead><tr><th scope="col">Noted (${zoneLabel(zone.value)})</th>
          <th scope="col">Log of</th><th scope="col">Left out</th><th scope="col" class="number">Events</th>
          <th scope="col">Why</th></tr></thead>
        <tbody>${rows.map((gap) => h(Gap, { key: key(gap), one, gap }))}</tbody></table>`
    }</section>`;
}
