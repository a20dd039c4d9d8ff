// Parts of the form of a stream: the kinds to choose from, formats, and what is hidden of events.

import { h, html, useState } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { Field, errorOf } from "../../ui/forms.js";
import { Icon, IconButton } from "../../ui/parts.js";
import { FORMATS, MASKS, formatName, iconOf } from "./words.js";

/** All kinds, each a link to its form. */
export function Kinds({ kinds, search }) {
  const hrefOf = (kind) => {
    const params = new URLSearchParams(search);
    params.set("kind", kind);
    return `/streams/new?${params}`;
  };
  return html`<nav class="kinds" aria-label="Kinds of destinations">${kinds.map(
    ({ kind, title, summary }) => html`<a key=${kind} href=${hrefOf(kind)}>${h(Icon, { name: iconOf(kind) })}
      <span><b>${visible(title)}</b><span>${visible(summary)}</span></span></a>`,
  )}</nav>`;
}

export function Format({ kind, value, onValue, act }) {
  return h(Field, {
    act,
    name: "format",
    label: "Format",
    value,
    onValue,
    options: kind.formats.map((name, at) => [name, `${formatName(name)}${at === 0 ? " (best here)" : ""}`]),
    hint: FORMATS[value]?.[1],
  });
}

/** What one may want to hide; any other path goes, too. */
const MASKABLE = [
  ...["actor.name", "actor.email", "actor.id", "actor.metadata", "context.ip", "context.user_agent"],
  ...["targets.name", "targets.metadata", "changes.before", "changes.after", "reason", "metadata", "metadata.*"],
];

export function Masking({ value, onValue, act }) {
  const [text, setText] = useState("");
  const { fields, method } = value;
  const error = errorOf(act, "mask");
  const wanted = text.trim();
  const add = () => {
    if (!wanted || fields.includes(wanted)) return;
    onValue({ ...value, fields: [...fields, wanted] });
    setText("");
  };
  const keys = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    add();
  };
  const without = (name) => onValue({ ...value, fields: fields.filter((one) => one !== name) });
  return html`<div class="labelled"><label for="mask-field">Hide <span class="quiet optional">optional</span></label>
    ${
      fields.length > 0 &&
      html`<ul class="chosen" aria-label="Hidden fields">${fields.map(
        (name) => html`<li key=${name}><code>${visible(name)}</code>${h(IconButton, {
          icon: "close",
          small: true,
          label: `Do not hide ${name}`,
          onClick: () => without(name),
        })}</li>`,
      )}</ul>`
    }
    <div class="add-column"><input class="field" id="mask-field" name="mask" list="maskable" value=${text}
        placeholder="actor.email" spellcheck=${false} autocomplete="off" autocapitalize="off"
        aria-describedby=${`mask-hint${error ? " mask-error" : ""}`} aria-invalid=${error ? "true" : undefined}
        onInput=${(event) => setText(event.target.value)} onKeyDown=${keys} />
      <datalist id="maskable">${MASKABLE.filter((name) => !fields.includes(name)).map(
        (name) => html`<option value=${name} />`,
      )}</datalist>
      <button type="button" class="button" disabled=${!wanted} onClick=${add}>Add</button></div>
    <p class="quiet" id="mask-hint">Fields of the event that do not leave as they are, with all that is in them.</p>
    ${error && html`<p class="wrong" id="mask-error" role="alert">${visible(error)}</p>`}
    ${
      fields.length > 0 &&
      h(Field, {
        name: "mask-method",
        label: "How they are hidden",
        value: method,
        onValue: (next) => onValue({ ...value, method: next }),
        options: Object.entries(MASKS).map(([name, [word]]) => [name, word]),
        hint: MASKS[method]?.[1],
      })
    }</div>`;
}
