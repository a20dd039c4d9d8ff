// Numbers and words for people.

const COMPACT_FROM = 10_000;

// Formats are made when they are first needed: making one takes longer than a module may before the first paint.
let whole;
let compact;

const THOUSANDS = /\B(?=(?:\d{3})+$)/g;

/** `1,234,567`. */
export function number(value) {
  // Counts are whole: the first screen is there without a format.
  if (Number.isSafeInteger(value)) return String(value).replace(THOUSANDS, ",");
  return (whole ??= new Intl.NumberFormat("en")).format(value);
}

/** A count as it fits into a narrow column; the whole number belongs into a tooltip. */
export function shortNumber(value) {
  if (value < COMPACT_FROM) return number(value);
  compact ??= new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
  return compact.format(value);
}

/** `1 event`, `2 events`. */
export const count = (value, one, many = `${one}s`) => `${number(value)} ${value === 1 ? one : many}`;

/** `≈` before what is not exact. */
export const about = (value, exact) => (exact === false ? `≈ ${number(value)}` : number(value));

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

export function bytes(size) {
  let unit = 0;
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000;
  return `${unit ? size.toFixed(1) : size} ${UNITS[unit]}`;
}

/** The start of a hash or an id that is too long to read. */
export const short = (text, length = 12) => (text.length > length + 1 ? `${text.slice(0, length)}…` : text);

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
