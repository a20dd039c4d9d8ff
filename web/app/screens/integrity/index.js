// Whether the log is intact, what says so, who else has seen it, and checking a piece of evidence here.

import { getJson, request } from "../../lib/api.js";
import { h, html, useEffect, useMemo } from "../../lib/html.js";
import { count, number, short } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { organization, organizations, zone } from "../../lib/session.js";
import { ago, fullTime, zoneLabel } from "../../lib/time.js";
import { verdictOf } from "../../shell/top-bar.js";
import { copy } from "../../ui/hand-over.js";
import { Empty, Icon, IconButton, Trouble } from "../../ui/parts.js";
import { VerifyBox } from "./verify-box.js";

const REFRESH_MS = 15_000;

async function load(org, stop) {
  const log = encodeURIComponent(org);
  const state = await getJson(`/v1/logs/${log}/integrity`, {}, stop);
  const keysOf = (parameters) => getJson("/.well-known/tallystick-keys.json", parameters, stop).catch(() => null);
  const [anchors, keys, directory] = await Promise.all([
    getJson(`/v1/logs/${log}/anchors`, {}, stop).then(
      (found) => found.anchors,
      () => [],
    ),
    keysOf({ log: state.log }),
    keysOf({}),
  ]);
  return { state, anchors, keys, directory };
}

const time = (text) => `${fullTime(text, zone.value)} ${zoneLabel(zone.value)}`;

/** When the log was last read again from disk, as a sentence. */
function audited({ self_audit: audit }) {
  if (!audit?.ended_at) return " It has not been read again since the service started.";
  const when = ago(Date.parse(audit.ended_at));
  return ` Read again from disk and compared with what was signed ${when}: ${number(audit.events)} events of all logs.`;
}

function Verdict({ state }) {
  const verdict = verdictOf(state);
  const isBroken = verdict.kind === "broken";
  const size = state.checkpoint?.size ?? 0;
  const title = isBroken
    ? "The log is not intact."
    : verdict.kind === "waiting"
      ? "The log waits for its next checkpoint."
      : "The log is intact.";
  return html`<section class=${`verdict ${verdict.kind}`} aria-labelledby="verdict-title">
    ${h(Icon, { name: verdict.icon })}
    <div><h2 id="verdict-title">${title}</h2>
      <p>${count(state.size, "event")}, ${
        size === state.size ? "all" : number(size)
      } of them under the checkpoint of ${state.checkpoint ? time(state.checkpoint.time) : "no time yet"}.
        ${audited(state)}</p>
      ${isBroken && h(Wrong, { state })}</div>
  </section>`;
}

function Wrong({ state }) {
  const reasons = [...state.rolled_back, ...(state.self_audit?.findings ?? [])];
  return html`<ul
    class="reasons">${reasons.map(
      (reason) => html`<li>
    ${visible(typeof reason === "string" ? reason : JSON.stringify(reason))}</li>`,
    )}</ul>
    <p>What to do now: stop writing, keep the disk as it is,
      compare the last checkpoint with what witnesses and backups have, and read
      the documentation's part on integrity.</p>`;
}

function Value({ text, what }) {
  return html`<code
    title=${text}>${short(text, 20)}</code>
    ${h(IconButton, { icon: "copy", small: true, label: `Copy ${what}`, onClick: () => copy(text) })}`;
}

function Checkpoint({ state }) {
  const { checkpoint, directory } = state;
  const save = async () => {
    const text = await (
      await request(`/v1/logs/${encodeURIComponent(state.log)}/checkpoint`, { accept: "text/plain" })
    ).text();
    copy(text, "Checkpoint copied");
  };
  return html`<section class="panel" aria-labelledby="checkpoint-title">
    <header><h2 id="checkpoint-title">Checkpoint</h2><span class="grow"></span>
      <button type="button" class="button small"
        onClick=${save}>${h(Icon, { name: "copy" })}Copy the signed note</button></header>
    <div class="body"><dl class="facts">
      <dt>Size</dt><dd>${checkpoint ? number(checkpoint.size) : "none yet"}</dd>
      ${
        checkpoint &&
        html`<dt>Root</dt><dd>${h(Value, { text: checkpoint.root, what: "the root" })}</dd>
        <dt>Signed</dt><dd>${time(checkpoint.time)}</dd>`
      }
      <dt>Events in all</dt><dd>${number(state.size)}${state.closed ? ", closed: it takes no more" : ""}</dd>
      <dt>Directory</dt><dd>${number(directory.size)} entries${directory.time ? `, ${time(directory.time)}` : ""}</dd>
    </dl></div></section>`;
}

const KINDS = { witness: "Witness", rfc3161: "Timestamp (RFC 3161)", "object-lock": "Locked copy" };

