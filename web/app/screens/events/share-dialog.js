// A link to one event for somebody without an account.

import { send } from "../../lib/api.js";
import { h, html, useState } from "../../lib/html.js";
import { zone } from "../../lib/session.js";
import { fullTime, zoneLabel } from "../../lib/time.js";
import { Field, FormEnd, Once, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/dialog.js";

const HOURS = [
  ["24", "a day"],
  ["168", "a week"],
  ["720", "30 days"],
  ["2160", "90 days"],
];

export function ShareDialog({ event, onClose }) {
  const [hours, setHours] = useState("168");
  const [note, setNote] = useState("");
  const [made, setMade] = useState(null);
  const act = useAct();
  if (made) {
    const text = new URL(made.url, location.origin).href;
    return h(
      Once,
      { title: "Link to this event", label: "Link", text, stored: "Done", onClose },
      html`<p>Whoever has it sees this event with its proof until
        ${" "}${fullTime(made.expires_at, zone.value)} ${zoneLabel(zone.value)}. It is shown this once; links are taken
        back under <a href="/access?tab=shares">Access</a>.</p>`,
    );
  }
  const work = () =>
    send("POST", `/v1/events/${event.id}/shares`, {
      body: { expires_in_hours: Number(hours), note: note.trim() },
    });
  return h(
    Dialog,
    { title: "Share this event", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => act.run(work, setMade))}>
      <p>A page with this one event, all that it holds, and its proof, for somebody without an account. Making the
        link and opening it are recorded.</p>
      ${h(Field, {
        act,
        name: "expires_in_hours",
        label: "Works for",
        value: hours,
        onValue: setHours,
        options: HOURS,
        "data-first": true,
      })}
      ${h(Field, {
        act,
        name: "note",
        label: "For whom or what",
        value: note,
        onValue: setNote,
        hint: "Shown in the list of links, not on the page.",
        maxlength: 500,
        autocomplete: "off",
      })}
      ${h(FormEnd, { act, label: "Make the link", fields: ["expires_in_hours", "note"], onCancel: onClose })}</form>`,
  );
}
