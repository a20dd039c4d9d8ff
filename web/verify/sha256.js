// SHA-256, synchronous and without allocation: a pack has dozens of short hashes a record, where WebCrypto, asynchronous
// and absent over plain HTTP, is several times slower, and so is a general library. The tests compare it with two others.

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

/** Takes one block of 64 bytes into the state. */
function block(bytes, at) {
  for (let i = 0; i < 16; i++, at += 4) {
    W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const x = W[i - 15];
    const y = W[i - 2];
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
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
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const one = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + one) | 0;
    d = c;
    c = b;
    b = a;
    a = (one + two) | 0;
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
  state.set(START);
  const length = to - from;
  let next = from;
  for (; to - next >= 64; next += 64) block(bytes, next);
  const rest = to - next;
  for (let i = 0; i < rest; i++) tail[i] = bytes[next + i];
  tail[rest] = 0x80;
  const end = rest < 56 ? 64 : 128;
  tail.fill(0, rest + 1, end);
  const bits = length * 8;
  for (let i = 0; i < 7; i++) tail[end - 1 - i] = Math.floor(bits / 2 ** (8 * i)) & 0xff;
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
