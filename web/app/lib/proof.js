// "Verify in this browser": the proof of an event, step by step, with the modules of the verifier page. The steps say
// what was computed, so that a reader can compare it with what another program says.

import { getJson, getText, request } from "./api.js";
import { firstDifference } from "./same-event.js";
import { recall, remember } from "./store.js";

const STORE = "heads";
/** Logs whose keys and heads a browser remembers. */
const LOGS_MAX = 50;

/** The verifier's modules, loaded when somebody first verifies. */
const modules = async () => {
  const load = await Promise.all([
    import("../../verify/bytes.js"),
    import("../../verify/event-proof.js"),
    import("../../verify/policy.js"),
    import("../../verify/record.js"),
    import("../../verify/sentence.js"),
    import("../../verify/tree.js"),
    import("../../verify/trust.js"),
    import("../../verify/note.js"),
  ]);
  return Object.assign({}, ...load);
};

/** The service that this page is of, asked as it asks, and what this browser keeps of it. */
const OWN = { getJson, getText, request, recall, remember };

/** What is remembered of a log: which keys have signed it, each since when, and the last head that was seen. */
const remembered = (service, origin) => service.recall(STORE, {})[origin] ?? null;

function note(service, origin, change) {
  const all = service.recall(STORE, {});
  const entries = Object.entries({ ...all, [origin]: { ...all[origin], ...change } });
  service.remember(STORE, Object.fromEntries(entries.slice(-LOGS_MAX)));
}

const good = (text, detail = "") => ({ state: "yes", text, detail });
const bad = (text, detail = "") => ({ state: "no", text, detail });
const open = (text, detail = "") => ({ state: "open", text, detail });

/** Where the log of an origin begins to count: seqs go on when a log has to be closed, leaves begin at 0 again. */
async function baseOf(origin, service, stop) {
  const log = origin.split("/").at(-1);
  return BigInt((await service.getJson(`/v1/logs/${log}/integrity`, {}, stop)).base_seq);
}

/** 1: all that is shown is what the leaf commits to. */
async function contentStep(v, found, event, service, stop) {
  try {
    const checked = v.checkRecord(found.record, v.logId(found.origin));
    const { event_id: id, received_at: receivedAt } = v.partsOf(found.record, checked);
    const isFirstLog = BigInt(event.seq) === checked.leaf.seq;
    const seq = checked.leaf.seq + (isFirstLog ? 0n : await baseOf(found.origin, service, stop));
    const difference = firstDifference(event, v.valuesOf(checked.disclosures), { id, seq, receivedAt });
    if (difference) return bad("The event shown is not the one in the log", difference);
    const hidden = checked.isErased ? ", parts of it erased" : "";
    const made = event.sentence ? "; the sentence is how the service puts it" : "";
    return good(`Event canonicalised and hashed${hidden}${made}`, `leaf ${v.hex(v.leafHash(found.record.leaf))}`);
  } catch (error) {
    if (!(error instanceof v.Tampering)) throw error;
    return bad("The event is not what the log committed to", error.message);
  }
}

/** 2: its leaf is in the tree. */
function treeStep(v, found, head) {
  const { proof, record } = found;
  const leads = v.verifyInclusion(proof.index, head.size, v.leafHash(record.leaf), proof.path, head.root);
  const isIt = proof.index === record.seq;
  if (!leads || !isIt) return bad("The hashes do not lead to the tree head", `root ${v.hex(head.root)}`);
  const count = proof.path.length;
  return good(
    `${count} ${count === 1 ? "hash leads" : "hashes lead"} to the head of ${head.size.toLocaleString("en")} events`,
    `root ${v.hex(head.root)}`,
  );
}

