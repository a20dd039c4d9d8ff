// Packs and event proofs that a generator of its own makes: what holds is found to hold, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { check } from "./checks.mjs";
import {
  DIRECTORY,
  ORIGIN,
  checkpoint,
  directoryOf,
  eventProof,
  eventfulLog,
  keys,
  makeEvent,
  makeLog,
  makePack,
  packMembers,
  policyText,
  recordLine,
  tarOf,
  unitsOf,
} from "./generator.mjs";

const log = eventfulLog();
const POLICY = policyText();

const expect = async (bytes, policy, conclusion, status, why = /./) => {
  const found = await check(bytes, policy, 1000);
  const said = JSON.stringify([
    found.headline,
    found.log?.why,
    found.records?.map((record) => record.why ?? record.verdict),
  ]);
  assert.equal(found.conclusion, conclusion, said);
  if (status) assert.equal(found.log.status, status, said);
  assert.match(said, why);
  return found;
};

test("a range with erasures and a notice of retention", async () => {
  const found = await expect(makePack(log), POLICY, "proven", "consistent");
  assert.deepEqual(found.range, [0n, 23n]);
  assert.deepEqual([found.counts.ok, found.counts.erased, found.counts.redacted], [18, 4, 1]);
  const verdicts = found.rows.map((row) => row.verdict);
  assert.deepEqual(
    [0, 3, 4, 7].map((seq) => verdicts[seq]),
    ["erased", "erased", "ok", "ok_redacted"],
  );
  assert.deepEqual(found.rows[3].units.map((unit) => [unit.state, unit.name]).slice(0, 2), [
    ["erased", "actor"],
    ["erased", "context"],
  ]);
  assert.match(found.proven.join(" "), /All events from #0 to #22 are here/);
  assert.equal(found.rows[4].actor.label, "Ana Duarte");
});

test("every range and many selections, in groups of every size", async () => {
  for (const [from, to, perChunk] of [
    [0, 1, 1],
    [6, 18, 5],
    [22, 23, 9],
    [0, 23, 1],
    [9, 9, 4],
    [23, 23, 1],
    [0, 0, 1],
  ]) {
    const found = await expect(makePack(log, { from, to, perChunk }), POLICY, "proven", "consistent");
    assert.deepEqual(found.range, [BigInt(from), BigInt(to)]);
    assert.equal(found.rows.length, to - from);
  }
  for (const seqs of [[], [0], [22], [1, 2, 3], [0, 22], [7, 9, 10, 16], [4, 6, 8, 10, 11, 13, 15, 17, 18]]) {
    const found = await expect(
      makePack(log, { kind: "selection", seqs, perChunk: 3 }),
      POLICY,
      "proven",
      "consistent",
    );
    assert.equal(found.range, null);
    assert.match(found.not_proven.join(" "), /nothing else would have matched/);
  }
  await expect(makePack(log, { kind: "selection", seqs: [2], manifest: { count: null } }), POLICY, "proven");
});

test("how well the log is witnessed", async () => {
  const none = policyText("quorum none");
  await expect(makePack(log, { directory: null }), none, "proven", "consistent");
  await expect(makePack(log, { directory: null }), POLICY, "inconclusive", "unwitnessed");
  await expect(makePack(log, { directory: null, cosigners: [keys.w1, keys.w2] }), POLICY, "proven", "consistent");
  await expect(
    makePack(log, { directory: directoryOf(log, 23, 23, [keys.w1]) }),
    POLICY,
    "inconclusive",
    "unwitnessed",
  );
  const later = await expect(
    makePack(log, { size: 20, to: 20, directory: directoryOf(log, 20, 23) }),
    POLICY,
    "proven",
    "consistent",
  );
  assert.equal(later.log.witnessed.size, 23n);
  const early = await expect(
    makePack(log, { directory: directoryOf(log, 23, 16) }),
    POLICY,
    "inconclusive",
    "unwitnessed",
  );
  assert.equal(early.log.since, 16n);
  assert.equal(early.counts.unwitnessed, 7);
  assert.deepEqual([early.rows[15].unwitnessed, early.rows[16].unwitnessed], [false, true]);
  // What is shown stands before the unwitnessed end, and so do the erasures that explain it, or do not.
  const before = (listed, to) => makePack(log, { to, directory: directoryOf(log, 23, listed) });
  const part = await expect(before(16, 16), POLICY, "proven", "consistent");
  assert.deepEqual([part.log.witnessed.size, part.counts.unwitnessed], [16n, 0]);
  await expect(before(15, 10), POLICY, "proven", "consistent");
  await expect(before(14, 10), POLICY, "inconclusive", "unwitnessed");
  await expect(before(16, 17), POLICY, "inconclusive", "unwitnessed");
  await expect(before(16, 16), null, "inconclusive", "untrusted");
  const proof = (listed) => JSON.stringify(eventProof(log, 4, { directory: directoryOf(log, 23, listed) }));
  await expect(proof(16), POLICY, "proven", "consistent");
  await expect(proof(13), POLICY, "inconclusive", "unwitnessed");
});

test("a directory that the policy does not know proves nothing", async () => {
  const known = POLICY.replace(/log \S*directory\S* .*\n/, "");
  await expect(makePack(log), known, "inconclusive", "unwitnessed");
  await expect(makePack(log), known.replace("quorum both", "quorum none"), "proven", "consistent");
});

test("a forked log, and forged parts of the directory", async () => {
  const other = makeLog(23);
  const forged = (change) => ({ ...directoryOf(log, 23), ...change });
  const fork = { ...directoryOf(other, 23), consistency: [] };
  await expect(makePack(log, { directory: fork }), POLICY, "tampered", "forked", /forked/);
  await expect(
    makePack(log, { directory: directoryOf(other, 23, 16) }),
    POLICY,
    "tampered",
    "tampered",
    /not shown to be of one log/,
  );
  const entry = Buffer.from(directoryOf(log, 23).entry);
  entry[10] ^= 1;
  await expect(makePack(log, { directory: forged({ entry }) }), POLICY, "tampered", "tampered", /another log/);
  const mismatch = { ...directoryOf(log, 23), entry: directoryOf(log, 23, 16).entry };
  await expect(makePack(log, { directory: mismatch }), POLICY, "tampered", "tampered", /another checkpoint/);
  const self = `c2sp.org/tlog-proof@v1\nindex 0\n\n${checkpoint(ORIGIN, log.tree, 23, keys.log)}`;
  await expect(
    makePack(log, { directory: forged({ proof: self }) }),
    POLICY,
    "tampered",
    "tampered",
    /the log itself/,
  );
});

test("without a policy, or with one for another log", async () => {
  const found = await expect(makePack(log), null, "inconclusive", "untrusted", /consistent with itself/);
  assert.equal(found.trust.by, "pack");
  assert.equal(found.trust.signatures[0].key, keys.log.vkey);
  assert.match(found.not_proven.join(" "), /Who signed it/);
  const foreign = `log ${keys.directory.vkey}\nquorum none\n`;
  const other = await expect(makePack(log), foreign, "inconclusive", "untrusted", /no key for the log/);
  assert.equal(other.trust.signatures[0].in_your_policy, false);
  const wrong = POLICY.replace(keys.log.vkey, keys.other.vkey);
  await expect(makePack(log), wrong, "tampered", "tampered", /no key of the policy/);
  const bare = await expect(makePack(log, { policy: "hello" }), null, "inconclusive", "untrusted");
  assert.equal(bare.trust.by, "nobody");
  await expect(makePack(log, { policy: wrong }), null, "tampered", "tampered");
  const mine = await expect(makePack(log, { policy: wrong }), POLICY, "proven", "consistent");
  assert.match(mine.trust.comparison, /other keys/);
});

test("records that are not what the log committed to", async () => {
  const changed = (seq, change) => {
    const copy = { ...log, events: [...log.events] };
    copy.events[seq] = change(log.events[seq]);
    return copy;
  };
  const other = (seq) => ({
    ...makeEvent(seq, { ...unitsOf(seq), metadata: { forged: true } }),
    leaf: log.events[seq].leaf,
  });
  await expect(
    makePack(changed(4, () => other(4))),
    POLICY,
    "tampered",
    "consistent",
    /not what the leaf commits to/,
  );
  const found = await check(makePack(changed(4, () => other(4))), POLICY, 100);
  assert.deepEqual(found.records, [
    { seq: 4n, verdict: "tampered", why: "its content is not what the leaf commits to" },
  ]);
  assert.deepEqual([found.rows[4].verdict, found.rows[5].verdict], ["tampered", "erased"]);

  await expect(
    makePack(log, { seqs: [0, 1, 2, 4, 5], to: 6, manifest: { count: 6 } }),
    POLICY,
    "tampered",
    "tampered",
    /missing/,
  );
  await expect(
    makePack(log, { seqs: [0, 1, 2], to: 6, manifest: { count: 6 } }),
    POLICY,
    "tampered",
    "tampered",
    /3 events are missing/,
  );
  await expect(
    makePack(log, { kind: "selection", seqs: [0, 1, 2], manifest: { count: 4 } }),
    POLICY,
    "tampered",
    "tampered",
    /announced/,
  );
  const behind = { seqs: [20, 21, 22], from: 20 };
  await expect(makePack(log, { ...behind, to: 24, manifest: { count: 4 } }), POLICY, "malformed", null, /ends behind/);
  for (const count of [2, 4, null]) {
    await expect(makePack(log, { seqs: [0, 1, 2], to: 3, manifest: { count } }), POLICY, "malformed");
  }
  await expect(makePack(log, { seqs: [6, 7, 8], from: 5, to: 8, manifest: { count: 3 } }), POLICY, "tampered");
});

test("a record outside of the range does not stand for one left out", async () => {
  for (const [from, to, seqs] of [
    // Nothing between the last of the range and the one that takes the place of event 9.
    [0, 10, [0, 1, 2, 3, 4, 5, 6, 7, 8, 15]],
    [5, 10, [4, 6, 7, 8, 9]],
    [5, 10, [5, 6, 7, 8, 22]],
  ]) {
    const pack = makePack(log, { from, to, seqs });
    const found = await expect(pack, POLICY, "tampered", "tampered", /outside of the range/);
    assert.deepEqual([found.range, found.counts.missing], [null, 1n]);
  }
});

test("erasures that are not proven, or are about something else", async () => {
  const hide = (seq, units) => ({ ...log, hide: { ...log.hide, [seq]: units } });
  const none = { ...log, erasures: [12] };
  await expect(makePack(none), POLICY, "tampered", "consistent", /no erasure with seq 14/);
  await expect(makePack(hide(4, { actor: { erased_by: 12 } })), POLICY, "tampered", "consistent", /does not name it/);
  await expect(
    makePack(hide(3, { event: { erased_by: 12 } })),
    POLICY,
    "tampered",
    "consistent",
    /does not name it|not one that/,
  );
  await expect(makePack(hide(3, { metadata: { erased_by: 12 } })), POLICY, "tampered", "consistent");
  await expect(makePack(hide(2, { actor: { erased_by: 14 } })), POLICY, "tampered", "consistent", /does not name it/);
  await expect(makePack(hide(15, { actor: { erased_by: 14 } })), POLICY, "tampered", "consistent", /not later/);
  await expect(
    makePack(hide(12, { metadata: { erased_by: 14 } })),
    POLICY,
    "tampered",
    "consistent",
    /unit of an erasure/,
  );
  await expect(makePack(hide(3, { actor: { erased_by: 12 } })), POLICY, "proven", "consistent");
  const plain = { ...log, erasures: [11, 12, 14] };
  await expect(makePack(plain), POLICY, "tampered", "tampered", /is no erasure/);
});

test("order of seqs and of times", async () => {
  const backwards = makeLog(6, { 4: [unitsOf(4), { time: 1795168900000 }] });
  const found = await expect(makePack(backwards), POLICY, "tampered", "consistent", /received before/);
  assert.equal(found.rows[4].verdict, "tampered");
  const members = packMembers(makeLog(6), { kind: "selection", seqs: [1, 2] });
  const lines = members.find(([name]) => name === "records/000000.ndjson");
  lines[1] = lines[1].split("\n").slice(0, 2).reverse().join("\n") + "\n";
  await expect(tarOf(members), POLICY, "tampered", "tampered", /stands behind/);
});

test("an archive that is not exactly a pack", async () => {
  const good = packMembers(log);
  const without = (name) => good.filter(([other]) => other !== name);
  const instead = (name, content) => good.map((member) => (member[0] === name ? [name, content] : member));
  const bad = [
    [],
    good.slice(1),
    [good[1], good[0], ...good.slice(2)],
    [...good, ["more", "x"]],
    without("hashes/end.bin"),
    without("report.txt"),
    without("directory/entry"),
    without("records/000000.ndjson"),
    instead("erasures.ndjson", ""),
    instead("hashes/000000.bin", "x"),
    instead("pack.json", JSON.stringify({ ...JSON.parse(good[0][1]), version: 2 })),
    instead("pack.json", JSON.stringify({ ...JSON.parse(good[0][1]), more: 1 })),
    instead("pack.json", good[0][1].replace('"version":1', '"version":1,"version":1')),
    instead("records/000000.ndjson", " \n"),
    instead("records/000000.ndjson", recordLine(log.events[0])),
    instead("checkpoint", "x"),
    instead("directory/consistency", "AAAA\n"),
    packMembers(log, { anchors: { "b.tsr": "x" } }).map(([name, content]) => [
      name.replace("b.tsr", "B.tsr"),
      content,
    ]),
  ];
  for (const members of bad) await expect(tarOf(members), POLICY, "malformed");
  const tar = makePack(log);
  for (const bytes of [
    tar.subarray(0, -1),
    tar.subarray(0, -512),
    Buffer.concat([tar, Buffer.alloc(512)]),
    Buffer.concat([tar, tar]),
  ]) {
    await expect(bytes, POLICY, "malformed");
  }
});

test("anchors are told apart by whether they name the checkpoint", async () => {
  const proof = directoryOf(log, 23).proof;
  const note = proof.slice(proof.indexOf(`\n\n${DIRECTORY}`) + 2);
  const { createHash } = await import("node:crypto");
  const digest = createHash("sha256")
    .update(note.slice(0, note.indexOf("\n\n") + 1))
    .digest();
  const anchors = {
    "good.tsr": Buffer.concat([Buffer.from("0abc"), digest, Buffer.from("x")]),
    "other.tsr": "nothing",
  };
  const found = await expect(makePack(log, { anchors }), POLICY, "proven");
  assert.deepEqual(
    found.anchors.map((anchor) => anchor.names_checkpoint),
    [true, false],
  );
  // A directory that the policy does not know is not tied to the log by anything.
  const unknown = await expect(makePack(log, { anchors }), `log ${keys.log.vkey}\nquorum none\n`, "proven");
  assert.deepEqual(
    unknown.anchors.map((anchor) => anchor.names_checkpoint),
    [false, false],
  );
});

test("event proofs", async () => {
  const proof = (seq, options) => JSON.stringify(eventProof(log, seq, options), null, 1);
  await expect(proof(4, { directory: directoryOf(log, 23) }), POLICY, "proven", "consistent");
  await expect(proof(3, { directory: directoryOf(log, 23) }), POLICY, "proven", "consistent");
  await expect(proof(4), POLICY, "inconclusive", "unwitnessed");
  await expect(proof(4), policyText("quorum none"), "proven", "consistent");
  await expect(proof(4), null, "inconclusive", "untrusted", /No signature was checked|no policy/i);
  const change = (edit) => {
    const document = eventProof(log, 4, { directory: directoryOf(log, 23) });
    edit(document);
    return JSON.stringify(document);
  };
  await expect(
    change((d) => (d.leaf_hash = "00".repeat(32))),
    POLICY,
    "tampered",
    "tampered",
    /leaf hash/,
  );
  await expect(
    change((d) => (d.record.seq = 5)),
    POLICY,
    "tampered",
  );
  await expect(
    change((d) => (d.proof = d.proof.replace("index 4", "index 5"))),
    POLICY,
    "tampered",
  );
  await expect(
    change((d) => (d.record.units[0] = eventProof(log, 6).record.units[0])),
    POLICY,
    "tampered",
    null,
    /not what the leaf/,
  );
  await expect(
    change((d) => (d.origin = d.origin.replace("aa", "ab"))),
    POLICY,
    "tampered",
    "tampered",
    /another log/,
  );
  for (const edit of [
    (d) => (d.version = 2),
    (d) => (d.more = 1),
    (d) => delete d.record,
    (d) => (d.record.units[0].x = 1),
    (d) => (d.erasures = 1),
    (d) => (d.record.units = []),
    (d) => (d.record.leaf += "AAAA"),
  ]) {
    await expect(change(edit), POLICY, "malformed");
  }
});

test("a tlog-proof waits for its event, and is checked with it", async () => {
  const { Session } = await import("../session.js");
  const { FakeFile } = await import("./checks.mjs");
  const { proof, record } = eventProof(log, 4);
  const files = [
    [proof, "tlog-proof"],
    [JSON.stringify(record), "document"],
  ];
  for (const [first, second] of [files, [...files].reverse()]) {
    const session = new Session(() => {}, null);
    await session.takePolicy({ file: new Blob([policyText("quorum none")]) });
    const verify = async ([text, kind]) => {
      const file = new FakeFile(Buffer.from(text));
      assert.equal(await session.kind({ file }), kind);
      return session.verify({ file, kind });
    };
    assert.ok((await verify(first)).waiting);
    assert.equal((await verify(second)).report.conclusion, "proven");
  }
});

test("the report as JSON has no number that JSON readers would change", async () => {
  const found = await check(makePack(log), POLICY);
  const json = JSON.parse(found.json);
  assert.deepEqual([json.conclusion, json.exit_code, json.log.size, json.counts.records], ["proven", 0, 23, 23]);
});

test("what the file says is text and stays text", async () => {
  const found = await check(makePack(log), POLICY, 10);
  assert.match(found.rows[3 + 4].kind, /event/);
  assert.equal(found.rows[6].targets[0].label, "Document 6");
});
