// Whether the palette and the list of keys are open: known before either of them is loaded.

import { effect, signal } from "../lib/html.js";
import { takeAhead } from "../lib/keys.js";

export const isPaletteOpen = signal(false);
export const isHelpOpen = signal(false);
/** The text of the palette. It is typed into before the palette is there. */
export const paletteText = signal("");

function typeAhead(key) {
  const text = paletteText.peek();
  if (key === "Escape") isPaletteOpen.value = false;
  else if (key === "Backspace") paletteText.value = text.slice(0, -1);
  else if (key !== "Enter") paletteText.value = text + key;
}

effect(() => {
  takeAhead(isPaletteOpen.value ? typeAhead : null);
  if (!isPaletteOpen.value) paletteText.value = "";
});
