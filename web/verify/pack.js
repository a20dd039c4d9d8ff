// Checks an evidence pack as it is read, once, in constant memory: docs/formats/evidence-pack.md. Where each group of
// records lies in the file is kept, with a hash of what was found there, so that any of them can be shown later.

import { decimal, equal, utf8 } from "./bytes.js";
import { members as membersOf, parseDocument } from "./json.js";
import { FormatError, NOTE_BYTES_MAX, parseHashLines, parseNote } from "./note.js";
import { demandsWitnesses, logKeys, parsePolicy } from "./policy.js";
import { parseErasure, parseRecord } from "./record.js";
import { sha256 } from "./sha256.js";
import { Tally } from "./tally.js";
import { Members } from "./tar.js";
import { checkpointDigest, logId, LogFault, openLogOf, parseDirectory, witness } from "./trust.js";
import { TreeBuilder, cover, leafHash } from "./tree.js";

const CHUNK_RECORDS_MAX = 4096;
const CHUNK_BYTES_MAX = 16 << 20;
const HASHES_BYTES_MAX = CHUNK_RECORDS_MAX * 126 * 32;
const ANCHORS_MAX = 64;
const LINE_FEED = 0x0a;
/** Records that are checked before others may have the thread. */
const SLICE = 256;

const isSeq = (value) => typeof value === "bigint";
const isText = (value) => typeof value === "string";
const isNullOr = (check) => (value) => value === null || check(value);

/** Reads `pack.json`. */
export function parseManifest(bytes) {
  let document;
  try {
    document = parseDocument(utf8(bytes) ?? "");
  } catch (error) {
    throw new FormatError(`pack.json: ${error.message}`);
  }
  if (!(document instanceof Map) || document.get("format") !== "tallystick-pack") {
    throw new FormatError("pack.json is not that of an evidence pack");
  }
  if (document.get("version") !== 1n) {
    throw new FormatError(`this page reads version 1 of the format, not ${document.get("version")}`);
  }
  const names = ["format", "version", "origin", "organization", "created_at", "tool", "kind", "from", "to", "count"];
  const found = membersOf(document, [...names, "query"]);
  if (!found) throw new FormatError("pack.json has other members than it should have");
  const organization = found.organization === null ? null : membersOf(found.organization, ["id", "name"]);
  const isRange = found.kind === "range";
  const good =
    isText(found.origin) &&
    isText(found.created_at) &&
    isText(found.tool) &&
    (found.organization === null ||
      (organization && isText(organization.id) && isNullOr(isText)(organization.name))) &&
    (isRange
      ? isSeq(found.from) &&
        isSeq(found.to) &&
        found.from <= found.to &&
        found.count === found.to - found.from &&
        found.query === null
      : found.kind === "selection" && found.from === null && found.to === null) &&
    isNullOr(isSeq)(found.count) &&
    isNullOr(isText)(found.query);
  if (!good) throw new FormatError("a member of pack.json is not what it should be");
  return { ...found, organization };
}

async function readHead(members) {
  const manifest = parseManifest(await members.expect("pack.json", 64 << 10));
  const note = parseNote(await members.expect("checkpoint", NOTE_BYTES_MAX));
  const directory = await readDirectory(members);
  const anchors = [];
  while (members.name?.startsWith("anchors/")) {
    const name = members.name.slice("anchors/".length);
    const isNext = !anchors.length || anchors.at(-1).name < name;
    if (anchors.length === ANCHORS_MAX || !isNext || !/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
      throw new FormatError("the anchors are too many, not in order, or named as they may not be");
    }
    anchors.push({ name, content: await members.take(members.name, 1 << 20) });
  }
  const policy = await members.expect("policy", 1 << 20);
  const erasures = await members.take("erasures.ndjson", 64 << 20);
  if (erasures && !erasures.length) throw new FormatError("erasures.ndjson is empty");
  return { manifest, note, directory, anchors, policy, erasures };
}

async function readDirectory(members) {
  const checkpoint = await members.take("directory/checkpoint", NOTE_BYTES_MAX);
  if (!checkpoint) return null;
  const consistency = await members.expect("directory/consistency", 8 << 10);
  const entry = await members.expect("directory/entry", 76);
  const proof = await members.expect("directory/proof", 2 << 20);
  const hashes = parseHashLines(utf8(consistency) ?? "?", 128);
  return parseDirectory({ checkpoint, consistency: hashes, entry, proof });
}

/** Calls `work` with where each line lies; all of them end with a line feed. */
function* lines(content, name) {
  if (content.length && content.at(-1) !== LINE_FEED) throw new FormatError(`${name} does not end with a line feed`);
  for (let from = 0; from < content.length;) {
    const to = content.indexOf(LINE_FEED, from);
    yield [from, to];
    from = to + 1;
  }
}