/** 3: the head is signed by the log's key, and that is the key this browser knows. */
async function keyStep(v, found, service, stop) {
  const log = found.origin.split("/").at(-1);
  const { keys } = await service.getJson("/.well-known/tallystick-keys.json", { log }, stop);
  const policy = v.parsePasted(keys.map(({ vkey }) => vkey).join("\n"));
  let signers;
  try {
    ({ signers } = v.openLogOf(found.proof.note, policy, found.origin));
  } catch (error) {
    if (!(error instanceof v.LogFault)) throw error;
    return { step: bad("The tree head is not signed by this log", error.message), policy };
  }
  const detail = `key ${signers.map(({ id }) => id).join(", ")}`;
  const known = remembered(service, found.origin)?.signers ?? null;
  const pinned = signers.map(({ text }) => known?.[text]).find((since) => since);
  // A key that is only listed beside one that is known may have been put there: it has signed nothing yet.
  if (known && !pinned && !keys.some(({ vkey }) => Object.hasOwn(known, vkey))) {
    return { step: bad("The log's key is not the one this browser knows", detail), policy };
  }
  const now = new Date().toISOString();
  note(service, found.origin, { signers: { ...Object.fromEntries(signers.map(({ text }) => [text, now])), ...known } });
  if (pinned) {
    return { step: good("Tree head signed by this log", `${detail}, known here since ${pinned.slice(0, 10)}`), policy };
  }
  const step = known
    ? open("Signed by a key that is new to this browser", detail)
    : good("Tree head signed by this log", `${detail}, seen here for the first time`);
  return { step, policy };
}

/** 4: who else has seen it. Their keys are not the service's to tell, so this is said and not checked. */
function witnessStep(found) {
  const lines = found.directory?.proof.note.signatures ?? [];
  const own = found.directory?.proof.note.text.split("\n")[0];
  const names = [...new Set(lines.map(({ name }) => name).filter((name) => name !== own))];
  if (!names.length)
    return open("No witness has seen it", "nobody outside this service would notice two versions of the log");
  return open(
    `${names.length} ${names.length === 1 ? "witness says" : "witnesses say"} it was seen`,
    `${names.join(", ")}: check with their keys in the verifier`,
  );
}

/** 5: it continues what this browser saw before, which catches a log that was rolled back or forked. */
async function headStep(v, found, head, service, stop) {
  const before = remembered(service, found.origin)?.head;
  const rootText = v.toBase64(head.root);
  const keep = () =>
    note(service, found.origin, { head: { size: String(head.size), root: rootText, at: new Date().toISOString() } });
  if (!before) {
    keep();
    return open("The first head of this log that this browser has seen", "the next verification compares with it");
  }
  const old = { size: BigInt(before.size), root: v.base64(before.root) };
  const when = `#${old.size.toLocaleString("en")}, ${before.at.slice(0, 10)}`;
  if (old.size === head.size) {
    return before.root === rootText
      ? good("The same head that this browser saw last", when)
      : bad("Another head of the same size was shown to this browser", when);
  }
  const [small, large] = old.size < head.size ? [old, head] : [head, old];
  const log = found.origin.split("/").at(-1);
  const text = await service.getText(`/v1/logs/${log}/consistency`, { from: small.size, to: large.size }, stop);
  const hashes = v.parseHashLines(text, 128);
  if (!v.verifyConsistency(small.size, large.size, hashes, small.root, large.root)) {
    return bad("It does not continue the head that this browser saw last", when);
  }
  if (old.size < head.size) keep();
  return good("Continues the head that this browser saw last", when);
}

/**
 * Fetches the proof of an event and checks it. `tell` is called with the steps so far. Gives the steps, whether all
 * that can be checked here holds, how long it took, and the proof as it came. `service` is whom to ask.
 */
export async function verify(event, stop, tell = (_steps) => {}, service = OWN) {
  const since = performance.now();
  const proof = service.request(`/v1/events/${event.id}/proof`, { signal: stop }).then((response) => response.text());
  const [v, text] = await Promise.all([modules(), proof]);
  return check(v, text, event, { service, stop, tell, since });
}

async function check(v, text, event, { service, stop, tell, since }) {
  const steps = [];
  const add = (step) => (steps.push(step), tell([...steps]));
  const found = v.parseEventDocument(v.ascii(text));
  const head = v.parseCheckpoint(found.proof.note.text);
  add(await contentStep(v, found, event, service, stop));
  add(treeStep(v, found, head));
  const { step, policy } = await keyStep(v, found, service, stop);
  add(step);
  add(witnessStep(found));
  if (step.state !== "no") add(await headStep(v, found, head, service, stop));
  // All of it once more, as the verifier page checks a file: both have to agree.
  const whole = v.verifyEvent(found, policy);
  const isGood = steps.every(({ state }) => state !== "no") && whole.status.status === "consistent";
  if (!isGood && steps.every(({ state }) => state !== "no"))
    add(bad("The proof does not hold", whole.status.why ?? whole.status.status));
  return { steps, isGood, took: performance.now() - since, size: head.size, proof: text };
}
