// What an embedded viewer shows: the bar, the list of events as sentences, and beside it the event that is open.

import { h, html, useEffect, useRef, useState } from "../lib/html.js";
import { lazy } from "../lib/lazy.js";
import { visible } from "../lib/safe-text.js";
import { PRESETS, fixed, relative } from "../lib/time-range.js";
import { fullTime, rowTime, zoneLabel } from "../lib/time.js";
import { Sentence } from "../ui/parts.js";
import { ICONS } from "./icons.js";

const Drawer = lazy(() => import("./drawer.js"), "Drawer");
const Exports = lazy(() => import("./export.js"), "Exports");

const OUTCOMES = ["success", "failure", "denied", "unknown"];
const label = (thing) => visible(thing?.name || thing?.email || thing?.id || "");

/** Shape, colour and word for what came of it. */
export function Outcome({ v, value = "unknown" }) {
  const known = OUTCOMES.includes(value);
  return html`<span class=${`outcome ${known ? value : "unknown"}`}>${known ? v.say(value) : visible(value)}</span>`;
}

/** An event as a sentence: the page's own, if it makes them. */
export function Say({ v, event }) {
  const own = v.sentence?.(event);
  const parts = typeof own === "string" ? [{ text: own }] : own;
  return h(Sentence, { event: parts ? { ...event, sentence: parts } : event });
}

function cell(v, name, event) {
  if (name === "time") {
    const title = `${event.occurred_at}\n${v.say("received")} ${event.received_at}`;
    return html`<time class="time" datetime=${event.occurred_at} title=${title}>
      ${rowTime(event.occurred_at, v.zone.value).replace(/\.\d+$/, "")}</time>`;
  }
  if (name === "outcome") return html`<span>${h(Outcome, { v, value: event.outcome })}</span>`;
  if (name === "sentence") return html`<span class="say">${h(Say, { v, event })}</span>`;
  if (name === "actor") return html`<span class="extra"><bdi>${label(event.actor)}</bdi></span>`;
  if (name === "target") return html`<span class="extra"><bdi>${label(event.targets?.[0])}</bdi></span>`;
  if (name === "ip") return html`<span class="extra code">${visible(event.context?.ip ?? "")}</span>`;
  return html`<span class="extra code"><bdi>${visible(event.action)}</bdi></span>`;
}

function Row({ v, event, columns, isOpen }) {
  const name = `row cells${v.fresh.has(event.id) ? " fresh" : ""}`;
  return html`<li><button type="button" part="row" class=${name} aria-expanded=${String(isOpen)}
    onClick=${() => v.show(event)}>${columns.map((column) => cell(v, column, event))}</button></li>`;
}

/** Moves the focus from row to row by the arrow keys. */
function arrows(pressed) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[pressed.key];
  if (!step || !pressed.target.matches(".row")) return;
  const rows = [...pressed.currentTarget.querySelectorAll(".row")];
  const next = rows[rows.indexOf(pressed.target) + step];
  if (!next) return;
  pressed.preventDefault();
  next.focus();
}

function Custom({ v }) {
  const range = v.range.value;
  const [from, setFrom] = useState(range.from ?? "");
  const [to, setTo] = useState(range.to ?? "");
  const use = (event) => {
    event.preventDefault();
    v.range.value = fixed(from.trim(), to.trim());
    v.search();
  };
  const field = (name, value, set) => html`<label><span>${v.say(name)}</span>
    <input class="field" value=${value} placeholder=${name === "to" ? "now" : "2026-11-20"} spellcheck=${false}
      onInput=${(event) => set(event.target.value)} /></label>`;
  return html`<form class="custom" onSubmit=${use}>${field("from", from, setFrom)}${field("to", to, setTo)}
    <button class="button">${v.say("apply")}</button></form>`;
}

function Search({ v }) {
  const [text, setText] = useState(v.q.value);
  const [isCustom, setCustom] = useState(!v.range.value.relative);
  useEffect(() => setText(v.q.value), [v.q.value]);
  useEffect(() => setCustom(!v.range.value.relative), [v.range.value]);
  const wrong = v.notes.value.some(({ severity }) => severity === "error");
  const submit = (event) => {
    event.preventDefault();
    v.q.value = text.trim();
    v.search();
  };
  const choose = (event) => {
    const { value } = event.target;
    setCustom(value === "custom");
    if (value === "custom") return;
    v.range.value = relative(value);
    v.search();
  };
  const known = PRESETS.map(([name, said]) => [name, v.texts.value[`range.${name}`] ?? said]);
  const chosen = isCustom ? "custom" : v.range.value.relative;
  const own = known.some(([name]) => name === chosen) || isCustom ? [] : [[chosen, chosen]];
  return html`<form class="query" role="search" onSubmit=${submit}>
      <input class="field" type="search" value=${text} aria-label=${v.say("search")} placeholder=${v.say("searchHint")}
        spellcheck=${false} autocomplete="off" aria-invalid=${String(wrong)}
        aria-describedby=${wrong ? "notes" : undefined} onInput=${(event) => setText(event.target.value)} />
      <button class="button">${v.say("search")}</button></form>
    <select class="field" aria-label=${v.say("range")} value=${chosen} onChange=${choose}>
      ${[...own, ...known, ["custom", v.say("custom")]].map(
        ([name, said]) => html`<option value=${name} selected=${name === chosen}>${said}</option>`,
      )}</select>
    ${isCustom && h(Custom, { v })}`;
}

