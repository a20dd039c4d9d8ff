// What changed: field, before, after. Only what differs, all of both sides, or as a JSON Patch.

import { h, html, useState } from "../../lib/html.js";
import { kindOf, patchOf, pathOf, shown, wordDiff } from "../../lib/diff.js";
import { cut, visible } from "../../lib/safe-text.js";
import { recall, remember } from "../../lib/store.js";

const MODES = [
  ["changes", "Changes"],
  ["sides", "Side by side"],
  ["patch", "Patch"],
];

/** A text of any length: its start, and the rest when somebody wants it. */
export function LongText({ text }) {
  const [isWhole, setWhole] = useState(false);
  const { text: start, rest } = isWhole ? { text: visible(text), rest: 0 } : cut(text);
  return html`${start}${
    rest > 0 &&
    html`… <button type="button" class="link"
    onClick=${() => setWhole(true)}>${rest} more characters</button>`
  }`;
}

const marked = (parts) =>
  parts.map(({ text, isChanged }) => (isChanged ? html`<mark>${visible(text)}</mark>` : visible(text)));

function Value({ value, other, parts, isAfter, op }) {
  if (op === "add" && !isAfter) return html`<i>not set</i>`;
  if (op === "remove" && isAfter) return html`<i>removed</i>`;
  const inside = parts ? marked(parts) : h(LongText, { text: shown(value, other) });
  const isOtherKind = op === "replace" && kindOf(value) !== kindOf(other);
  const kind = isOtherKind && html` <span class="kind">${kindOf(value)}</span>`;
  return isAfter ? html`<ins>${inside}</ins>${kind}` : html`<del>${inside}</del>${kind}`;
}

function Row({ change, withDiff }) {
  const { op, path, old, new: now } = change;
  const isText = typeof old === "string" && typeof now === "string";
  const parts = withDiff && isText ? wordDiff(old, now) : null;
  return html`<tr><th scope="row">${visible(pathOf(path))}</th>
    <td>${h(Value, { value: old, other: now, parts: parts?.before, isAfter: false, op })}</td>
    <td>${h(Value, { value: now, other: old, parts: parts?.after, isAfter: true, op })}</td></tr>`;
}

const STORE = { recall, remember };

/** `store` keeps how a reader likes to see changes. */
export function Changes({ changes, store = STORE }) {
  const [mode, setMode] = useState(() => store.recall("diff", "changes"));
  const choose = (name) => () => (store.remember("diff", name), setMode(name));
  return html`<section aria-labelledby="changes-title">
    <header><h3 id="changes-title">What changed</h3>
      <div class="modes" role="group" aria-label="Shown as">${MODES.map(
        ([name, label]) => html`<button type="button"
        aria-pressed=${String(mode === name)} onClick=${choose(name)}>${label}</button>`,
      )}</div></header>
    ${
      mode === "patch"
        ? html`<pre class="patch" tabindex="0">${visible(JSON.stringify(patchOf(changes), null, 2))}</pre>`
        : html`<table class="diff"><thead><tr><th scope="col">Field</th><th scope="col">Before</th><th
          scope="col">After</th></tr></thead>
          <tbody>${changes.map((change) => h(Row, { change, withDiff: mode === "changes" }))}</tbody></table>`
    }
  </section>`;
}
