// What belongs to an event: each is a search with its number of events, which the service counts by one request.

import { getJson } from "../../lib/api.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import { fixed, relative } from "../../lib/time-range.js";
import { explorer } from "../../lib/url-state.js";
import * as model from "./model.js";

const WAIT_MS = 200;
const nameOf = (thing) => visible(thing?.name || thing?.id || "");

/** What each kind is called; an event of its own stays open among its neighbours. */
const LABELS = {
  request: () => "Same request",
  trace: () => "Same trace",
  session: () => "Same session",
  actor: ({ actor }) => `${nameOf(actor)}, 15 minutes before and after`,
  target: ({ actor, targets = [] }) => `History of ${nameOf(targets.find(({ id }) => id !== actor?.id))}`,
  ip: ({ context }) => `From ${visible(context?.ip ?? "")}, 24 hours`,
  around: () => "Everything, 5 minutes before and after",
  neighbours: () => "Around it in the log",
};
const STAYS_OPEN = ["around", "neighbours"];

export function Related({ event }) {
  const [related, setRelated] = useState([]);
  useEffect(() => {
    const stop = new AbortController();
    setRelated([]);
    // Whoever walks through the rows does not wait for the numbers of each.
    const timer = setTimeout(() => {
      getJson(`/v1/events/${event.id}/related`, {}, stop.signal).then(
        (found) => setRelated(found.related),
        () => {},
      );
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [event.id]);
  const { tz } = model.state.value;
  const line = ({ kind, query, from, to, count, exact }) => {
    const range = from ? fixed(from, to) : relative("all");
    const open = STAYS_OPEN.includes(kind) ? { event: event.id } : {};
    return html`<a href=${explorer(query, { range, tz, org: event.org, ...open })}>
      <bdi>${LABELS[kind](event)}</bdi><em>${exact ? "" : "≈ "}${number(count)}</em></a>`;
  };
  return html`<section aria-labelledby="related-title">
    <header><h3 id="related-title">Related</h3></header>
    <div class="related">${related.filter(({ kind }) => LABELS[kind]).map(line)}</div>
  </section>`;
}
