// The built page in a browser, as an auditor uses it: from a file and over plain HTTP, by drop and by button. Fails
// without a browser, and without the packages that `npm ci` installs.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

import { directoryOf, eventProof, eventfulLog, keys, makeLog, makePack, policyText } from "./generator.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PAGE = join(HERE, "..", "verifier.html");
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = process.env.VERIFIER_SHOTS;
const files = mkdtempSync(join(tmpdir(), "verifier-page-"));
const FOREIGN = "verifier.test";

let browser;
let server;
let address;

/** A page at this address that fails on any error, any message of the console, and any request but the page itself. */
async function open(where, options = {}) {
  const context = await browser.newContext({
    acceptDownloads: true,
    viewport: { width: 1200, height: 900 },
    ...options,
  });
  const page = await context.newPage();
  const seen = { trouble: [], requests: [] };
  page.on("console", (message) => seen.trouble.push(message.text()));
  page.on("pageerror", (error) => seen.trouble.push(error.message));
  page.on("request", (request) => seen.requests.push(request.url()));
  page.on("worker", () => (seen.hasWorker = true));
  const url = where === "file" ? `file://${PAGE}` : where;
  await page.goto(url);
  const close = async () => {
    assert.deepEqual(seen.trouble, []);
    assert.deepEqual(
      seen.requests.filter((request) => request !== url && !request.startsWith("blob:")),
      [],
    );
    await context.close();
  };
  return { page, close, seen };
}

function file(name, content) {
  const path = join(files, name);
  writeFileSync(path, content);
  return path;
}

const verdict = (page) => page.locator("#verdict").textContent();
const shot = (page, name) => SHOTS && page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true });

/** Drops files on the page, as a person does. */
async function drop(page, contents) {
  const transfer = await page.evaluateHandle(
    (items) => {
      const data = new DataTransfer();
      for (const [name, bytes] of items)
        data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name));
      return data;
    },
    contents.map(([name, content]) => [name, Buffer.from(content).toString("base64")]),
  );
  for (const type of ["dragenter", "dragover", "drop"])
    await page.dispatchEvent("main", type, { dataTransfer: transfer });
  await page.waitForSelector("#verdict");
}

async function accessible(page) {
  await page.evaluate(AXE);
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), tags);
  assert.deepEqual(
    violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]),
    [],
  );
}

async function noSideScroll(page) {
  assert.ok(
    await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
    "the page scrolls sideways",
  );
}

const log = eventfulLog(130);
const GOOD = makePack(log);
const POLICY = policyText();
const TAMPERED = Buffer.from(GOOD);
TAMPERED[TAMPERED.indexOf('{"seq":40,') + 400] ^= 1;

const dropPack = (page, pack, name = "pack.tar") =>
  drop(page, [
    ["p.policy", POLICY],
    [name, pack],
  ]);

/** The page from a file, with the policy and this pack dropped on it. */
async function openWith(pack, options) {
  const opened = await open("file", options);
  await dropPack(opened.page, pack);
  return opened;
}

