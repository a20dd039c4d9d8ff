// The page that is committed is the one its sources give, carries its own security policy, and names nothing outside.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { build } from "../build.mjs";

const page = readFileSync(new URL("../verifier.html", import.meta.url), "utf8");

test("verifier.html is up to date: else run node web/verify/build.mjs", () => {
  assert.ok(build() === page);
  assert.ok(build() === build());
});

test("it says what made it, and carries the licences of others", () => {
  assert.match(page, /^<!doctype html>\n<!-- Made by build\.mjs .*-->\n<html/);
  for (const name of ["@noble/ed25519", "@noble/hashes"])
    assert.match(page, new RegExp(`${name} [0-9.]+\n\nThe MIT License`));
});

test("its security policy allows its own script and style, and no network", () => {
  const policy = /<meta http-equiv="Content-Security-Policy" content="([^"]*)">/.exec(page)[1];
  assert.match(policy, /^default-src 'none'; /);
  assert.doesNotMatch(policy, /unsafe|https?:|\*|connect-src/);
  for (const rule of ["base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"])
    assert.ok(policy.includes(rule));
  for (const [name, element] of [
    ["script-src", "script"],
    ["style-src", "style"],
  ]) {
    const contents = [...page.matchAll(new RegExp(`<${element}>(.*?)</${element}>`, "gs"))];
    assert.equal(contents.length, 1);
    const hash = createHash("sha256").update(contents[0][1]).digest("base64");
    assert.ok(policy.includes(`${name} 'sha256-${hash}'`), name);
  }
});

test("it loads nothing and builds nothing from text", () => {
  const script = page.slice(page.lastIndexOf("<script>"));
  for (const word of [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "fetch(",
    "XMLHttpRequest",
    "WebSocket",
    "sendBeacon",
    "import(",
    "localStorage",
  ]) {
    assert.ok(!script.includes(word), word);
  }
  assert.doesNotMatch(page.slice(0, page.lastIndexOf("<script>")), /\s(src|href)="(?!data:,")/);
});
