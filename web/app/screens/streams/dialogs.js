// What is asked about before it is done to a stream: pausing, moving, deleting, sending again, and trying it out.

import { send } from "../../lib/api.js";
import { h, html, signal, useState } from "../../lib/html.js";
import { count } from "../../lib/format.js";
import { go } from "../../lib/route.js";
import { visible } from "../../lib/safe-text.js";
import { Confirm, FormEnd, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/dialog.js";
import { toast } from "../../ui/parts.js";
import * as model from "./model.js";
import { Rewind } from "./rewind.js";
import { Trial } from "./trial.js";

/** The dialog that is open: `{ kind, one, … }`. */
export const asked = signal(null);

/** Asks the service for something; what it answers is the stream as it is then. */
export async function act(one, what, done) {
  try {
    take(await send("POST", `/v1/streams/${one.id}/${what}`));
    toast(done);
  } catch (error) {
    toast(error.message);
  }
}

/** Whoever shows one stream wants to know of it at once. */
export const changed = signal(null);
export function take(one) {
  model.put(one);
  changed.value = one;
}

function Pause({ one, onClose }) {
  return h(
    Confirm,
    {
      title: "Pause the stream",
      label: "Pause the stream",
      kind: "primary",
      work: async () => take(await send("POST", `/v1/streams/${one.id}/pause`)),
      done: "Stream paused",
      onClose,
    },
    html`<p>Nothing more is sent to <b><bdi>${visible(one.name)}</bdi></b> until somebody resumes it. It keeps its
      place: what comes meanwhile waits in the log, and none of it is lost.</p>
      <p class="quiet">A batch that is on its way may still arrive, and is then sent again, with the same id.</p>`,
  );
}

function Delete({ one, onClose }) {
  const { lag_events: lag, dead_letters: dead } = one.health;
  const then = () => {
    model.remove(one.id);
    go("/streams", { replace: true });
  };
  return h(
    Confirm,
    {
      title: "Delete the stream",
      label: "Delete the stream",
      work: () => send("DELETE", `/v1/streams/${one.id}`),
      done: "Stream deleted",
      then,
      onClose,
    },
    html`<p>Nothing more is sent to <b><bdi>${visible(one.name)}</bdi></b>. Its settings and secrets, its place, its
      attempts and its dead letters are deleted. No event is, and what was recorded of the stream stays.</p>
      ${lag > 0 && html`<p class="notice">${count(lag, "event")} of its logs ${lag === 1 ? "was" : "were"} not looked at
        yet.</p>`}
      ${dead > 0 && html`<p class="notice">${count(dead, "dead letter")} never arrived.</p>`}
      <p class="quiet">Another stream does not know what this one has sent: what both send is there twice.</p>`,
  );
}

function Replay({ one, onClose, then }) {
  const { dead_letters: dead } = one.health;
  return h(
    Confirm,
    {
      title: "Replay all dead letters",
      label: `Replay ${count(dead, "event")}`,
      kind: "primary",
      work: () => send("POST", `/v1/streams/${one.id}/dead_letters/replay`, { body: { all: true } }),
      done: "They wait to be sent",
      then,
      onClose,
    },
    html`<p>${count(dead, "event")} that <b><bdi>${visible(one.name)}</bdi></b> refused
      ${dead === 1 ? "is" : "are"} sent again, in the order of their logs, between what comes. One that is refused again
      stays a dead letter.</p>
      <p class="quiet">If the destination refuses them for the same reason, mend that first.</p>`,
  );
}

function Test({ one, onClose }) {
  const doing = useAct();
  const [answer, setAnswer] = useState(null);
  const work = () => send("POST", `/v1/streams/${one.id}/test`);
  return h(
    Dialog,
    { title: "Send a test event", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => doing.run(work, setAnswer))}>
      <p>One made-up event, <code>audit.stream.test</code>, is sent to <b><bdi>${visible(one.name)}</bdi></b> as any
        other would be, marked as a test. The stream itself stays as it is and where it is.</p>
      ${h(Trial, { answer, isBusy: doing.isBusy })}
      ${h(FormEnd, {
        act: doing,
        label: answer ? "Send another" : "Send a test event",
        onCancel: onClose,
        cancel: "Close",
      })}</form>`,
  );
}

const DIALOGS = { pause: Pause, delete: Delete, replay: Replay, test: Test, rewind: Rewind };

/** The dialog that was asked for, if one was. */
export function Asked() {
  if (!asked.value) return null;
  const { kind, ...rest } = asked.value;
  return h(DIALOGS[kind], { ...rest, take, onClose: () => (asked.value = null) });
}
