// JSON of two kinds. Documents (an event proof, a pack's description) are read by a parser of our own, because numbers go
// up to 2^64 - 1 and no member may occur twice. Values inside of units must be canonical (RFC 8785), and are read by the
// browser's parser and then compared with what canonical JSON they would be.

import { U64_MAX } from "./bytes.js";

/** Levels of nesting that are followed. */
export const DEPTH_MAX = 128;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail() {
    throw new SyntaxError(`not JSON as it is expected, at character ${this.at + 1}`);
  }

  space() {
    while (" \t\n\r".includes(this.text[this.at] ?? "x")) this.at++;
  }

  value(depth) {
    if (depth < 0) this.fail();
    this.space();
    const c = this.text[this.at];
    let value;
    if (c === "{") value = this.object(depth - 1);
    else if (c === "[") value = this.array(depth - 1);
    else if (c === '"') value = this.string();
    else if (this.text.startsWith("null", this.at)) value = this.word("null", null);
    else if (this.text.startsWith("true", this.at)) value = this.word("true", true);
    else if (this.text.startsWith("false", this.at)) value = this.word("false", false);
    else value = this.number();
    this.space();
    return value;
  }

  word(word, value) {
    this.at += word.length;
    return value;
  }

  number() {
    const digits = /^(?:0|[1-9][0-9]{0,19})(?![0-9.eE])/.exec(this.text.slice(this.at, this.at + 24));
    if (!digits || BigInt(digits[0]) > U64_MAX) this.fail();
    this.at += digits[0].length;
    return BigInt(digits[0]);
  }

  string() {
    let end = this.at + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    let value;
    try {
      value = JSON.parse(this.text.slice(this.at, end + 1));
    } catch {
      this.fail();
    }
    if (typeof value !== "string" || LONE_SURROGATE.test(value)) this.fail();
    this.at = end + 1;
    return value;
  }

  array(depth) {
    const values = [];
    this.at++;
    this.space();
    while (this.text[this.at] !== "]") {
      if (values.length && this.text[this.at++] !== ",") this.fail();
      values.push(this.value(depth));
    }
    this.at++;
    return values;
  }

  object(depth) {
    const members = new Map();
    this.at++;
    this.space();
    while (this.text[this.at] !== "}") {
      if (members.size && this.text[this.at++] !== ",") this.fail();
      this.space();
      if (this.text[this.at] !== '"') this.fail();
      const name = this.string();
      this.space();
      if (members.has(name) || this.text[this.at++] !== ":") this.fail();
      members.set(name, this.value(depth));
    }
    this.at++;
    return members;
  }
}

/** Reads a document: objects as maps, numbers as big integers. Throws a SyntaxError. */
export function parseDocument(text) {
  const reader = new Reader(text);
  const value = reader.value(DEPTH_MAX);
  if (reader.at !== text.length) reader.fail();
  return value;
}

/** The members of an object that must have these, may have those, and has no others; null if it is otherwise. */
export function members(value, required, optional = []) {
  if (!(value instanceof Map)) return null;
  const known = (name) => required.includes(name) || optional.includes(name);
  if (!required.every((name) => value.has(name)) || ![...value.keys()].every(known)) return null;
  return Object.fromEntries(value);
}

/** Whether names ascend by UTF-16 code units all the way down, within a depth. */
function isOrdered(value, depth) {
  if (value === null || typeof value !== "object") return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isOrdered(item, depth - 1)) return false;
    return true;
  }
  let before = null;
  for (const name of Object.keys(value)) {
    if ((before !== null && before >= name) || !isOrdered(value[name], depth - 1)) return false;
    before = name;
  }
  return true;
}

/** Canonical JSON of a value with names that JavaScript would put into another order, those that look like numbers. */
function canonical(value, depth) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (depth === 0) return "";
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth - 1)).join(",")}]`;
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name], depth - 1)}`).join(",")}}`;
}

/** The value of canonical JSON whose parts nest at most `depth` levels; undefined if the text is anything else. */
export function parseCanonical(text, depth) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // The browser's own order of names is canonical unless some of them look like numbers.
  const isSame = (isOrdered(value, depth) ? JSON.stringify(value) : canonical(value, depth)) === text;
  // Canonical text has this escape for lone surrogates alone, if not behind a backslash that is escaped itself.
  const mayBeLone = isSame && text.includes("\\ud");
  return isSame && !(mayBeLone && hasLoneSurrogate(value)) ? value : undefined;
}

function hasLoneSurrogate(value) {
  if (typeof value === "string") return LONE_SURROGATE.test(value);
  if (value === null || typeof value !== "object") return false;
  return (Array.isArray(value) ? value : Object.entries(value).flat()).some(hasLoneSurrogate);
}
