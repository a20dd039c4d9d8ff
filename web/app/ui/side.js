// A drawer beside a list: it has the focus when it opens, and gives it back; Escape closes it.

import { h, html, useEffect, useRef } from "../lib/html.js";
import { bind } from "../lib/keys.js";
import { IconButton } from "./parts.js";

export function Side({ title, onClose, tools = null, children }) {
  const root = useRef(null);
  useEffect(() => {
    const before = /** @type {HTMLElement} */ (document.activeElement);
    (root.current.querySelector("[data-first]") ?? root.current).focus({ preventScroll: true });
    return () => {
      // What had it may have been made anew.
      const back = before?.isConnected && before !== document.body ? before : document.getElementById("main");
      back?.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => bind({ Escape: onClose }), [onClose]);
  return html`<aside class="drawer" ref=${root} tabindex="-1" aria-label=${title}>
    <header><div class="tools"><h2>${title}</h2><span class="grow"></span>${tools}
      ${h(IconButton, { icon: "close", label: "Close (Esc)", onClick: onClose })}</div></header>
    ${children}</aside>`;
}