before(async () => {
  if (SHOTS) mkdirSync(SHOTS, { recursive: true });
  const path = process.env.PLAYWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
  assert.ok(existsSync(path), `${path} is not installed`);
  const args = ["--no-sandbox", `--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`];
  browser = await chromium.launch({ executablePath: path, args });
  server = createServer((request, response) => {
    response.writeHead(request.url === "/verify" ? 200 : 404, { "content-type": "text/html; charset=utf-8" });
    response.end(request.url === "/verify" ? readFileSync(PAGE) : "");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  address = `http://${FOREIGN}:${server.address().port}/verify`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

for (const where of ["file", "http"]) {
  test(`over ${where}: a pack and its policy are dropped and verified in a worker`, async () => {
    const { page, close, seen } = await open(where === "file" ? where : address);
    assert.equal(await page.evaluate(() => isSecureContext), where === "file");
    await shot(page, `start-${where}`);
    await drop(page, [
      ["acme.tallystick-pack.tar", GOOD],
      ["acme.policy", POLICY],
    ]);
    assert.equal(await verdict(page), "Verified");
    assert.ok(seen.hasWorker, "no worker was used");
    assert.equal(await page.title(), "Verified · Tallystick verifier");
    assert.match(await page.locator(".claims.proven").textContent(), /All events from #0 to #129 are here/);
    assert.equal(await page.locator(".event").count(), 50);
    await page.getByRole("button", { name: "#3", exact: true }).click();
    assert.match(await page.locator("#event-3").textContent(), /Erased for good, as the log's entry #12 says/);
    await page.getByRole("button", { name: "#7", exact: true }).click();
    assert.match(await page.locator("#event-7").textContent(), /Left out of this copy/);
    await accessible(page);
    await shot(page, `verified-${where}`);
    await close();
  });
}

test("files are chosen by buttons, and a policy that comes later is used", async () => {
  const { page, close } = await open("file");
  await page.setInputFiles("#evidence-input", file("pack.tar", GOOD));
  await page.waitForSelector("#verdict");
  assert.equal(await verdict(page), "Consistent with itself only");
  const said = await page.locator("#result").textContent();
  assert.match(said, /proves only that the evidence pack is consistent with itself/);
  assert.match(said, /Compare these keys/);
  assert.ok(said.includes(keys.log.vkey) && !said.includes("Verified"), "nothing may look verified");
  await accessible(page);
  await shot(page, "no-policy");
  await page.setInputFiles("#policy-input", file("some.policy", POLICY));
  await page.waitForSelector(".verdict.proven");
  await close();
});

test("keys are pasted instead of a policy", async () => {
  const { page, close } = await open(address);
  await page.setInputFiles("#evidence-input", file("pack.tar", GOOD));
  await page.getByText("Paste keys instead").click();
  await page.fill("#keys-text", [keys.log, keys.directory, keys.w1, keys.w2].map((key) => key.vkey).join("\n"));
  await page.getByRole("button", { name: "Use these keys" }).click();
  await page.waitForSelector(".verdict.proven");
  await page.fill("#keys-text", "nonsense");
  await page.getByRole("button", { name: "Use these keys" }).click();
  await page.waitForFunction(() => document.getElementById("trouble").textContent.includes("cannot be used"));
  await close();
});

test("a pack that was tampered with: which event, and why", async () => {
  const { page, close } = await openWith(TAMPERED);
  assert.equal(await verdict(page), "Tampered with");
  assert.match(await page.locator(".verdict").textContent(), /1 event is not what the log committed to/);
  assert.match(await page.locator("#result table").first().textContent(), /#40Tampered with/);
  assert.equal(await page.locator(".event.tampered").count(), 1);
  await accessible(page);
  await shot(page, "tampered");
  await close();
});

test("events of a log that does not hold are not shown as verified", async () => {
  const changed = Buffer.from(GOOD);
  const at = changed.indexOf(Buffer.from("erasures.ndjson")) + 512 + 20;
  changed[changed.indexOf('"]}', changed.indexOf('"proof":["', at)) - 6] ^= 1;
  const { page, close } = await openWith(changed);
  assert.equal(await verdict(page), "Tampered with");
  await page.waitForSelector(".event");
  assert.ok(!(await page.locator(".events").textContent()).includes("Verified"));
  await shot(page, "log-does-not-hold");
  await close();
});

test("a file that is no pack, and one that is cut short", async () => {
  const { page, close } = await open("file");
  await drop(page, [["pack.tar", GOOD.subarray(0, 5000)]]);
  assert.equal(await verdict(page), "Cannot be read");
  await accessible(page);
  await shot(page, "cut-short");
  await page.setInputFiles("#evidence-input", file("notes.txt", "hello"));
  await page.waitForFunction(() =>
    document.getElementById("trouble").textContent.includes("neither an evidence pack"),
  );
  await close();
});

test("an event proof, opened at once, and a tlog-proof with its record", async () => {
  const { page, close } = await open("file");
  const proof = eventProof(log, 3, { directory: directoryOf(log, 130) });
  await drop(page, [
    ["p.policy", POLICY],
    ["event.json", JSON.stringify(proof)],
  ]);
  assert.equal(await verdict(page), "Verified");
  await page.waitForSelector("#event-3:not([hidden])");
  await accessible(page);
  await shot(page, "event");
  const { proof: text, record } = eventProof(log, 9);
  await drop(page, [
    ["e.tlog-proof", text],
    ["record.json", JSON.stringify(record)],
  ]);
  await page.waitForSelector("#event-9:not([hidden])");
  assert.equal(await verdict(page), "Not conclusive");
  await close();
});

test("a proof and its event come one after the other, and the policy last", async () => {
  const { page, close } = await open("file");
  const { proof: text, record } = eventProof(log, 9);
  await page.setInputFiles("#evidence-input", file("e.tlog-proof", text));
  await page.waitForFunction(() => document.getElementById("trouble").textContent.includes("needs the event"));
  await page.setInputFiles("#evidence-input", file("record.json", JSON.stringify(record)));
  await page.waitForSelector(".verdict.inconclusive");
  await page.setInputFiles("#policy-input", file("none.policy", policyText("quorum none")));
  await page.waitForSelector(".verdict.proven");
  await close();
});

test("events are looked through page by page", async () => {
  const large = makeLog(9000);
  const { page, close } = await openWith(makePack(large, { from: 100, to: 9000, perChunk: 1000 }));
  const entry = (seq) => page.getByRole("button", { name: `#${seq}`, exact: true }).waitFor();
  await entry(100);
  await page.getByRole("button", { name: "Later" }).click();
  await entry(150);
  await page.fill("#wanted", "8123");
  await page.getByRole("button", { name: "Go" }).click();
  await entry(8123);
  assert.match(await page.locator(".pager").textContent(), /8,001 to 8,050 of 8,900/);
  await close();
});

test("the report is downloaded", async () => {
  const { page, close } = await openWith(GOOD);
  const waiting = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download the report as JSON" }).click();
  const report = JSON.parse(readFileSync(await (await waiting).path(), "utf8"));
  assert.deepEqual([report.conclusion, report.counts.records], ["proven", 130]);
  await close();
});

test("hostile text stays text, and what hides is made visible", async () => {
  const { page, close } = await open("file");
  await dropPack(page, GOOD, "<img src=x>.tar");
  assert.equal(await page.locator("main img").count(), 0);
  assert.match(
    await page.locator("tbody").last().textContent(),
    /Zoë ⟨U\+202E⟩evil⟨U\+202C⟩ <img src=x onerror=alert\(1\)>/,
  );
  await close();
});

test("dark, and 390 px wide", async () => {
  for (const [name, options] of [
    ["dark", { colorScheme: "dark" }],
    ["narrow", { viewport: { width: 390, height: 844 } }],
    ["narrow-dark", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }],
  ]) {
    for (const [kind, pack] of [
      ["verified", GOOD],
      ["tampered", TAMPERED],
    ]) {
      const { page, close } = await openWith(pack, options);
      await page.getByRole("button", { name: "#3", exact: true }).click();
      await accessible(page);
      await noSideScroll(page);
      await shot(page, `${kind}-${name}`);
      await close();
    }
  }
});

test("by keyboard alone", async () => {
  const { page, close } = await openWith(GOOD);
  assert.equal(await page.evaluate(() => document.activeElement.id), "verdict");
  for (let i = 0; i < 5; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.classList.contains("toggle"))) break;
  }
  await page.keyboard.press("Enter");
  await page.waitForSelector("#event-0:not([hidden])");
  await close();
});

test("where no worker can be made, the page checks by itself", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.addInitScript(() => delete globalThis.Worker);
  await page.goto(`file://${PAGE}`);
  await dropPack(page, GOOD);
  assert.equal(await verdict(page), "Verified");
  await context.close();
});

test("nothing can be sent, and no script but the page's own can run", async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(address);
  const outcome = await page.evaluate(async () => {
    const fetched = await fetch("/verify").then(
      () => "sent",
      () => "refused",
    );
    const script = document.createElement("script");
    let set = "run";
    try {
      script.text = "globalThis.intruder = true";
      document.body.append(script);
    } catch {
      set = "refused";
    }
    return [fetched, set, globalThis.intruder ?? "none"];
  });
  assert.equal(outcome[0], "refused");
  assert.equal(outcome[2], "none");
  await context.close();
});
