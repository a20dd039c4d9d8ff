// Ways out of the page for texts: the clipboard, and files.

import { toast } from "./parts.js";

/** Copies a text. Over plain HTTP browsers have no clipboard for scripts, but still the old command. */
export async function copy(text, what = "Copied") {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const before = /** @type {HTMLElement} */ (document.activeElement);
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    // Behind an open dialog nothing can be selected.
    ([...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body).append(area);
    area.select();
    const isDone = document.execCommand("copy");
    area.remove();
    before?.focus?.();
    if (!isDone) return toast("This browser does not let a page copy over plain HTTP.");
  }
  return toast(what);
}

/** Gives a text to the reader as a file. */
export function download(name, text, type = "application/json") {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
