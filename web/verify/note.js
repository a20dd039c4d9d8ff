// Signed notes, their keys, checkpoints, and tlog-proofs: docs/formats/note.md.

import { ascii, base64, concat, decimal, equal, hashOf, hex, u64, utf8 } from "./bytes.js";
import { isPublicKey, verifies } from "./ed25519.js";
import { sha256 } from "./sha256.js";

export const NOTE_BYTES_MAX = 1_000_000;
const SIGNATURES_MAX = 100;
const NAME_BYTES_MAX = 255;
const EXTRA_BYTES_MAX = 65_536;
const PATH_MAX = 64;
const TIME_MAX = 2n ** 63n - 1n;
/** Types of keys. */
export const LOG_KEY = 1;
export const WITNESS_KEY = 4;

/** What was handed over is not in the format that it should have. */
export class FormatError extends Error {}

const CONTROL_BUT_LINE_FEED = /[\u0000-\u0009\u000b-\u001f]/;
const NOT_IN_NAME = /[\p{White_Space}\u0000-\u001f+]/u;

const isKeyName = (name) => name !== "" && !NOT_IN_NAME.test(name) && ascii(name).length <= NAME_BYTES_MAX;

/** Reads a verifier key, `name+id+base64`. */
export function parseKey(text) {
  const parts = /^([^+]*)\+([0-9a-f]{8})\+(.+)$/su.exec(text);
  if (!parts) throw new FormatError("a key is a name, eight digits and base64, joined by plus signs");
  const [, name, id, encoded] = parts;
  const bytes = base64(encoded);
  if (!bytes || bytes.length === 0) throw new FormatError("the key is not base64");
  if (!isKeyName(name)) throw new FormatError("the name of the key is not allowed");
  const type = bytes[0];
  if (type !== LOG_KEY && type !== WITNESS_KEY) throw new FormatError(`keys of type ${type} are not supported`);
  const publicKey = bytes.slice(1);
  if (!isPublicKey(publicKey)) throw new FormatError("this is not an Ed25519 public key");
  const computed = hex(sha256(concat(ascii(name + "\n"), bytes)).subarray(0, 4));
  if (computed !== id) throw new FormatError(`the key's ID is ${computed}, not ${id}: something was exchanged`);
  return { name, id, type, publicKey, text };
}

function parseSignature(line, number) {
  const parts = /^\u2014 ([^ ]*) ([^ ]*)$/u.exec(line);
  const bytes = parts && isKeyName(parts[1]) ? base64(parts[2]) : null;
  if (!bytes || bytes.length < 5) throw new FormatError(`signature ${number + 1} of a note is malformed`);
  return { name: parts[1], id: hex(bytes.subarray(0, 4)), bytes: bytes.slice(4) };
}

/** Reads a note: its text, and its signatures, none of them verified. */
export function parseNote(bytes) {
  if (bytes.length > NOTE_BYTES_MAX) throw new FormatError("a note is too long");
  const note = utf8(bytes);
  if (note === null || CONTROL_BUT_LINE_FEED.test(note)) {
    throw new FormatError("a note is text without control characters");
  }
  const at = note.lastIndexOf("\n\n");
  if (at < 0 || !note.endsWith("\n") || at + 2 >= note.length) {
    throw new FormatError("a note is a text, an empty line and lines of signatures");
  }
  const lines = note.slice(at + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw new FormatError(`a note has at most ${SIGNATURES_MAX} signatures`);
  return { text: note.slice(0, at + 1), signatures: lines.map(parseSignature) };
}

/** Time of a cosignature, Unix seconds, if it holds; else null. */
function cosignatureTime(key, text, bytes) {
  if (bytes.length !== 72) return null;
  const time = u64(bytes, 0);
  const message = ascii(`cosignature/v1\ntime ${time}\n${text}`);
  return time <= TIME_MAX && verifies(key.publicKey, message, bytes.subarray(8)) ? time : null;
}

/**
 * Checks every signature that says it is of one of `keys`; others mean nothing. Gives those that hold, and the first
 * that does not: then the whole note is bad.
 */
export function verifyNote(note, keys) {
  const good = [];
  for (const signature of note.signatures) {
    for (const key of keys) {
      if (key.name !== signature.name || key.id !== signature.id) continue;
      if (key.type === WITNESS_KEY) {
        const time = cosignatureTime(key, note.text, signature.bytes);
        if (time === null) return { good, bad: key };
        good.push({ key, time });
      } else {
        if (!verifies(key.publicKey, ascii(note.text), signature.bytes)) return { good, bad: key };
        good.push({ key, time: null });
      }
    }
  }
  return { good, bad: null };
}

/** Reads the text of a note as a checkpoint. */
export function parseCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root, ...extensions] = lines;
  if (lines.length < 3 || origin === "" || extensions.includes("")) {
    throw new FormatError("a checkpoint has at least three lines, none of them empty");
  }
  const checkpoint = { origin, size: decimal(size), root: hashOf(root), text };
  if (checkpoint.size === null) throw new FormatError("the size in a checkpoint is not a number");
  if (!checkpoint.root) throw new FormatError("the root in a checkpoint is not a hash");
  return checkpoint;
}

/** Reads lines of hashes in base64, each with its line feed. */
export function parseHashLines(text, countMax) {
  if (text === "") return [];
  const lines = text.endsWith("\n") ? text.slice(0, -1).split("\n") : [""];
  const hashes = lines.map(hashOf);
  if (hashes.length > countMax || hashes.includes(null)) throw new FormatError("a list of hashes is malformed");
  return hashes;
}

/** Reads a tlog-proof: the index of a leaf, its inclusion proof, and the note of the checkpoint. */
export function parseTlogProof(bytes) {
  const text = utf8(bytes);
  const parts = /^c2sp\.org\/tlog-proof@v1\n(?:extra ([^\n]*)\n)?index ([0-9]+)\n((?:[^\n]+\n)*)\n/.exec(text ?? "");
  if (!parts || bytes.length > NOTE_BYTES_MAX + 2 * EXTRA_BYTES_MAX)
    throw new FormatError("a tlog-proof is malformed");
  const extra = parts[1] === undefined ? null : base64(parts[1]);
  if (parts[1] !== undefined && !(extra && extra.length >= 1 && extra.length <= EXTRA_BYTES_MAX)) {
    throw new FormatError("the extra data of a tlog-proof is malformed");
  }
  const index = decimal(parts[2]);
  if (index === null) throw new FormatError("the index in a tlog-proof is not a number");
  return { index, path: parseHashLines(parts[3], PATH_MAX), note: parseNote(ascii(text.slice(parts[0].length))) };
}

/** The id at the end of an organization's log's origin: 16 bytes in the text form of a UUID. */
export function logIdText(origin) {
  const at = origin.lastIndexOf("/");
  const id = at < 0 ? "" : origin.slice(at + 1);
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)) {
    throw new FormatError("the origin does not end with the id of a log");
  }
  return id;
}

/** Whether two keys are the same. */
export const sameKey = (a, b) => a.name === b.name && a.type === b.type && equal(a.publicKey, b.publicKey);
