// The other screens in a browser, and what lies over all of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, open as openPage } from "./browser.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const open = (path, options) => openPage(shared.browser, shared.service, path, options);
const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
/** Each screen with something that is there when it is. */
const SCREENS = [
  ["/", ".overview .ranking"],
  ["/entities?side=target", ".sheet tbody tr"],
  ["/entities/actor/user/u_1204", ".moment"],
  ["/entities/target/escalation_policy/ep_platform", ".slider"],
  ["/integrity", ".verdict"],
];

for (const [name, options] of LOOKS) {
  test(`every screen is whole and accessible: ${name}`, async () => {
    for (const [path, part] of SCREENS) {
      const { page, close } = await open(path, options);
      await page.waitForSelector(part);
      await page.waitForLoadState("networkidle");
      await accessible(page);
      await noSideScroll(page);
      await close();
    }
  });
}

test("an entity is found, and its timeline leads to its events", async () => {
  const { page, close } = await open("/entities");
  await page.getByRole("searchbox").fill("tomás");
  await page.waitForURL(/contains=tom/);
  await page.waitForFunction(() => document.querySelectorAll(".sheet tbody tr").length === 1);
  await page.getByRole("link", { name: /Tomás/ }).click();
  await page.waitForURL(/\/entities\/actor\//);
  await page.waitForSelector(".moment");
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /Tomás/);
  await page.getByRole("link", { name: "Open in Events" }).click();
  await page.waitForURL(/\/events\?q=actor.id/);
  await page.waitForSelector(".row");
  await close();
});

test("the state of a target at a time follows its changes", async () => {
  const id = `st_${Date.now()}`;
  const change = (hour, old, now, op = "replace") => ({
    action: "schedule.updated",
    occurred_at: new Date(Date.now() - hour * 3_600_000).toISOString(),
    outcome: "success",
    actor: { type: "user", id: "u_state", name: "State Setter" },
    targets: [{ type: "schedule", id, name: "Night shift" }],
    changes: [op === "add" ? { op, path: "/zone", new: now } : { op, path: "/zone", old, new: now }],
  });
  await shared.service.send([
    change(3, null, "UTC", "add"),
    change(2, "UTC", "Europe/Madrid"),
    change(1, "Europe/Madrid", "Asia/Tokyo"),
  ]);
  const { page, close } = await open(`/entities/target/schedule/${id}`);
  const value = page.locator(".slider ~ .scroll tbody td").first();
  await page.waitForSelector(".slider");
  assert.equal(await value.textContent(), "Asia/Tokyo");
  await page.focus(".slider");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await value.textContent(), "Europe/Madrid");
  await page.keyboard.press("Home");
  assert.equal(await value.textContent(), "not set");
  await close();
});

