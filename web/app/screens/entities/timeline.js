// One actor or target: who it is, when it was active, what is usual for it, and what happened, day by day.

import { getJson } from "../../lib/api.js";
import { h, html, useEffect, useMemo } from "../../lib/html.js";
import { about } from "../../lib/format.js";
import { quoted } from "../../lib/query-edit.js";
import { Resource } from "../../lib/resource.js";
import { go, route } from "../../lib/route.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { mayExport, organization, zone } from "../../lib/session.js";
import { relative } from "../../lib/time-range.js";
import { ago, fullTime } from "../../lib/time.js";
import { explorer } from "../../lib/url-state.js";
import { Empty, Icon, Name, Trouble } from "../../ui/parts.js";
import { Activity } from "./activity.js";
import { Days } from "./days.js";
import { StateAt } from "./state-at.js";
import { Usual } from "./usual.js";

/** @type {[string, string][]} */
const SIDES = [
  ["actor", "As actor"],
  ["target", "As target"],
  ["both", "Both"],
];

/** The query that finds an entity on one side. */
function queryOf(side, type, id) {
  if (side === "actor") return `actor.id:${quoted(id)}`;
  return type === "any" ? `target.id:${quoted(id)}` : `target:(type:${quoted(type)} id:${quoted(id)})`;
}

const bothOf = (type, id) => `${queryOf("actor", type, id)} OR ${queryOf("target", type, id)}`;

async function load(side, type, id, stop) {
  const org = organization.peek();
  const own = queryOf(side, type, id);
  const edge = (order) =>
    getJson("/v1/events", { org, q: own, order, limit: 1 }, stop).then(({ events }) => events[0] ?? null);
  const counted = (q) => getJson("/v1/count", { org, q }, stop);
  const [last, first, asActor, asTarget] = await Promise.all([
    edge("desc"),
    edge("asc"),
    counted(queryOf("actor", type, id)),
    counted(queryOf("target", type, id)),
  ]);
  const entities = last ? [side === "actor" ? last.actor : last.targets.find((target) => target.id === id)] : [];
  const [earliest] = first ? [side === "actor" ? first.actor : first.targets.find((target) => target.id === id)] : [];
  return { entity: entities[0] ?? null, earliest, first, last, asActor, asTarget };
}

function Head({ side, type, id, data }) {
  const { entity, earliest, first, last } = data;
  const name = entity?.name ?? entity?.email ?? id;
  const kind = entity?.type ?? type;
  const other = earliest?.name && earliest.name !== name ? earliest.name : null;
  const q = queryOf(side, type, id);
  return html`<header class="entity-head">
    ${h(Icon, { name: side === "actor" ? "user" : "target" })}
    <div><h1>${h(Name, { text: name })}</h1>
      <p class="quiet">
        <code>${visible(id)}</code> · ${visible(kind)}${entity?.email && html` · <bdi>${visible(entity.email)}</bdi>`}
        ${other && html` · earlier <bdi>${visible(other)}</bdi>`}</p></div>
    <span class="grow"></span>
    ${
      first &&
      html`<p class="quiet">first seen ${fullTime(first.occurred_at, zone.value).slice(0, -9)}
      ${" · "}last ${ago(Date.parse(last.occurred_at))}</p>`
    }
    <div class="form-end">
      ${
        mayExport.value &&
        html`<a class="button" href=${`/exports/new${explorer(q, { range: relative("all") }).slice("/events".length)}`}>
          ${h(Icon, { name: "download" })}Export</a>`
      }
      <a class="button" href=${explorer(q, { range: relative("all") })}>${h(Icon, { name: "events" })}Open in Events</a>
    </div>
  </header>`;
}

export function Timeline({ side, type, id }) {
  const resource = useMemo(() => new Resource(), []);
  const org = organization.value;
  useEffect(() => {
    resource.load((stop) => load(side, type, id, stop));
    return () => resource.stop();
  }, [side, type, id, org]);
  const data = resource.data.value;
  const wanted = new URLSearchParams(route.value.search).get("view");
  const shown = SIDES.some(([name]) => name === wanted) ? wanted : side;
  useEffect(() => {
    if (data) document.title = `${lineOf(data.entity?.name ?? id)} · Tallystick`;
  }, [data]);
  if (resource.error.value)
    return html`<div
      class="screen">${h(Trouble, { error: resource.error.value, retry: () => resource.retry() })}</div>`;
  if (!data) return html`<div class="screen"></div>`;
  if (!data.last && !data.asActor.count && !data.asTarget.count) {
    return h(
      Empty,
      { title: "No event names this." },
      html`<p><code>${visible(id)}</code> may be mistyped, or belong to another organization.</p>
      <a class="button" href="/entities">All entities</a>`,
    );
  }
  const q = shown === "both" ? bothOf(type, id) : queryOf(shown, type, id);
  const counts = { actor: data.asActor, target: data.asTarget };
  const choose = (name) => go(`${route.peek().path}${name === side ? "" : `?view=${name}`}`, { replace: true });
  const tab = ([
    name,
    label,
  ]) => html`<button type="button" aria-pressed=${String(shown === name)} onClick=${() => choose(name)}>
    ${label}${
      counts[name] &&
      html` <span
      class="quiet">${about(counts[name].count, counts[name].exact)}</span>`
    }</button>`;
  return html`<div class="screen">
    ${h(Head, { side, type, id, data })}
    <div class="pair-of-panels">${h(Activity, { key: `a${q}`, q })}${h(Usual, { key: `u${q}`, q })}</div>
    ${side === "target" && h(StateAt, { q: queryOf(side, type, id), id })}
    <div class="modes tabs" role="group" aria-label="Events shown">${SIDES.map(tab)}</div>
    ${h(Days, { key: `d${q}`, q })}
  </div>`;
}
