// Characters that hide or reorder others, written out wherever texts of strangers are shown.

const HIDING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Text with its hiding characters written out. */
export const visible = (text) =>
  String(text).replace(HIDING, (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`);
