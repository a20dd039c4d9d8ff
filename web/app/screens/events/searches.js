// Searches to begin with, and the present one as a link or a command.

import { h, html } from "../../lib/html.js";
import { address } from "../../lib/api.js";
import { READY_MADE } from "../../lib/ready-made.js";
import { zone } from "../../lib/session.js";
import { isoOf } from "../../lib/time.js";
import { fixed } from "../../lib/time-range.js";
import { format } from "../../lib/url-state.js";
import { recall } from "../../lib/store.js";
import { visible } from "../../lib/safe-text.js";
import { copy } from "../../ui/hand-over.js";
import { Icon } from "../../ui/parts.js";
import * as model from "./model.js";

/** A link to what is shown: at fixed times, so that it shows the same tomorrow, or with the range as it is. */
export function link(isFixed) {
  const state = { ...model.state.peek(), tz: zone.peek(), org: model.common().org, live: false };
  const { start, end } = model.bounds();
  const range = isFixed && state.range.relative ? fixed(isoOf(start), isoOf(end)) : state.range;
  return `${location.origin}/events${format({ ...state, range })}`;
}

function curl() {
  const url =
    location.origin + address("/v1/events", { ...model.common(), order: model.state.peek().order, limit: 200 });
  return `curl -sS -H "Authorization: Bearer $KEY" '${url.replaceAll("'", "%27")}'`;
}

export function Searches({ close }) {
  const search = (q) => () => (close(), model.search(q));
  const take = (text, what) => () => (copy(text, what), close());
  const recent = recall("recent", []);
  return html`<div>
    <h3>Ready-made</h3>
    ${READY_MADE.map(
      ({ name, q }) => html`<button type="button" class="item"
      onClick=${search(q)}>${name}</button>`,
    )}
    ${
      recent.length > 0 &&
      html`<h3>Searched before</h3>${recent.map(
        (q) => html`<button type="button" class="item" onClick=${search(q)}>
      <code>${visible(q.length > 60 ? `${q.slice(0, 60)}…` : q)}</code></button>`,
      )}`
    }
    <hr />
    <button type="button" class="item"
      onClick=${take(link(true), "Link with fixed times copied")}>
      ${h(Icon, { name: "link" })}Copy link, fixed times</button>
    <button type="button" class="item"
      onClick=${take(link(false), "Link copied")}>${h(Icon, { name: "link" })}Copy link, range as it is</button>
    <button type="button" class="item"
      onClick=${take(curl(), "Command copied")}>${h(Icon, { name: "copy" })}Copy as curl</button>
  </div>`;
}
