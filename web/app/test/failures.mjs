// What happens when a part cannot be loaded, and what comes between two answers, in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open as openPage, rowsShown } from "./browser.mjs";
import { shared } from "./shared.mjs";

const open = (path, options) => openPage(shared.browser, shared.service, path, options);
const LOST = "A part of this page could not be loaded.";
const REFUSED = { expected: [/ERR_FAILED|Failed to (load|fetch)/] };
const walker = (door, name) => ({ action: `${door}.opened`, actor: { type: "user", id: "u_live", name } });

test("a part that could not be loaded is said to be, and loaded when it is wanted again", async () => {
  const { page, close } = await open("/", REFUSED);
  await page.route("**/zone-menu.js", (route) => route.abort());
  await page.getByTitle("Time zone").click();
  await page.getByText(LOST).waitFor();
  await page.unroute("**/zone-menu.js");
  await page.keyboard.press("Escape");
  await page.getByTitle("Time zone").click();
  await page.getByLabel("Another time zone").waitFor();
  assert.equal(await page.getByText(LOST).count(), 0);
  await close();
});

test("a screen that could not be loaded is not shown over another, and is tried again", async () => {
  const { page, close } = await open("/", REFUSED);
  await page.locator(".overview").waitFor();
  let refuse;
  await page.route("**/chunks/integrity.js", (route) => {
    refuse = () => route.abort();
  });
  await page.locator('.rail [data-screen="/integrity"]').click();
  await page.locator('.rail [data-screen="/entities"]').click();
  await page.getByRole("heading", { name: "Entities" }).waitFor();
  const failed = page.waitForEvent("requestfailed");
  refuse();
  await failed;
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(await page.getByText(LOST).count(), 0);

  await page.unroute("**/chunks/integrity.js");
  await page.route("**/chunks/integrity.js", (route) => route.abort());
  await page.locator('.rail [data-screen="/integrity"]').click();
  await page.getByText(LOST).waitFor();
  await page.unroute("**/chunks/integrity.js");
  await page.locator('.rail [data-screen="/entities"]').click();
  await page.getByRole("heading", { name: "Entities" }).waitFor();
  await page.locator('.rail [data-screen="/integrity"]').click();
  await page.locator(".verdict").waitFor();
  await close();
});

test("every screen goes on by itself when the service is back", async () => {
  const { page, close, context } = await open("/entities", { expected: [/ERR_|Failed to load/] });
  await page.locator(".sheet tbody tr").first().waitFor();
  await context.setOffline(true);
  await page.getByRole("button", { name: "Targets" }).click();
  await page.getByText("The service cannot be reached.").first().waitFor();
  await page.getByText(/it goes on by itself/).waitFor();
  await context.setOffline(false);
  await page.getByRole("columnheader", { name: "Type" }).waitFor();
  assert.equal(await page.locator(".trouble").count(), 0);
  await close();
});

test("days that could not be loaded are there after another try", async () => {
  const { page, close } = await open("/", { expected: [/500/] });
  await page.route("**/v1/events?*limit=60*", (route) => route.fulfill({ status: 500, json: { detail: "no days" } }));
  await page.goto(`${shared.service.url}/entities/actor/user/u_1204`);
  await page.getByText("no days").waitFor();
  await page.unroute("**/v1/events?*limit=60*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.locator(".moment").first().waitFor();
  assert.equal(await page.getByText("There are no events.").count(), 0);
  await close();
});

for (const [name, query] of [
  ["with a query", (door) => `?range=24h&q=action:${door}`],
  ["without one", () => "?range=24h"],
]) {
  test(`switching Live on leaves no hole behind the rows ${name}`, async () => {
    const door = `hole_${Date.now()}`;
    const { page, close } = await open(`/events${query(door)}`);
    await page.waitForFunction(() => document.querySelector(".rows")?.getAttribute("aria-busy") === "false");
    await shared.service.send([walker(door, `Between ${door}`)]);
    await page.locator("button.live").click();
    await page.locator(".row", { hasText: `Between ${door}` }).waitFor();
    assert.equal(await page.locator(".row", { hasText: `Between ${door}` }).count(), 1);
    await close();
  });
}

test("an event that comes live while rows are loaded is shown with them", async () => {
  const door = `load_${Date.now()}`;
  await shared.service.send([walker(door, "Walker 0")]);
  const { page, close } = await open(`/events?range=24h&q=action:${door}&live=1`);
  await rowsShown(page);
  await shared.service.send([walker(door, "Walker 1")]);
  await page.locator(".row", { hasText: "Walker 1" }).waitFor();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/v1/events?*", async (route) => {
    const response = await route.fetch();
    await held;
    await route.fulfill({ response });
  });
  const asked = page.waitForResponse("**/v1/count?*from=*");
  await page.getByTitle("Range of time").click();
  await page.getByRole("button", { name: "Last 30 days" }).click();
  await asked;
  await shared.service.send([walker(door, "Walker 2")]);
  await page.getByRole("button", { name: /1 new event/ }).waitFor();
  release();
  await page.locator(".row", { hasText: "Walker 2" }).waitFor();
  assert.equal(await page.locator(".row").count(), 3);
  await close();
});

