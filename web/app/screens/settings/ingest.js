// What becomes of events as they come in: the limits on them, and what is masked, with a place to try it.

import { getJson, request } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { bytes, number } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { organization, present } from "../../lib/session.js";
import { Trouble } from "../../ui/parts.js";

const WAIT_MS = 300;
const MASKED = "[masked]";
/** @type {[string, string, (value: number) => string][]} */
const LIMITS = [
  ["event_bytes_max", "One event", bytes],
  ["batch_events_max", "Events in one call", number],
  ["batch_bytes_max", "One call, decompressed", bytes],
];
const PATTERNS = {
  cards: "numbers of payment cards",
  bearer_tokens: "web tokens, and what follows Bearer or Basic",
  private_keys: "private keys",
  vendor_tokens: "tokens of GitHub, GitLab, Slack, Stripe, npm, Google, SendGrid",
};
/** Put together here, because modules are sent without indentation. */
const SAMPLE = JSON.stringify(
  {
    action: "integration.updated",
    actor: { type: "user", id: "u_1", name: "Ana Ruiz" },
    reason: "new card 4111 1111 1111 1111",
    metadata: { api_key: "k-93ab17", token_count: 7 },
  },
  null,
  2,
);

/** Names as they stand in the configuration. */
const names = (list) => (list.length ? list.map((one) => html`<code>${visible(one)}</code> `) : "none");

function Rules({ rules }) {
  if (!rules.enabled) return html`<p class="notice">Masking is switched off: everything is stored as it comes.</p>`;
  return html`<dl class="facts">
    <dt>By name</dt><dd>texts under names such as <code>password</code>, <code>api_key</code>, <code>token</code></dd>
    <dt>Further names</dt><dd>${names(rules.extra_keys)}</dd>
    <dt>Exempt names</dt><dd>${names(rules.exempt_keys)}</dd>
    <dt>By their looks</dt><dd>${
      rules.patterns.length ? rules.patterns.map((name) => PATTERNS[name] ?? name).join("; ") : "nothing"
    }</dd></dl>`;
}

/** A text with what was masked marked in it. */
const marked = (text) =>
  visible(text)
    .split(MASKED)
    .flatMap((part, index) => (index ? [html`<mark>${MASKED}</mark>`, part] : [part]));

function Try({ org }) {
  const [text, setText] = useState(SAMPLE);
  const result = useMemo(() => new Resource(), []);
  const isJson = useMemo(() => {
    try {
      return Boolean(JSON.parse(text));
    } catch {
      return false;
    }
  }, [text]);
  useEffect(() => {
    if (!isJson) return undefined;
    const work = async (signal) => {
      const body = JSON.parse(text);
      return (await request("/v1/masking/check", { method: "POST", parameters: { org }, body, signal })).json();
    };
    const timer = setTimeout(() => result.load(work), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const { data, error } = result;
  const shown = data.value && JSON.stringify(data.value, null, 2);
  const count = shown ? shown.split(MASKED).length - 1 : 0;
  return html`<div class="form"><div class="labelled"><label for="masking-event">An event, which is not stored</label>
      <textarea class="field" id="masking-event" rows="14" spellcheck=${false} value=${text}
        onInput=${(event) => setText(event.target.value)}></textarea></div>
    ${!isJson && html`<p class="wrong" role="status">This is not JSON yet.</p>`}
    ${error.value && h(Trouble, { error: error.value })}
    ${
      shown &&
      isJson &&
      !error.value &&
      html`<p role="status">As it would be stored, ${count === 0 ? "with nothing masked" : `${count} masked`}:</p>
      <pre class="once" tabindex="0" aria-label="As it would be stored">${marked(shown)}</pre>`
    }</div>`;
}

export function Ingest() {
  const org = organization.value;
  const rules = useMemo(() => new Resource(), []);
  const load = () => rules.load((stop) => getJson("/v1/masking", {}, stop));
  useEffect(() => {
    load();
    return () => rules.stop();
  }, []);
  const { limits } = present.value;
  return html`<section class="panel" aria-labelledby="ingest-title">
    <header><h2 id="ingest-title">Limits on events</h2></header>
    <div class="body"><dl class="facts">${LIMITS.map(
      ([name, what, inWords]) => html`<dt>${what}</dt><dd>at most ${inWords(limits[name])}</dd>`,
    )}</dl><p class="quiet">All limits are under <a href="/settings?tab=system">System</a>. They are set in the
      configuration of the service, under <code>[limits]</code>.</p></div></section>
    <section class="panel" aria-labelledby="masking-title">
      <header><h2 id="masking-title">Masking</h2></header>
      <div class="body form"><p>Secrets in metadata, changes and reasons are replaced before anything is stored. They
          cannot be brought back. The rules hold for all organizations and are set in the configuration of the service,
          under <code>[masking]</code>.</p>
        ${rules.error.value && h(Trouble, { error: rules.error.value, retry: load })}
        ${rules.data.value && h(Rules, { rules: rules.data.value })}</div></section>
    <section class="panel" aria-labelledby="try-title">
      <header><h2 id="try-title">See what is masked</h2></header>
      <div class="body">${h(Try, { org })}</div></section>`;
}
