// Makes logs, proofs and packs by the documents of the formats alone, with node's own cryptography: nothing of what is
// tested helps to make what it is tested with.

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";

export const sha = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const node = (left, right) => sha(Buffer.from([1]), left, right);
export const leafHash = (entry) => sha(Buffer.from([0]), entry);
const u64 = (number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
};

/** Names sorted by UTF-16 code units, as RFC 8785 has it. */
export function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  return `{${Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join(",")}}`;
}

export class Key {
  constructor(name, type, seedByte) {
    const seed = Buffer.alloc(32, seedByte);
    const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    this.secret = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const spki = createPublicKey(this.secret).export({ format: "der", type: "spki" });
    this.bytes = Buffer.concat([Buffer.from([type]), spki.subarray(-32)]);
    this.name = name;
    this.id = sha(`${name}\n`, this.bytes).subarray(0, 4);
    this.vkey = `${name}+${this.id.toString("hex")}+${this.bytes.toString("base64")}`;
  }

  sign(text) {
    return this.line(sign(null, Buffer.from(text), this.secret));
  }

  cosign(text, time) {
    return this.line(
      Buffer.concat([u64(time), sign(null, Buffer.from(`cosignature/v1\ntime ${time}\n${text}`), this.secret)]),
    );
  }

  line(bytes) {
    return `\u2014 ${this.name} ${Buffer.concat([this.id, bytes]).toString("base64")}\n`;
  }
}

/** Splits at the largest power of two below the length. */
const split = (n) => 2 ** Math.floor(Math.log2(n - 1));

/** A tree by the recursive definitions of RFC 6962. */
export class Tree {
  constructor(hashes) {
    this.hashes = hashes;
    this.known = new Map();
  }

  get size() {
    return this.hashes.length;
  }

  root(from = 0, to = this.size) {
    if (from === to) return sha("");
    if (to - from === 1) return this.hashes[from];
    const key = from * 2 ** 26 + to;
    if (!this.known.has(key)) {
      const k = split(to - from);
      this.known.set(key, node(this.root(from, from + k), this.root(from + k, to)));
    }
    return this.known.get(key);
  }

  path(index, from = 0, to = this.size) {
    if (to - from === 1) return [];
    const k = split(to - from);
    return index < from + k
      ? [...this.path(index, from, from + k), this.root(from + k, to)]
      : [...this.path(index, from + k, to), this.root(from, from + k)];
  }

  consistency(old, from = 0, to = this.size, isWhole = true) {
    if (old === 0 || (old === to && from === 0 && isWhole)) return [];
    if (old === to - from) return isWhole ? [] : [this.root(from, to)];
    const k = split(to - from);
    if (old <= k) return [...this.consistency(old, from, from + k, isWhole), this.root(from + k, to)];
    return [...this.consistency(old - k, from + k, to, false), this.root(from, from + k)];
  }

  /** Roots of the complete subtrees that cover the leaves from `a` up to `b`. */
  gap(a, b) {
    const hashes = [];
    while (a < b) {
      let width = 1;
      while (a % (2 * width) === 0 && a + 2 * width <= b) width *= 2;
      hashes.push(this.root(a, a + width));
      a += width;
    }
    return hashes;
  }
}

export const LOG_ID = "0192d3f0-7c1a-7000-8000-0000000000aa";
export const ORIGIN = `audit.example.com/${LOG_ID}`;
export const DIRECTORY = "audit.example.com/directory";
const NAMES = ["Ana Duarte", "Bob Okafor", "Chen Wei", "Zoë \u202eevil\u202c <img src=x onerror=alert(1)>"];
const OUTCOMES = ["success", "success", "success", "failure", "denied"];

/** The units of an event. */
export function unitsOf(seq) {
  const who = seq % NAMES.length;
  return {
    actor: { email: `u${who}@example.com`, id: `usr_${who}`, name: NAMES[who], type: "user" },
    context: { ip: `192.0.2.${seq % 250}`, user_agent: "curl/8.5" },
    event: {
      action: "user.role.changed",
      occurred_at: "2026-11-20T10:00:00.000Z",
      org: "acme",
      outcome: OUTCOMES[seq % 5],
    },
    metadata: { 10: 1, 9: "ü", nested: { depth: [1, 2.5, null, true], text: 'quote " \\ \u0007' } },
    targets: [{ id: `doc_${seq}`, name: `Document ${seq}`, type: "document" }],
  };
}

const LOG_BYTES = Buffer.from(LOG_ID.replaceAll("-", ""), "hex");

