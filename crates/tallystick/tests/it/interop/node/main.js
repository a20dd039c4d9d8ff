// Checks what a log publishes with the verifier of Sigstore, @sigstore/verify, whose modules the first argument's
// folder has. Reads a question a line as JSON, and answers each with a line: "accepted", or "rejected: " and why.
'use strict';

const path = require('node:path');
const readline = require('node:readline');

const modules = path.join(process.argv[2], 'node_modules', '@sigstore');
const { crypto } = require(path.join(modules, 'core'));
const { verifyCheckpoint } = require(path.join(modules, 'verify', 'dist', 'tlog', 'checkpoint.js'));
const { verifyMerkleInclusion } = require(path.join(modules, 'verify', 'dist', 'tlog', 'merkle.js'));

// What stands before an Ed25519 key in DER.
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

function logOf(key) {
  const [name, id] = key.split('+', 2);
  const bytes = Buffer.from(key.slice(name.length + id.length + 2), 'base64');
  const publicKey = crypto.createPublicKey(Buffer.concat([SPKI, bytes.subarray(1)]));
  return { logID: Buffer.from(id, 'hex'), baseURL: name, publicKey };
}

function check(question) {
  const entry = { inclusionProof: { checkpoint: { envelope: question.note } } };
  const checkpoint = verifyCheckpoint(entry, question.keys.map(logOf));
  if (question.op === 'inclusion') {
    entry.inclusionProof.logIndex = String(question.index);
    entry.inclusionProof.hashes = question.proof.map((hash) => Buffer.from(hash, 'base64'));
    entry.canonicalizedBody = Buffer.from(question.leaf, 'base64');
    verifyMerkleInclusion(entry, checkpoint);
  }
}

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  try {
    check(JSON.parse(line));
    console.log('accepted');
  } catch (error) {
    console.log(`rejected: ${String(error.message).replaceAll('\n', ' ')}`);
  }
});
