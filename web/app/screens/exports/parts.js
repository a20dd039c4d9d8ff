// What the list of exports and the drawer of one both show: its state, and what can be done with it.

import { send } from "../../lib/api.js";
import { h, html, signal, useState } from "../../lib/html.js";
import { capital } from "../../lib/format.js";
import { begin, isActive, take } from "../../lib/export-watch.js";
import { go } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { Confirm, Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/dialog.js";
import { copy } from "../../ui/hand-over.js";
import { Icon, toast } from "../../ui/parts.js";
import { Popover } from "../../ui/popover.js";
import * as model from "./model.js";
import { STATES, againOf, downloadOf, exactTime, manifestOf, percent, recordedOf, stateOf } from "./words.js";

/** A query that is broken between its terms where it has to be, not at their hyphens. */
export function QueryText({ q }) {
  if (!q.trim()) return "every event";
  const terms = visible(q).split(/\s+/u);
  return html`<code class="query-text">${terms.map((term) => html`<span>${term}</span> `)}</code>`;
}

/** Shape and word of the state; of one that runs how far it is, of one that failed why. */
export function State({ one }) {
  const [icon] = STATES[one.status] ?? ["help"];
  const mark = icon ? h(Icon, { name: icon }) : html`<span class="live-dot"></span>`;
  const far = percent(one);
  const bar =
    one.status === "running" &&
    html`<progress max="100" value=${far ?? undefined} aria-label=${`${visible(one.name)}: how far it is`}></progress>`;
  return html`<div><span class=${`state ${one.status}`}>${mark}${stateOf(one)}</span>${bar}
    ${one.error && html`<span class="why">${visible(capital(one.error.message))}</span>`}</div>`;
}

/** The dialog that is open: `{ kind, one }`. */
export const asked = signal(null);

/** Asks the service for something, and says why if it does not do it. */
async function act(one, what, then) {
  try {
    then(await send("POST", `/v1/exports/${one.id}/${what}`));
  } catch (error) {
    toast(error.message);
    model.reload();
  }
}

const cancel = (one) => act(one, "cancel", (answer) => take([answer]));
const retry = (one) => act(one, "retry", begin);

/** What one would do next with it, as a button. */
export function Next({ one, small = true }) {
  const kind = `button${small ? " small" : ""}`;
  const name = visible(one.name);
  if (one.status === "completed") {
    return html`<a class=${kind} href=${downloadOf(one)} download="" aria-label=${`Download ${name}`}>
      ${h(Icon, { name: "download" })}Download</a>`;
  }
  const [label, work] = isActive(one)
    ? ["Cancel", cancel]
    : one.status === "failed"
      ? ["Retry", retry]
      : ["Run again", retry];
  return html`<button type="button" class=${kind} aria-label=${`${label} ${name}`}
    onClick=${() => work(one)}>${label}</button>`;
}

/** The rest of what can be done with it. */
export function More({ one }) {
  const isThere = one.status === "completed";
  const item = (icon, label, work) => (close) =>
    html`<button type="button" class="item"
      onClick=${() => (close(), work())}>${h(Icon, { name: icon })}${label}</button>`;
  const link = (icon, label, href, isFile = false) => (close) =>
    html`<a class="item" href=${href} download=${isFile ? "" : undefined} onClick=${() => close(false)}>
      ${h(Icon, { name: icon })}${label}</a>`;
  const open = (kind) => () => (asked.value = { kind, one });
  const items = [
    isThere && item("copy", "Copy SHA-256", () => copy(one.sha256, "SHA-256 copied")),
    isThere && link("file", "Manifest", manifestOf(one), true),
    isThere && item("link", "Link without an account …", open("link")),
    link("plus", "New export like this", againOf(one)),
    may("audit_logs.read") && link("timeline", "What was recorded", recordedOf(one)),
    item("close", "Delete …", open("delete")),
  ].filter(Boolean);
  const title = visible(`Acts on ${one.name}`);
  const content = (close) => items.map((part) => part(close));
  return h(Popover, { icon: "more", title, kind: "ghost square small", content, align: "end" });
}

function Delete({ one, onClose }) {
  const then = () => {
    go("/exports", { replace: true });
    return model.remove(one.id);
  };
  return h(
    Confirm,
    {
      title: "Delete the export",
      label: "Delete the export",
      work: () => send("DELETE", `/v1/exports/${one.id}`),
      done: "Export deleted",
      then,
      onClose,
    },
    html`<p><b><bdi>${visible(one.name)}</bdi></b> leaves the history, and its file the disk. No event is deleted, and
      what was recorded of the export stays.</p>`,
  );
}

const MINUTES = [
  ["10", "10 minutes"],
  ["30", "30 minutes"],
  ["60", "an hour"],
];

function LinkForm({ one, onClose }) {
  const [minutes, setMinutes] = useState("10");
  const [made, setMade] = useState(null);
  const doing = useAct();
  if (made) {
    const text = new URL(made.url, location.origin).href;
    return h(
      Once,
      { title: "Link to the file", label: "Link", text, stored: "Done", onClose },
      html`<p>Whoever has it can take the file until ${exactTime(made.expires_at)}. It is shown this once.</p>`,
    );
  }
  const work = () =>
    send("POST", `/v1/exports/${one.id}/url`, { body: { expires_in_minutes: Number(minutes) } });
  return h(
    Dialog,
    { title: "Link without an account", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => doing.run(work, setMade))}>
      <p>Opens the file of <b><bdi>${visible(one.name)}</bdi></b> for a short time, for a program or a person without
        an account. Making it and every use are recorded.</p>
      ${h(Field, {
        act: doing,
        name: "expires_in_minutes",
        label: "Works for",
        value: minutes,
        onValue: setMinutes,
        options: MINUTES,
        "data-first": true,
      })}
      ${h(FormEnd, { act: doing, label: "Make the link", fields: ["expires_in_minutes"], onCancel: onClose })}</form>`,
  );
}

/** The dialog that was asked for, if one was. */
export function Asked() {
  if (!asked.value) return null;
  const { kind, one } = asked.value;
  const onClose = () => (asked.value = null);
  return h(kind === "delete" ? Delete : LinkForm, { one, onClose });
}
