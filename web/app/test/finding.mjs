// What helps to find and to hand over, in a browser: saved searches, long links, shared events, what belongs to an
// event.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, open as openPage, rowsShown } from "./browser.mjs";
import { invited, open as openAs } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const HOSTILE = '"><img src=x onerror=alert(1)>\u202eevil';
const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
const people = {};
const person = (role) => (people[role] ??= invited(role));
const open = async (path, role, options) => {
  const who = role === "owner" ? shared.service.owner : await person(role);
  const opened = await openAs(path, who, options);
  return opened;
};
const menu = (page) => page.getByTitle("Saved searches");
const address = (page) => new URL(page.url());
const clipboard = { permissions: ["clipboard-read", "clipboard-write"] };
const copied = (page) => page.evaluate(() => navigator.clipboard.readText());

/** An event of a hostile actor, and its id. */
async function hostileEvent() {
  const [stored] = await shared.service.send([
    {
      action: "escalation_policy.updated",
      outcome: "denied",
      actor: { type: "user", id: "u_finding", name: HOSTILE },
      targets: [{ type: "escalation_policy", id: "ep_finding", name: "Payments / P1" }],
      context: { ip: "192.0.2.77", request_id: "req-finding", session_id: 'ses "finding"' },
      changes: [{ op: "replace", path: "/levels/0", old: "<b>5</b>", new: HOSTILE }],
      metadata: { long: "x".repeat(5_000) },
    },
  ]);
  return stored.id;
}

test("a search is saved by a key, shown again from the menu, changed, shared, and deleted", async () => {
  const { page, close } = await open("/events?range=30d&q=outcome:denied&group=action", "owner");
  await rowsShown(page);
  await page.keyboard.press("s");
  const dialog = page.getByRole("dialog", { name: "Save this search" });
  await dialog.waitFor();
  await accessible(page);
  await page.getByLabel("Name").fill(`Refused ${HOSTILE}`);
  await dialog.getByRole("button", { name: "Save" }).click();
  await page.waitForURL(/view=sv_/);
  await page.waitForFunction(() => /^Refused/.test(document.querySelector('[title="Saved searches"]').textContent));
  assert.match(await menu(page).textContent(), /⟨U\+202E⟩/);
  assert.equal(await page.locator("main img").count(), 0);
  const view = address(page).searchParams.get("view");

  await page.goto(`${shared.service.url}/events?view=${view}`);
  await page.waitForURL(/q=outcome:denied/);
  assert.equal(address(page).searchParams.get("range"), "30d");
  assert.equal(address(page).searchParams.get("group"), "action");
  await page.fill("#query", "outcome:denied,failure");
  await page.press("#query", "Enter");
  await page.waitForFunction(() => /changed/.test(document.querySelector('[title="Saved searches"]').textContent));
  await menu(page).click();
  await accessible(page);
  await page.getByRole("button", { name: /Save the changes/ }).click();
  await page.waitForFunction(() => !/changed/.test(document.querySelector('[title="Saved searches"]').textContent));

  await menu(page).click();
  await page.getByRole("button", { name: /^Change Refused/ }).click();
  await page.getByRole("checkbox", { name: /sees it/ }).check();
  await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("Search changed").last().waitFor();

  const other = await open("/events?range=24h", "member");
  await menu(other.page).click();
  const kept = other.page.locator(".kept", { hasText: "Refused" });
  await kept.waitFor();
  assert.equal(await kept.getByRole("button", { name: /^Change/ }).count(), 0, "it belongs to somebody else");
  await kept.locator(".item").click();
  await other.page.waitForURL(/q=outcome:denied,failure/);
  await other.page.keyboard.press("Control+k");
  await other.page.getByRole("combobox", { name: "Go to" }).fill("refused");
  await other.page.getByRole("option", { name: /saved search/ }).waitFor();
  await other.close();

  await menu(page).click();
  await page.getByRole("button", { name: /^Change Refused/ }).click();
  await page.getByRole("button", { name: /Delete it/ }).click();
  await page.getByRole("button", { name: "Delete the search" }).click();
  await page.waitForURL((url) => !url.searchParams.has("view"));
  await close();
  const gone = await open(`/events?view=${view}`, "member");
  await gone.page.getByText("is not there, or not for you to see").waitFor();
  await gone.page.waitForURL((url) => !url.searchParams.has("view"));
  await gone.close();
});

test("the menu of searches fits a narrow window, in both themes", async () => {
  for (const [, options] of LOOKS) {
    const { page, close } = await open("/events?range=24h", "member", options);
    await menu(page).click();
    await page.getByRole("heading", { name: "Ready-made" }).waitFor();
    // What lies half below it is no smaller for that.
    await accessible(page, ".searches");
    await noSideScroll(page);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator(".searches").count(), 0);
    await close();
  }
});

test("a long link is copied as a short one, which leads on only those who may see it", async () => {
  const names = Array.from({ length: 40 }, (_, n) => `somebody-with-a-name-that-is-as-long-as-names-are-at-times-${n}`);
  const q = `outcome:denied -actor:${names.join(",")}`;
  const path = `/events?range=30d&q=${encodeURIComponent(q)}`;
  const { page, close, context } = await open(path, "member", clipboard);
  await rowsShown(page);
  await page.focus(".rows");
  await page.keyboard.press("e");
  await page.getByText("as a short one").waitFor();
  const link = await copied(page);
  assert.match(link, /\/s\/[0-9a-z]{20}$/);
  await page.goto(link);
  await rowsShown(page);
  assert.equal(address(page).searchParams.get("q"), q);
  await context.clearCookies();
  await page.goto(link);
  await page.waitForURL(/sign-in/);
  await close();
});

