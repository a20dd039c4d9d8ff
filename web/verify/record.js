// One event as it leaves the service, and whether it is what its leaf commits to: docs/formats/event-proof.md. Records
// come as lines that have exactly one spelling, so they are read where they lie, without a JSON parser.

import { ascii, decimal, decodeStandard, decodeUrl, equal, toUrl, u64, utf8 } from "./bytes.js";
import { DEPTH_MAX, canonicalEnd, stringEnd, stringOf } from "./canonical.js";
import { members } from "./json.js";
import { FormatError } from "./note.js";
import { sha256Into } from "./sha256.js";

export const LINE_BYTES_MAX = 4 << 20;
const LEAF_BYTES = 88;
const LEAF_CHARS = 120;
const UNITS_MAX = 64;
const PROOF_HASHES_MAX = 64;

/** Kinds of leaves, by their number. */
export const KINDS = [
  "event",
  "erasure",
  "key change",
  "retention notice",
  "legal hold",
  "log close",
  "recovery",
  "imported event",
];
const ERASURE = 1;
const RETENTION_NOTICE = 3;
/** Whether a leaf of this kind can say that something was erased. */
export const canErase = (kind) => kind === ERASURE || kind === RETENTION_NOTICE;

/** A record is not what the log committed to. */
export class Tampering extends Error {}

const DISCLOSED = 0;
const ERASED = 1;
const REDACTED = 2;
const QUOTE = 0x22;
const S_SEQ = ascii('{"seq":');
const S_LEAF = ascii(',"leaf":"');
const S_UNITS = ascii('","units":[');
const S_DISCLOSED = ascii('{"d":"');
const S_HASH = ascii('{"h":"');
const S_ERASED = ascii('","erased_by":');
const S_REDACTED = ascii('","redacted":true}');
const S_UNIT_END = ascii('"}');
const S_NEXT = ascii(",");
const S_CLOSE = ascii("}");
const S_END = ascii("]}");
const S_RECORD = ascii('{"record":');
const S_PROOF = ascii(',"proof":[');

/** Reads the only spelling of a record from `at`. */
class Cursor {
  constructor(source, at, end) {
    this.source = source;
    this.at = at;
    this.end = end;
  }

  fail() {
    throw new FormatError("not spelled as a record is");
  }

  nextIs(text) {
    if (this.at + text.length > this.end) return false;
    for (let i = 0; i < text.length; i++) if (this.source[this.at + i] !== text[i]) return false;
    this.at += text.length;
    return true;
  }

  expect(text) {
    if (!this.nextIs(text)) this.fail();
  }

  number() {
    let digits = "";
    for (let c; (c = this.source[this.at]) >= 0x30 && c <= 0x39 && this.at < this.end; this.at++) {
      digits += String.fromCharCode(c);
      if (digits.length > 20) this.fail();
    }
    return decimal(digits) ?? this.fail();
  }

  /** Goes to the next quote; where the text before it began. */
  text() {
    const from = this.at;
    const to = this.source.indexOf(QUOTE, from);
    if (to < 0 || to >= this.end) this.fail();
    this.at = to;
    return from;
  }

  unit() {
    if (this.nextIs(S_DISCLOSED)) {
      const from = this.text();
      const unit = { kind: DISCLOSED, from, to: this.at, digest: null, by: null };
      this.expect(S_UNIT_END);
      return unit;
    }
    this.expect(S_HASH);
    const digest = new Uint8Array(33);
    const from = this.text();
    if (this.at - from !== 43 || decodeUrl(this.source, from, this.at, digest) !== 32) this.fail();
    const unit = { kind: REDACTED, from: 0, to: 0, digest: digest.subarray(0, 32), by: null };
    if (this.nextIs(S_REDACTED)) return unit;
    this.expect(S_ERASED);
    unit.kind = ERASED;
    unit.by = this.number();
    this.expect(S_CLOSE);
    return unit;
  }

