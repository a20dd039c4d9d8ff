// What a stream was told: where to, what, and how. Of secrets only that they are there.

import { h, html } from "../../lib/html.js";
import { bytes, number } from "../../lib/format.js";
import { visible } from "../../lib/safe-text.js";
import { Icon, Name } from "../../ui/parts.js";
import { kindOf } from "./model.js";
import { Events, Kind, Query } from "./parts.js";
import { MASKS, editOf, exactTime, formatName, ownerOf, queryOf } from "./words.js";

function Value({ value }) {
  if (value === true) return "yes";
  if (value === false) return "no";
  const text = String(value);
  if (!text.includes("\n")) return html`<bdi class="value">${visible(text)}</bdi>`;
  return html`<details class="said"><summary>${number(text.trim().split("\n").length)} lines</summary>
    <pre tabindex="0">${visible(text)}</pre></details>`;
}

const isSecret = (field) => field && /^secret/.test(field.type);

function Field({ field, name, value }) {
  return html`<dt>${visible(field?.title ?? name)}</dt><dd>${
    isSecret(field) ? html`<span class="kept">${h(Icon, { name: "key" })}kept secret</span>` : h(Value, { value })
  }</dd>`;
}

export function Settings({ one }) {
  const kind = kindOf(one.kind);
  const fields = kind?.fields ?? [];
  // In the order of the form; what this version does not know comes last.
  const known = fields.filter(({ name }) => name in one.settings);
  const others = Object.keys(one.settings).filter((name) => !fields.some((field) => field.name === name));
  const { fields: masked, method } = one.mask;
  return html`<section class="panel streams" aria-labelledby="settings-title">
    <header><h2 id="settings-title">Settings</h2><span class="grow"></span>
      <a class="button small" href=${editOf(one)}>${h(Icon, { name: "edit" })}Edit</a></header>
    <div class="body told"><div><h3>Destination</h3><dl class="facts">
      <dt>Kind</dt><dd>${h(Kind, { kind: one.kind })}</dd>
      ${known.map((field) => h(Field, { field, name: field.name, value: one.settings[field.name] }))}
      ${others.map((name) => h(Field, { field: null, name, value: one.settings[name] }))}
      ${
        kind &&
        html`<dt>Arrives</dt><dd>${
          kind.once === "exactly"
            ? "once: the destination tells repetitions"
            : "at least once: again, with the same id, when an answer was lost"
        }</dd><dt>A batch</dt><dd>at most ${number(kind.limits.events_max)} events or ${bytes(kind.limits.bytes_max)},
          waiting up to ${kind.limits.linger_ms / 1000} s</dd>
          <dt>Described</dt><dd><a href=${kind.docs} target="_blank" rel="noopener">${visible(kind.title)}</a></dd>`
      }</dl></div>
    <div><h3>What is sent</h3><dl class="facts">
      <dt>Events of</dt><dd><bdi>${visible(ownerOf(one))}</bdi></dd>
      <dt>Filter</dt><dd>${h(
        Events,
        { href: queryOf(one), title: "The events that match" },
        h(Query, { q: one.query }),
      )}</dd>
      <dt>Format</dt><dd>${visible(formatName(one.format))}</dd>
      <dt>Masked</dt><dd>${
        masked.length
          ? html`${masked.map((name, at) => html`${at > 0 && ", "}<code>${visible(name)}</code>`)}
              <br /><span class="quiet">${MASKS[method]?.[1] ?? visible(method)}</span>`
          : "nothing"
      }</dd>
      <dt>Made by</dt><dd>${h(Name, { text: one.created_by.name })}</dd>
      <dt>Made</dt><dd>${exactTime(one.created_at)}</dd><dt>Changed</dt><dd>${exactTime(one.updated_at)}</dd>
      <dt>Id</dt><dd><code>${visible(one.id)}</code></dd></dl></div></div></section>`;
}