/** A leaf and its disclosures. */
export function makeEvent(seq, units = unitsOf(seq), { kind = 0, time = 1795168900000 + seq * 1000 } = {}) {
  const names = Object.keys(units).sort();
  const disclosures = names.map((name) => {
    const salt = sha(`salt ${seq} ${name}`).subarray(0, 16).toString("base64url");
    return Buffer.from(canonical([salt, name, units[name]])).toString("base64url");
  });
  const digests = disclosures.map((text) => sha(text));
  const count = Buffer.from([0, digests.length]);
  const root = sha("alog/units/v1\n", count, ...digests);
  const id = sha(`id ${seq}`).subarray(0, 16);
  const leaf = Buffer.concat([
    Buffer.from("ALF1"),
    LOG_BYTES,
    u64(seq),
    u64(time),
    id,
    Buffer.from([kind, 0]),
    count,
    root,
  ]);
  return { seq, leaf, names, disclosures, digests };
}

/** The line of a record; `hide` says of names which are `{redacted: true}` or `{erased_by: seq}`. */
export function recordLine({ seq, leaf, names, disclosures, digests }, hide = {}) {
  const units = names.map((name, i) => {
    const hidden = hide[name];
    if (!hidden) return `{"d":"${disclosures[i]}"}`;
    const how = hidden.redacted ? '"redacted":true' : `"erased_by":${hidden.erased_by}`;
    return `{"h":"${digests[i].toString("base64url")}",${how}}`;
  });
  return `{"seq":${seq},"leaf":"${leaf.toString("base64")}","units":[${units.join(",")}]}`;
}

/** A log of `count` events; those at the seqs of `special` are made of what stands there. */
export function makeLog(count, special = {}) {
  const events = Array.from({ length: count }, (_, seq) => makeEvent(seq, ...(special[seq] ?? [])));
  const tree = new Tree(events.map((event) => leafHash(event.leaf)));
  return { events, tree, hide: {}, erasures: [] };
}

export const keys = {
  log: new Key(ORIGIN, 1, 1),
  directory: new Key(DIRECTORY, 1, 2),
  w1: new Key("witness.example/w1", 4, 3),
  w2: new Key("witness.example/w2", 4, 4),
  other: new Key(ORIGIN, 1, 9),
};

export const policyText = (quorum = "quorum both") =>
  `# made for a test\nlog ${keys.log.vkey}\nlog ${keys.directory.vkey} https://audit.example.com/\n` +
  `witness w1 ${keys.w1.vkey}\nwitness w2 ${keys.w2.vkey}\ngroup both all w1 w2\n${quorum}\n`;

export function checkpoint(origin, tree, size, key, cosigners = [], time = 1795169000) {
  const text = `${origin}\n${size}\n${tree.root(0, size).toString("base64")}\n`;
  return `${text}\n${key.sign(text)}${cosigners.map((witness, i) => witness.cosign(text, time + i)).join("")}`;
}

const base64Lines = (hashes) => hashes.map((hash) => `${hash.toString("base64")}\n`).join("");

/** The four parts of a directory proof for the log at `size`. */
export function directoryOf(log, size, listed = size, cosigners = [keys.w1, keys.w2]) {
  const note = checkpoint(ORIGIN, log.tree, listed, keys.log);
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
  const entry = Buffer.concat([
    Buffer.from("ALD1"),
    sha("alog/dirtag/v1\n", LOG_BYTES),
    sha(text),
    u64(1795168990000),
  ]);
  const others = Array.from({ length: 6 }, (_, i) => sha(`another entry ${i}`));
  const tree = new Tree([...others.slice(0, 3), leafHash(entry), ...others.slice(3)]);
  const top = checkpoint(DIRECTORY, tree, tree.size, keys.directory, cosigners);
  const late = Math.max(size, listed);
  const consistency = new Tree(log.tree.hashes.slice(0, late)).consistency(Math.min(size, listed));
  return {
    checkpoint: note,
    consistency,
    entry,
    proof: `c2sp.org/tlog-proof@v1\nindex 3\n${base64Lines(tree.path(3))}\n${top}`,
  };
}

/** An event proof as JSON. */
export function eventProof(log, seq, { directory = null, hide = log.hide[seq], size = log.tree.size } = {}) {
  const tree = new Tree(log.tree.hashes.slice(0, size));
  const path = base64Lines(tree.path(seq));
  return {
    version: 1,
    origin: ORIGIN,
    record: JSON.parse(recordLine(log.events[seq], hide)),
    leaf_hash: tree.hashes[seq].toString("hex"),
    proof: `c2sp.org/tlog-proof@v1\nindex ${seq}\n${path}\n${checkpoint(ORIGIN, tree, size, keys.log)}`,
    erasures: log.erasures.map((by) => JSON.parse(erasureLine(log, tree, by))),
    directory: directory && {
      ...directory,
      consistency: directory.consistency.map((hash) => hash.toString("base64")),
      entry: directory.entry.toString("base64"),
    },
  };
}