test("what belongs to an event is counted by one request, and each number leads to its events", async () => {
  const id = await hostileEvent();
  const { page, close, seen } = await openPage(shared.browser, shared.service, `/events?range=24h&event=${id}`);
  const links = page.locator(".related a");
  await links.first().waitFor();
  const asked = seen.requests.filter((url) => url.includes(`/v1/events/${id}/related`));
  assert.equal(asked.length, 1);
  const session = page.locator(".related a", { hasText: "Same session" });
  const count = Number(await session.locator("em").textContent());
  assert.ok(count >= 1);
  await session.click();
  await page.waitForURL(/q=session/);
  await page.waitForFunction(
    (wanted) => document.querySelector(".total b")?.textContent === String(wanted),
    count,
  );
  await page.goto(`${shared.service.url}/events/${id}`);
  await page.locator(".related a", { hasText: "Around it in the log" }).click();
  await page.waitForURL(/q=seq/);
  await page.waitForSelector(`#event-sentence`);
  assert.equal(address(page).searchParams.get("event"), id);
  await page.waitForSelector('.row[aria-selected="true"]');
  await close();
});

test("an event is shared with somebody outside, who sees it without scripts, and the link is taken back", async () => {
  const id = await hostileEvent();
  const { page, close } = await open(`/events?range=24h&event=${id}`, "owner", clipboard);
  await page.getByRole("button", { name: "Share with somebody outside" }).click();
  const dialog = page.getByRole("dialog", { name: "Share this event" });
  await dialog.waitFor();
  await accessible(page);
  await page.getByLabel("For whom or what").fill("The auditor of 2026");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await page.locator(".once").textContent();
  await accessible(page);
  await page.getByRole("button", { name: "Done" }).click();

  for (const [, options] of LOOKS) {
    const context = await shared.browser.newContext({ ...options, javaScriptEnabled: false });
    const outside = await context.newPage();
    await outside.goto(link);
    const text = await outside.locator("main").textContent();
    assert.match(text, /⟨U\+202E⟩evil was not allowed to update escalation policy Payments \/ P1/);
    assert.match(text, /The log's proof holds/);
    assert.match(text, /192\.0\.2\.77/);
    assert.ok(!text.includes("auditor of 2026") && text.length < 12_000, `${text.length}`);
    assert.equal(await outside.locator("main img, script, form, iframe").count(), 0);
    await context.close();
    // Scripts are only for looking at it: the page has none.
    const looked = await shared.browser.newContext({ ...options, bypassCSP: true });
    const own = await looked.newPage();
    await own.goto(link);
    await accessible(own);
    await noSideScroll(own);
    await looked.close();
  }
  const proof = await (await fetch(`${link}/proof.json`)).text();
  assert.equal(JSON.parse(proof).version, 1);

  await page.goto(`${shared.service.url}/access?tab=shares`);
  const row = page.locator("tr", { hasText: "The auditor of 2026" });
  await row.waitFor();
  await accessible(page);
  await row.getByRole("button", { name: /Revoke/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke the link" }).click();
  await page.getByText("Link revoked").waitFor();
  await page.waitForFunction(() => !document.body.textContent.includes("The auditor of 2026"));
  assert.equal((await fetch(link)).status, 404);
  const recorded = await shared.service.get(`/v1/count?org=${ORG}&q=action:audit_share.revoked`);
  assert.ok(recorded.count >= 1);
  await close();
});

test("who may not take events away is not offered to share them", async () => {
  const id = await hostileEvent();
  const { page, close } = await open(`/events?range=24h&event=${id}`, "member");
  await page.waitForSelector("#event-sentence");
  assert.equal(await page.getByRole("button", { name: /Share with/ }).count(), 0);
  await page.goto(`${shared.service.url}/access?tab=shares`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Shared events" }).count(), 0);
  await close();
});

test("the tab of shared events is whole and accessible", async () => {
  for (const [, options] of LOOKS) {
    const { page, close } = await open("/access?tab=shares", "auditor", options);
    await page.waitForSelector("#shares-title");
    await accessible(page);
    await noSideScroll(page);
    await close();
  }
});

test("a line below the bars marks what the rows in sight are of, and ids of selected rows are copied", async () => {
  const { page, close } = await open("/events?range=90d", "member", clipboard);
  await rowsShown(page);
  const seen = page.locator("svg.bars .seen");
  await seen.waitFor({ state: "attached" });
  const at = async () => Number(await seen.getAttribute("x"));
  const first = await at();
  const rows = page.locator(".rows");
  // Down to the end, which moves away for as long as there are older rows.
  await page.waitForFunction((before) => {
    const list = document.querySelector(".rows");
    list.scrollTop = list.scrollHeight;
    return Number(document.querySelector("svg.bars .seen")?.getAttribute("x")) < before;
  }, first);
  await rows.evaluate((one) => (one.scrollTop = 0));
  for (const index of [0, 1]) {
    await page
      .locator(".row")
      .nth(index)
      .click({ modifiers: ["Control"] });
  }
  await page.getByRole("button", { name: "Copy ids" }).click();
  await page.getByText("Ids copied").waitFor();
  assert.match(await copied(page), /^evt_[0-9a-f]{32}\nevt_[0-9a-f]{32}$/);
  await close();
});
