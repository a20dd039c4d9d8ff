// Events of an entity under the day they happened on; many in a row of one session are one line that opens.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useMemo } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { organization, zone } from "../../lib/session.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { pathOf } from "../../lib/diff.js";
import { dayOf, rowTime, zoneLabel } from "../../lib/time.js";
import { Outcome, Sentence, Trouble } from "../../ui/parts.js";

const FIRST = 60;
const MORE = 120;
/** From so many events in a row on a session is one line. */
const SESSION_MIN = 3;

/** Days with their lines: an event, or a session with its events. */
export function group(events, tz) {
  const days = [];
  for (const event of events) {
    const name = dayOf(Date.parse(event.occurred_at), tz);
    if (days.at(-1)?.name !== name) days.push({ name, runs: [] });
    const { runs } = days.at(-1);
    const session = event.context?.session_id ?? null;
    if (session && runs.at(-1)?.session === session) runs.at(-1).events.push(event);
    else runs.push({ session, events: [event] });
  }
  return days.map(({ name, runs }) => ({
    name,
    lines: runs.flatMap((run) => (run.session && run.events.length >= SESSION_MIN ? [run] : run.events)),
  }));
}

function Line({ event }) {
  const [change, ...more] = event.changes ?? [];
  return html`<li class="moment"><time datetime=${event.occurred_at}
    title=${event.occurred_at}>${rowTime(event.occurred_at, zone.value).slice(-12, -4)}</time>
    <a class="say" href=${`/events/${event.id}`}>${h(Sentence, { event })}</a>
    ${event.outcome !== "success" && h(Outcome, { value: event.outcome })}
    ${
      change &&
      html`<span class="changed"><code>${visible(pathOf(change.path))}</code>
      ${change.op !== "add" && html`<del>${lineOf(change.old).slice(0, 40)}</del>`}
        ${change.op !== "remove" && html`<ins>${lineOf(change.new).slice(0, 40)}</ins>`}
      ${more.length > 0 && html`<span class="quiet">+${more.length}</span>`}</span>`
    }</li>`;
}

function Session({ run }) {
  const [first] = run.events;
  return html`<li
    class="moment of-session"><details><summary>
    <time>${rowTime(run.events.at(-1).occurred_at, zone.value).slice(-12, -4)}</time>
    <span>session <code>${visible(run.session)}</code> · ${count(run.events.length, "event")}
      ${first.context?.ip && html` · ${visible(first.context.ip)}`}</span></summary>
    <ul>${run.events.map((event) => h(Line, { key: event.id, event }))}</ul></details></li>`;
}

export function Days({ q }) {
  const page = useMemo(() => new Resource(), []);
  const load = (cursor, before) =>
    page.load(async (stop) => {
      const own = { org: organization.peek(), q, limit: cursor ? MORE : FIRST, cursor, sentence: true };
      const found = await getJson("/v1/events", own, stop);
      return { events: [...before, ...found.events], next: found.next_cursor };
    });
  useEffect(() => {
    load(null, []);
    return () => page.stop();
  }, [q]);
  const { events, next } = page.data.value ?? { events: [], next: null };
  return html`<section aria-label="Events by day">
    ${group(events, zone.value).map(
      ({ name, lines }) => html`<h2 class="day">${name}<span class="quiet"> ${zoneLabel(zone.value)}</span></h2>
      <ul class="moments panel">
        ${lines.map((line) =>
          line.events ? h(Session, { key: line.events[0].id, run: line }) : h(Line, { key: line.id, event: line }),
        )}</ul>`,
    )}
    ${page.error.value && h(Trouble, { error: page.error.value, retry: () => page.retry() })}
    <div class="empty">${
      next
        ? html`<button type="button" class="button" disabled=${page.isLoading.value}
          onClick=${() => load(next, events)}>Load older</button>`
        : page.data.value &&
          html`<span>${events.length ? "There are no older events." : "There are no events."}</span>`
    }</div>
  </section>`;
}
