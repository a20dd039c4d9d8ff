// Events that the destination has refused for good: each with why, and a way to send it again.

import { address, getJson, send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { count, number } from "../../lib/format.js";
import { useLive } from "../../lib/live.js";
import { visible } from "../../lib/safe-text.js";
import { may, zone } from "../../lib/session.js";
import { rowTime, zoneLabel } from "../../lib/time.js";
import { Icon, Trouble, toast } from "../../ui/parts.js";
import { ask } from "./acts.js";
import { Said } from "./parts.js";
import { exactTime, orgName, reasonOf } from "./words.js";

const PAGE = 100;
const PAGES_MAX = 10;

/** Whether it arrived since, or waits to be sent again. */
function Since({ letter }) {
  if (letter.replayed_at) {
    return html`<span class="came good" title=${exactTime(letter.replayed_at)}>${h(Icon, { name: "check" })}Arrived
      since</span>`;
  }
  return letter.replay_asked_at
    ? html`<span class="came odd" title=${exactTime(letter.replay_asked_at)}>${h(Icon, { name: "clock" })}Waits to be
        sent</span>`
    : html`<span class="came bad">${h(Icon, { name: "close" })}Not there</span>`;
}

function Row({ letter, isOfSeveral, onReplay }) {
  const place = `#${number(letter.seq)}`;
  const isOpen = !letter.replayed_at && !letter.replay_asked_at;
  const event = address(`/events/${encodeURIComponent(letter.event_id)}`, { org: letter.organization_id });
  return html`<tr><th scope="row" data-is="Event">${
    may("audit_logs.read") ? html`<a href=${event} title=${visible(letter.event_id)}>${place}</a>` : place
  }</th>
    ${isOfSeveral && html`<td data-is="Organization"><bdi>${visible(orgName(letter.organization_id))}</bdi></td>`}
    <td data-is="Refused" class="when"><time datetime=${letter.at}
      title=${exactTime(letter.at)}>${rowTime(letter.at, zone.value)}</time></td>
    <td data-is="Why"><div>${visible(reasonOf(letter.reason))}${
      letter.status !== null && html` <span class="quiet">${letter.status}</span>`
    }</div></td>
    <td data-is="Answer" class="answer">${h(Said, { text: letter.excerpt })}</td>
    <td data-is="Now">${h(Since, { letter })}</td>
    <td class="acts">${
      isOpen &&
      html`<button type="button" class="button small" aria-label=${`Replay event ${place}`}
        onClick=${() => onReplay(letter)}>${h(Icon, { name: "reset" })}Replay</button>`
    }</td></tr>`;
}

export function DeadLetters({ one }) {
  const [pages, setPages] = useState(1);
  const limit = pages * PAGE;
  const path = `/v1/streams/${encodeURIComponent(one.id)}/dead_letters`;
  const live = useLive((stop) => getJson(path, { limit }, stop), [one.id, limit]);
  const { data, error } = live;
  const rows = data.value?.data;
  const isOfSeveral = one.organization_id === null;
  const replay = async ({ id }) => {
    try {
      await send("POST", `${path}/replay`, { body: { ids: [id] } });
      toast("It waits to be sent");
    } catch (refusal) {
      toast(refusal.message);
    }
    live.ask();
  };
  return html`<section class="panel streams" aria-labelledby="dead-title">
    <header><h2 id="dead-title">Dead letters</h2>
      <span class="quiet wide-only">events that were refused for good; they stay in the log</span>
      <span class="grow"></span>
      ${
        one.health.dead_letters > 0 &&
        html`<button type="button" class="button small" onClick=${() =>
          ask("replay", one, { then: () => live.ask() })}>${h(Icon, { name: "reset" })}Replay all</button>`
      }</header>
    ${error.value && !rows && h(Trouble, { error: error.value, retry: () => live.ask() })}
    ${rows?.length === 0 && html`<p class="body quiet">Nothing was refused.</p>`}
    ${
      rows?.length > 0 &&
      html`<table class="sheet stack"><thead><tr><th scope="col">Event</th>
          ${isOfSeveral && html`<th scope="col">Organization</th>`}
          <th scope="col">Refused (${zoneLabel(zone.value)})</th><th scope="col">Why</th><th scope="col">Answer</th>
          <th scope="col">Now</th><th scope="col"><span class="unseen">Acts</span></th></tr></thead>
        <tbody>${rows.map((letter) =>
          h(Row, { key: letter.id, letter, isOfSeveral, onReplay: replay }),
        )}</tbody></table>`
    }
    ${
      data.value?.next_cursor &&
      html`<p class="more"><span class="quiet">${count(rows.length, "dead letter")} shown</span>${
        pages < PAGES_MAX &&
        html`<button type="button" class="button small" onClick=${() => setPages(pages + 1)}>Show more</button>`
      }</p>`
    }</section>`;
}
