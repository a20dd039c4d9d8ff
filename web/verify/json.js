// JSON documents: an event proof, a pack's description. The browser's own parser would change numbers above 2^53, where
// ours go up to 2^64 - 1, and let a member occur twice.

import { U64_MAX } from "./bytes.js";
import { DEPTH_MAX } from "./canonical.js";

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
