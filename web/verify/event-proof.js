// Checks the proof of one event: the JSON document that the service gives for it, or a tlog-proof together with the
// record. docs/formats/event-proof.md.

import { ascii, base64, equal, fromHex, hashOf, utf8 } from "./bytes.js";
import { members, parseDocument } from "./json.js";
import { FormatError, logIdText, parseCheckpoint, parseTlogProof } from "./note.js";
import { judge } from "./pack.js";
import { demandsWitnesses } from "./policy.js";
import { recordOfDocument } from "./record.js";
import { Tally } from "./tally.js";
import { LogFault, logId, openLogOf, parseDirectory, witness } from "./trust.js";
import { leafHash, verifyInclusion } from "./tree.js";

const isText = (value) => typeof value === "string";

function hashes(value, what) {
  const decoded = Array.isArray(value) ? value.map((hash) => (isText(hash) ? hashOf(hash) : null)) : [null];
  if (decoded.includes(null)) throw new FormatError(`${what} is not a list of hashes`);
  return decoded;
}

function erasureOf(value) {
  const found = members(value, ["record", "proof"]);
  if (!found) throw new FormatError("an erasure is malformed");
  return { record: recordOfDocument(found.record), proof: hashes(found.proof, "the proof of an erasure") };
}

function directoryOf(value) {
  if (value === undefined || value === null) return null;
  const found = members(value, ["checkpoint", "consistency", "entry", "proof"]);
  const entry = found && isText(found.entry) ? base64(found.entry) : null;
  if (!entry || !isText(found.checkpoint) || !isText(found.proof))
    throw new FormatError("the directory is malformed");
  const consistency = hashes(found.consistency, "the consistency proof");
  return parseDirectory({ checkpoint: ascii(found.checkpoint), consistency, entry, proof: ascii(found.proof) });
}

/** Reads a JSON document: an event proof, or a record alone, which needs its tlog-proof beside it. */
export function parseEventDocument(bytes) {
  const text = utf8(bytes);
  if (text === null) throw new FormatError("the document is not UTF-8");
  let document;
  try {
    document = parseDocument(text);
  } catch (error) {
    throw new FormatError(error.message);
  }
  if (members(document, ["seq", "leaf", "units"])) return { kind: "record", record: recordOfDocument(document) };
  if (!(document instanceof Map) || !document.has("record")) throw new FormatError("this is not an event proof");
  if (document.get("version") !== 1n) throw new FormatError("this page reads version 1 of event proofs");
  const names = ["version", "origin", "record", "leaf_hash", "proof"];
  const found = members(document, names, ["erasures", "directory"]);
  if (!found || !isText(found.origin) || !isText(found.proof) || !isText(found.leaf_hash)) {
    throw new FormatError("the event proof has other members than it should have");
  }
  if (!Array.isArray(found.erasures ?? [])) throw new FormatError("the erasures are not a list");
  const erasures = (found.erasures ?? []).map(erasureOf);
  for (let i = 1; i < erasures.length; i++) {
    if (erasures[i].record.seq <= erasures[i - 1].record.seq) throw new FormatError("the erasures do not ascend");
  }
  return {
    kind: "proof",
    origin: found.origin,
    record: recordOfDocument(found.record),
    leafHash: fromHex(found.leaf_hash),
    proof: parseTlogProof(ascii(found.proof)),
    erasures,
    directory: directoryOf(found.directory),
  };
}

/** The event proof that a tlog-proof and a record are together. */
export function joinTlogProof(proof, record) {
  const { origin } = parseCheckpoint(proof.note.text);
  logIdText(origin);
  return { kind: "proof", origin, record, leafHash: leafHash(record.leaf), proof, erasures: [], directory: null };
}

/** Checks an event proof by the auditor's policy, or without one as far as that goes. */
export function verifyEvent(found, auditor) {
  const { record, proof, origin } = found;
  const trust = judge(origin, auditor, null);
  const result = {
    subject: "event",
    origin,
    note: proof.note,
    trust,
    template: null,
    record,
    range: null,
    anchors: [],
  };
  let checkpoint;
  try {
    result.logId = logId(origin);
    checkpoint = trust.policy ? openLogOf(proof.note, trust.policy, origin) : parseCheckpoint(proof.note.text);
    if (checkpoint.origin !== origin) throw new LogFault("tampered", "the checkpoint is one of another log");
  } catch (error) {
    if (error instanceof FormatError) error = new LogFault("tampered", error.message);
    if (!(error instanceof LogFault)) throw error;
    return { ...result, tally: null, status: { status: error.status, why: error.message } };
  }
  const seen = trust.policy ? witness(proof.note, checkpoint, found.directory, trust.policy) : {};
  const isSeen = !trust.policy || !demandsWitnesses(trust.policy);
  const size = seen.witnessed?.is_quorum ? seen.witnessed.size : 0n;
  const tally = new Tally(result.logId, isSeen ? checkpoint.size : size);
  // First what stays: how far the log is witnessed may turn out to be no matter.
  if (trust.by !== "auditor") tally.worsen({ status: "untrusted", why: trust.why });
  if (seen.status) tally.worsen(seen.status);
  const hash = leafHash(record.leaf);
  if (!found.leafHash || !equal(found.leafHash, hash))
    tally.tampered("the leaf hash stated in the proof is another one");
  if (proof.index !== record.seq)
    tally.tampered(`the proof is about seq ${proof.index}, the record about ${record.seq}`);
  if (!verifyInclusion(proof.index, checkpoint.size, hash, proof.path, checkpoint.root)) {
    tally.tampered("the proof does not lead from the event to the checkpoint");
  }
  for (const erasure of found.erasures) tally.addErasure(erasure, checkpoint);
  result.judged = tally.judge(record);
  const { witnessed = null } = seen;
  return { ...result, checkpoint: { signers: [], ...checkpoint }, tally, status: tally.finish(), witnessed };
}
