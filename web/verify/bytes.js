// Bytes and their spellings. Every value has one spelling here and every other is refused, because a verifier that
// reads two spellings of one value can be shown two different things under one proof.

const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const UTF8_SHOWN = new TextDecoder("utf-8");
const ENCODER = new TextEncoder();
const STANDARD = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE = STANDARD.slice(0, 62) + "-_";
export const U64_MAX = 0xffffffffffffffffn;

const valuesOf = (alphabet) => {
  const values = new Int8Array(256).fill(-1);
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
};
const STANDARD_VALUES = valuesOf(STANDARD);
const URL_VALUES = valuesOf(URL_SAFE);

/** The text of UTF-8 bytes; null if they are none. */
export function utf8(bytes) {
  try {
    return UTF8.decode(bytes);
  } catch {
    return null;
  }
}

/** The text of any bytes, for people: what is not UTF-8 is replaced. */
export const shownUtf8 = (bytes) => UTF8_SHOWN.decode(bytes);

export const ascii = (text) => ENCODER.encode(text);

export function hex(bytes) {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

export function fromHex(text) {
  if (text.length % 2 || !/^[0-9a-f]*$/.test(text)) return null;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

export function equal(a, b) {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Decodes characters `from` up to `to` of `source` into `target`; the number of bytes, or -1 if a bit is out of
 * place.
 */
function decode(values, source, from, to, target) {
  const whole = to - ((to - from) & 3);
  let at = 0;
  let i = from;
  let bad = 0;
  for (; i < whole; i += 4, at += 3) {
    const a = values[source[i]];
    const b = values[source[i + 1]];
    const c = values[source[i + 2]];
    const d = values[source[i + 3]];
    bad |= a | b | c | d;
    target[at] = (a << 2) | (b >> 4);
    target[at + 1] = (b << 4) | (c >> 2);
    target[at + 2] = (c << 6) | d;
  }
  if (bad < 0) return -1;
  if (i === to) return at;
  const a = values[source[i]];
  const b = i + 1 < to ? values[source[i + 1]] : -1;
  const c = i + 2 < to ? values[source[i + 2]] : 0;
  const stray = i + 2 < to ? c & 3 : b & 15;
  if ((a | b | c) < 0 || stray) return -1;
  target[at++] = (a << 2) | (b >> 4);
  if (i + 2 < to) target[at++] = (b << 4) | (c >> 2);
  return at;
}

/**
 * base64url without padding of the characters `from` up to `to`; how many bytes it put into `target`, -1 if
 * malformed.
 */
export const decodeUrl = (source, from, to, target) => decode(URL_VALUES, source, from, to, target);

/** base64 with padding of the characters `from` up to `to`; how many bytes it put into `target`, -1 if malformed. */
export function decodeStandard(source, from, to, target) {
  if ((to - from) % 4) return -1;
  let end = to;
  while (end > from && to - end < 2 && source[end - 1] === 0x3d) end--;
  return decode(STANDARD_VALUES, source, from, end, target);
}

/** The bytes of a text in base64 with padding; null if it is spelled in any other way. */
export function base64(text) {
  const source = ascii(text);
  const target = new Uint8Array((source.length / 4) * 3 + 3);
  const length = decodeStandard(source, 0, source.length, target);
  return length < 0 ? null : target.slice(0, length);
}

/** 32 bytes in base64; null if it is anything else. */
export function hashOf(text) {
  const bytes = base64(text);
  return bytes && bytes.length === 32 ? bytes : null;
}

export function toBase64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const three = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let j = 0; j < 4; j++) text += i + j > bytes.length ? "=" : STANDARD[(three >> (18 - 6 * j)) & 63];
  }
  return text;
}

export const toUrl = (bytes) => toBase64(bytes).replaceAll("=", "").replaceAll("+", "-").replaceAll("/", "_");

/** A decimal number without sign and leading zeros, 0 to 2^64 - 1; null if it is anything else. */
export function decimal(text) {
  if (!/^(0|[1-9][0-9]{0,19})$/.test(text)) return null;
  const number = BigInt(text);
  return number <= U64_MAX ? number : null;
}

/** Eight bytes, big-endian. */
export function u64(bytes, at) {
  const high = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
  const low = ((bytes[at + 4] << 24) | (bytes[at + 5] << 16) | (bytes[at + 6] << 8) | bytes[at + 7]) >>> 0;
  return (BigInt(high) << 32n) | BigInt(low);
}

/** The bytes of a UUID in its text form of lower-case digits; null if it is anything else. */
export function uuid(text) {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text) ? fromHex(text.replaceAll("-", "")) : null;
}
