// What changed from one value to another: word by word within texts, and in words where there was nothing.

const WORDS_MAX = 400;

/** What kind of value it is, where two look alike and are not. */
export function kindOf(value) {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "list";
  return typeof value;
}

/** A value as it is shown: texts in quotes only where they could be taken for something else. */
export function shown(value, other) {
  if (typeof value !== "string") return value === undefined ? "" : JSON.stringify(value);
  const isMixed = other !== undefined && other !== null && typeof other !== "string";
  const isOdd = value === "" || /^(true|false|null|-?\d[\d.eE+-]*)$/.test(value) || value.trim() !== value;
  return isMixed || isOdd ? JSON.stringify(value) : value;
}

const words = (text) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];

/** Lengths of the longest common sequences of the ends of two lists. */
function lengths(a, b) {
  const table = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      table[i][j] = a[i] === b[j] ? table[i + 1][j + 1] + 1 : Math.max(table[i + 1][j], table[i][j + 1]);
    }
  }
  return table;
}

/**
 * Both texts as parts `{ text, isChanged }`; null where nearly all differs, or they are too long to compare, so that
 * marks would only distract.
 */
export function wordDiff(before, after) {
  const [a, b] = [words(before), words(after)];
  if (a.length < 4 || b.length < 4 || a.length > WORDS_MAX || b.length > WORDS_MAX) return null;
  const table = lengths(a, b);
  if (table[0][0] < Math.max(a.length, b.length) / 4) return null;
  const sides = { before: [], after: [] };
  const put = (side, text, isChanged) => {
    const last = sides[side].at(-1);
    if (last?.isChanged === isChanged) last.text += text;
    else sides[side].push({ text, isChanged });
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      put("before", a[i++], false);
      put("after", b[j++], false);
    } else if (j >= b.length || (i < a.length && table[i + 1][j] >= table[i][j + 1])) put("before", a[i++], true);
    else put("after", b[j++], true);
  }
  return sides;
}

/** A JSON pointer as a path for people: `/steps/0/name` is `steps[0].name`. */
export function pathOf(pointer) {
  const parts = pointer.split("/").slice(pointer.startsWith("/") ? 1 : 0);
  const plain = parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  return plain.map((part, index) => (/^\d+$/.test(part) && index ? `[${part}]` : index ? `.${part}` : part)).join("");
}

/** The changes as an RFC 6902 patch. */
export const patchOf = (changes) =>
  changes.map(({ op, path, new: value }) => (op === "remove" ? { op, path } : { op, path, value }));
