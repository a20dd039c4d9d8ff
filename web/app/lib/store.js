// What a browser remembers of a person's choices. Storage may be switched off, and then nothing is remembered.

const PREFIX = "tallystick.";

export function recall(name, fallback = null) {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? fallback : JSON.parse(text);
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // Nothing depends on it.
  }
}

/** A choice that is read before scripts run (theme.js), and so is not JSON. */
export function rememberPlain(name, text) {
  try {
    localStorage.setItem(PREFIX + name, text);
  } catch {
    // Nothing depends on it.
  }
}
