// What the page says of proofs, keys and the state of a log when something about them is wrong, in a browser.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { test } from "node:test";

import { open as openPage } from "./browser.mjs";
import { shared } from "./shared.mjs";

const open = (path, options) => openPage(shared.browser, shared.service, path, options);
const verify = async (page) => {
  await page.waitForFunction(() => !document.querySelector(".verify")?.disabled);
  await page.locator(".verify").click();
  await page.waitForFunction(() => document.querySelector(".proof ol") && !document.querySelector(".verify").disabled);
};
const title = (page) => page.locator(".proof b").first().textContent();

/** A log key for this origin that has signed nothing. */
function anotherKey(origin) {
  const { publicKey } = generateKeyPairSync("ed25519");
  const key = Buffer.concat([Buffer.from([1]), publicKey.export({ type: "spki", format: "der" }).subarray(-32)]);
  const id = createHash("sha256").update(`${origin}\n`).update(key).digest("hex").slice(0, 8);
  return `${origin}+${id}+${key.toString("base64")}`;
}

/** Alters what the service says of keys. */
const listing = (page, change) =>
  page.route("**/.well-known/tallystick-keys.json*", async (route) => {
    const response = await route.fetch();
    const found = await response.json();
    await route.fulfill({ response, json: { ...found, keys: change(found.keys, found.origin) } });
  });
const heads = (page) => page.evaluate(() => JSON.parse(localStorage.getItem("tallystick.heads")));
const pin = (page, origin, signers) =>
  page.evaluate(
    ([name, keys]) => localStorage.setItem("tallystick.heads", JSON.stringify({ [name]: { signers: keys } })),
    [origin, signers],
  );

for (const [name, change] of [
  ["changes", (event) => event.changes && (event.changes[0].new = "never so")],
  ["the outcome", (event) => (event.outcome = event.outcome === "denied" ? "success" : "denied")],
  ["metadata that were not there", (event) => (event.metadata = { ...event.metadata, planted: true })],
  ["the time received", (event) => (event.received_at = event.received_at.replace(/^..../, "2001"))],
]) {
  test(`an event that is shown otherwise than the log has it does not verify: ${name}`, async () => {
    const { page, close } = await open("/integrity");
    await page.route("**/v1/events?*", async (route) => {
      const response = await route.fetch();
      const found = await response.json();
      found.events.forEach(change);
      await route.fulfill({ response, json: found });
    });
    await page.locator('.rail [data-screen="/events"]').click();
    await page.locator("#query").fill("has:diff");
    await page.press("#query", "Enter");
    await page.waitForURL(/q=has:diff/);
    await page.waitForFunction(
      () => !document.querySelector(".rows.stale") && document.querySelector(".row:not(.ghost-row)"),
    );
    await page.locator(".row").first().click();
    await verify(page);
    assert.equal(await title(page), "Does not verify");
    assert.match(await page.locator(".proof li.no").first().textContent(), /The event shown is not the one in the log/);
    await close();
  });
}

test("a key is known only if it has signed here before, not by being listed beside one that has", async () => {
  const { page, close } = await open("/events?range=90d&q=has:diff");
  await page.locator(".row").first().click();
  await verify(page);
  const [[origin, { signers }]] = Object.entries(await heads(page));
  const [[own, since]] = Object.entries(signers);
  assert.match(await page.locator(".proof ol").textContent(), /seen here for the first time/);

  const foreign = anotherKey(origin);
  await listing(page, (keys) => [...keys, { ...keys[0], vkey: foreign }]);
  await verify(page);
  assert.match(await page.locator(".proof ol").textContent(), new RegExp(`known here since ${since.slice(0, 10)}`));
  assert.deepEqual(Object.keys((await heads(page))[origin].signers), [own], "what is only listed is not remembered");

  // The list overlaps with what is known, but who signed is somebody else.
  await pin(page, origin, { [foreign]: "2026-01-01T00:00:00.000Z" });
  await verify(page);
  const said = await page.locator(".proof ol").textContent();
  assert.match(said, /Signed by a key that is new to this browser/);
  assert.doesNotMatch(said, /known here since/);
  assert.match(said, /head of this log that this browser has seen/, "the head is compared all the same");

  await pin(page, origin, { [anotherKey(origin)]: "2026-01-01T00:00:00.000Z" });
  await verify(page);
  assert.equal(await title(page), "Does not verify");
  assert.match(await page.locator(".proof li.no").first().textContent(), /not the one this browser knows/);
  await close();
});