function Toolbar({ v }) {
  const live = v.live.value;
  const { range } = v.parameters().to ? { range: "past" } : {};
  if (!v.info.value.features.some((feature) => ["search", "live", "export"].includes(feature))) return null;
  return html`<div class="toolbar" part="toolbar">
    ${v.has("search") && h(Search, { v })}
    <span class="grow"></span>
    ${
      v.has("live") &&
      html`<button type="button" class="button live" aria-pressed=${String(live !== null)} title=${v.say("liveOn")}
        disabled=${range === "past"} onClick=${() => v.switchLive(live === null)}>
        <span class="dot"></span>${v.say(live === "waiting" ? "reconnecting" : "live")}</button>`
    }
    ${v.has("export") && h(Exports, { v })}
  </div>`;
}

function Notes({ v }) {
  const notes = v.notes.value;
  if (!notes.length || !v.has("search")) return null;
  const repair = ({ fix }) => () => {
    const text = v.q.peek();
    v.q.value = text.slice(0, fix.replace[0]) + fix.with + text.slice(fix.replace[1]);
    v.search();
  };
  return html`<div class="notes" id="notes" role="alert">${notes.map(
    (note) => html`<p class=${note.severity}>${visible(note.message)}
      ${
        note.fix &&
        html`<button type="button" class="button"
          onClick=${repair(note)}><code>${visible(note.fix.with)}</code></button>`
      }</p>`,
  )}</div>`;
}

function Trouble({ v }) {
  if (!v.trouble.value) return null;
  return html`<div class="trouble" role="alert"><span>${visible(v.trouble.value)}</span>
    <button type="button" class="button" onClick=${() => v.tell("retry")}>${v.say("retry")}</button></div>`;
}

/** What stands behind the last row. */
function End({ v }) {
  const rows = v.rows.value;
  const isLoading = v.isLoading.value;
  if (!rows.length && isLoading) return html`<p class="end" role="status">${v.say("loading")}</p>`;
  if (!rows.length) return v.trouble.value ? null : html`<p class="end">${v.say("none")}</p>`;
  const until = v.searchedUntil.value;
  if (v.next.value) {
    const time = until && fullTime(until, v.zone.value);
    return html`<p class="end">${until && html`<span>${v.say("partial", time)}</span> `}
      <button type="button" class="button" disabled=${isLoading} onClick=${() => v.more()}>
        ${v.say(isLoading ? "loading" : until ? "goOn" : "older")}</button></p>`;
  }
  return html`<p class="end">${v.say("end")}</p>`;
}

export function Viewer({ v }) {
  const columns = v.columns.value;
  const open = v.open.value;
  const list = useRef(null);
  const close = () => {
    v.open.value = null;
    const button = list.current?.querySelector("[aria-expanded='true']");
    setTimeout(() => button?.focus());
  };
  if (!v.info.value) {
    return html`<div class="whole" role="region" aria-label=${v.say("title")}>
      ${v.trouble.value ? h(Trouble, { v }) : html`<p class="end" role="status">${v.say("loading")}</p>`}</div>`;
  }
  const fresh = v.rows.value.filter(({ id }) => v.fresh.has(id)).length;
  const row = (event) => h(Row, { key: event.id, v, event, columns, isOpen: event.id === open?.id });
  const head = (name) => `${v.say(name)}${name === "time" ? ` (${zoneLabel(v.zone.value)})` : ""}`;
  return html`<div class="whole" role="region" aria-label=${v.say("title")}>${h(ICONS, {})}
    ${h(Toolbar, { v })}${h(Notes, { v })}${h(Trouble, { v })}
    <div class=${`columns of-${columns.length}${open ? " has-open" : ""}`} ref=${list} onKeyDown=${arrows}>
      <div class="rows">
        <div class="heads cells" aria-hidden="true">${columns.map((name) => html`<span>${head(name)}</span>`)}</div>
        <ol>${v.rows.value.map(row)}</ol>
        ${h(End, { v })}
      </div>
      ${open && h(Drawer, { key: open.id, v, event: open, close })}
    </div>
    <p class="unseen" role="status" aria-live="polite">${fresh > 0 && v.say("newEvents", fresh)}</p></div>`;
}
