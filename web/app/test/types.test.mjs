// The modules hold what they say of their types, in comments: the compiler checks them, and makes nothing of them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const APP = join(dirname(fileURLToPath(import.meta.url)), "..");
const TSC = join(APP, "node_modules", "typescript", "bin", "tsc");

function check(...args) {
  const { stdout, status, error } = spawnSync(process.execPath, [TSC, ...args], { cwd: APP, encoding: "utf8" });
  assert.equal(error, undefined);
  return { lines: stdout.split("\n").filter(Boolean), status };
}

test("the types of the modules fit", () => {
  const { lines } = check("--project", ".", "--pretty", "false");
  // What is shared with the verifier page is that page's, and written for values of any shape.
  const own = [];
  for (const line of lines) {
    if (line.startsWith(" ") ? own.at(-1)?.isOwn : true) own.push({ line, isOwn: !line.startsWith("../verify/") });
  }
  assert.deepEqual(
    own.filter(({ isOwn, line }) => isOwn && !line.startsWith(" ")).map(({ line }) => line),
    [],
  );
});

test("every module is checked", () => {
  const { lines } = check("--project", ".", "--listFilesOnly");
  const checked = new Set(lines.map((path) => path.replaceAll("\\", "/")));
  const folders = ["embed", "lib", "screens", "shell", "ui"];
  const modules = folders.flatMap((folder) =>
    readdirSync(join(APP, folder), { recursive: true })
      .filter((name) => String(name).endsWith(".js"))
      .map((name) => join(APP, folder, String(name))),
  );
  assert.ok(modules.length > 70);
  assert.deepEqual(
    modules.filter((path) => !checked.has(path)),
    [],
  );
});
