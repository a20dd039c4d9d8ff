// Whether JSON is spelled canonically (RFC 8785), told from its bytes without building it: two spellings of one value
// must not pass, and a pack has millions of values.

import { utf8 } from "./bytes.js";

/** Levels of nesting that are followed. */
export const DEPTH_MAX = 128;
/** Integers of so many digits are their own canonical form: all of them are exact. */
const PLAIN_DIGITS_MAX = 15;
/** From this byte on UTF-8 may sort otherwise than UTF-16 does. */
const SURROGATE_ORDER_FROM = 0xee;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NUMBER = new Uint8Array(256);
for (const c of "0123456789-+.eE") NUMBER[c.charCodeAt(0)] = 1;
const ESCAPED = new Uint8Array(256);
for (const c of '"\\btnfr') ESCAPED[c.charCodeAt(0)] = 1;
/** What follows `\u00`: the control characters that have no shorter escape. */
const CONTROLS = new Set();
for (let code = 0; code < 0x20; code++) {
  if (!"\b\t\n\f\r".includes(String.fromCharCode(code))) CONTROLS.add(code.toString(16).padStart(2, "0"));
}

/** Where the canonical value at `at` ends; -1 if there is none before `end`. The bytes must be UTF-8. */
export function canonicalEnd(bytes, at, end, depth) {
  const byte = at < end ? bytes[at] : 0;
  if (byte === QUOTE) return stringEnd(bytes, at, end);
  if (byte === 0x7b) return depth > 0 ? objectEnd(bytes, at, end, depth - 1) : -1;
  if (byte === 0x5b) return depth > 0 ? arrayEnd(bytes, at, end, depth - 1) : -1;
  if (byte === 0x74) return wordEnd(bytes, at, end, "true");
  if (byte === 0x66) return wordEnd(bytes, at, end, "false");
  if (byte === 0x6e) return wordEnd(bytes, at, end, "null");
  return numberEnd(bytes, at, end);
}

function wordEnd(bytes, at, end, word) {
  if (at + word.length > end) return -1;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1;
  return at + word.length;
}

/** Where the string ends whose quote is at `at`: only what must be escaped is, and in the shortest way. */
export function stringEnd(bytes, at, end) {
  for (at++; at < end; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    at++;
    if (at < end && ESCAPED[bytes[at]]) continue;
    const digits = at + 5 <= end ? String.fromCharCode(...bytes.subarray(at, at + 5)) : "";
    if (!digits.startsWith("u00") || !CONTROLS.has(digits.slice(3))) return -1;
    at += 4;
  }
  return -1;
}

function arrayEnd(bytes, at, end, depth) {
  if (bytes[++at] === 0x5d && at < end) return at + 1;
  for (;;) {
    at = canonicalEnd(bytes, at, end, depth);
    if (at < 0 || at >= end) return -1;
    const byte = bytes[at++];
    if (byte === 0x5d) return at;
    if (byte !== 0x2c) return -1;
  }
}

function objectEnd(bytes, at, end, depth) {
  if (bytes[++at] === 0x7d && at < end) return at + 1;
  let before = -1;
  let beforeEnd = -1;
  for (;;) {
    const nameEnd = at < end && bytes[at] === QUOTE ? stringEnd(bytes, at, end) : -1;
    if (nameEnd < 0 || nameEnd >= end || bytes[nameEnd] !== 0x3a) return -1;
    if (before >= 0 && !isBefore(bytes, before, beforeEnd, at, nameEnd)) return -1;
    before = at;
    beforeEnd = nameEnd;
    at = canonicalEnd(bytes, nameEnd + 1, end, depth);
    if (at < 0 || at >= end) return -1;
    const byte = bytes[at++];
    if (byte === 0x7d) return at;
    if (byte !== 0x2c) return -1;
  }
}

/** Whether one name sorts before another by UTF-16 code units; both with their quotes. */
function isBefore(bytes, a, aEnd, b, bEnd) {
  const length = Math.min(aEnd - a, bEnd - b) - 1;
  for (let i = 1; i < length; i++) {
    const x = bytes[a + i];
    const y = bytes[b + i];
    const isSpecial = x === BACKSLASH || y === BACKSLASH || x >= SURROGATE_ORDER_FROM || y >= SURROGATE_ORDER_FROM;
    if (isSpecial) return stringOf(bytes, a, aEnd) < stringOf(bytes, b, bEnd);
    if (x !== y) return x < y;
  }
  return aEnd - a < bEnd - b;
}

/** The string whose spelling with its quotes has been checked. */
export function stringOf(bytes, from, to) {
  let text = "";
  for (let i = from + 1; i < to - 1; i++) {
    if (bytes[i] === BACKSLASH || bytes[i] >= 0x80) return JSON.parse(utf8(bytes.subarray(from, to)));
    text += String.fromCharCode(bytes[i]);
  }
  return text;
}

function numberEnd(bytes, at, end) {
  const from = at;
  let isPlain = true;
  if (at < end && bytes[at] === 0x2d) at++;
  const digits = at;
  for (; at < end && NUMBER[bytes[at]]; at++) if (bytes[at] < 0x30 || bytes[at] > 0x39) isPlain = false;
  if (at === digits) return -1;
  if (isPlain && at - digits <= PLAIN_DIGITS_MAX)
    return bytes[digits] !== 0x30 || (at === digits + 1 && from === digits) ? at : -1;
  const text = String.fromCharCode(...bytes.subarray(from, Math.min(at, from + 64)));
  const number = at - from > 64 ? NaN : Number(text);
  return Number.isFinite(number) && String(number) === text ? at : -1;
}