test("an event that came live is copied as the service gave it", async () => {
  const door = `copy_${Date.now()}`;
  await shared.service.send([walker(door, "Walker 0")]);
  const { page, close } = await open(`/events?range=24h&q=action:${door}&live=1`, {
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await rowsShown(page);
  await page.locator('.live[aria-pressed="true"]', { hasText: "Live" }).waitFor();
  const [stored] = await shared.service.send([walker(door, "Walker 1")]);
  await page.locator(".row.fresh", { hasText: "Walker 1" }).waitFor();
  await page.locator(".rows").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("y");
  await page.getByText("Event copied as JSON").waitFor();
  const copied = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  // The sentence is made when somebody asks, and is not of the event.
  const { sentence, ...event } = await shared.service.get(`/v1/events/${stored.id}`);
  assert.ok(sentence);
  assert.deepEqual(copied, event);
  await close();
});

test("events that the tail had to leave out are said to be missing, and loaded", async () => {
  const door = `gap_${Date.now()}`;
  await shared.service.send([walker(door, "Walker 0")]);
  const { page, close } = await open(`/events?range=24h&q=action:${door}.*`);
  await rowsShown(page);
  const left = await shared.service.send([1, 2, 3].map((number) => walker(door, `Walker ${number}`)));
  const [from_seq, to_seq] = [left.at(0).seq, left.at(-1).seq];
  const gap = JSON.stringify({ from_seq, to_seq, count: to_seq - from_seq + 1 });
  // As the service says it to a reader who is too slow; what follows is the service's own.
  const body = `event: gap\nid: ${to_seq}\ndata: ${gap}\n\n`;
  const once = { times: 1 };
  await page.route("**/v1/tail?*", (route) => route.fulfill({ contentType: "text/event-stream", body }), once);
  await page.keyboard.press("l");
  await page.locator(".gap", { hasText: /events are not shown here/ }).waitFor();
  await page.locator(".gap").getByRole("button", { name: "load" }).click();
  await page.waitForURL((url) => url.searchParams.get("q").includes(`seq:${from_seq}..${to_seq}`));
  // What was shown before stays until the answer is there.
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 3);
  await page.locator(".row", { hasText: "Walker 3" }).waitFor();
  assert.equal(await page.locator(".live").getAttribute("aria-pressed"), "false");
  await close();
});

test("without single keys the table still is worked by arrows, Enter and Space", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.evaluate(() => localStorage.setItem("tallystick.singleKeys", "false"));
  await page.reload();
  await rowsShown(page);
  await page.locator(".rows").focus();
  await page.keyboard.press("j");
  assert.equal(await page.locator(".row.active").count(), 0);
  await page.keyboard.press("ArrowDown");
  await page.locator(".row.active").waitFor();
  await page.keyboard.press("Space");
  await page.getByText("1 selected").waitFor();
  await page.keyboard.press("Enter");
  await page.locator("#event-sentence").waitFor();
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("event"));
  await close();
});

test("values are picked one after the other, and a filter begins with its field", async () => {
  const { page, close } = await open("/events?range=30d&q=outcome:failure");
  await rowsShown(page);
  await page.getByTitle("Change this filter").click();
  await page.locator(".menu").getByRole("checkbox", { name: /denied/ }).click();
  await page.waitForURL(/q=outcome:failure,denied/);
  await page.locator(".menu").getByRole("checkbox", { name: /success/ }).click();
  await page.waitForURL(/q=outcome:failure,denied,success/);
  await page.keyboard.press("Escape");
  await page.getByTitle("Add a filter").click();
  await page.locator(".menu .item").first().click();
  await page.getByLabel(/^Value of/).waitFor();
  await page.keyboard.press("Escape");
  await page.getByTitle("Add a filter").click();
  await page.locator(".menu .item code").first().waitFor();
  await close();
});

test("over plain HTTP a secret in a dialog is copied, and the dialog says so", async () => {
  const { page, close } = await open("/access?tab=keys", { foreign: true });
  assert.equal(await page.evaluate(() => isSecureContext), false);
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name", { exact: true }).fill(`copied ${Date.now()}`);
  await page.getByLabel(/read events and take evidence/).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const secret = page.locator("pre.once");
  await secret.waitFor();
  const text = await secret.textContent();
  await page.evaluate(() => {
    document.addEventListener("copy", () => (window.copied = document.activeElement.value));
  });
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  await page.locator("dialog .toast", { hasText: "copied" }).waitFor();
  assert.equal(await page.evaluate(() => window.copied), text);
  await close();
});

test("new numbers do not end what is being drawn on the histogram", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.waitForSelector("svg.bars rect");
  const box = await page.locator("svg.bars").boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 4 });
  await page.locator("svg.bars .brush").waitFor();
  const loaded = page.waitForResponse("**/v1/histogram*");
  // The same search again, as Live does it now and then.
  await page.evaluate(() => dispatchEvent(new Event("tallystick:again")));
  await loaded;
  await page.waitForFunction(() => !document.querySelector(".histogram.stale"));
  assert.equal(await page.locator("svg.bars .brush").count(), 1);
  await page.mouse.up();
  await page.waitForURL(/from=.*&to=/);
  await close();
});

test("on a narrow screen the filters take the focus, and Escape gives it back", async () => {
  const { page, close } = await open("/events?range=30d", { viewport: { width: 390, height: 844 } });
  await rowsShown(page);
  const filters = page.getByRole("button", { name: "Filters" });
  await filters.click();
  await page.waitForFunction(() => document.activeElement?.id === "facets");
  await page.keyboard.press("Escape");
  await page.locator("#facets").waitFor({ state: "detached" });
  assert.ok(await filters.evaluate((button) => button === document.activeElement));
  await close();
});

test("an organization that is not for somebody to see is said to be", async () => {
  const { page, close } = await open("/access?org=nowhere", { expected: [/40[34]/] });
  await page.getByText("This organization is not there, or not for you to see.").waitFor();
  await close();
});