function Witnesses({ state, anchors }) {
  const { witnessed_size: size, witnessed_at: at } = state.directory;
  const latest = new Map();
  for (const anchor of anchors) latest.set(`${anchor.type} ${anchor.name}`, anchor);
  const rows = [...latest.values()];
  return html`<section class="panel" aria-labelledby="witnesses-title">
    <header><h2 id="witnesses-title">Who else has seen it</h2></header>
    <div class="body">
      ${
        size !== null &&
        html`<p>Witnesses have confirmed the directory up to ${number(size)} entries${at ? `, ${time(at)}` : ""}.</p>`
      }
      ${
        rows.length > 0
          ? html`<div class="scroll"><table class="sheet"><thead><tr><th scope="col">Who</th><th
            scope="col">What</th><th scope="col" class="number">Size</th><th scope="col">When</th></tr></thead>
        <tbody>${rows.map(
          ({
            name,
            type,
            size: at_,
            time: when,
          }) => html`<tr><th scope="row">${visible(name)}</th><td>${KINDS[type] ?? visible(type)}</td>
          <td class="number">${number(at_)}</td><td>${time(when)}</td></tr>`,
        )}</tbody></table></div>`
          : size === null &&
            html`<p>
          Nobody outside this service. The log proves itself to whoever keeps a checkpoint; with a witness,
            nobody can be
        shown two versions of it. <code>[integrity]</code> in the configuration names witnesses,
          timestamps and locked copies.</p>`
      }</div></section>`;
}

function Keys({ keys, directory }) {
  const row =
    (what) =>
    ({ vkey, created_at: made, until }) => {
      const [name, id] = vkey.split("+");
      return html`<tr><th scope="row">${what}<br /><code
        class="quiet">${visible(short(name, 34))}</code></th><td><code>${id}</code></td>
      <td>${until ? `until ${time(until)}` : "in use"}<br /><span class="quiet">made ${time(made)}</span></td>
      <td>${h(IconButton, {
        icon: "copy",
        small: true,
        label: `Copy the key ${id}`,
        onClick: () => copy(vkey, "Verifier key copied"),
      })}</td>
        </tr>`;
    };
  return html`<section class="panel" aria-labelledby="keys-title">
    <header><h2 id="keys-title">Keys</h2></header>
    <div class="scroll"><table class="sheet"><thead><tr><th scope="col">Of</th><th scope="col">Id</th><th
      scope="col">Since</th><th scope="col"><span class="unseen">Copy</span></th></tr></thead>
      <tbody>${keys?.keys.map(row("This log"))}${directory?.keys.map(row("The directory"))}</tbody></table></div>
        </section>`;
}

function Explained({ state }) {
  return html`<section class="panel explained"><div class="body">
    <h2>What this shows</h2>
    <p>Every event is sealed within a second. If one of them were changed, taken out or put in afterwards,
      its proof would no longer lead to
      a checkpoint that somebody has kept. It does not show that what was reported is true,
        nor that everything was reported.</p>
    <details><summary>For engineers</summary>
      <p>An RFC 6962 tree over the events of this organization, SHA-256,
        a leaf of 88 bytes an event that commits to its units; C2SP signed
        notes with Ed25519 as checkpoints; a directory log over all logs, which witnesses cosign.</p>
      <dl class="facts"><dt>Origin</dt><dd><code>${visible(state.origin)}</code></dd><dt>Log</dt><dd>
        <code>${visible(state.log)}</code></dd>
        <dt>First seq</dt><dd>${number(state.base_seq)}</dd></dl></details>
  </div></section>`;
}

export function Screen() {
  const org = organization.value;
  const resource = useMemo(() => new Resource(), []);
  useEffect(() => {
    document.title = "Integrity · Tallystick";
    if (!org) return undefined;
    const ask = () => document.hidden || resource.load((stop) => load(org, stop));
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    return () => {
      clearInterval(timer);
      resource.stop();
    };
  }, [org]);
  const data = resource.data.value;
  if (!org) return h(Empty, { title: "Each organization has a log of its own." }, html`<p>Choose one at the top.</p>`);
  const name = organizations.value?.find(({ id }) => id === org)?.name ?? org;
  return html`<div class="screen"><header><h1>Integrity</h1><span class="quiet">${visible(name)}</span></header>
    ${resource.error.value && h(Trouble, { error: resource.error.value, retry: () => resource.retry() })}
    ${data && h(Verdict, { state: data.state })}
    ${h(VerifyBox, {})}
    ${
      data &&
      html`<div class="pair-of-panels even">${h(Checkpoint, { state: data.state })}${h(Witnesses, data)}</div>
      ${h(Keys, data)}${h(Explained, { state: data.state })}`
    }
  </div>`;
}
