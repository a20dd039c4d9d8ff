// Budgets: what a screen may load, compressed as it is sent. Modules are found as the service finds them, by imports.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const APP = join(dirname(fileURLToPath(import.meta.url)), "..");
const KB = 1024;
const JS_MAX = 80 * KB;
const JS_EXPLORER_MAX = 60 * KB;
const JS_EMBED_MAX = 55 * KB;
const JS_EMBED_VERIFYING_MAX = 72 * KB;
// The sum only catches a library that slips in: docs/adr/0010-budgets-of-screens.md.
const JS_ALL_MAX = 250 * KB;
const CSS_MAX = 14 * KB;
const CSS_ALL_MAX = 24 * KB;
const FONTS_MAX = 80 * KB;

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
const start = join(APP, "app.js");
const screens = readdirSync(join(APP, "screens"));

for (const screen of screens) {
  test(`the modules of ${screen} are within the budget`, (t) => {
    const found = modules(join(APP, "screens", screen, "index.js"), false, modules(start, false));
    const size = sum(found);
    t.diagnostic(`${(size / KB).toFixed(1)} KB in ${found.size} modules`);
    assert.ok(size <= (screen === "events" ? JS_EXPLORER_MAX : JS_MAX), `${size} bytes`);
  });
}

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

test("all modules are within the budget", (t) => {
  const found = modules(start, true);
  const size = sum(found);
  t.diagnostic(`${(size / KB).toFixed(1)} KB in ${found.size} modules`);
  assert.ok(size <= JS_ALL_MAX, `${size} bytes`);
  assert.ok(found.has(join(APP, "vendor", "noble.js")), "what the verifier is made of is counted");
  const outside = [...found].filter((path) => /^\.\./.test(relative(join(APP, ".."), path)));
  assert.deepEqual(outside, []);
});

test("styles and fonts are within the budget", (t) => {
  const styles = readdirSync(join(APP, "css")).map((name) => join(APP, "css", name));
  const fonts = readdirSync(join(APP, "fonts")).map((name) => readFileSync(join(APP, "fonts", name)).length);
  const bytes = fonts.reduce((total, size) => total + size, 0);
  // What every page waits for is one file; a screen's own is loaded with the screen.
  const shell = readFileSync(join(APP, "..", "..", "crates", "server", "src", "ui", "assets.rs"), "utf8");
  const [, names] = /const STYLES[^=]*= \[([^\]]*)\]/.exec(shell);
  const linked = [...names.matchAll(/"(\w+)"/g)].map(([, name]) => join(APP, "css", `${name}.css`));
  assert.ok(sum(linked) <= CSS_MAX, `${sum(linked)} bytes of styles that every page loads`);
  t.diagnostic(`styles ${(sum(styles) / KB).toFixed(1)} KB, fonts ${(bytes / KB).toFixed(1)} KB`);
  assert.ok(sum(styles) <= CSS_ALL_MAX, `${sum(styles)} bytes of styles`);
  assert.ok(bytes <= FONTS_MAX, `${bytes} bytes of fonts`);
});