  record() {
    this.expect(S_SEQ);
    const seq = this.number();
    this.expect(S_LEAF);
    const leaf = new Uint8Array(LEAF_BYTES + 2);
    const end = this.at + LEAF_CHARS;
    if (end > this.end || decodeStandard(this.source, this.at, end, leaf) !== LEAF_BYTES) this.fail();
    this.at = end;
    this.expect(S_UNITS);
    const units = [];
    do {
      if (units.length === UNITS_MAX) this.fail();
      units.push(this.unit());
    } while (this.nextIs(S_NEXT));
    this.expect(S_END);
    return { seq, leaf: leaf.subarray(0, LEAF_BYTES), units, source: this.source };
  }
}

/** Reads a record that lies in `source` from `from` up to `to`, without the line feed behind it. */
export function parseRecord(source, from, to) {
  if (to - from > LINE_BYTES_MAX) throw new FormatError("a record has at most 4 MiB");
  const cursor = new Cursor(source, from, to);
  const record = cursor.record();
  if (cursor.at !== to) cursor.fail();
  return record;
}

/** Reads the line of an erasure: its record and the inclusion proof of its leaf. */
export function parseErasure(source, from, to) {
  if (to - from > LINE_BYTES_MAX) throw new FormatError("an erasure has at most 4 MiB");
  const cursor = new Cursor(source, from, to);
  cursor.expect(S_RECORD);
  const record = cursor.record();
  cursor.expect(S_PROOF);
  const proof = [];
  while (!cursor.nextIs(S_END)) {
    if (proof.length === PROOF_HASHES_MAX) cursor.fail();
    if (proof.length) cursor.expect(S_NEXT);
    cursor.expect(ascii('"'));
    const hash = new Uint8Array(33);
    const start = cursor.text();
    if (decodeStandard(source, start, cursor.at, hash) !== 32) cursor.fail();
    cursor.at++;
    proof.push(hash.subarray(0, 32));
  }
  if (cursor.at !== to) cursor.fail();
  return { record, proof };
}

const isNumber = (value) => typeof value === "bigint";
const isText = (value) => typeof value === "string" && /^[A-Za-z0-9_=+/-]*$/.test(value);

function unitLine(value) {
  const disclosed = members(value, ["d"]);
  if (disclosed && isText(disclosed.d)) return `{"d":"${disclosed.d}"}`;
  const redacted = members(value, ["h", "redacted"]);
  if (redacted && isText(redacted.h) && redacted.redacted === true) return `{"h":"${redacted.h}","redacted":true}`;
  const erased = members(value, ["h", "erased_by"]);
  if (erased && isText(erased.h) && isNumber(erased.erased_by)) {
    return `{"h":"${erased.h}","erased_by":${erased.erased_by}}`;
  }
  throw new FormatError("a unit is malformed");
}

/** Reads a record within a JSON document, where white space and order do not matter. */
export function recordOfDocument(value) {
  const found = members(value, ["seq", "leaf", "units"]);
  if (!found || !isNumber(found.seq) || !isText(found.leaf) || !Array.isArray(found.units)) {
    throw new FormatError("a record is malformed");
  }
  const units = found.units.map(unitLine).join(",");
  const line = ascii(`{"seq":${found.seq},"leaf":"${found.leaf}","units":[${units}]}`);
  return parseRecord(line, 0, line.length);
}

const UNITS_PREFIX = ascii("alog/units/v1\n");
const rootInput = new Uint8Array(UNITS_PREFIX.length + 2 + 32 * UNITS_MAX);
rootInput.set(UNITS_PREFIX);
const rootOutput = new Uint8Array(32);
let room = new Uint8Array(64 << 10);
const SALT_CHARS = 22;
const QUOTED_SALT_END = 2 + SALT_CHARS;
const salt = new Uint8Array(18);

/** Puts the bytes behind a disclosure into `room`; how many there are, -1 if it is no base64url of UTF-8. */
function open(source, from, to) {
  if (to - from > room.length) room = new Uint8Array(2 * (to - from));
  const length = decodeUrl(source, from, to, room);
  for (let i = 0; i < length; i++) {
    if (room[i] >= 0x80) return utf8(room.subarray(0, length)) === null ? -1 : length;
  }
  return length;
}

/** A disclosed unit: its name, and its value, which is read again from the source when somebody wants it. */
class Disclosure {
  constructor(source, unit, name, from, to) {
    this.source = source;
    this.unit = unit;
    this.name = name;
    this.from = from;
    this.to = to;
  }