test("an id, a proof and a pack are verified, and a forged proof is not", async () => {
  const { events } = await shared.service.get(`/v1/events?org=${ORG}&limit=1&q=has:diff`);
  const headers = { authorization: `Bearer ${shared.service.key}` };
  const proof = await (await fetch(`${shared.service.url}/v1/events/${events[0].id}/proof`, { headers })).text();
  const pack = await (
    await fetch(`${shared.service.url}/v1/evidence?org=${ORG}&first_seq=0&end_seq=50`, { headers })
  ).arrayBuffer();
  const { page, close } = await open("/integrity");
  const box = page.getByRole("textbox", { name: "Event id or proof" });
  const verdict = page.locator(".verify-body .verdict h2");
  const run = async (text, wanted) => {
    await box.fill(text);
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await verdict.filter({ hasText: wanted }).waitFor();
  };
  await run(events[0].id, "Verified");
  await run(proof, "Verified");
  const forged = JSON.parse(proof);
  forged.record.units[0].d = `${forged.record.units[0].d.slice(0, -2)}AA`;
  await run(JSON.stringify(forged), "Tampered with");
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "a.tallystick-pack.tar", mimeType: "application/x-tar", buffer: Buffer.from(pack) });
  await verdict.filter({ hasText: "Verified" }).waitFor();
  assert.match(await page.locator(".verify-body").textContent(), /50 events/);
  assert.match(await page.locator(".verify-body .verdict").textContent(), /a\.tallystick-pack\.tar/);

  // Of two, one behind the other, the answer is that of the second, however long the first takes.
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(`**/v1/events/${events[0].id}/proof`, async (route) => {
    await held;
    await route.continue();
  });
  await box.fill(events[0].id);
  await page.getByRole("button", { name: "Verify in this browser" }).click();
  const files = page.locator("input[type=file]");
  const same = { name: "forged.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(forged)) };
  await files.setInputFiles(same);
  await verdict.filter({ hasText: "Tampered with" }).waitFor();
  // The last that a check asks the service for; what follows takes no other request.
  const answered = page.waitForResponse("**/.well-known/tallystick-keys.json*");
  release();
  await answered;
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  assert.match(await page.locator(".verify-body .verdict").textContent(), /Tampered with.*forged\.json/);
  assert.equal(await files.inputValue(), "", "the same file can be chosen again");
  await close();
});

test("every number of the overview leads to the events it counts", async () => {
  const { page, close } = await open("/?range=30d");
  await page.waitForSelector(".overview .plain .number");
  const row = page.locator(".plain li", { hasText: "Deletions" });
  await page.waitForFunction(
    () => ![...document.querySelectorAll(".plain .number")].some((one) => one.textContent === "…"),
  );
  const number = await row.locator(".number").textContent();
  await row.getByRole("link").click();
  await page.waitForURL(/\/events/);
  await page.waitForFunction((wanted) => document.querySelector(".total b")?.textContent === wanted, number);
  await close();
});

test("the palette goes anywhere by keys", async () => {
  const { page, close } = await open("/");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).waitFor();
  await accessible(page);
  await page.keyboard.type("Māia");
  await page
    .getByRole("option", { name: /Māia Tūhoe/ })
    .first()
    .waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).waitFor();
  await page.keyboard.type("integ");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/integrity$/);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).waitFor();
  await page.keyboard.type(`evt_${"0".repeat(32)}`);
  await page
    .getByRole("option", { name: /event$/ })
    .first()
    .waitFor();
  await close();
});

test("an event that is not there is said to be", async () => {
  const { page, close } = await open(`/events/evt_${"0".repeat(32)}`, { expected: [/404/] });
  await page.getByText("There is no such event.").waitFor();
  await accessible(page);
  await close();
});

test("an event is a page of its own", async () => {
  const { events } = await shared.service.get(`/v1/events?org=${ORG}&limit=1&q=has:diff`);
  for (const [, options] of LOOKS) {
    const { page, close } = await open(`/events/${events[0].id}`, options);
    await page.waitForSelector("#event-sentence");
    await page.locator(".verify").click();
    await page.locator(".proof b", { hasText: "Verified in this browser" }).waitFor();
    await accessible(page);
    await noSideScroll(page);
    await close();
  }
});

test("the theme that was chosen is there before anything is painted", async () => {
  const { page, close } = await open("/integrity", { colorScheme: "light" });
  const button = page.getByRole("button", { name: /theme|Theme/ });
  await button.click();
  await button.click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.reload();
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
  await close();
});

test("without a session the browser is sent to sign in, and back", async () => {
  const { page, context } = await open("/integrity");
  await page.route("**/v1/**", (route) =>
    route.fulfill({ status: 401, json: { code: "unauthenticated", detail: "no session" } }),
  );
  await page.goto(`${shared.service.url}/events?q=actor:alice`);
  await page.waitForURL((url) => url.pathname === "/sign-in");
  assert.equal(new URL(page.url()).searchParams.get("next"), "/events?q=actor:alice");
  await context.close();
});
