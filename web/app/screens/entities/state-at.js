// What a target was like at a time, put together from the changes that its events recorded. What no event changed is
// not known here, and is not made up.

import { getJson } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { pathOf, shown } from "../../lib/diff.js";
import { useResource } from "../../lib/resource.js";
import { organization, zone } from "../../lib/session.js";
import { cut, visible } from "../../lib/safe-text.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { Name, Trouble } from "../../ui/parts.js";
import { stateAt } from "./state-fields.js";

const EVENTS_MAX = 1000;

/** Whether an event's changes were made, and to this target: they are those of its first one. */
const isOf = ({ changes, targets, outcome }, id) =>
  changes?.length > 0 && targets?.[0]?.id === id && outcome !== "failure" && outcome !== "denied";

function Field({ field }) {
  const { path, value, isThere, by, isBefore } = field;
  return html`<tr><th scope="row"><code>${visible(pathOf(path))}</code></th>
    <td>${isThere ? html`<code>${cut(shown(value), 400).text}</code>` : html`<span class="quiet">not set</span>`}</td>
    <td><a href=${`/events/${by.id}`}>${isBefore ? "until" : "since"} ${fullTime(by.occurred_at, zone.value)}</a>
      ${" "}<span class="quiet">${h(Name, { text: by.actor?.name ?? by.actor?.id ?? "" })}</span></td></tr>`;
}

export function StateAt({ q, id }) {
  const [place, setPlace] = useState(null);
  const own = { q: `${q} has:diff`, order: "asc", limit: EVENTS_MAX };
  const changes = useResource((stop) => getJson("/v1/events", { org: organization.peek(), ...own }, stop), [q]);
  const events = changes.data.value?.events.filter((event) => isOf(event, id)) ?? [];
  if (changes.error.value) return h(Trouble, { error: changes.error.value, retry: () => changes.retry() });
  if (!events.length) return null;
  const at = place ?? events.length;
  const time =
    at === 0
      ? Date.parse(events[0].occurred_at) - 1
      : at >= events.length
        ? Infinity
        : Date.parse(events[at - 1].occurred_at);
  const label =
    at === 0
      ? "before the first change"
      : at >= events.length
        ? "now"
        : `${fullTime(time, zone.value)} ${zoneLabel(zone.value)}`;
  return html`<section class="panel" aria-labelledby="state-title">
    <header><h2 id="state-title">State, ${label}</h2><span class="grow"></span>
      <span
        class="quiet">from ${count(events.length, "recorded change")}
        ${changes.data.value.next_cursor ? ", the oldest ones" : ""}</span></header>
    <div class="body"><input class="slider" type="range" min="0" max=${events.length} value=${at}
      aria-label="Time of the state"
        aria-valuetext=${label} onInput=${(event) => setPlace(Number(event.target.value))} />
      <div class="scroll"><table class="sheet"><thead><tr><th scope="col">Field</th><th scope="col">Value</th><th
        scope="col">Set</th></tr></thead>
        <tbody>${stateAt(events, time).map((field) => h(Field, { key: field.path, field }))}</tbody></table></div>
          </div>
  </section>`;
}