  get value() {
    open(this.source, this.unit.from, this.unit.to);
    return JSON.parse(utf8(room.subarray(this.from, this.to)));
  }
}

/** Reads a disclosure, the canonical JSON of salt, name and value; null if it is spelled in any other way. */
function disclosure(source, unit) {
  const end = open(source, unit.from, unit.to);
  const isHead =
    end > QUOTED_SALT_END + 4 && room[0] === 0x5b && room[1] === QUOTE && room[QUOTED_SALT_END] === QUOTE;
  if (!isHead || room[QUOTED_SALT_END + 1] !== 0x2c || decodeUrl(room, 2, QUOTED_SALT_END, salt) !== 16) return null;
  const start = QUOTED_SALT_END + 2;
  const nameEnd = room[start] === QUOTE ? stringEnd(room, start, end) : -1;
  if (nameEnd < 0 || room[nameEnd] !== 0x2c) return null;
  const name = stringOf(room, start, nameEnd);
  const valueEnd = canonicalEnd(room, nameEnd + 1, end, DEPTH_MAX);
  if (valueEnd !== end - 1 || room[valueEnd] !== 0x5d || ["", "_sd", "..."].includes(name)) return null;
  return new Disclosure(source, unit, name, nameEnd + 1, valueEnd);
}

function parseLeaf(bytes) {
  if (bytes[0] !== 0x41 || bytes[1] !== 0x4c || bytes[2] !== 0x46 || bytes[3] !== 0x31) {
    throw new Tampering("the leaf is none");
  }
  const kind = bytes[52];
  if (kind >= KINDS.length || bytes[53] !== 0) throw new Tampering("the leaf is of an unknown kind");
  if (bytes[28] & 0x80) throw new Tampering("the leaf's time is negative");
  return { kind, seq: u64(bytes, 20), receivedAt: u64(bytes, 28), units: (bytes[54] << 8) | bytes[55] };
}

/**
 * Checks all of a record but its erasures (rules 1 to 4, and what of 5 it shows itself). Gives the leaf's fields, the
 * disclosed units in their places, and whether units are missing. Throws a Tampering.
 */
export function checkRecord(record, logId) {
  const leaf = parseLeaf(record.leaf);
  if (!equal(record.leaf.subarray(4, 20), logId)) throw new Tampering("the leaf is one of another log");
  if (leaf.seq !== record.seq) throw new Tampering(`the leaf is that of seq ${leaf.seq}`);
  const { units, source } = record;
  if (units.length !== leaf.units) {
    throw new Tampering(`there are ${units.length} units, and the leaf commits to ${leaf.units}`);
  }
  let at = UNITS_PREFIX.length;
  rootInput[at++] = units.length >> 8;
  rootInput[at++] = units.length;
  for (const unit of units) {
    if (unit.kind === DISCLOSED) sha256Into(source, unit.from, unit.to, rootInput, at);
    else rootInput.set(unit.digest, at);
    at += 32;
  }
  sha256Into(rootInput, 0, at, rootOutput, 0);
  if (!equal(rootOutput, record.leaf.subarray(56)))
    throw new Tampering("its content is not what the leaf commits to");
  return { leaf, ...checkUnits(record, leaf) };
}

function checkUnits({ units, source, seq }, leaf) {
  const disclosures = [];
  let isRedacted = false;
  let isErased = false;
  let before = "";
  for (const unit of units) {
    if (unit.kind === DISCLOSED) {
      const found = disclosure(source, unit);
      if (!found) throw new Tampering("a unit is not canonical");
      if (found.name <= before) throw new Tampering(`the unit ${found.name} is out of order`);
      before = found.name;
      disclosures.push(found);
    } else {
      if (unit.kind === ERASED) {
        isErased = true;
        if (leaf.kind === ERASURE) throw new Tampering("a unit of an erasure is said to be erased");
        if (unit.by <= seq) throw new Tampering(`a unit is said to be erased by seq ${unit.by}, which is not later`);
      } else {
        isRedacted = true;
      }
      disclosures.push(null);
    }
  }
  return { disclosures, isRedacted, isErased };
}

/** What the proven erasures of a log say was erased. */
export class Erasures {
  constructor() {
    this.bySeq = new Map();
  }

