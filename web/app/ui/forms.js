// What forms are made of: fields with their names, hints and errors, and acts that the service may refuse; and dialogs
// for what cannot be taken back: acts that are named before they are done, and secrets that are shown once.

import { h, html, useMemo, useState } from "../lib/html.js";
import { visible } from "../lib/safe-text.js";
import { copy } from "./hand-over.js";
import { Icon, Trouble, toast } from "./parts.js";
import { Dialog } from "./dialog.js";

/** One act at a time: whether it runs, and what the service said instead of doing it. */
export function useAct() {
  const [{ isBusy, error }, set] = useState({ isBusy: false, error: null });
  const run = async (work, then) => {
    set({ isBusy: true, error: null });
    try {
      const answer = await work();
      set({ isBusy: false, error: null });
      await then?.(answer);
    } catch (refusal) {
      set({ isBusy: false, error: refusal });
    }
  };
  return { isBusy, error, run };
}

/** What the service says of one member of the body that it was sent. */
export const errorOf = (act, name) => {
  const found = act?.error?.errors?.find(({ path }) => path === name || path.split("/")[1] === name);
  return found?.message ?? "";
};

let fields = 0;

/** A field with its label; `act` has what the service said of it, by the name of the field. */
export function Field({ name, label, value, onValue, hint, act, kind = "text", options, ...rest }) {
  const id = useMemo(() => `field-${++fields}`, []);
  const error = errorOf(act, name);
  const notes = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const common = {
    id,
    name,
    class: "field",
    value,
    "aria-describedby": notes || undefined,
    "aria-invalid": error ? "true" : undefined,
    onInput: (event) => onValue(event.target.value),
    ...rest,
  };
  return html`<div class="labelled"><label for=${id}>${label}</label>
    ${
      options
        ? html`<select ...${common}>${options.map(
            ([word, text]) => html`<option value=${word} selected=${word === value}>${visible(text)}</option>`,
          )}</select>`
        : html`<input type=${kind} spellcheck=${false} ...${common} />`
    }
    ${hint && html`<p class="quiet" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<p class="wrong" id=${`${id}-error`} role="alert">${visible(error)}</p>`}</div>`;
}

/** Boxes for some words, each with what it means. */
export function Choices({ legend, words, chosen, meaning, onChange, blocked = (_word) => false }) {
  const turn = (word, isOn) => onChange(isOn ? [...chosen, word] : chosen.filter((one) => one !== word));
  return html`<fieldset class="choices"><legend>${legend}</legend>${words.map(
    (word) => html`<label class="check" key=${word}><input type="checkbox" value=${word}
      checked=${chosen.includes(word)} disabled=${blocked(word)}
      onChange=${(event) => turn(word, event.target.checked)} /><span>${meaning(word)}${" "}
        <code class="quiet">${word}</code></span></label>`,
  )}</fieldset>`;
}

/** The end of a form: what went wrong and belongs to none of its fields, and its buttons. */
export function FormEnd({
  act,
  label,
  fields = [],
  onCancel,
  kind = "primary",
  isReady = true,
  cancel = "Cancel",
  children = null,
}) {
  const isElsewhere = act.error && !fields.some((name) => errorOf(act, name));
  return html`${isElsewhere && h(Trouble, { error: act.error })}
    <div class="form-end">
      <button class=${`button ${kind}`} disabled=${act.isBusy || !isReady}>${label}</button>
      ${children}
      ${
        onCancel &&
        html`<button type="button" class="button" data-first=${kind === "danger" || undefined}
          onClick=${onCancel}>${cancel}</button>`
      }</div>`;
}

/** What a form does when it is sent. */
export const onSubmit = (work) => (event) => {
  event.preventDefault();
  work();
};

/** Says what will happen and does it; `done` is told when it has, `then` called. */
export function Confirm({ title, label, work, done, then, onClose, children, kind = "danger" }) {
  const act = useAct();
  const finish = () => {
    onClose();
    toast(done);
    return then?.();
  };
  return h(
    Dialog,
    { title, onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, finish))}>
      ${children}${h(FormEnd, { act, label, kind, onCancel: onClose })}</form>`,
  );
}

/** A secret, or several, that nobody can see again. */
export function Once({ title, label, text, stored = "I stored it", onClose, children }) {
  return h(
    Dialog,
    { title, onClose, isKept: true },
    html`<div class="form">${children}
      <pre class="once" tabindex="0" aria-label=${label}>${text}</pre>
      <div class="form-end">
        <button type="button" class="button" data-first
          onClick=${() => copy(text, `${label} copied`)}>${h(Icon, { name: "copy" })}Copy</button>
        <button type="button" class="button primary" onClick=${onClose}>${stored}</button></div></div>`,
  );
}
