// Every golden pack of crates/verify, which the service's own code wrote, is judged here as it is there: `v1.policy` is
// whom to believe for `v1.tallystick-pack.tar`, and so on.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { check } from "./checks.mjs";

const FOLDER = new URL("../../../crates/verify/tests/golden/", import.meta.url);
const SUFFIX = ".tallystick-pack.tar";
const packs = readdirSync(FOLDER).filter((name) => name.endsWith(SUFFIX));

test("there are golden packs", () => assert.ok(packs.length > 0));

for (const name of packs) {
  const pack = readFileSync(new URL(name, FOLDER));
  const policy = readFileSync(new URL(name.replace(SUFFIX, ".policy"), FOLDER));

  test(`${name} verifies`, async () => {
    const found = await check(pack, policy, 100);
    assert.equal(found.conclusion, "proven", JSON.stringify([found.headline, found.log?.why]));
    assert.equal(found.log.status, "consistent");
    assert.equal(found.counts.records, Number(found.manifest.count));
    assert.ok(found.rows.every((row) => row.action || row.verdict !== "ok"));
    assert.equal(found.trust.comparison, "The keys that the pack states for the log are those of your policy.");
  });

  test(`${name} does not verify when it is changed`, async () => {
    for (let at = pack.indexOf("hashes/000000.bin"); at < pack.indexOf("report.txt"); at += 101) {
      const changed = Buffer.from(pack);
      changed[at] ^= 4;
      assert.notEqual((await check(changed, policy)).conclusion, "proven", `at ${at}`);
    }
  });
}

test("the first version: what it holds", async () => {
  const [pack, policy] = ["v1.tallystick-pack.tar", "v1.policy"].map((name) => readFileSync(new URL(name, FOLDER)));
  const { counts, range } = await check(pack, policy);
  assert.deepEqual([range, counts.ok, counts.erased, counts.redacted], [[40n, 60n], 18, 1, 1]);
});

test("the proof of an event that a service gave verifies, and not when it is changed", async () => {
  const [proof, policy] = ["json", "policy"].map((kind) => readFileSync(new URL(`v1.event-proof.${kind}`, FOLDER)));
  const found = await check(proof, policy);
  assert.equal(found.conclusion, "proven", JSON.stringify([found.headline, found.log?.why]));
  assert.equal(found.log.witnessed.is_quorum, true);
  const leaf = JSON.parse(proof).record.leaf;
  const other = proof.toString().replace(leaf, leaf.replace(/^(.{40})./, (_, kept) => `${kept}z`));
  assert.notEqual((await check(Buffer.from(other), policy)).conclusion, "proven");
});
