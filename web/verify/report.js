// What was found out, in the words of the report: one conclusion, what is proven, what is not. The JSON that can be
// downloaded has the names of `tallystick verify --json` for all that both have.

import { hex } from "./bytes.js";
import { sameKey } from "./note.js";
import { logKeys } from "./policy.js";
import { timeOfMs, timeOfSeconds } from "./sentence.js";
import { rank } from "./trust.js";

const count = (number, one, many = `${one}s`) =>
  `${number.toLocaleString("en")} ${Number(number) === 1 ? one : many}`;
const CONCLUSIONS = ["proven", "inconclusive", "tampered"];
const EXIT_CODES = { proven: 0, inconclusive: 3, tampered: 2 };

function conclusionOf({ subject, status, tally, range }) {
  const records = tally && (tally.counts.tampered > 0 || tally.counts.missing > 0n) ? 2 : 0;
  // Whatever the counts say: what claims to be all of a range is believed only if that was shown.
  const completeness = subject === "pack_of_range" && !range ? 1 : 0;
  return CONCLUSIONS[Math.max(rank(status.status), records, completeness)];
}

/** Signatures under the checkpoint: name, ID, the whole key if it is known, and whose list it is on. */
function signaturesOf({ note, trust, template }) {
  const known = (policy) => (policy ? [...policy.logs, ...policy.witnesses].map((item) => item.key) : []);
  return note.signatures.map(({ name, id }) => {
    const is = (key) => key.name === name && key.id === id;
    const yours = trust.by === "auditor" ? known(trust.policy).find(is) : undefined;
    const key = yours ?? known(template).find(is);
    return { name, id, key: key?.text ?? null, in_your_policy: yours !== undefined };
  });
}

/** How the keys that came with the file compare with those of the auditor's policy. */
function comparison({ trust, template, manifest }) {
  if (trust.by !== "auditor" || !manifest) return null;
  if (!template) return "The policy in the pack cannot be read. It is not used.";
  const mine = logKeys(trust.policy, manifest.origin);
  const theirs = logKeys(template, manifest.origin);
  const same = theirs.length > 0 && theirs.every((key) => mine.some((other) => sameKey(key, other)));
  return same
    ? "The keys that the pack states for the log are those of your policy."
    : "The pack states other keys for the log than your policy. Yours were used.";
}

const NOT_THE_TRUTH =
  "That what was reported to the log is true, or that everything was. The log proves that it was not changed " +
  "afterwards.";

function provenBySigning(result, proven) {
  const { checkpoint, trust, witnessed } = result;
  const size = count(checkpoint.size, "event");
  if (trust.by === "auditor") {
    const ids = checkpoint.signers.map((key) => key.id).join(", ");
    proven.push(`The log of ${size} is signed with the key that your policy names for it (${ids}).`);
  } else if (trust.by === "pack") {
    proven.push(
      `The pack is consistent with itself: the log of ${size} is signed with a key that came with the pack.`,
    );
  }
  if (trust.by === "auditor" && witnessed?.is_quorum && witnessed.since !== null) {
    const of = witnessed.directory ? ` through the directory ${witnessed.directory}` : "";
    const when = timeOfSeconds(witnessed.since);
    proven.push(
      `Witnesses of your policy had seen the first ${count(witnessed.size, "event")}${of} by ${when}. ` +
        "Those events are at least that old and have not changed since.",
    );
  }
}

function provenByRecords({ subject, range, tally }, proven) {
  const { counts } = tally;
  const good = counts.ok + counts.redacted + counts.erased;
  if (range) {
    const [from, to] = range;
    const all = to === from ? "The range is empty" : `All events from #${from} to #${to - 1n} are here`;
    proven.push(`${all}. None is missing and none was added.`);
  }
  if (good) {
    const them = subject === "event" ? "The event is" : `${count(good, "event")} ${good === 1 ? "is" : "are"}`;
    proven.push(`${them} what the log committed to, in what is shown of ${good === 1 ? "it" : "them"}.`);
  }
  if (counts.erased) {
    const were = counts.erased === 1 ? "event has" : "events have";
    proven.push(
      `${counts.erased.toLocaleString("en")} ${were} parts that were erased. ` +
        "A later entry of the log says so each time.",
    );
  }
}

