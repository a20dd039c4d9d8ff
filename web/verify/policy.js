// Whom the auditor believes: policies (C2SP tlog-policy), docs/formats/note.md; and keys pasted without a policy.

import { ascii, equal, shownUtf8, utf8 } from "./bytes.js";
import { FormatError, LOG_KEY, WITNESS_KEY, parseKey } from "./note.js";

const BYTES_MAX = 1 << 20;
const ITEMS_MAX = 256;

const binary = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
const bytesOf = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0));

class Reading {
  constructor() {
    this.logs = [];
    this.witnesses = [];
    this.groups = [];
    this.quorum = undefined;
    this.names = new Map();
    this.grouped = new Set();
  }

  line(items) {
    const [word, ...rest] = items;
    if (word === "log") this.log(rest);
    else if (word === "witness") this.witness(rest);
    else if (word === "group") this.group(rest);
    else if (word === "quorum") this.setQuorum(rest);
    else throw new FormatError(`unknown word ${shown(word)}`);
  }

  log(items) {
    if (items.length < 1 || items.length > 2) throw new FormatError("expected: log <key> [<url>]");
    push(this.logs, { key: readKey(items[0], LOG_KEY, this.logs) });
  }

  witness(items) {
    if (items.length < 2 || items.length > 3) throw new FormatError("expected: witness <name> <key> [<url>]");
    const witness = { name: shown(items[0]), key: readKey(items[1], WITNESS_KEY, this.witnesses) };
    push(this.witnesses, witness);
    this.define(items[0], { witness });
  }

  group(items) {
    const [name, threshold, ...names] = items;
    if (!names.length) throw new FormatError("expected: group <name> <all|any|k> <name> ...");
    const k = threshold === "any" ? 1 : threshold === "all" ? names.length : Number(threshold);
    if (!/^(any|all|[1-9][0-9]{0,8})$/.test(threshold) || k > names.length) {
      throw new FormatError("the threshold is all, any, or a number from 1 to the number of members");
    }
    const members = names.map((member) => {
      const found = this.find(member);
      if (this.grouped.has(member)) throw new FormatError(`${shown(member)} is a member of a group already`);
      this.grouped.add(member);
      return found;
    });
    const group = { threshold: k, members };
    push(this.groups, group);
    this.define(name, { group });
  }

  setQuorum(items) {
    if (items.length !== 1) throw new FormatError("expected: quorum <name|none>");
    const quorum = items[0] === "none" ? null : this.find(items[0]);
    if (this.quorum !== undefined) throw new FormatError("there is a quorum already");
    this.quorum = quorum;
  }

  define(name, member) {
    if (name === "none" || this.names.has(name)) throw new FormatError(`the name ${shown(name)} is taken`);
    this.names.set(name, member);
  }

  find(name) {
    const member = this.names.get(name);
    if (!member) throw new FormatError(`no witness or group ${shown(name)} is defined before this line`);
    return member;
  }
}

const shown = (item) => shownUtf8(bytesOf(item));

function push(items, item) {
  if (items.length >= ITEMS_MAX) throw new FormatError(`more than ${ITEMS_MAX} lines of this kind`);
  items.push(item);
}

function readKey(item, type, before) {
  const text = utf8(bytesOf(item));
  if (text === null) throw new FormatError("the key is not text");
  const key = parseKey(text);
  if (key.type !== type) throw new FormatError(`a key of type ${type} is needed, this one is of type ${key.type}`);
  if (before.some((other) => equal(other.key.publicKey, key.publicKey))) {
    throw new FormatError("the public key occurs twice");
  }
  return key;
}

/** Reads a policy's file. Throws a FormatError that names the line. */
export function parsePolicy(bytes) {
  if (bytes.length > BYTES_MAX) throw new FormatError("the policy is too long");
  const reading = new Reading();
  // Names are bytes, not necessarily UTF-8: one character a byte keeps them apart.
  const lines = binary(bytes).split("\n");
  lines.forEach((line, index) => {
    try {
      if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw new FormatError("control character");
      const items = line.split(/[ \t]/).filter((item) => item !== "");
      if (items.length && !items[0].startsWith("#")) reading.line(items);
    } catch (error) {
      if (error instanceof FormatError) throw new FormatError(`line ${index + 1} of the policy: ${error.message}`);
      throw error;
    }
  });
  if (reading.quorum === undefined) throw new FormatError("the policy has no quorum line");
  return { logs: reading.logs, witnesses: reading.witnesses, quorum: reading.quorum };
}

/**
 * Reads what was pasted: a whole policy, or keys alone, one a line. Of keys alone every witness must have cosigned, the
 * strictest that they can mean.
 */
export function parsePasted(text) {
  const lines = text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.trim());
  const items = lines.filter((line) => line !== "" && !line.startsWith("#"));
  if (items.some((line) => /^(log|witness|group|quorum)\s/.test(line))) return parsePolicy(ascii(lines.join("\n")));
  const keys = items.map(parseKey);
  const policy = ["# keys that were pasted"];
  keys.forEach((key, index) => {
    policy.push(key.type === LOG_KEY ? `log ${key.text}` : `witness w${index} ${key.text}`);
  });
  const names = keys.flatMap((key, index) => (key.type === WITNESS_KEY ? [`w${index}`] : []));
  policy.push(...(names.length ? [`group pasted all ${names.join(" ")}`, "quorum pasted"] : ["quorum none"]));
  const read = parsePolicy(ascii(policy.join("\n")));
  for (const witness of read.witnesses) witness.name = witness.key.name;
  return read;
}

const isMet = (member, keys) =>
  member.witness
    ? keys.includes(member.witness.key)
    : member.group.members.filter((inner) => isMet(inner, keys)).length >= member.group.threshold;

/** Whether these keys of witnesses are the policy's quorum. */
export const isQuorum = (policy, keys) => policy.quorum === null || isMet(policy.quorum, keys);

/** Whether the policy asks for witnesses at all. */
export const demandsWitnesses = (policy) => !isQuorum(policy, []);

/** The policy's keys for a log. */
export const logKeys = (policy, origin) => policy.logs.map((log) => log.key).filter((key) => key.name === origin);

export const witnessKeys = (policy) => policy.witnesses.map((witness) => witness.key);
