// What belongs to an event: the same request, the same session, what the actor did around it, the history of its
// target, the same address. Each is a search with its number of events.

import { getJson } from "../../lib/api.js";
import { html, useEffect, useState } from "../../lib/html.js";
import { number } from "../../lib/format.js";
import { quoted } from "../../lib/query-edit.js";
import { visible } from "../../lib/safe-text.js";
import { fixed, relative } from "../../lib/time-range.js";
import { isoOf } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import * as model from "./model.js";

const WAIT_MS = 200;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const around = (event, before, after) => {
  const at = Date.parse(event.occurred_at);
  return fixed(isoOf(Math.floor((at - before) / 1000) * 1000), isoOf(Math.ceil((at + after) / 1000) * 1000));
};
const ALL = relative("all");

/** The searches: name, query, range. */
export function relatedTo(event) {
  const { actor, targets = [], context = {} } = event;
  const name = visible(actor?.name ?? actor?.id ?? "");
  const found = [];
  const add = (label, q, range) => found.push({ label, q, range });
  if (context.request_id) add("Same request", `request:${quoted(context.request_id)}`, ALL);
  if (context.trace_id) add("Same trace", `trace:${quoted(context.trace_id)}`, ALL);
  if (context.session_id) add("Same session", `session:${quoted(context.session_id)}`, ALL);
  if (actor?.id)
    add(`${name}, 15 minutes before and after`, `actor:${quoted(actor.id)}`, around(event, 15 * MINUTE, 15 * MINUTE));
  const [target] = targets.filter((one) => one.id !== actor?.id);
  if (target)
    add(`History of ${visible(target.name ?? target.id)}`, `target:${quoted(`${target.type}/${target.id}`)}`, ALL);
  if (context.ip)
    add(`From ${visible(context.ip)}, 24 hours`, `ip:${quoted(context.ip)}`, around(event, DAY / 2, DAY / 2));
  return found;
}

export function Related({ event }) {
  const [counts, setCounts] = useState({});
  const searches = relatedTo(event);
  useEffect(() => {
    const stop = new AbortController();
    setCounts({});
    // Whoever walks through the rows does not wait for the numbers of each.
    const timer = setTimeout(() => {
      for (const { label, q, range } of searches) {
        const times = range.relative ? {} : { from: range.from, to: range.to };
        getJson("/v1/count", { org: event.org, q, ...times }, stop.signal).then(
          ({ count, exact }) => setCounts((all) => ({ ...all, [label]: `${exact ? "" : "≈ "}${number(count)}` })),
          () => {},
        );
      }
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [event.id]);
  const { tz } = model.state.value;
  return html`<section aria-labelledby="related-title">
    <header><h3 id="related-title">Related</h3></header>
    <div class="related">${searches.map(
      ({ label, q, range }) => html`<a href=${explorer(q, { range, tz, org: event.org })}>
      <bdi>${label}</bdi><em>${counts[label] ?? ""}</em></a>`,
    )}</div>
  </section>`;
}
