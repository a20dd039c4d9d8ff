// The part that runs apart from the page, in a worker where the browser allows one: takes files, finds out what they
// are, checks them, and shows groups of records of what it has checked. Everything goes in and out as messages.

import { shownUtf8 } from "./bytes.js";
import { joinTlogProof, parseEventDocument, verifyEvent } from "./event-proof.js";
import { FormatError, NOTE_BYTES_MAX, parseTlogProof } from "./note.js";
import { reread, verifyPack } from "./pack.js";
import { parsePasted, parsePolicy } from "./policy.js";
import { unitsShown } from "./record.js";
import { reportOf, toJson, unreadable } from "./report.js";
import { partsOf } from "./sentence.js";
import { Tally } from "./tally.js";

const DOCUMENT_BYTES_MAX = 64 << 20;
const HEAD_BYTES = 512;
const PROGRESS_MS = 100;

const bytesOf = async (blob) => new Uint8Array(await blob.arrayBuffer());

/** What a file is, by how it begins. */
export async function kindOf(file) {
  const head = await bytesOf(file.slice(0, HEAD_BYTES));
  if (shownUtf8(head.subarray(257, 262)) === "ustar") return "pack";
  const text = shownUtf8(head);
  if (text.startsWith("c2sp.org/tlog-proof@v1\n")) return "tlog-proof";
  if (/^\s*\{/.test(text)) return "document";
  if (/^(\s*(#[^\n]*)?\n)*\s*(log|witness|group|quorum)[ \t]/.test(text)) return "policy";
  return file.size > 0 && /\.(tar|tallystick-pack)$/.test(file.name ?? "") ? "pack" : "unknown";
}

/** A policy's keys, for people. */
function policyShown(policy) {
  const key = ({ name, id, text }) => ({ name, id, text });
  return {
    logs: policy.logs.map((log) => key(log.key)),
    witnesses: policy.witnesses.map((witness) => ({ ...key(witness.key), name: witness.name })),
    has_quorum: policy.quorum !== null,
  };
}

export class Session {
  /** `tell` is given what happens meanwhile; `pause` is waited for now and then. */
  constructor(tell, pause) {
    this.tell = tell;
    this.pause = pause;
    this.policy = null;
    this.file = null;
    this.result = null;
    this.shown = null;
    this.record = null;
    this.tlogProof = null;
    this.queue = Promise.resolve();
  }

  /** Takes a policy's file. */
  async takePolicy({ file }) {
    this.policy = parsePolicy(await bytesOf(file));
    return policyShown(this.policy);
  }

  /** Takes keys or a policy as text; nothing clears them. */
  takeKeys({ text }) {
    this.policy = text.trim() === "" ? null : parsePasted(text);
    return this.policy && policyShown(this.policy);
  }

  kind({ file }) {
    return kindOf(file);
  }

  /** Checks a file; the report. */
  async verify({ file, kind }) {
    this.result = null;
    this.shown = null;
    this.file = file;
    try {
      this.result = kind === "pack" ? await this.pack(file) : await this.event(file, kind);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      return { report: unreadable(error.message) };
    }
    if (this.result.waiting) return this.result;
    const report = reportOf(this.result);
    return { report, json: toJson(report), groups: this.groups() };
  }

  pack(file) {
    this.record = null;
    this.tlogProof = null;
    let told = 0;
    const progress = (bytes, records) => {
      const now = Date.now();
      if (now - told < PROGRESS_MS) return;
      told = now;
      this.tell({ bytes, records });
    };
    return verifyPack(file.stream(), this.policy, { pause: this.pause, progress });
  }

  /** A tlog-proof and a record come as two files, in either order. */
  async event(file, kind) {
    if (file.size > DOCUMENT_BYTES_MAX) throw new FormatError("the file is too long");
    const bytes = await bytesOf(file);
    if (kind === "tlog-proof") {
      if (bytes.length > 2 * NOTE_BYTES_MAX) throw new FormatError("the file is too long");
      this.tlogProof = parseTlogProof(bytes);
    } else {
      const found = parseEventDocument(bytes);
      if (found.kind === "proof") return verifyEvent(found, this.policy);
      this.record = found.record;
    }
    if (!this.tlogProof) return { waiting: "tlog-proof" };
    if (!this.record) return { waiting: "record" };
    const joined = joinTlogProof(this.tlogProof, this.record);
    this.record = null;
    this.tlogProof = null;
    return verifyEvent(joined, this.policy);
  }

  /** How many records each group has, and with which seq it begins. */
  groups() {
    const { chunks, tally, record } = this.result;
    if (!tally) return [];
    return chunks ? chunks.map(({ first, count }) => ({ first, count })) : [{ first: record.seq, count: 1 }];
  }

  /** Rows of one group, `count` of them from `from` on; each was checked before, and is checked again. */
  async rows({ group, from, count }) {
    const { chunks, tally } = this.result;
    if (this.shown?.group !== group) {
      const records = chunks ? await this.records(chunks[group]) : [this.result.record];
      const again = new Tally(this.result.logId, tally.witnessedSize);
      again.erasures = tally.erasures;
      again.last = chunks ? chunks[group].before : null;
      this.shown = { group, records: records.map((record) => ({ record, judged: again.judge(record) })) };
    }
    return this.shown.records.slice(from, from + count).map((found) => this.row(found));
  }

  async records(chunk) {
    const { offset, length } = chunk;
    return reread(await bytesOf(this.file.slice(offset, offset + length)), chunk);
  }

  row({ record, judged }) {
    const { checked, ...verdict } = judged;
    if (!checked) return { seq: record.seq, ...verdict, units: [] };
    const { erasures, witnessedSize } = this.result.tally;
    const units = unitsShown(record, checked, erasures);
    return {
      seq: record.seq,
      ...verdict,
      ...partsOf(record, checked),
      units,
      unwitnessed: record.seq >= witnessedSize,
    };
  }

  /** Does what a message asks for; errors that a person can act on are told apart from faults of ours. */
  answer(message) {
    // One after the other: what is shown must be of the file that was checked last.
    const answered = this.queue.then(() => this.answerNext(message));
    this.queue = answered;
    return answered;
  }

  async answerNext({ id, ask, ...parts }) {
    try {
      return { id, answer: await this[ask](parts) };
    } catch (error) {
      return { id, error: error instanceof FormatError ? error.message : `this page failed: ${error.message}` };
    }
  }
}

/** Serves a session to whoever posts messages to this worker. */
export function serve(scope) {
  const session = new Session((progress) => scope.postMessage({ progress }), null);
  scope.onmessage = async ({ data }) => scope.postMessage(await session.answer(data));
}
