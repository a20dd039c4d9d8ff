// A dialog over the page.

import { h, html, useEffect, useRef } from "../lib/html.js";
import { Icon, Said, dialogs } from "./parts.js";

/**
 * A dialog over the page; `onClose` is called however it is closed. One that `isKept` is closed only from inside. The
 * focus goes to the element with `data-first`, if there is one.
 */
export function Dialog({ title, onClose, children, kind = "", isKept = false }) {
  const dialog = useRef(null);
  useEffect(() => {
    const before = /** @type {HTMLElement} */ (document.activeElement);
    dialog.current.showModal();
    dialog.current.querySelector("[data-first]")?.focus();
    dialogs.value++;
    return () => {
      dialogs.value--;
      before?.focus?.();
    };
  }, []);
  const outside = (event) => event.target === dialog.current && !isKept && onClose();
  // A browser asks by `cancel` once only: a second Escape closes without. So the key is taken, too.
  const cancel = (event) => isKept && event.preventDefault();
  const key = (event) => isKept && event.key === "Escape" && event.preventDefault();
  return html`<dialog ref=${dialog} class=${kind} aria-label=${title} onClose=${onClose} onClick=${outside}
    closedby=${isKept ? "none" : null} onCancel=${cancel} onKeyDown=${key}>
    <header>
      <h2>${title}</h2><span class="grow"></span>
      ${
        !isKept &&
        html`<button type="button" class="button ghost square" aria-label="Close" onClick=${onClose}>
        ${h(Icon, { name: "close" })}
      </button>`
      }
    </header>
    <div class="body">${children}</div>
    ${h(Said, {})}
  </dialog>`;
}
