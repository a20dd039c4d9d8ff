// Every byte of a small pack is changed in turn. Each change is noticed, or lies in what the pack's format believes for
// nothing, and then it changes nothing of what is proven.

import assert from "node:assert/strict";
import { test } from "node:test";

import { check } from "./checks.mjs";
import { directoryOf, eventProof, eventfulLog, makePack, packMembers, policyText } from "./generator.mjs";

const log = eventfulLog(15);
const seqs = [0, 3, 5, 7, 14];
const options = { kind: "selection", seqs, perChunk: 3 };
const POLICY = policyText();
/** The members of a pack of a range in which it differs from one of a selection. */
const RANGE = ["pack.json", "hashes/000000.bin", "hashes/end.bin"];

/** Where the content of each member lies. */
function places(members) {
  let at = 0;
  return Object.fromEntries(
    members.map(([name, content]) => {
      const length = Buffer.byteLength(content);
      const from = at + 512;
      at = from + Math.ceil(length / 512) * 512;
      return [name, [from, from + length, content]];
    }),
  );
}

/** Parts that are signed by nobody: what the exporter says, and the template of a policy. */
function unsigned(members) {
  const found = places(members);
  const [from, , manifest] = found["pack.json"];
  const value = (name) => {
    const text = JSON.stringify(JSON.parse(manifest)[name]);
    const at = from + Buffer.byteLength(manifest.slice(0, manifest.indexOf(`"${name}":${text}`) + name.length + 3));
    return [at, at + Buffer.byteLength(text)];
  };
  return [found.policy, found["report.txt"], ...["created_at", "tool", "organization", "query"].map(value)];
}

const shown = ({ conclusion, log: found, counts, range, proven }) =>
  JSON.stringify([conclusion, found, counts, range, proven], (_, value) =>
    typeof value === "bigint" ? `${value}` : value,
  );

test("no change of a byte of a pack goes unnoticed", () => everyByteMatters(options));

test("no change of a byte of what makes a range goes unnoticed", () => everyByteMatters({ from: 4, to: 6 }, RANGE));

async function everyByteMatters(options, names = null) {
  const members = packMembers(log, options);
  const tar = makePack(log, options);
  const good = shown(await check(tar, POLICY));
  assert.match(good, /^\["proven"/);
  const free = unsigned(members);
  const found = names && places(members);
  const asked = names ? names.map((name) => found[name]) : [[0, tar.length]];
  const missed = [];
  for (const i of asked.flatMap(([from, to]) => Array.from({ length: to - from }, (_, at) => from + at))) {
    const bytes = Buffer.from(tar);
    bytes[i] ^= 1 << (i % 8);
    const report = await check(bytes, POLICY);
    if (report.conclusion !== "proven") continue;
    const isFree = free.some(([from, to]) => i >= from && i < to);
    if (!isFree || shown(report) !== good) missed.push(i);
  }
  assert.deepEqual(missed, []);
}

test("no byte can be left out or doubled", async () => {
  const tar = makePack(log, options);
  for (let i = 0; i < tar.length; i += 97) {
    const shorter = Buffer.concat([tar.subarray(0, i), tar.subarray(i + 1)]);
    const longer = Buffer.concat([tar.subarray(0, i + 1), tar.subarray(i)]);
    for (const bytes of [shorter, longer, tar.subarray(0, i)]) {
      assert.notEqual((await check(bytes, POLICY)).conclusion, "proven", `at ${i}`);
    }
  }
});

test("no change of a byte of an event proof goes unnoticed", async () => {
  const document = Buffer.from(JSON.stringify(eventProof(log, 3, { directory: directoryOf(log, 15) })));
  const good = shown(await check(document, POLICY));
  assert.match(good, /^\["proven"/);
  for (let i = 0; i < document.length; i++) {
    const bytes = Buffer.from(document);
    bytes[i] ^= 1 << (i % 8);
    const found = await check(bytes, POLICY).catch((error) => ({ conclusion: error.message }));
    assert.notEqual(found.conclusion, "proven", `at ${i}: ${document.subarray(Math.max(0, i - 20), i + 20)}`);
  }
});
