// The list of keys, with the switch that turns single ones off.

import { h, html } from "../lib/html.js";
import { singleKeys, switchSingleKeys } from "../lib/session.js";
import { Dialog } from "../ui/dialog.js";
import { isHelpOpen } from "./open.js";

const KEYS = [
  ["/", "search box"],
  ["Ctrl K", "go to …"],
  ["j  k", "next, previous event"],
  ["Enter", "open the event"],
  ["Esc", "close it"],
  ["Space", "select for comparing"],
  ["n", "show new events"],
  ["l", "live on or off"],
  ["f", "filters at the side"],
  ["t", "time range"],
  ["[  ]", "earlier, later"],
  ["-  +", "wider, narrower range"],
  ["i  x", "include, exclude the value"],
  ["c", "columns"],
  ["s", "save the search"],
  ["e", "copy a link"],
  ["y", "copy the event as JSON"],
  ["v", "verify the event"],
  ["z", "UTC or local time"],
  ["g o", "overview"],
  ["g e", "events"],
  ["g n", "entities"],
  ["g x", "exports"],
  ["g t", "streams"],
  ["g i", "integrity"],
  ["g a", "access"],
  ["g s", "settings"],
];

export function Help() {
  const keys = KEYS.map(
    ([key, what]) =>
      html`<span>${key.split("  ").map((one) => html`<kbd class="key">${one}</kbd> `)}</span><span>${what}</span>`,
  );
  return h(
    Dialog,
    { title: "Keys", onClose: () => (isHelpOpen.value = false) },
    html`<div class="keys">${keys}</div>
      <hr />
      <label class="check">
        <input type="checkbox" checked=${singleKeys.value}
          onChange=${(event) => switchSingleKeys(event.target.checked)} />
        Single keys do something
      </label>`,
  );
}
