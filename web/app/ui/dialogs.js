// Dialogs for what cannot be taken back: acts that are named before they are done, and secrets that are shown once.

import { h, html } from "../lib/html.js";
import { FormEnd, onSubmit, useAct } from "./forms.js";
import { Icon, copy, toast } from "./parts.js";
import { Dialog } from "./popover.js";

/** Says what will happen and does it; `done` is told when it has, `then` called. */
export function Confirm({ title, label, work, done, then, onClose, children }) {
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
      ${children}${h(FormEnd, { act, label, kind: "danger", onCancel: onClose })}</form>`,
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
        <button type="button" class="button" autofocus
          onClick=${() => copy(text, `${label} copied`)}>${h(Icon, { name: "copy" })}Copy</button>
        <button type="button" class="button primary" onClick=${onClose}>${stored}</button></div></div>`,
  );
}
