// SHA-256, synchronous and without allocation: a pack has dozens of short hashes a record, where WebCrypto,
// asynchronous and absent over plain HTTP, is several times slower, and so is a general library. The tests compare it
// with two others.

const K = new Int32Array(64);
const START = new Int32Array(8);
const W = new Int32Array(64);
const state = new Int32Array(8);
const tail = new Uint8Array(128);

// FIPS 180-4: the first 32 bits of the fractional parts of the roots of the first primes. By whole numbers, so that no
// rounding of a browser is trusted.
(function constants() {
  const root = (number, power) => {
    let low = 0n;
    let high = 1n << 40n;
    while (high - low > 1n) {
      const middle = (low + high) >> 1n;
      if (middle ** power <= number << (32n * power)) low = middle;
      else high = middle;
    }
    return Number(BigInt.asIntN(32, low));
  };
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = root(BigInt(n), 2n);
    K[found++] = root(BigInt(n), 3n);
  }
})();

const rotated = (word, by) => (word >>> by) | (word << (32 - by));

/** Takes one block of 64 bytes into the state. */
function block(bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15];
    const y = W[i - 2];
    const s0 = rotated(x, 7) ^ rotated(x, 18) ^ (x >>> 3);
    const s1 = rotated(y, 17) ^ rotated(y, 19) ^ (y >>> 10);
    W[i] = (W[i - 16] + s0 + W[i - 7] + s1) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  // Eight rounds a turn, so that no variable has to be moved.
  for (let i = 0; i < 64; i += 8) {
    h = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + (g ^ (e & (f ^ g))) + K[i] + W[i]) | 0;
    d = (d + h) | 0;
    h = (h + (rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + ((a & b) ^ (c & (a ^ b)))) | 0;
    g = (g + (rotated(d, 6) ^ rotated(d, 11) ^ rotated(d, 25)) + (f ^ (d & (e ^ f))) + K[i + 1] + W[i + 1]) | 0;
    c = (c + g) | 0;
    g = (g + (rotated(h, 2) ^ rotated(h, 13) ^ rotated(h, 22)) + ((h & a) ^ (b & (h ^ a)))) | 0;
    f = (f + (rotated(c, 6) ^ rotated(c, 11) ^ rotated(c, 25)) + (e ^ (c & (d ^ e))) + K[i + 2] + W[i + 2]) | 0;
    b = (b + f) | 0;
    f = (f + (rotated(g, 2) ^ rotated(g, 13) ^ rotated(g, 22)) + ((g & h) ^ (a & (g ^ h)))) | 0;
    e = (e + (rotated(b, 6) ^ rotated(b, 11) ^ rotated(b, 25)) + (d ^ (b & (c ^ d))) + K[i + 3] + W[i + 3]) | 0;
    a = (a + e) | 0;
    e = (e + (rotated(f, 2) ^ rotated(f, 13) ^ rotated(f, 22)) + ((f & g) ^ (h & (f ^ g)))) | 0;
    d = (d + (rotated(a, 6) ^ rotated(a, 11) ^ rotated(a, 25)) + (c ^ (a & (b ^ c))) + K[i + 4] + W[i + 4]) | 0;
    h = (h + d) | 0;
    d = (d + (rotated(e, 2) ^ rotated(e, 13) ^ rotated(e, 22)) + ((e & f) ^ (g & (e ^ f)))) | 0;
    c = (c + (rotated(h, 6) ^ rotated(h, 11) ^ rotated(h, 25)) + (b ^ (h & (a ^ b))) + K[i + 5] + W[i + 5]) | 0;
    g = (g + c) | 0;
    c = (c + (rotated(d, 2) ^ rotated(d, 13) ^ rotated(d, 22)) + ((d & e) ^ (f & (d ^ e)))) | 0;
    b = (b + (rotated(g, 6) ^ rotated(g, 11) ^ rotated(g, 25)) + (a ^ (g & (h ^ a))) + K[i + 6] + W[i + 6]) | 0;
    f = (f + b) | 0;
    b = (b + (rotated(c, 2) ^ rotated(c, 13) ^ rotated(c, 22)) + ((c & d) ^ (e & (c ^ d)))) | 0;
    a = (a + (rotated(f, 6) ^ rotated(f, 11) ^ rotated(f, 25)) + (h ^ (f & (g ^ h))) + K[i + 7] + W[i + 7]) | 0;
    e = (e + a) | 0;
    a = (a + (rotated(b, 2) ^ rotated(b, 13) ^ rotated(b, 22)) + ((b & c) ^ (d & (b ^ c)))) | 0;
  }
  state[0] = (state[0] + a) | 0;
  state[1] = (state[1] + b) | 0;
  state[2] = (state[2] + c) | 0;
  state[3] = (state[3] + d) | 0;
  state[4] = (state[4] + e) | 0;
  state[5] = (state[5] + f) | 0;
  state[6] = (state[6] + g) | 0;
  state[7] = (state[7] + h) | 0;
}

/** Puts the hash of `bytes` from `from` up to `to` into `out` at `at`. */
export function sha256Into(bytes, from, to, out, at) {
  // Loops, because for so few words the calls of typed arrays cost more than the hashing.
  for (let i = 0; i < 8; i++) state[i] = START[i];
  const length = to - from;
  let next = from;
  for (; to - next >= 64; next += 64) block(bytes, next);
  const rest = to - next;
  for (let i = 0; i < rest; i++) tail[i] = bytes[next + i];
  tail[rest] = 0x80;
  const end = rest < 56 ? 64 : 128;
  for (let i = rest + 1; i < end - 8; i++) tail[i] = 0;
  const high = Math.floor(length / 2 ** 29);
  const low = length << 3;
  for (let i = 0; i < 4; i++) {
    tail[end - 8 + i] = high >>> (24 - 8 * i);
    tail[end - 4 + i] = low >>> (24 - 8 * i);
  }
  block(tail, 0);
  if (end === 128) block(tail, 64);
  for (let i = 0; i < 8; i++, at += 4) {
    const word = state[i];
    out[at] = word >>> 24;
    out[at + 1] = word >>> 16;
    out[at + 2] = word >>> 8;
    out[at + 3] = word;
  }
}

/** SHA-256 of all of `bytes`. */
export function sha256(bytes) {
  const out = new Uint8Array(32);
  sha256Into(bytes, 0, bytes.length, out, 0);
  return out;
}
