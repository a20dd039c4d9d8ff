// Whether a log's checkpoint is to be believed, by the keys of a policy, and how far witnesses have seen the log:
// directly, or through the directory log. docs/formats/event-proof.md.

import { ascii, concat, equal, u64, uuid } from "./bytes.js";
import { logIdText, parseCheckpoint, parseNote, parseTlogProof, verifyNote } from "./note.js";
import { demandsWitnesses, isQuorum, logKeys, witnessKeys } from "./policy.js";
import { sha256 } from "./sha256.js";
import { leafHash, verifyConsistency, verifyInclusion } from "./tree.js";

const ENTRY_BYTES = 76;
const TAG_PREFIX = ascii("alog/dirtag/v1\n");

/** A log's checkpoint or proof does not hold: `status` is one of the statuses of logs. */
export class LogFault extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}
const tampered = (message) => new LogFault("tampered", message);

/** The 16 bytes of the log id with which an origin ends. */
export const logId = (origin) => uuid(logIdText(origin));

/** The tag under which the directory lists a log. */
export const directoryTag = (id) => sha256(concat(TAG_PREFIX, id));

/** SHA-256 of the text of a checkpoint's note, as the directory and anchors name it. */
export const checkpointDigest = (note) => sha256(ascii(note.text));

function checkpointOf(note) {
  try {
    return parseCheckpoint(note.text);
  } catch (error) {
    throw tampered(error.message);
  }
}

/** Opens a checkpoint with the policy's keys for its origin; no witness is asked for. Throws a LogFault. */
export function openLog(note, policy) {
  const checkpoint = checkpointOf(note);
  const keys = logKeys(policy, checkpoint.origin);
  if (!keys.length) throw new LogFault("untrusted", `the policy has no key for the log ${checkpoint.origin}`);
  const { good, bad } = verifyNote(note, keys);
  if (bad) throw tampered(`the signature of ${bad.name} (key ${bad.id}) does not verify`);
  if (!good.length) throw tampered(`no key of the policy for ${checkpoint.origin} has signed the checkpoint`);
  return { ...checkpoint, signers: [...new Set(good.map((signature) => signature.key))] };
}

/** As `openLog`, of the log with this origin. */
export function openLogOf(note, policy, origin) {
  const found = checkpointOf(note).origin;
  if (found !== origin) throw tampered(`a checkpoint of ${found} stands where one of ${origin} belongs`);
  return openLog(note, policy);
}

/** Which witnesses of the policy have cosigned a checkpoint, and when their quorum was met. Throws a LogFault. */
function cosigned(note, policy) {
  const { good, bad } = verifyNote(note, witnessKeys(policy));
  if (bad) throw tampered(`the cosignature of ${bad.name} (key ${bad.id}) does not verify`);
  good.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  const keys = [];
  let since = null;
  for (const { key, time } of good) {
    keys.push(key);
    if (since === null && isQuorum(policy, keys)) since = time;
  }
  const name = (key) => policy.witnesses.find((witness) => witness.key === key).name;
  return {
    witnesses: good.map(({ key, time }) => ({ name: name(key), key: key.text, time })),
    is_quorum: isQuorum(policy, keys),
    since,
  };
}

function parseEntry(bytes) {
  const isEntry = bytes.length === ENTRY_BYTES && equal(bytes.subarray(0, 4), ascii("ALD1"));
  if (!isEntry || bytes[68] & 0x80) throw tampered("the directory's entry is none");
  return { tag: bytes.subarray(4, 36), checkpoint: bytes.subarray(36, 68), time: u64(bytes, 68) };
}

/** Reads the four parts of a directory's proof: bytes, and hashes already decoded. Throws a FormatError. */
export function parseDirectory({ checkpoint, consistency, entry, proof }) {
  return { note: parseNote(checkpoint), consistency, entry, proof: parseTlogProof(proof) };
}

/** How far witnesses have seen the log of `known` through the directory. Throws a LogFault. */
function throughDirectory({ note, consistency, entry, proof }, known, policy) {
  const listed = openLogOf(note, policy, known.origin);
  const [old, late] = known.size <= listed.size ? [known, listed] : [listed, known];
  if (!verifyConsistency(old.size, late.size, consistency, old.root, late.root)) {
    const sizes = `the log's checkpoints of size ${known.size} and ${listed.size}`;
    if (known.size === listed.size && !equal(known.root, listed.root)) {
      throw new LogFault("forked", `${sizes} have different roots: both are signed, and they contradict each other`);
    }
    throw tampered(`${sizes} are not shown to be of one log`);
  }
  const { tag, checkpoint, time } = parseEntry(entry);
  if (!equal(tag, directoryTag(logId(known.origin)))) throw tampered("the directory's entry is about another log");
  if (!equal(checkpoint, checkpointDigest(note))) throw tampered("the directory's entry is about another checkpoint");
  // A directory that the policy does not know proves nothing, and is no sign of tampering.
  if (!logKeys(policy, checkpointOf(proof.note).origin).length) return null;
  const directory = openLog(proof.note, policy);
  if (directory.origin === known.origin) throw tampered("the directory is the log itself");
  if (!verifyInclusion(proof.index, directory.size, leafHash(entry), proof.path, directory.root)) {
    throw tampered("the entry is not in the directory");
  }
  const seen = cosigned(proof.note, policy);
  return { size: listed.size, directory: directory.origin, directory_size: directory.size, ...seen, listed_ms: time };
}

/**
 * How well an opened checkpoint is witnessed: `{ witnessed, status, isListed }`, the status being that of the log if it
 * is not witnessed as the policy demands, or if what should show it is forged, else null; and whether the directory is
 * shown to hold the log.
 */
export function witness(note, checkpoint, directory, policy) {
  let fault = null;
  const attempt = (work) => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof LogFault)) throw error;
      if (!fault || rank(error.status) > rank(fault.status)) fault = { status: error.status, why: error.message };
      return null;
    }
  };
  const own = { size: checkpoint.size, directory: null, directory_size: null, listed_ms: null };
  const direct = attempt(() => ({ ...own, ...cosigned(note, policy) }));
  const through = directory && attempt(() => throughDirectory(directory, checkpoint, policy));
  const counts = (seen) => seen && seen.witnesses.length > 0;
  const isBest = counts(direct) && (direct.is_quorum || !through?.is_quorum);
  const witnessed = isBest ? direct : (through ?? (counts(direct) ? direct : null));
  if (demandsWitnesses(policy) && !fault) {
    const since = witnessed?.is_quorum ? witnessed.size : 0n;
    if (since < checkpoint.size) fault = { status: "unwitnessed", since };
  }
  return { witnessed, status: fault, isListed: Boolean(through) };
}

/** How bad a status is: nothing wrong, no conclusion, tampered. */
export function rank(status) {
  if (status === "consistent") return 0;
  return status === "unwitnessed" || status === "untrusted" || status === "stale" ? 1 : 2;
}
