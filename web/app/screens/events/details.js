// All of an event's facts by who, what and where; each can be included, excluded, copied, and where it is an entity,
// followed.

import { h, html } from "../../lib/html.js";
import { toggled } from "../../lib/query-edit.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { copy } from "../../ui/hand-over.js";
import { IconButton, entityAddress } from "../../ui/parts.js";
import * as model from "./model.js";
import { addColumn } from "./columns.js";

/** The facts of an event: `[heading, [[label, field, value, { shown, entity, side }]]]`. */
export function factsOf(event) {
  const { actor = {}, targets = [], context = {}, metadata = {} } = event;
  const who = [
    ["Actor", "actor", actor.id, { shown: actor.name ?? actor.id, entity: actor, side: "actor" }],
    ["Id", "actor.id", actor.name ? actor.id : null],
    ["E-mail", "actor.email", actor.email],
    ["Type", "actor.type", actor.type],
    ...(actor.on_behalf_of ?? []).map((one) => ["For", "actor.on_behalf_of", one.id, { shown: one.name ?? one.id }]),
    ...flat(actor.metadata, "actor.metadata"),
  ];
  const what = [
    ["Action", "action", event.action],
    ["Outcome", "outcome", event.outcome],
    ...targets.flatMap((target) => [
      [
        "Target",
        "target",
        `${target.type}/${target.id}`,
        { shown: target.name ?? target.id, entity: target, side: "target" },
      ],
      ["", null, `${target.type} / ${target.id}`],
      ...flat(target.metadata, "target.metadata"),
    ]),
  ];
  const where = [
    ["Address", "ip", context.ip],
    ["Country", "country", context.country],
    ["Origin", "origin", context.origin],
    ["Request", "request", context.request_id],
    ["Session", "session", context.session_id],
    ["Trace", "trace", context.trace_id],
    ["User agent", null, context.user_agent],
  ];
  const log = [
    ["Event", "id", event.id],
    ["Seq", "seq", event.seq],
    ["Organization", "org", event.org],
    ["Source", "source", event.source],
    ["Occurred", null, event.occurred_at],
    ["Received", null, event.received_at],
    ["Schema", "schema", event.version ? `${event.action}@${event.version}` : null],
  ];
  /** @type {[string, any[]][]} */
  const groups = [
    ["Who", who],
    ["What", what],
    ["Where", where],
    ["Metadata", flat(metadata, "metadata")],
    ["In the log", log],
  ];
  const isThere = ([, , value]) => value !== null && value !== undefined && value !== "";
  /** @type {(group: [string, any[]]) => [string, any[]]} */
  const whole = ([title, facts]) => [title, facts.filter(isThere)];
  return groups.map(whole).filter(([, facts]) => facts.length);
}

const FLAT_MAX = 60;

/** The values of an object with their paths. */
function flat(value, path, found = []) {
  for (const [key, inner] of Object.entries(value ?? {})) {
    if (found.length >= FLAT_MAX) break;
    const name = /^[\p{L}\p{N}_-]+$/u.test(key) ? `${path}.${key}` : `${path}."${key.replace(/["\\]/g, "\\$&")}"`;
    const isObject = inner !== null && typeof inner === "object";
    if (isObject && !Array.isArray(inner)) flat(inner, name, found);
    else if (!isObject) found.push([name.split(".").slice(1).join("."), name, inner]);
    else
      for (const one of inner) {
        if (one !== null && typeof one === "object") flat(Object.fromEntries(Object.entries(one)), name, found);
        else found.push([name.split(".").slice(1).join("."), name, one]);
      }
  }
  return found;
}

function Fact({ org, field, value, shown, entity, side }) {
  const line = lineOf(shown ?? value);
  const search = (isNot) => () => model.search(toggled(model.state.peek().q, field, value, isNot));
  const keys = (event) => {
    if (!field || !["i", "x"].includes(event.key) || event.target.tagName === "INPUT") return;
    event.preventDefault();
    event.stopPropagation();
    search(event.key === "x")();
  };
  const inside = entity
    ? html`<a href=${entityAddress(side, entity, org)}><bdi>${line}</bdi></a>`
    : html`<code><bdi>${line}</bdi></code>`;
  return html`<dd class="fact" onKeyDown=${keys}><span class="text">${inside}</span>
    <span class="tools">
      ${
        field &&
        h(IconButton, { icon: "include", small: true, label: `Include ${field} ${line} (i)`, onClick: search(false) })
      }
      ${
        field &&
        h(IconButton, { icon: "exclude", small: true, label: `Exclude ${field} ${line} (x)`, onClick: search(true) })
      }
      ${
        field?.startsWith("metadata.") &&
        h(IconButton, {
          icon: "columns",
          small: true,
          label: `Show ${field} as a column`,
          onClick: () => addColumn(field),
        })
      }
      ${h(IconButton, { icon: "copy", small: true, label: `Copy ${line}`, onClick: () => copy(String(value)) })}
    </span></dd>`;
}

export function Details({ event }) {
  return html`<section class="details" aria-labelledby="details-title">
    <header><h3 id="details-title">Details</h3></header>
    ${factsOf(event).map(
      ([title, facts]) => html`<h4>${title}</h4>
      <dl class="facts">${facts.map(
        ([label, field, value, more = {}]) =>
          html`<dt>${
            label
              ? visible(label)
              : html`<span
        class="unseen">Type and id</span>`
          }</dt>${h(Fact, { org: event.org, field, value, ...more })}`,
      )}</dl>`,
    )}
  </section>`;
}
