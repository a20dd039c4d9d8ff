"""Checks what a log publishes with libraries of others: inclusion with sigstore, disclosures with sd-jwt and rfc8785.

Reads a question a line as JSON, and answers each with a line: "accepted", or "rejected: " and why.
"""

import base64
import hashlib
import json
import sys
from types import SimpleNamespace

import rfc8785
from sd_jwt.common import SDJWTCommon
from sigstore._internal.merkle import verify_merkle_inclusion

SD_JWT = SDJWTCommon("compact")


def inclusion(question):
    """The checkpoint's signature is checked by others."""
    _origin, size, root = question["note"].split("\n")[:3]
    proof = SimpleNamespace(
        log_index=question["index"],
        tree_size=int(size),
        hashes=[base64.b64decode(hash) for hash in question["proof"]],
        root_hash=base64.b64decode(root),
    )
    if proof.log_index >= proof.tree_size:
        raise ValueError("outside of the tree")
    body = base64.b64decode(question["leaf"])
    verify_merkle_inclusion(SimpleNamespace(_inner=SimpleNamespace(inclusion_proof=proof, canonicalized_body=body)))


def record(question):
    """The units of a record are canonical, and what the leaf commits to."""
    leaf = base64.b64decode(question["record"]["leaf"], validate=True)
    units = question["record"]["units"]
    if len(leaf) != 88 or leaf[:4] != b"ALF1":
        raise ValueError("not a leaf")
    hashed = b"alog/units/v1\n" + len(units).to_bytes(2, "big")
    for unit in units:
        text = SD_JWT._base64url_decode(unit["d"])
        disclosure = json.loads(text)
        if len(disclosure) != 3 or rfc8785.dumps(disclosure) != text:
            raise ValueError("not canonical: " + repr(text))
        hashed += SD_JWT._base64url_decode(SD_JWT._b64hash(unit["d"].encode("ascii")))
    if leaf[-32:] != hashlib.sha256(hashed).digest():
        raise ValueError("not the units of the leaf")


for line in sys.stdin:
    try:
        question = json.loads(line)
        {"inclusion": inclusion, "record": record}[question["op"]](question)
        print("accepted", flush=True)
    except Exception as error:
        print("rejected:", str(error).replace("\n", " "), flush=True)
