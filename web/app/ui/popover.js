// A button and what it opens: closed by Escape, by a click elsewhere, or from inside; the focus goes in and comes
// back.

import { h, html, useEffect, useRef, useState } from "../lib/html.js";
import { Icon } from "./parts.js";

const FOCUSABLE = "button, input, select, textarea, a[href], [tabindex='0']";

/** Moves the focus among items by the arrow keys. */
export function moveFocus(event, selector = FOCUSABLE) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.target.matches("textarea, select")) return;
  const items = [...event.currentTarget.querySelectorAll(selector)].filter((item) => !item.disabled);
  const at = items.indexOf(document.activeElement);
  const next = items[(at + step + items.length) % items.length];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

/**
 * `label` and `icon` are those of the button; `content` is called with what closes it. `opener` is given what opens it,
 * for a key.
 */
export function Popover({ label, icon, title, kind = "", content, align = "start", opener, panel = "" }) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef(null);
  const button = useRef(null);
  const close = (isKept = true) => {
    setOpen(false);
    if (isKept) button.current?.focus();
  };
  useEffect(() => opener?.(() => setOpen(true)), [opener]);
  useEffect(() => {
    if (!isOpen) return undefined;
    const outside = (event) => root.current?.contains(event.target) || setOpen(false);
    document.addEventListener("pointerdown", outside, true);
    const menu = root.current.querySelector(".menu");
    const focus = () => {
      const first = menu.querySelector(FOCUSABLE);
      if (first) observer.disconnect();
      first?.focus();
    };
    // What is inside may have to be loaded first.
    const observer = new MutationObserver(focus);
    observer.observe(menu, { childList: true, subtree: true });
    focus();
    return () => {
      observer.disconnect();
      document.removeEventListener("pointerdown", outside, true);
    };
  }, [isOpen]);
  const keys = (event) => {
    if (event.key === "Escape" && isOpen) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (isOpen) moveFocus(event);
  };
  const side = align === "end" ? { right: 0, top: "calc(100% + 4px)" } : { left: 0, top: "calc(100% + 4px)" };
  return html`<div class="anchor" ref=${root} onKeyDown=${keys}>
    <button type="button" class=${`button ${kind}`} ref=${button} aria-expanded=${String(isOpen)} title=${title}
      aria-label=${label ? undefined : title} onClick=${() => setOpen(!isOpen)}>
      ${icon && h(Icon, { name: icon })}${label}${label && !kind.includes("plain") && h(Icon, { name: "down" })}
    </button>
    ${isOpen && html`<div class=${`menu ${panel}`} style=${side}>${content(close)}</div>`}
  </div>`;
}
