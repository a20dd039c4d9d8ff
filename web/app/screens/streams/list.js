// The streams: where each sends, whether it gets on, and how far behind it is.

import { Offline } from "../../lib/api.js";
import { h, html } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { route } from "../../lib/route.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { organization } from "../../lib/session.js";
import { Empty, Icon, Name, Trouble } from "../../ui/parts.js";
import { More, Next } from "./acts.js";
import * as model from "./model.js";
import { Ago, Events, Kind, Lag, Query, State } from "./parts.js";
import { STATES, ownerOf, pathOf, queryOf, rateText, troubleOf } from "./words.js";

function Row({ one, isOfSeveral }) {
  const trouble = troubleOf(one);
  return html`<tr><th scope="row" data-is=""><a href=${pathOf(one)}>${h(Name, { text: one.name })}</a>
      <br />${h(Kind, { kind: one.kind })}</th>
    ${isOfSeveral && html`<td data-is="Organization"><bdi>${visible(ownerOf(one))}</bdi></td>`}
    <td data-is="Filter" class="of">${h(
      Events,
      { href: queryOf(one), title: "The events that it sends" },
      h(Query, { q: one.query }),
    )}</td>
    <td data-is="State" class="how"><div>${h(State, { one })}${
      trouble && html`<span class="why" title=${visible(trouble)}><bdi>${lineOf(trouble)}</bdi></span>`
    }</div></td>
    <td data-is="Waiting" class="number">${h(Lag, { one })}</td>
    <td data-is="Rate" class="number">${rateText(model.rates.value.get(one.id))}</td>
    <td data-is="Last delivered">${h(Ago, { time: one.health.last_ok_at })}</td>
    <td class="acts"><div class="act-line">${h(Next, { one })}${h(More, { one })}</div></td></tr>`;
}

/** Those of one state alone; each with how many there are. */
function States({ all, chosen }) {
  const counted = Object.keys(STATES).map((state) => [state, all.filter((one) => one.state === state).length]);
  const shown = counted.filter(([state, many]) => many > 0 || state === chosen);
  const link = (state, label, many) =>
    html`<a href=${`/streams${state && `?state=${state}`}`} aria-current=${state === chosen ? "true" : undefined}>
      ${label}<span class="many">${number(many)}</span></a>`;
  return html`<nav class="modes tabs" aria-label="State">${link("", "All", all.length)}${shown.map(([state, many]) =>
    link(state, STATES[state][1], many),
  )}</nav>`;
}

function Nothing() {
  return h(
    Empty,
    { title: "Nothing is sent anywhere yet." },
    html`<p>A stream sends events on to another system as they arrive: a SIEM, a bucket, a queue, a webhook of yours.
        The log is its memory, so whatever the other side does, nothing is lost and nothing slows down.</p>
      <div class="empty-actions">
        <a class="button primary" href="/streams/new">${h(Icon, { name: "plus" })}New stream</a>
        <a class="button" href="/docs/streams/README" target="_blank"
          rel="noopener">How it works</a></div>`,
  );
}

function Sheet({ rows }) {
  // Of one organization alone there is nothing to tell apart.
  const isOfSeveral = organization.value === null || rows.some(({ organization_id: org }) => org === null);
  return html`<table class="sheet stack"><thead><tr><th scope="col">Stream</th>
      ${isOfSeveral && html`<th scope="col">Organization</th>`}<th scope="col" class="of">Filter</th>
      <th scope="col">State</th><th scope="col" class="number">Waiting</th><th scope="col" class="number">Rate</th>
      <th scope="col">Last delivered</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
    <tbody>${rows.map((one) => h(Row, { key: one.id, one, isOfSeveral }))}</tbody></table>`;
}

export function List() {
  const { data, error } = model.list;
  const all = data.value;
  const wanted = new URLSearchParams(route.value.search).get("state");
  const chosen = STATES[wanted] ? wanted : "";
  const rows = all?.filter(({ state }) => !chosen || state === chosen);
  // While the service is away a bar says so, and what is shown stays where it is.
  const isTold = error.value && !(all && error.value instanceof Offline);
  return html`${isTold && h(Trouble, { error: error.value, retry: () => model.list.ask() })}
    ${all?.length === 0 && h(Nothing, {})}
    ${
      all?.length > 0 &&
      html`${h(States, { all, chosen })}<section class="panel streams" aria-label="Streams">${
        rows.length
          ? h(Sheet, { rows })
          : html`<p class="body quiet">No stream is ${STATES[chosen][1].toLowerCase()}.
              ${" "}<a href="/streams">Show all</a></p>`
      }</section>`
    }`;
}
