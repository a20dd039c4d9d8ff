// What can be done to a schedule: what one would do next as a button, the rest in a menu.

import { send } from "../../../lib/api.js";
import { h, html, signal } from "../../../lib/html.js";
import { go } from "../../../lib/route.js";
import { visible } from "../../../lib/safe-text.js";
import { may } from "../../../lib/session.js";
import { relative } from "../../../lib/time-range.js";
import { explorer } from "../../../lib/url-state.js";
import { Confirm } from "../../../ui/forms.js";
import { Icon, toast } from "../../../ui/parts.js";
import { Popover } from "../../../ui/popover.js";
import * as model from "./model.js";
import { LIST, scheduleOf } from "./words.js";

/** The schedule that is to be deleted. */
const deleting = signal(null);

async function act(one, what, done) {
  try {
    model.put(await send("POST", `/v1/export-schedules/${one.id}/${what}`));
    toast(done);
    model.soon();
  } catch (error) {
    toast(error.message);
    model.reload();
  }
}

/** What one would do next with it, as a button. */
export function Next({ one, small = true }) {
  const isPaused = one.status === "paused";
  const [icon, label, what, done] = isPaused
    ? ["play", "Resume", "resume", "Schedule resumed: it has your rights now"]
    : ["pause", "Pause", "pause", "Schedule paused"];
  return html`<button type="button" class=${`button${small ? " small" : ""}`}
    aria-label=${`${label} ${visible(one.name)}`} onClick=${() => act(one, what, done)}>
    ${h(Icon, { name: icon })}${label}</button>`;
}

const recordedOf = (one) =>
  explorer(`target:(type:audit_export_schedule id:${one.id})`, { range: relative("all") });

/** The rest of what can be done with it. */
export function More({ one }) {
  const item = (icon, label, work) => (close) =>
    html`<button type="button" class="item"
      onClick=${() => (close(), work())}>${h(Icon, { name: icon })}${label}</button>`;
  const link = (icon, label, href) => (close) =>
    html`<a class="item" href=${href} onClick=${() => close(false)}>${h(Icon, { name: icon })}${label}</a>`;
  const items = [
    item("play", "Run now", () => act(one, "run", "It runs as soon as it can")),
    link("edit", "Edit", `${scheduleOf(one.id)}&edit=1`),
    may("audit_logs.read") && link("timeline", "What was recorded", recordedOf(one)),
    item("close", "Delete …", () => (deleting.value = one)),
  ].filter(Boolean);
  const title = visible(`Acts on ${one.name}`);
  const content = (close) => items.map((part) => part(close));
  return h(Popover, { icon: "more", title, kind: "ghost square small", content, align: "end" });
}

/** Asks before a schedule is deleted, if one is to be. */
export function Asked() {
  const one = deleting.value;
  if (!one) return null;
  const then = () => {
    model.remove(one.id);
    go(LIST, { replace: true });
  };
  return h(
    Confirm,
    {
      title: "Delete the schedule",
      label: "Delete the schedule",
      work: () => send("DELETE", `/v1/export-schedules/${one.id}`),
      done: "Schedule deleted",
      then,
      onClose: () => (deleting.value = null),
    },
    html`<p><b><bdi>${visible(one.name)}</bdi></b> does not run any more, and what of its last run was not delivered is
      not. Its exports stay in the history.</p>`,
  );
}
