// All of an event's facts by who, what and where; each can be included, excluded, copied, and where it is an entity,
// followed.

import { h, html } from "../../lib/html.js";
import { factsOf } from "../../lib/facts.js";
import { toggled } from "../../lib/query-edit.js";
import { lineOf, visible } from "../../lib/safe-text.js";
import { copy } from "../../ui/hand-over.js";
import { IconButton, entityAddress } from "../../ui/parts.js";
import * as model from "./model.js";
import { addColumn } from "./columns.js";

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
