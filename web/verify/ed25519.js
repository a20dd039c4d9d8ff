// Ed25519 signatures, checked strictly, so that every verifier of this project accepts the same ones: S below the
// group's order, neither the key nor R of small order, R compared by its bytes. The curve is @noble/ed25519's; the
// equation is here because that package checks it times the cofactor.

import { Point, hashes } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";
import { concat, equal, hex } from "./bytes.js";

hashes.sha512 = sha512;

/** Order of the group, RFC 8032 section 5.1. */
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

function littleEndian(bytes) {
  let number = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) number = (number << 8n) | BigInt(bytes[i]);
  return number;
}

function point(bytes) {
  try {
    const found = Point.fromBytes(bytes, false);
    return found.isSmallOrder() ? null : found;
  } catch {
    return null;
  }
}

const multiply = (base, scalar) => (scalar === 0n ? Point.ZERO : base.multiply(scalar, false));

/** Whether 32 bytes are a public key for which signatures prove something. */
export const isPublicKey = (bytes) => bytes.length === 32 && point(bytes) !== null;

/** Signatures that were checked, as a file is checked again when the policy changes. */
const known = new Map();
const KNOWN_MAX = 256;

/** Whether `signature` is that of `message` by the key. */
export function verifies(publicKey, message, signature) {
  if (signature.length !== 64) return false;
  const place = hex(sha512(concat(publicKey, signature, message)));
  if (!known.has(place)) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(place, isGood(publicKey, message, signature));
  }
  return known.get(place);
}

function isGood(publicKey, message, signature) {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const key = point(publicKey);
  if (!key || s >= ORDER || !point(r)) return false;
  const k = littleEndian(sha512(concat(r, publicKey, message))) % ORDER;
  const expected = multiply(Point.BASE, s).add(multiply(key.negate(), k));
  return equal(expected.toBytes(), r);
}
