// Having a stream go on at another place: what will be sent again, or left out, is said before.

import { getJson, send } from "../../lib/api.js";
import { h, html, useEffect, useMemo, useState } from "../../lib/html.js";
import { count, number } from "../../lib/format.js";
import { Resource } from "../../lib/resource.js";
import { visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { FormEnd, Field, onSubmit, useAct } from "../../ui/forms.js";
import { Dialog } from "../../ui/dialog.js";
import { toast } from "../../ui/parts.js";
import { Place, isPlace, placeAtFirst, placeToSend } from "./places.js";
import { orgName } from "./words.js";

const ALL = "";

/** The place in one log that a time stands for: as many events were taken in before it; null while nobody knows. */
function useSeqAt(org, time) {
  const found = useMemo(() => new Resource(), []);
  const isAsked = Boolean(org && time && may("audit_logs.read"));
  useEffect(() => {
    found.expect();
    if (isAsked) found.load((stop) => getJson("/v1/count", { org, q: `received:<"${time}"` }, stop));
    return () => found.stop();
  }, [org, time]);
  const answer = found.data.value;
  return isAsked && answer?.exact && !found.isLoading.value && !found.failure ? answer.count : null;
}

/** How many events are sent again, and how many left out. */
function consequence(cursors, { kind, seq }) {
  const sum = (value) => cursors.reduce((total, cursor) => total + value(cursor), 0);
  if (kind === "beginning") return { again: sum(({ next_seq: next }) => next), out: 0 };
  if (kind === "now") {
    return { again: 0, out: sum(({ next_seq: next, log_size: size }) => Math.max(0, size - next)) };
  }
  if (kind !== "seq" || !/^\d+$/.test(seq.trim()) || cursors.length !== 1) return null;
  const [{ next_seq: next, log_size: size }] = cursors;
  const to = Math.min(Number(seq), size);
  return { again: Math.max(0, next - to), out: Math.max(0, to - next) };
}

/** What will happen, in words. */
function Effect({ found }) {
  if (!found) {
    return html`<p>What was taken in since then is sent, again if it was already. If the stream has not come that far,
      what lies between is left out, and noted as a gap.</p>`;
  }
  const { again, out } = found;
  if (!again && !out) return html`<p>It is there already: nothing is sent again, nothing left out.</p>`;
  return html`<p>${
    again
      ? html`<b>${count(again, "event")}</b> of the log ${again === 1 ? "is" : "are"} gone through again, and what
          matches the filter is sent a second time.`
      : html`<b>${count(out, "event")}</b> that ${out === 1 ? "was" : "were"} not sent yet ${
          out === 1 ? "is" : "are"
        } left out, and noted as a gap.`
  }</p>`;
}

export function Rewind({ one, org = null, take, onClose }) {
  const doing = useAct();
  const [place, setPlace] = useState({ ...placeAtFirst(), kind: "beginning" });
  const [of, setOf] = useState(org ?? one.organization_id ?? ALL);
  const cursors = one.cursors.filter(({ organization_id: own }) => of === ALL || own === of);
  const isOne = of !== ALL;
  const time = place.kind === "time" && isPlace(place) ? placeToSend(place) : null;
  const at = useSeqAt(isOne ? of : null, time);
  const effective = at === null ? place : { kind: "seq", seq: String(at) };
  const labels = [
    ["beginning", "The beginning of the log"],
    ["time", "A time …"],
    isOne && ["seq", "An event, by its number …"],
    ["now", "Now: leave out what waits"],
  ].filter(Boolean);
  const work = () =>
    send("POST", `/v1/streams/${one.id}/rewind`, {
      body: { to: placeToSend(place), organization_id: one.organization_id === null && isOne ? of : undefined },
    });
  const done = (answer) => {
    take(answer);
    onClose();
    toast("The stream goes on from there");
  };
  const choose = (next) => {
    setOf(next);
    if (next === ALL && place.kind === "seq") setPlace({ ...place, kind: "beginning" });
  };
  return h(
    Dialog,
    { title: "Rewind the stream", onClose },
    html`<form class="form" onSubmit=${onSubmit(() => doing.run(work, done))}>
      <p><b><bdi>${visible(one.name)}</bdi></b> goes on from another place of the log${
        isOne && cursors.length === 1 && html`; the next event would be number <b>${number(cursors[0].next_seq)}</b> of
          ${" "}${number(cursors[0].log_size)}`
      }.</p>
      ${
        one.organization_id === null &&
        h(Field, {
          act: doing,
          name: "organization_id",
          label: "In the log of",
          value: of,
          onValue: choose,
          options: [
            [ALL, "every organization"],
            ...one.cursors.map(({ organization_id: own }) => [own, orgName(own)]),
          ],
        })
      }
      ${h(Place, { name: "to", label: "Go on from", labels, value: place, onValue: setPlace, act: doing, first: true })}
      <div class="notice" role="status">${h(Effect, { found: consequence(cursors, effective) })}</div>
      ${h(FormEnd, {
        act: doing,
        label: "Rewind the stream",
        kind: "danger",
        fields: ["to", "organization_id"],
        onCancel: onClose,
        isReady: isPlace(place),
      })}</form>`,
  );
}
