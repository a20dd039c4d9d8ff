// Hashes of trees, and the proofs about them: docs/formats/tree.md. Sizes and indexes are big integers, up to 2^64 - 1.

import { equal } from "./bytes.js";
import { sha256, sha256Into } from "./sha256.js";

const ROOT_OF_NOTHING = sha256(new Uint8Array(0));
const pair = new Uint8Array(65);

/** Hash of a leaf's entry. */
export function leafHash(entry) {
  const bytes = new Uint8Array(1 + entry.length);
  bytes.set(entry, 1);
  return sha256(bytes);
}

export function nodeHash(left, right) {
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 33);
  const out = new Uint8Array(32);
  sha256Into(pair, 0, 65, out, 0);
  return out;
}

const isEven = (number) => (number & 1n) === 0n;
const isPowerOfTwo = (number) => (number & (number - 1n)) === 0n;

/**
 * Climbs from the node `fn` of a level whose last node is `sn`, as RFC 9162 does for both kinds of proofs: says of each
 * hash of `path` whether it stands left of the way. Whether the way ends at the root.
 */
function climbs(fn, sn, path, join) {
  for (const hash of path) {
    if (sn === 0n) return false;
    const isLeft = !isEven(fn) || fn === sn;
    join(hash, isLeft);
    // The last node of a level may have no right sibling: then it stands on the levels above as it is.
    while (isLeft && isEven(fn) && fn !== 0n) {
      fn >>= 1n;
      sn >>= 1n;
    }
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n;
}

/** Whether the leaf `index` is in the tree: RFC 9162 section 2.1.3.2. */
export function verifyInclusion(index, size, leaf, path, root) {
  if (index >= size) return false;
  let r = leaf;
  const isWhole = climbs(index, size - 1n, path, (hash, isLeft) => {
    r = isLeft ? nodeHash(hash, r) : nodeHash(r, hash);
  });
  return isWhole && equal(r, root);
}

/** Whether the tree of size `b` continues that of size `a`: RFC 9162 section 2.1.4.2. */
export function verifyConsistency(a, b, path, rootA, rootB) {
  if (a > b) return false;
  if (a === 0n && !equal(rootA, ROOT_OF_NOTHING)) return false;
  if (b === 0n && !equal(rootB, ROOT_OF_NOTHING)) return false;
  if (a === 0n) return path.length === 0;
  if (a === b) return path.length === 0 && equal(rootA, rootB);
  if (path.length === 0) return false;
  const [first, ...rest] = isPowerOfTwo(a) ? [rootA, ...path] : path;
  let fn = a - 1n;
  let sn = b - 1n;
  while (!isEven(fn)) {
    fn >>= 1n;
    sn >>= 1n;
  }
  let fr = first;
  let sr = first;
  const isWhole = climbs(fn, sn, rest, (hash, isLeft) => {
    if (isLeft) fr = nodeHash(hash, fr);
    sr = isLeft ? nodeHash(hash, sr) : nodeHash(sr, hash);
  });
  return isWhole && equal(fr, rootA) && equal(sr, rootB);
}

/** Height of the largest complete subtree that begins at leaf `at` and does not reach behind `end`. */
function height(at, end) {
  let h = 0;
  while (h < 64 && ((at >> BigInt(h)) & 1n) === 0n && at + (2n << BigInt(h)) <= end) h++;
  return h;
}

/** Heights of the complete subtrees that cover the leaves from `from` up to `to`, from left to right. */
export function cover(from, to) {
  const heights = [];
  for (let at = from; at < to;) {
    const h = height(at, to);
    heights.push(h);
    at += 1n << BigInt(h);
  }
  return heights;
}

/** Builds the root of a tree from hashes of subtrees, from left to right, keeping at most 64 of them. */
export class TreeBuilder {
  constructor() {
    this.hashes = [];
    this.heights = [];
    /** Leaves so far. */
    this.size = 0n;
  }

  /** Appends a complete subtree of this height, which must begin where the leaves so far end. */
  append(hash, h) {
    let number = this.size >> BigInt(h);
    this.size += 1n << BigInt(h);
    let top = this.hashes.length;
    // A right child joins its left sibling: they are of one height, and the left one's number is even.
    while (top && this.heights[top - 1] === h && !isEven(number)) {
      hash = nodeHash(this.hashes[--top], hash);
      h++;
      number >>= 1n;
    }
    this.hashes.length = top;
    this.heights.length = top;
    this.hashes.push(hash);
    this.heights.push(h);
  }

  root() {
    if (!this.hashes.length) return ROOT_OF_NOTHING;
    return this.hashes.reduceRight((right, left) => nodeHash(left, right));
  }
}
