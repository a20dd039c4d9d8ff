// What is of others is what they published: every file is the one that its list says, and the list is that of the
// packages.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const APP = join(dirname(fileURLToPath(import.meta.url)), "..");

test("every vendored file is listed with its hash", () => {
  const listing = readFileSync(join(APP, "vendor", "VENDOR.toml"), "utf8");
  const listed = [...listing.matchAll(/path = "([^"]+)"[^]*?sha256 = "([0-9a-f]{64})"/g)].map(([, path, hash]) => [
    path,
    hash,
  ]);
  for (const [path, hash] of listed) {
    assert.equal(
      createHash("sha256")
        .update(readFileSync(join(APP, path)))
        .digest("hex"),
      hash,
      path,
    );
  }
  const there = ["vendor", "fonts"].flatMap((folder) =>
    readdirSync(join(APP, folder)).map((name) => `${folder}/${name}`),
  );
  const unlisted = there.filter(
    (path) => !/VENDOR.toml|LICENSES.txt|\.d\.ts$/.test(path) && !listed.some(([one]) => one === path),
  );
  assert.deepEqual(unlisted, []);
});

test("they are those of the packages that are locked", () => {
  execFileSync("node", ["vendor.mjs", "--check"], { cwd: APP, stdio: "pipe" });
});