const erasureLine = (log, tree, by) =>
  `{"record":${recordLine(log.events[by])},"proof":[${tree
    .path(by)
    .map((hash) => `"${hash.toString("base64")}"`)
    .join(",")}]}`;

function tarMember(name, content) {
  const header = Buffer.alloc(512);
  const put = (at, text) => header.write(text, at, "latin1");
  put(0, name);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${content.length.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0");
  put(263, "00");
  put(329, "0000000\0");
  put(337, "0000000\0");
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return Buffer.concat([header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]);
}

/** The archive of members, in their order. */
export const tarOf = (members) =>
  Buffer.concat([...members.map(([name, content]) => tarMember(name, Buffer.from(content))), Buffer.alloc(1024)]);

/** The members of a pack. */
export function packMembers(log, options = {}) {
  const { kind = "range", from = 0, to = log.events.length, size = log.tree.size, perChunk = 4096 } = options;
  const { directory = directoryOf(log, size), cosigners = [], anchors = {}, policy = policyText() } = options;
  const tree = new Tree(log.tree.hashes.slice(0, size));
  const isRange = kind === "range";
  const seqs = options.seqs ?? Array.from({ length: to - from }, (_, i) => from + i);
  const manifest = {
    format: "tallystick-pack",
    version: 1,
    origin: ORIGIN,
    organization: { id: "acme", name: "Acme <b>Inc</b>" },
    created_at: "2026-11-21T06:00:00Z",
    tool: "tallystick 0.1.0",
    kind,
    from: isRange ? from : null,
    to: isRange ? to : null,
    count: seqs.length,
    query: isRange ? null : "actor:ana",
    ...options.manifest,
  };
  const members = [
    ["pack.json", JSON.stringify(manifest)],
    ["checkpoint", checkpoint(ORIGIN, tree, size, keys.log, cosigners)],
  ];
  if (directory) {
    members.push(
      ["directory/checkpoint", directory.checkpoint],
      ["directory/consistency", base64Lines(directory.consistency)],
      ["directory/entry", directory.entry],
      ["directory/proof", directory.proof],
    );
  }
  for (const name of Object.keys(anchors).sort()) members.push([`anchors/${name}`, anchors[name]]);
  members.push(["policy", policy]);
  if (log.erasures.length)
    members.push(["erasures.ndjson", log.erasures.map((by) => `${erasureLine(log, tree, by)}\n`).join("")]);
  let at = 0;
  for (let chunk = 0; chunk * perChunk < seqs.length; chunk++) {
    const some = seqs.slice(chunk * perChunk, (chunk + 1) * perChunk);
    const hashes = some.flatMap((seq) => {
      const gap = tree.gap(at, seq);
      at = seq + 1;
      return gap;
    });
    const digits = String(chunk).padStart(6, "0");
    const lines = some.map((seq) => `${recordLine(log.events[seq], log.hide[seq])}\n`).join("");
    members.push([`hashes/${digits}.bin`, Buffer.concat(hashes)], [`records/${digits}.ndjson`, lines]);
  }
  const end = tree.gap(at, size);
  members.push(["hashes/end.bin", Buffer.concat(end)], ["report.txt", "What this is, for people.\n"]);
  return members;
}

export const makePack = (log, options) => tarOf(packMembers(log, options));

/** A log with an erasure, a retention notice, and records that they are about. */
export function eventfulLog(count = 23) {
  const erasure = {
    event: { action: "log.erasure" },
    metadata: {
      basis: "gdpr17",
      items: [
        [3, ["actor", "context"]],
        [5, ["event"]],
      ],
    },
  };
  const notice = { event: { action: "log.retention" }, metadata: { range: [0, 2] } };
  const log = makeLog(count, { 12: [erasure, { kind: 1 }], 14: [notice, { kind: 3 }] });
  log.erasures = [12, 14];
  const by = (seq) => ({ erased_by: seq });
  const all = (seq) => Object.fromEntries(log.events[seq].names.map((name) => [name, by(14)]));
  log.hide = {
    0: all(0),
    1: all(1),
    3: { actor: by(12), context: by(12) },
    5: { event: by(12), targets: { redacted: true } },
    7: { actor: { redacted: true } },
  };
  return log;
}
