// Known answers that others computed: RFC 6962 trees, the notes, leaf, units and directory entry of the format
// documents.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { sha256 as noble } from "@noble/hashes/sha2.js";

import { base64, base64 as fromBase64, concat, fromHex, hex, toBase64, toUrl, decimal } from "../bytes.js";
import { isPublicKey, verifies } from "../ed25519.js";
import { canonicalEnd } from "../canonical.js";
import { parseDocument } from "../json.js";
import { parseCheckpoint, parseKey, parseNote, parseTlogProof, verifyNote } from "../note.js";
import { demandsWitnesses, isQuorum, parsePasted, parsePolicy } from "../policy.js";
import { checkRecord, parseRecord, verdictOf } from "../record.js";
import { sha256 } from "../sha256.js";
import { directoryTag, logId } from "../trust.js";
import { TreeBuilder, cover, leafHash, verifyConsistency, verifyInclusion } from "../tree.js";
import { Tree, canonical } from "./generator.mjs";

const bytes = (text) => new TextEncoder().encode(text);
const LOG_KEY =
  "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa+315172d2+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";
const WITNESS_KEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X";
const ORIGIN = "audit.example.com/0192d3f0-7c1a-7000-8000-0000000000aa";
const TEXT = `${ORIGIN}\n600\nlSH202HJx98/qoD/8j/O9eTBHl/aDmuc6fcEvv9mX18=\n`;
const NOTE =
  `${TEXT}\n\u2014 ${ORIGIN} MVFy0sE+LggYWCXuV2yUxI5NXHCrsFE+/6LSeRQftoPhRzMPrfMPM7xUoZIIfHjUb9+Au0NhMqNX+AIYwdkX/aSYuwc=\n` +
  "\u2014 witness.example/w1 IDJKvgAAAABrABqEcSsoQatrAeX7KRJxPACXnbA4IJf5FTsSEYxuB0KfwvcdFPqSX1rXa15kCtSkzClUBRFRstAK2CcOVm84ArfEAg==\n";

test("SHA-256 is that of two others, for every length around the blocks", () => {
  for (let length = 0; length < 300; length++) {
    const input = randomBytes(length);
    const own = hex(sha256(input));
    assert.equal(own, createHash("sha256").update(input).digest("hex"));
    assert.equal(own, hex(noble(input)));
  }
  const long = randomBytes(1 << 20);
  assert.equal(hex(sha256(long)), createHash("sha256").update(long).digest("hex"));
});

test("base64 and numbers have one spelling", () => {
  for (let length = 0; length < 20; length++) {
    const input = randomBytes(length);
    assert.equal(toBase64(input), input.toString("base64"));
    assert.equal(toUrl(input), input.toString("base64url"));
    assert.deepEqual([...fromBase64(toBase64(input))], [...input]);
  }
  for (const bad of ["AA", "AA=", "AB==", "AA==\n", "A A=", "-_8=", "====", "AAA=AAAA", "A==="])
    assert.equal(base64(bad), null, bad);
  for (const bad of ["", "00", "01", "+1", "-0", " 1", "1_0", "18446744073709551616", "\u0661"])
    assert.equal(decimal(bad), null);
  assert.equal(decimal("18446744073709551615"), 2n ** 64n - 1n);
});

const LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS = [
  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
  "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
  "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
  "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
  "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

test("roots of RFC 6962, leaf by leaf and by subtrees", () => {
  const tree = new TreeBuilder();
  ROOTS.forEach((root, size) => {
    assert.equal(hex(tree.root()), root);
    if (size < 8) tree.append(leafHash(fromHex(LEAVES[size])), 0);
  });
  const whole = new Tree(LEAVES.map((leaf) => leafHash(fromHex(leaf))).map(Buffer.from));
  assert.equal(whole.root().toString("hex"), ROOTS[8]);
});

test("every proof of trees of up to 40 leaves holds, and none of its neighbours", () => {
  const hashes = Array.from({ length: 40 }, (_, i) => Buffer.from(leafHash(bytes(`${i}`))));
  for (let size = 1; size <= 40; size++) {
    const tree = new Tree(hashes.slice(0, size));
    for (let index = 0; index < size; index++) {
      const path = tree.path(index);
      const holds = (i, n, proof) => verifyInclusion(BigInt(i), BigInt(n), hashes[index], proof, tree.root());
      assert.ok(holds(index, size, path));
      assert.ok(!holds(index + 1, size, path) && !holds(index, size, [...path, hashes[0]]));
      if (path.length) assert.ok(!holds(index, size, path.slice(1)) && !holds(index, size, path.slice(0, -1)));
      const old = tree.consistency(index);
      const continues = (proof) =>
        verifyConsistency(BigInt(index), BigInt(size), proof, tree.root(0, index), tree.root());
      assert.ok(continues(old), `${index} to ${size}`);
      assert.ok(!continues([...old, hashes[0]]));
      if (old.length) assert.ok(!continues(old.slice(1)) && !continues(old.slice(0, -1)));
      const gap = tree.gap(index, size);
      const builder = new TreeBuilder();
      const before = tree.gap(0, index);
      cover(0n, BigInt(index)).forEach((height, i) => builder.append(before[i], height));
      assert.equal(gap.length, cover(BigInt(index), BigInt(size)).length);
      cover(BigInt(index), BigInt(size)).forEach((height, i) => builder.append(gap[i], height));
      assert.equal(hex(builder.root()), tree.root().toString("hex"));
    }
    const self = (proof) => verifyConsistency(BigInt(size), BigInt(size), proof, tree.root(), tree.root());
    assert.ok(self([]) && !self([hashes[0]]));
  }
  assert.equal(cover(1n, 2n ** 64n - 1n).length, 126);
});

test("the note of the specification, the example checkpoint and its cosignature", () => {
  const key = parseKey("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k");
  const signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=";
  const note = parseNote(bytes(`This is an example message.\n\n\u2014 example.com/foo ${signature}\n`));
  assert.deepEqual(verifyNote(note, [key]), { good: [{ key, time: null }], bad: null });

  const keys = [LOG_KEY, WITNESS_KEY].map(parseKey);
  const found = verifyNote(parseNote(bytes(NOTE)), keys);
  assert.deepEqual(
    found.good.map(({ time }) => time),
    [null, 1795168900n],
  );
  assert.equal(parseCheckpoint(TEXT).size, 600n);
  assert.equal(hex(parseCheckpoint(TEXT).root), "9521f6d361c9c7df3faa80fff23fcef5e4c11e5fda0e6b9ce9f704beff665f5f");
  const changed = parseNote(bytes(NOTE.replace("\n600\n", "\n601\n")));
  assert.equal(verifyNote(changed, keys).bad.name, ORIGIN);
  assert.equal(verifyNote(changed, [keys[1]]).bad.name, "witness.example/w1");
  assert.deepEqual(verifyNote(changed, []), { good: [], bad: null });
});

test("what is not a note, a key, a checkpoint or a tlog-proof is refused", () => {
  const bad = [
    "",
    "a\n\n",
    NOTE.slice(0, -1),
    NOTE.replace("600", "6\u000000"),
    NOTE.replace("\u2014", "-"),
    NOTE.replace("\n\n", "\n"),
    `a\n\n${"\u2014 a AAAAAAA=\n".repeat(101)}`,
    "a\n\n\u2014 a AAAAAA==\n",
    "a\n\n\u2014 a+b AAAAAAA=\n",
  ];
  for (const text of bad) assert.throws(() => parseNote(bytes(text)), JSON.stringify(text.slice(0, 40)));
  assert.throws(() => parseNote(Uint8Array.from([0xff, 0x0a])));
  for (const text of [
    LOG_KEY.replace("315172d2", "315172d3"),
    "a+b",
    "a+00000000+AA==",
    LOG_KEY.replace("+AQ", "+BQ"),
  ]) {
    assert.throws(() => parseKey(text), text);
  }
  for (const text of ["a\n1\n", "a\n01\nAA==\n", TEXT.replace("lSH", "lS"), `${TEXT}\n`, `\n${TEXT}`]) {
    assert.throws(() => parseCheckpoint(text), text);
  }
  const proof = `c2sp.org/tlog-proof@v1\nindex 4\n${"AAAA".repeat(10)}AAA=\n\n${NOTE}`;
  assert.equal(parseTlogProof(bytes(proof)).path.length, 1);
  assert.equal(parseTlogProof(bytes(proof.replace("index", "extra AA==\nindex"))).index, 4n);
  for (const text of [
    proof.replace("@v1", "@v2"),
    proof.replace("4", "04"),
    proof.replace("index", "extra \nindex"),
    proof.slice(1),
  ]) {
    assert.throws(() => parseTlogProof(bytes(text)), text.slice(0, 60));
  }
});

test("signatures are checked strictly", () => {
  const [, signature] = parseNote(bytes(NOTE)).signatures;
  const key = parseKey(WITNESS_KEY);
  const message = bytes(`cosignature/v1\ntime 1795168900\n${TEXT}`);
  const good = signature.bytes.subarray(8);
  assert.ok(verifies(key.publicKey, message, good));
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${hex(good.slice(32).reverse())}`) + order;
  const large = Uint8Array.from(Buffer.from(s.toString(16).padStart(64, "0"), "hex").reverse());
  assert.ok(!verifies(key.publicKey, message, concat(good.slice(0, 32), large)), "S above the order");
  const one = Uint8Array.from({ length: 32 }, (_, i) => (i ? 0 : 1));
  assert.ok(!isPublicKey(one) && !isPublicKey(new Uint8Array(32)) && !isPublicKey(new Uint8Array(31)));
  assert.ok(!verifies(one, message, concat(one, new Uint8Array(32))), "a key of small order");
});

test("policies: groups, quorums, and what is refused", () => {
  const text = `log ${LOG_KEY}\nwitness w ${WITNESS_KEY} https://w.example/\n`;
  const policy = parsePolicy(bytes(`# c\n${text}\tgroup g 1 w\nquorum g`));
  const [witness] = policy.witnesses;
  assert.ok(demandsWitnesses(policy) && isQuorum(policy, [witness.key]) && !isQuorum(policy, []));
  assert.ok(!demandsWitnesses(parsePolicy(bytes(`${text}quorum none\n`))));
  const bad = [
    text,
    `${text}quorum x`,
    `${text}quorum none\nquorum w`,
    `${text}quorum w\r\n`,
    `${text}group g 2 w\nquorum g`,
    `${text}group g 0 w\nquorum g`,
    `${text}group g all w w\nquorum g`,
    `${text}group none all w\nquorum none`,
    `${text}group w all w\nquorum w`,
    `${text}${text}quorum w`,
    `${text}trust w\nquorum w`,
    `witness w ${LOG_KEY}\nquorum w`,
    `quorum w\n${text}`,
    `${text}group g 01 w\nquorum g`,
  ];
  for (const item of bad) assert.throws(() => parsePolicy(bytes(item)), item.slice(-60));
  const pasted = parsePasted(`${LOG_KEY}\r\n\n  ${WITNESS_KEY}\n`);
  assert.ok(
    pasted.logs.length === 1 && demandsWitnesses(pasted) && pasted.witnesses[0].name === "witness.example/w1",
  );
  assert.ok(!demandsWitnesses(parsePasted(LOG_KEY)));
  assert.throws(() => parsePasted("hello"));
});

const D = [
  "WyJoZnNhWHVod1Q4Y1M3Tm9UMVc0cWFRIiwiYWN0aW9uIiwidXNlci5sb2dpbiJd",
  "WyJlQ1FkcE5Xd2tTbTNFT2VfaHlJUzR3IiwiYWN0b3IiLHsiZW1haWwiOiJ1c2VyNDM3QGV4YW1wbGUuY29tIiwiaWQiOiJ1XzQzNyIsInR5cGUiOiJ1c2VyIn1d",
  "WyI1Q0tJczhvc0J2dzNUVHdnZDhib2RRIiwiY29udGV4dCIseyJpcCI6IjE5Mi4wLjIuMTgxIiwidWEiOiJjdXJsLzguNSJ9XQ",
  "WyJBeC1DRHdYajVEcjMtcXREUlM4V2h3Iiwib2NjdXJyZWRfYXQiLCIyMDI2LTExLTIwVDEwOjAwOjAwLjAwMFoiXQ",
  "WyJ2YTVhNHphMWRhQTBGLVFqTkE1azJRIiwidGFyZ2V0cyIsW3siaWQiOiJkb2NfNDM3IiwidHlwZSI6ImRvY3VtZW50In1dXQ",
];
const LEAF =
  "414c46310192d3f07c1a700080000000000000aa00000000000001b5000001a1f86618f30192d3f07c1a700080000000000001b500000005" +
  "81936087c1bb580420a8cc334cde4b26e22d0fd25eeadbdbffa5e4a94e62cf60";

test("the leaf and the units of the example", () => {
  const leaf = fromHex(LEAF);
  assert.equal(hex(leafHash(leaf)), "7cfeffe577a487dcf6378687cfcc03af56024e7932162847bd928ea81a75b308");
  const line = bytes(`{"seq":437,"leaf":"${toBase64(leaf)}","units":[${D.map((d) => `{"d":"${d}"}`).join(",")}]}`);
  const record = parseRecord(line, 0, line.length);
  const checked = checkRecord(record, logId(ORIGIN));
  assert.deepEqual(
    checked.disclosures.map((found) => found.name),
    ["action", "actor", "context", "occurred_at", "targets"],
  );
  assert.equal(verdictOf(record, checked).verdict, "ok");
  const hidden = bytes(
    `{"seq":437,"leaf":"${toBase64(leaf)}","units":[{"d":"${D[0]}"},` +
      '{"h":"vS39SeJpHo0bLf47wTI9uLE-t-gVLljmxo19g4Ip9ww","redacted":true},' +
      `{"h":"E0_8dMDn_9hOmRn2jkMAK-aG0r4M0P3dxOy9JkJACoc","redacted":true},{"d":"${D[3]}"},{"d":"${D[4]}"}]}`,
  );
  assert.equal(
    verdictOf(record, checkRecord(parseRecord(hidden, 0, hidden.length), logId(ORIGIN))).verdict,
    "ok_redacted",
  );
});

test("the directory's entry of the example", () => {
  assert.equal(hex(directoryTag(logId(ORIGIN))), "895258dcad408b8cbc92074f9ac344a10b31aed6787a820c7f7340aa43493c66");
  const digest = hex(sha256(bytes(TEXT)));
  assert.equal(digest, "ded12398ee7f96d2f72e3fd2a3dbbf6b06dd7607280bd7728e5c52fa6cc5e414");
  const entry = fromHex(
    `414c4431895258dcad408b8cbc92074f9ac344a10b31aed6787a820c7f7340aa43493c66${digest}000001a1f8668230`,
  );
  assert.equal(hex(leafHash(entry)), "1c05a9a0d99b3966853dee3356aea3f9efbb014831ad4d06a047e8e5827e3a08");
});

test("JSON is canonical or refused", () => {
  const good = [
    "{}",
    '[1,-1,0.5,1e+21,1e-7,"é\u2028"]',
    '{"10":1,"9":2,"a":{"b":null}}',
    '{"\ufb33":1}'.replace("{", '{"\u{1f600}":0,'),
    '"\\b\\t\\n\\f\\r\\u0007\\"\\\\"',
    '"\\\\ud800"',
    "123456789012345",
  ];
  const bad = [
    "",
    "{",
    "[1, 2]",
    "-0",
    "1.0",
    "1e5",
    "01",
    "1e400",
    '{"b":1,"a":2}',
    '{"a":1,"a":1}',
    '{"9":1,"10":2}',
    '"\\u0061"',
    '"\\/"',
    '"\\ud800"',
    '{"\\ud800":1}',
    '{"9":"\\ud800","10":1}',
    "9007199254740993",
    '"\\u000A"',
    "nul",
    '{"__proto__":1,"__proto__":2}',
  ];
  const isCanonical = (text, depth = 3) =>
    canonicalEnd(bytes(text), 0, bytes(text).length, depth) === bytes(text).length;
  for (const text of good) assert.ok(isCanonical(text), text);
  for (const text of bad) assert.ok(!isCanonical(text), text);
  assert.ok(isCanonical("[".repeat(128) + "]".repeat(128), 128));
  assert.ok(!isCanonical("[".repeat(129) + "]".repeat(129), 128));
  assert.ok(!isCanonical("[".repeat(1_000_000) + "]".repeat(1_000_000), 128));
});

test("canonical JSON is what a writer of it writes, and a changed byte is mostly not", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 1103515245 + 12345) % 2147483648) % n;
  const texts = [
    "",
    "a",
    "b\n",
    "\u0001",
    "\u00e9",
    "\ud83d\ude00",
    "\ufb33",
    "10",
    "9",
    "\\",
    '"',
    "\u2028",
    "__proto__",
  ];
  const numbers = [0, 1, -1, 2.5, 1e21, 1e-7, 123456789012345680000, Number.MAX_SAFE_INTEGER, 5e-324, -0.1];
  const value = (depth) => {
    const kind = random(depth ? 6 : 4);
    if (kind === 0) return texts[random(texts.length)];
    if (kind === 1) return numbers[random(numbers.length)];
    if (kind < 4) return [true, false, null][random(3)];
    if (kind === 4) return Array.from({ length: random(4) }, () => value(depth - 1));
    return Object.fromEntries(Array.from({ length: random(5) }, () => [texts[random(12)], value(depth - 1)]));
  };
  for (let round = 0; round < 3000; round++) {
    const text = canonical(value(4));
    const input = bytes(text);
    assert.equal(canonicalEnd(input, 0, input.length, 4), input.length, text);
    assert.equal(canonicalEnd(input, 0, input.length - 1, 4) === input.length, false);
    const spaced = bytes(JSON.stringify(JSON.parse(text), null, 1));
    if (spaced.length !== input.length) assert.notEqual(canonicalEnd(spaced, 0, spaced.length, 4), spaced.length);
  }
});

test("documents: one member once, whole numbers up to 2^64 - 1", () => {
  assert.deepEqual(
    parseDocument(' { "a" : [ 18446744073709551615 , null ] } '),
    new Map([["a", [2n ** 64n - 1n, null]]]),
  );
  for (const text of [
    '{"a":1,"a":1}',
    "1.5",
    "1e3",
    "-1",
    "[1,]",
    '{"a":1,}',
    "18446744073709551616",
    '"\\ud800"',
    "[1] 2",
    "[".repeat(200),
  ]) {
    assert.throws(() => parseDocument(text), SyntaxError, text);
  }
});
