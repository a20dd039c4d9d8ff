// What can be done to a stream: what one would do next as a button, the rest in a menu.

import { h, html } from "../../lib/html.js";
import { visible } from "../../lib/safe-text.js";
import { may } from "../../lib/session.js";
import { Icon } from "../../ui/parts.js";
import { Popover } from "../../ui/popover.js";
import { act, asked } from "./dialogs.js";
import { editOf, isFailing, recordedOf } from "./words.js";

export const ask = (kind, one, more = {}) => (asked.value = { kind, one, ...more });
const resume = (one, done) => act(one, "resume", done);

/** What one would do next with it, as a button. */
export function Next({ one, small = true }) {
  const kind = `button${small ? " small" : ""}`;
  const name = visible(one.name);
  const [icon, label, work] =
    one.state === "paused" || one.state === "inactive"
      ? ["play", "Resume", () => resume(one, "Stream resumed")]
      : isFailing(one)
        ? ["reset", "Try now", () => resume(one, "It is tried now")]
        : ["pause", "Pause", () => ask("pause", one)];
  return html`<button type="button" class=${kind} aria-label=${`${label} ${name}`} onClick=${work}>
    ${h(Icon, { name: icon })}${label}</button>`;
}

/** The rest of what can be done with it. */
export function More({ one, small = true }) {
  const item = (icon, label, work) => (close) =>
    html`<button type="button" class="item"
      onClick=${() => (close(), work())}>${h(Icon, { name: icon })}${label}</button>`;
  const link = (icon, label, href) => (close) =>
    html`<a class="item" href=${href} onClick=${() => close(false)}>${h(Icon, { name: icon })}${label}</a>`;
  const items = [
    item("stream", "Send a test event …", () => ask("test", one)),
    isFailing(one) && item("pause", "Pause …", () => ask("pause", one)),
    item("rewind", "Rewind …", () => ask("rewind", one)),
    link("edit", "Edit", editOf(one)),
    may("audit_logs.read") && link("timeline", "What was recorded", recordedOf(one)),
    item("close", "Delete …", () => ask("delete", one)),
  ].filter(Boolean);
  const title = visible(`Acts on ${one.name}`);
  const content = (close) => items.map((part) => part(close));
  return h(Popover, { icon: "more", title, kind: `ghost square${small ? " small" : ""}`, content, align: "end" });
}
