// What has been found out about a file while it is read, in memory that does not grow with it: counts, the log's
// status, and the first of the records that are not well.

import { Tampering, Erasures, checkRecord, verdictOf } from "./record.js";
import { rank } from "./trust.js";
import { leafHash, verifyInclusion } from "./tree.js";

/** Records that are not well which are listed; all are counted. */
export const LISTED_MAX = 1000;

export class Tally {
  /** `witnessedSize`: leaves below it are as well witnessed as the policy demands. */
  constructor(logId, witnessedSize) {
    this.logId = logId;
    this.witnessedSize = witnessedSize;
    this.erasures = new Erasures();
    this.counts = { records: 0, ok: 0, redacted: 0, erased: 0, tampered: 0, missing: 0n, unwitnessed: 0 };
    this.problems = [];
    this.status = { status: "consistent" };
    this.remarks = [];
    this.last = null;
    /** The largest seq of what was shown, and whether it is explained by an erasure that is not witnessed. */
    this.farthest = null;
    this.reliesOnUnwitnessed = false;
    this.times = null;
  }

  /** Sets the log's status unless a worse one is known. */
  worsen(status) {
    if (rank(status.status) > rank(this.status.status)) this.status = status;
  }

  tampered(why) {
    this.worsen({ status: "tampered", why });
  }

  list(problem) {
    if (this.problems.length < LISTED_MAX) this.problems.push(problem);
  }

  missing(from, to) {
    this.counts.missing += to - from;
    this.list({ seq: from, to, verdict: "missing" });
  }

  /** Takes an erasure if its leaf is in the tree and its record is sound; else the log is tampered with. */
  addErasure({ record, proof }, checkpoint) {
    try {
      if (!verifyInclusion(record.seq, checkpoint.size, leafHash(record.leaf), proof, checkpoint.root)) {
        throw new Tampering("its proof does not lead to the checkpoint");
      }
      this.erasures.add(record.seq, checkRecord(record, this.logId));
      this.relyOn(record.seq);
    } catch (error) {
      if (!(error instanceof Tampering)) throw error;
      this.tampered(`the erasure with seq ${record.seq}: ${error.message}`);
    }
  }

  /** Notes an erasure that explains records. One that no quorum has seen may have been made for this auditor alone. */
  relyOn(seq) {
    if (seq < this.witnessedSize) return;
    this.reliesOnUnwitnessed = true;
    this.worsen({ status: "unwitnessed", since: this.witnessedSize });
  }

  /**
   * The log's status in the end: an unwitnessed end of the log is nothing to records that all stand before it, and so
   * do the erasures that explain them.
   */
  finish() {
    const { status, since } = this.status;
    const isBefore = this.farthest !== null && this.farthest < since && !this.reliesOnUnwitnessed;
    if (status === "unwitnessed" && isBefore) this.status = { status: "consistent" };
    return this.status;
  }

  /** Checks a record and counts it. */
  judge(record) {
    this.counts.records++;
    if (this.farthest === null || record.seq > this.farthest) this.farthest = record.seq;
    if (record.seq >= this.witnessedSize) this.counts.unwitnessed++;
    try {
      const last = this.last;
      if (last && record.seq <= last.seq) throw new Tampering(`seq ${record.seq} stands behind ${last.seq}`);
      const checked = checkRecord(record, this.logId);
      const time = checked.leaf.receivedAt;
      if (last && time < last.time) throw new Tampering("it was received before the event before it");
      this.last = { seq: record.seq, time };
      this.times = { first: this.times?.first ?? time, last: time };
      if (checked.isErased) this.erasures.explain(record, checked);
      if (checked.isErased) this.counts.erased++;
      else if (checked.isRedacted) this.counts.redacted++;
      else this.counts.ok++;
      return { ...verdictOf(record, checked), checked };
    } catch (error) {
      if (!(error instanceof Tampering)) throw error;
      this.counts.tampered++;
      this.list({ seq: record.seq, verdict: "tampered", why: error.message });
      return { verdict: "tampered", why: error.message };
    }
  }
}