function occursIn(bytes, wanted) {
  for (let at = bytes.indexOf(wanted[0]); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (equal(bytes.subarray(at, at + wanted.length), wanted)) return true;
  }
  return false;
}

/** The keys of the pack's own policy, which is only a template; null if it cannot be read. */
function templateOf(bytes) {
  try {
    return parsePolicy(bytes);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

/** By whose keys a log is judged: the auditor's, or else those that come with the file, or none. */
export function judge(origin, auditor, template) {
  if (auditor && logKeys(auditor, origin).length) return { policy: auditor, by: "auditor" };
  const why = auditor
    ? `your policy has no key for the log ${origin}`
    : "there is no policy that says whom to believe";
  if (template && logKeys(template, origin).length) return { policy: template, by: "pack", why };
  return { policy: null, by: "nobody", why };
}

/** The records of a pack, on their way to the root. */
class Records {
  constructor(manifest, checkpoint, tally) {
    this.manifest = manifest;
    this.checkpoint = checkpoint;
    this.tally = tally;
    this.tree = new TreeBuilder();
    this.fault = null;
    this.next = manifest.from ?? 0n;
    this.isComplete = true;
  }

  /** Appends the hashes of the leaves up to `seq`; where the next hash lies. */
  gap(hashes, at, seq) {
    if (this.fault) return at;
    if (seq < this.tree.size || seq > this.checkpoint.size) this.fault = "the seqs are not those of the tree";
    if (this.fault || seq === this.tree.size) return at;
    for (const height of cover(this.tree.size, seq)) {
      if (at + 32 > hashes.length) this.fault = "a hash is missing";
      if (this.fault) break;
      this.tree.append(hashes.slice(at, at + 32), height);
      at += 32;
    }
    return at;
  }

  /** Takes a record; where the next hash lies. */
  take(record, hash, hashes, at) {
    const { manifest, tally } = this;
    const { kind, from, to } = manifest;
    if (kind === "range" && (record.seq < from || record.seq >= to)) {
      // It must not stand for one of the range: neither in their number nor as their end.
      this.isComplete = false;
      tally.tampered(`the record with seq ${record.seq} is outside of the range ${from} to ${to}`);
    } else if (kind === "range") {
      if (record.seq > this.next) tally.missing(this.next, record.seq);
      this.isComplete &&= record.seq === this.next;
      if (record.seq >= this.next) this.next = record.seq + 1n;
    }
    at = this.gap(hashes, at, record.seq);
    if (!this.fault && record.seq >= this.checkpoint.size) this.fault = "the seqs are not those of the tree";
    if (!this.fault) this.tree.append(hash, 0);
    tally.judge(record);
    return at;
  }

  /** Takes the hashes behind the last record; the range that is proven complete, if one is. */
  finish(end) {
    const { manifest, checkpoint, tally } = this;
    const { from, to } = manifest;
    if (manifest.kind === "range" && this.next < to) tally.missing(this.next, to);
    if (manifest.count !== null && manifest.count !== BigInt(tally.counts.records)) {
      tally.tampered(`there are ${tally.counts.records} records, and ${manifest.count} are announced`);
    }
    const at = this.gap(end, 0, checkpoint.size);
    if (!this.fault && at !== end.length) this.fault = "a hash is left over";
    if (!this.fault && !equal(this.tree.root(), checkpoint.root)) this.fault = "they lead to another root";
    if (this.fault) tally.tampered(`records and hashes do not lead to the checkpoint: ${this.fault}`);
    const isProven = manifest.kind === "range" && this.isComplete && this.next === to && !this.fault;
    return isProven ? [from, to] : null;
  }
}

/** Reads one group of records; what is kept of it for showing it later. */
async function readChunk(number, members, records, pause) {
  const digits = number.toString().padStart(6, "0");
  const hashes = await members.take(`hashes/${digits}.bin`, HASHES_BYTES_MAX);
  if (!hashes) return null;
  const name = `records/${digits}.ndjson`;
  const offset = members.source.offset;
  const content = await members.expect(name, CHUNK_BYTES_MAX);
  if (!content.length || hashes.length % 32) throw new FormatError(`${name} or its hashes are malformed`);
  const before = records.tally.last;
  const leaves = [];
  let first = null;
  let at = 0;
  for (const [from, to] of lines(content, name)) {
    if (leaves.length === CHUNK_RECORDS_MAX) throw new FormatError(`${name} has more than 4,096 records`);
    const record = recordAt(content, from, to, name, leaves.length);
    const hash = leafHash(record.leaf);
    first ??= record.seq;
    leaves.push(hash);
    at = records.take(record, hash, hashes, at);
    if (leaves.length % SLICE === 0) await pause?.();
  }
  if (at !== hashes.length) records.fault ??= "a hash is left over";
  return { offset, length: content.length, first, count: leaves.length, before, digest: digestOf(leaves) };
}

function recordAt(content, from, to, name, index) {
  try {
    return parseRecord(content, from, to);
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(`line ${index + 1} of ${name}: ${error.message}`);
    throw error;
  }
}

function digestOf(hashes) {
  const all = new Uint8Array(32 * hashes.length);
  hashes.forEach((hash, index) => all.set(hash, 32 * index));
  return sha256(all);
}

/** Reads a group of records again. What is not what was checked before is refused. */
export function reread(content, chunk) {
  const records = [...lines(content, "records")].map(([from, to]) => parseRecord(content, from, to));
  if (!equal(digestOf(records.map((record) => leafHash(record.leaf))), chunk.digest)) {
    throw new FormatError("the file is not what it was when it was checked");
  }
  return records;
}

function readErasures(content, checkpoint, tally) {
  let last = -1n;
  for (const [from, to] of lines(content, "erasures.ndjson")) {
    const erasure = parseErasure(content, from, to);
    if (erasure.record.seq <= last) throw new FormatError("the erasures do not ascend");
    last = erasure.record.seq;
    tally.addErasure(erasure, checkpoint);
  }
}

/** Opens the checkpoint by the keys at hand; without any it is taken as it stands. */
function open(head, trust) {
  const { note, manifest } = head;
  if (trust.policy) return openLogOf(note, trust.policy, manifest.origin);
  const [origin, size, root] = note.text.split("\n");
  const unsigned = { origin, size: decimal(size ?? ""), root: null, text: note.text, signers: [] };
  if (origin !== manifest.origin || unsigned.size === null)
    throw new LogFault("tampered", "the checkpoint is malformed");
  return { ...unsigned, root: parseHashLines(`${root}\n`, 1)[0] };
}

/**
 * Checks a pack. `auditor` is the auditor's policy or null; `pause` is waited for now and then; `progress` is told the
 * bytes and records so far. Throws a FormatError if the file is no pack; what is wrong otherwise is in what it gives.
 */
export async function verifyPack(stream, auditor, { pause, progress } = {}) {
  const members = await Members.open(stream);
  const head = await readHead(members);
  const { manifest } = head;
  const template = templateOf(head.policy);
  const trust = judge(manifest.origin, auditor, template);
  const result = { subject: `pack_of_${manifest.kind}`, manifest, note: head.note, trust, template, chunks: [] };
  let checkpoint;
  try {
    result.logId = logId(manifest.origin);
    checkpoint = open(head, trust);
  } catch (error) {
    if (error instanceof FormatError) error = new LogFault("tampered", error.message);
    if (!(error instanceof LogFault)) throw error;
    return { ...result, tally: null, status: { status: error.status, why: error.message }, range: null, anchors: [] };
  }
  if (manifest.kind === "range" && manifest.to > checkpoint.size) {
    throw new FormatError("the range ends behind its checkpoint");
  }
  const seen = trust.policy ? witness(head.note, checkpoint, head.directory, trust.policy) : {};
  const isSeen = !trust.policy || !demandsWitnesses(trust.policy);
  const size = seen.witnessed?.is_quorum ? seen.witnessed.size : 0n;
  const tally = new Tally(result.logId, isSeen ? checkpoint.size : size);
  // First what stays: how far the log is witnessed may turn out to be no matter.
  if (trust.by !== "auditor") tally.worsen({ status: "untrusted", why: trust.why });
  if (seen.status) tally.worsen(seen.status);
  // A directory that is not shown to hold the log is none: whatever anchors it says nothing about the log.
  const about = checkpointDigest(seen.isListed ? head.directory.proof.note : head.note);
  const anchors = head.anchors.map(({ name, content }) => ({ name, names_checkpoint: occursIn(content, about) }));
  if (head.erasures) readErasures(head.erasures, checkpoint, tally);
  const records = new Records(manifest, checkpoint, tally);
  for (let number = 0; number < 1_000_000; number++) {
    const chunk = await readChunk(number, members, records, pause);
    if (!chunk) break;
    result.chunks.push(chunk);
    progress?.(members.source.offset, tally.counts.records);
    await pause?.();
  }
  const end = await members.expect("hashes/end.bin", 126 * 32);
  await members.expect("report.txt", 1 << 20);
  if (members.name !== null) throw new FormatError(`${members.name} is not known to version 1 of the format`);
  const range = records.finish(end);
  const { witnessed = null } = seen;
  return { ...result, checkpoint, tally, status: tally.finish(), witnessed, range, anchors, about };
}
