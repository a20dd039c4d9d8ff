// Whether the palette and the list of keys are open: known before either of them is loaded.

import { signal } from "../lib/html.js";

export const isPaletteOpen = signal(false);
export const isHelpOpen = signal(false);