function unproven(result, conclusion) {
  const { subject, trust, tally, status } = result;
  const open = [];
  if (rank(status.status) === 2)
    open.push("That anything in it was in the log as it is shown: the log itself does not hold.");
  if (trust.by !== "auditor") {
    open.push(
      "Who signed it. Whoever gave you the file could have made the keys too. " +
        "Compare them with keys that you got elsewhere, or load your policy.",
    );
  }
  if (status.status === "unwitnessed") {
    open.push(
      status.since === 0n
        ? "That others have seen the log: the quorum of your policy has not cosigned it. " +
            "Its owner could still show somebody else another one."
        : `That others have seen the events from #${status.since} on: the quorum has not cosigned them yet.`,
    );
  }
  if (status.status === "untrusted" && trust.by === "auditor") open.push(`Who has seen it: ${status.why}.`);
  if (subject === "pack_of_selection") {
    open.push(
      "That nothing else would have matched. A selection proves each event in it, not that others were left out.",
    );
  }
  if (tally?.counts.redacted) open.push("What the parts say that were left out of this copy.");
  if (result.manifest)
    open.push("What the exporter states about the pack: its name, its date and its query are signed by nobody.");
  if (conclusion !== "tampered") open.push(NOT_THE_TRUTH);
  return open;
}

const NAMES = { event: "event", pack_of_range: "evidence pack", pack_of_selection: "evidence pack" };

function headline(conclusion, result) {
  const what = NAMES[result.subject];
  if (conclusion === "proven") return { title: "Verified", text: `This ${what} is what the log committed to.` };
  if (conclusion === "tampered") return { title: "Tampered with", text: tamperedText(result, what) };
  const { by } = result.trust;
  if (by === "auditor") {
    return {
      title: "Not conclusive",
      text: "Nothing is wrong, but not everything is there that your policy demands.",
    };
  }
  const text =
    by === "pack"
      ? `Nothing is wrong, but ${result.trust.why}. This proves only that the ${what} is consistent with itself.`
      : `${capital(result.trust.why)}. No signature was checked.`;
  return { title: by === "pack" ? "Consistent with itself only" : "Not conclusive", text };
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function tamperedText({ status, tally }, what) {
  if (status.status === "forked") return "The log has been forked: there are two signed versions of it.";
  const { tampered = 0, missing = 0n } = tally?.counts ?? {};
  const parts = [];
  if (tampered)
    parts.push(`${count(tampered, "event")} ${tampered === 1 ? "is" : "are"} not what the log committed to`);
  if (missing) parts.push(`${count(missing, "event")} ${missing === 1n ? "is" : "are"} missing`);
  if (parts.length) return `${capital(parts.join(", and "))}.`;
  return `This ${what} is not what the log committed to: ${status.why}.`;
}

function witnessedShown(witnessed) {
  if (!witnessed) return null;
  const witnesses = witnessed.witnesses.map((witness) => ({ ...witness, at: timeOfSeconds(witness.time) }));
  const since_at = witnessed.since === null ? null : timeOfSeconds(witnessed.since);
  const listed_at = witnessed.listed_ms === null ? null : timeOfMs(witnessed.listed_ms);
  return { ...witnessed, since_at, listed_at, witnesses };
}

/** The report of a checked pack or event. */
export function reportOf(result) {
  const conclusion = conclusionOf(result);
  const { checkpoint, tally, status, manifest, trust } = result;
  const proven = [];
  if (checkpoint && rank(status.status) < 2) provenBySigning(result, proven);
  if (tally && rank(status.status) < 2) provenByRecords(result, proven);
  const faults = rank(status.status) === 2 ? [{ verdict: status.status, why: status.why }] : [];
  const { problems = [], counts = null, times = null } = tally ?? {};
  return {
    subject: result.subject,
    conclusion,
    exit_code: EXIT_CODES[conclusion],
    headline: headline(conclusion, result),
    log: {
      origin: checkpoint?.origin ?? manifest?.origin ?? result.origin,
      size: checkpoint?.size ?? null,
      root: checkpoint?.root ? hex(checkpoint.root) : null,
      ...status,
      witnessed: witnessedShown(result.witnessed),
    },
    worth: rank(status.status) === 2 ? "unproven" : trust.by === "auditor" ? "verified" : "consistent",
    trust: { by: trust.by, why: trust.why ?? null, signatures: signaturesOf(result), comparison: comparison(result) },
    counts: counts && { ...counts },
    range: result.range,
    received: times && [timeOfMs(times.first), timeOfMs(times.last)],
    proven,
    not_proven: unproven(result, conclusion),
    faults,
    records: problems,
    manifest: manifest ?? null,
    anchors: result.anchors,
    anchored: result.about ? hex(result.about) : null,
  };
}

/** The report of something that cannot be read. */
export function unreadable(message) {
  return {
    conclusion: "malformed",
    exit_code: 4,
    headline: { title: "Cannot be read", text: `This is not an intact evidence pack or event proof: ${message}.` },
    why: message,
  };
}

/** As JSON: numbers beyond what JSON readers keep exactly are strings. */
export function toJson(report) {
  const plain = (_, value) => {
    if (typeof value !== "bigint") return value;
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
  };
  return JSON.stringify(report, plain, 2);
}
