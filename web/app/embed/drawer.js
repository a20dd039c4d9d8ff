// The event that is open: what happened, what changed, its proof, its details, and how it is stored, as far as the
// token allows.

import { h, html, useEffect, useRef, useState } from "../lib/html.js";
import { factsOf } from "../lib/facts.js";
import { lineOf, visible } from "../lib/safe-text.js";
import { rowTime, zoneLabel } from "../lib/time.js";
import { Changes } from "../screens/events/changes.js";
import { Tree } from "../screens/events/raw-event.js";
import { download } from "../ui/hand-over.js";
import { Icon, stored } from "../ui/parts.js";
import { Steps } from "../ui/proof-steps.js";
import { Outcome, Say } from "./view.js";

/** A label of details. Names in metadata are whatever somebody sent, and stay what they are. */
const named = (v, label, field) => (/^(\w+\.)?metadata\./.test(field) ? visible(label) : v.say(label));

function Details({ v, event }) {
  return html`<section><h3>${v.say("details")}</h3>${factsOf(event).map(
    ([title, facts]) => html`<h4>${v.say(title)}</h4><dl>${facts.map(
      ([label, field, value, more = {}]) => html`<dt>${
        label ? named(v, label, field) : html`<span class="unseen">${v.say("Type and id")}</span>`
      }</dt><dd><bdi>${lineOf(more.shown ?? value)}</bdi></dd>`,
    )}</dl>`,
  )}</section>`;
}

function Proof({ v, event }) {
  const [run, setRun] = useState(/** @type {any} */ ({ steps: [] }));
  const stop = useRef(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async () => {
    stop.current = new AbortController();
    setRun({ isRunning: true, steps: [] });
    try {
      const { verify } = await import("../lib/proof.js");
      const tell = (steps) => setRun({ isRunning: true, steps });
      const result = await verify(event, stop.current.signal, tell, v.client);
      setRun({ result, steps: result.steps });
    } catch (error) {
      if (!stop.current.signal.aborted) setRun({ error, steps: [] });
    }
  };
  const { result, error, isRunning, steps } = run;
  const kind = result ? (result.isGood ? "good" : "broken") : "";
  const said = result
    ? v.say(result.isGood ? "verified" : "notVerified")
    : error
      ? v.say("proofFailed", visible(error.message))
      : "";
  return html`<section><header><h3>${v.say("proof")}</h3>
      <button type="button" class="button" disabled=${isRunning}
        onClick=${start}>${v.say(isRunning ? "verifying" : "verify")}</button></header>
    <div class=${`proof ${kind}`}><p role="status">${said && html`<b>${said}</b>`}</p>
      ${steps.length > 0 && h(Steps, { steps })}
      ${
        result &&
        html`<button type="button" class="button"
          onClick=${() => download(`${event.id}.proof.json`, result.proof)}>${v.say("saveProof")}</button>`
      }</div></section>`;
}

function Raw({ v, event }) {
  const [isOpen, setOpen] = useState(false);
  const own = stored(event);
  const tree = () => html`<div class="json" tabindex="0" role="region"
    aria-label=${v.say("raw")}>${h(Tree, { value: own })}</div>`;
  return html`<section><header><h3>${v.say("raw")}</h3>
      <button type="button" class="button" aria-expanded=${String(isOpen)}
        onClick=${() => setOpen(!isOpen)}>${v.say(isOpen ? "hide" : "show")}</button></header>
    ${isOpen && tree()}</section>`;
}

export function Drawer({ v, event, close }) {
  const panel = useRef(null);
  useEffect(() => panel.current.querySelector("button").focus(), []);
  const keys = (pressed) => {
    if (pressed.key !== "Escape") return;
    pressed.stopPropagation();
    close();
  };
  const zone = v.zone.value;
  return html`<aside part="drawer" class="drawer" ref=${panel} role="dialog" aria-labelledby="said" onKeyDown=${keys}>
    <header><div>${h(Outcome, { v, value: event.outcome })}<span class="grow"></span>
        <button type="button" class="button square" aria-label=${v.say("close")} title=${v.say("close")}
          onClick=${close}>${h(Icon, { name: "close" })}</button></div>
      <p class="say" id="said">${h(Say, { v, event })}</p>
      <p class="quiet"><time datetime=${event.occurred_at}>${rowTime(event.occurred_at, zone)}</time>
        ${" "}${zoneLabel(zone)}</p>
      ${
        event.reason &&
        html`<p class="reason"><span class="unseen">${v.say("reason")}: </span>
          <bdi>${visible(event.reason)}</bdi></p>`
      }
    </header>
    ${event.changes?.length > 0 && h(Changes, { changes: event.changes, store: v.client })}
    ${v.has("raw") && h(Proof, { v, event })}
    ${h(Details, { v, event })}
    ${v.has("raw") && h(Raw, { v, event })}
  </aside>`;
}