  /** Takes an erasure whose record has been checked and whose leaf is proven. */
  add(seq, checked) {
    if (!canErase(checked.leaf.kind)) throw new Tampering(`seq ${seq} is no erasure`);
    const scope = scopeOf(checked.disclosures);
    if (!scope) throw new Tampering(`the erasure with seq ${seq} does not show what it erased`);
    this.bySeq.set(seq, scope);
  }

  /** Whether what is erased of a record was erased by the leaves it names. Throws a Tampering. */
  explain(record, checked) {
    let before = null;
    record.units.forEach((unit, place) => {
      if (unit.kind === DISCLOSED) {
        const { name } = checked.disclosures[place];
        if (before !== null && name <= before)
          throw new Tampering("an erased unit is not one that its erasure names");
        before = name;
      } else if (unit.kind === ERASED) {
        before = this.nameOf(unit.by, record.seq, before);
      }
    });
  }

  /** The name that an erased unit must have had; of a range, which names none, the one before. */
  nameOf(by, seq, before) {
    const scope = this.bySeq.get(by);
    if (!scope) throw new Tampering(`a unit is gone, and no erasure with seq ${by} is proven`);
    const isInRange = scope.items === undefined && seq >= scope.from && seq < scope.to;
    if (isInRange) return before;
    const name = scope.items?.get(seq)?.find((name) => before === null || name > before);
    if (name === undefined) throw new Tampering(`a unit is gone, and the erasure with seq ${by} does not name it`);
    return name;
  }

  /** For each unit the name of an erased one, as far as it is known. */
  namesOf(record, checked) {
    let before = null;
    return record.units.map((unit, place) => {
      if (unit.kind === DISCLOSED) return (before = checked.disclosures[place].name);
      if (unit.kind === REDACTED) return null;
      const name = this.nameOf(unit.by, record.seq, before);
      return name === before ? null : (before = name);
    });
  }
}

/** The values of disclosed units by their names. */
export const valuesOf = (disclosures) =>
  new Map(disclosures.filter((found) => found).map((found) => [found.name, found.value]));

const seqOf = (value) => (Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : null);

function scopeOf(disclosures) {
  const values = valuesOf(disclosures);
  const inMetadata = values.get("metadata");
  const isObject = inMetadata !== null && typeof inMetadata === "object" && !Array.isArray(inMetadata);
  const find = (name) =>
    values.get(name) ?? (isObject && Object.hasOwn(inMetadata, name) ? inMetadata[name] : undefined);
  const items = find("items");
  const range = find("range");
  if ((items === undefined) === (range === undefined)) return null;
  return items === undefined ? rangeOf(range) : itemsOf(items);
}

function rangeOf(value) {
  const [from, to] = Array.isArray(value) && value.length === 2 ? value.map(seqOf) : [null, null];
  return from === null || to === null ? null : { from, to };
}

function itemsOf(value) {
  const items = new Map();
  for (const item of Array.isArray(value) ? value : [null]) {
    const [seq, names] = Array.isArray(item) && item.length === 2 ? item : [];
    const key = seqOf(seq);
    if (key === null || !Array.isArray(names) || !names.every((name) => typeof name === "string")) return null;
    items.set(key, [...(items.get(key) ?? []), ...names].sort());
  }
  return { items };
}

/** Verdict of a checked record: what is erased of it, else what is left out, else nothing. */
export function verdictOf(record, checked) {
  const by = record.units.filter((unit) => unit.kind === ERASED).map((unit) => unit.by);
  if (by.length) return { verdict: "erased", by: [...new Set(by)].sort((a, b) => (a < b ? -1 : 1)) };
  return { verdict: checked.isRedacted ? "ok_redacted" : "ok" };
}

/** What is known of a record's units, in their order, for people. */
export function unitsShown(record, checked, erasures) {
  const names = erasures.namesOf(record, checked);
  return record.units.map((unit, place) => {
    if (unit.kind === DISCLOSED) {
      return {
        state: "disclosed",
        name: names[place],
        value: JSON.stringify(checked.disclosures[place].value, null, 2),
      };
    }
    const hash = toUrl(unit.digest);
    if (unit.kind === REDACTED) return { state: "redacted", hash };
    return { state: "erased", name: names[place], hash, by: unit.by.toString() };
  });
}
