// Budgets: what is embedded in pages of others loads module by module; what the app loads is counted where it is linked
// (crates/server/src/ui/budgets.rs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const APP = join(dirname(fileURLToPath(import.meta.url)), "..");
const KB = 1024;
const JS_EMBED_MAX = 55 * KB;
const JS_EMBED_VERIFYING_MAX = 72 * KB;

/** A module as the service sends it (crates/server/src/ui/assets.rs): without comments of their own lines,
  not indented. */
function sent(path) {
  const text = readFileSync(path, "utf8");
  if (!path.endsWith(".js") || path.includes("/vendor/")) return text;
  let isComment = false;
  const lines = text.split("\n").map((line) => {
    let own = line.trimStart();
    if (!isComment && own.startsWith("/*")) {
      if (own.includes("*/")) own = own.slice(own.indexOf("*/") + 2).trimStart();
      else isComment = true;
    }
    const kept = isComment || own.startsWith("//") ? "" : own;
    isComment &&= !own.endsWith("*/");
    return kept;
  });
  return lines.join("\n");
}

const sizes = new Map();
function sizeOf(path) {
  if (!sizes.has(path)) sizes.set(path, gzipSync(sent(path), { level: 9 }).length);
  return sizes.get(path);
}

/** A module and all that it imports at once; with `later`, also what it loads when it is needed. */
function modules(entry, later, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  const text = readFileSync(entry, "utf8");
  const pattern = later ? /(?:from ?|import ?\(?)"((?:\.|@noble\/)[^"]+)"/g : /from ?"((?:\.|@noble\/)[^"]+)"/g;
  for (const [, path] of text.matchAll(pattern)) {
    // The verifier's modules name a package, which the service has as this file.
    const file = path.startsWith("@") ? join(APP, "vendor", "noble.js") : join(dirname(entry), path);
    modules(file, later, found);
  }
  return found;
}

const sum = (paths) => [...paths].reduce((total, path) => total + sizeOf(path), 0);

for (const entry of ["viewer", "frame"]) {
  test(`the embedded ${entry} is within the budget, with its drawer and exports`, (t) => {
    const path = join(APP, "embed", `${entry}.js`);
    const found = modules(path, true);
    // The verifier is loaded by whoever presses "Verify", and by nobody else.
    const verifier = modules(join(APP, "lib", "proof.js"), true);
    const shown = modules(join(APP, "embed", "drawer.js"), false, modules(join(APP, "embed", "viewer.js"), false));
    const own = [...found].filter((one) => shown.has(one) || !verifier.has(one));
    const [size, all] = [sum(own), sum(found)];
    const inKb = (bytes) => (bytes / KB).toFixed(1);
    t.diagnostic(`${inKb(size)} KB in ${own.length} modules, ${inKb(all)} KB with the verifier`);
    assert.ok(size <= JS_EMBED_MAX, `${size} bytes`);
    assert.ok(all <= JS_EMBED_VERIFYING_MAX, `${all} bytes`);
    // What belongs to the app around it (its address, its session, its storage) has no place in another's page.
    const foreign = [...found].filter((one) => /(session|route|model|url-state|query-bar)\.js$/.test(one));
    assert.deepEqual(foreign, []);
  });
}
