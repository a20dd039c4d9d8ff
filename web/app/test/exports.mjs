// Exports: made from what the explorer shows, followed to their end, taken, stopped, run again; and who sees them.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";

import { accessible, noSideScroll, open as openPage, rowsShown, signIn } from "./browser.mjs";
import { invited, open } from "./invited.mjs";
import { ORG, startSet } from "./service.mjs";
import { shared } from "./shared.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
const QUERY = "outcome:denied -source:tallystick";
const byText = (a, b) => (a < b ? -1 : 1);
const drawer = (page) => page.locator(".beside > .drawer");
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const completed = (page) => drawer(page).getByText("Completed", { exact: true }).waitFor();

async function taken(page, click) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

/** Ids of all events that a search finds. */
async function found(parameters) {
  const ids = [];
  let cursor = "";
  do {
    const query = new URLSearchParams({ org: ORG, limit: "1000", ...parameters, ...(cursor && { cursor }) });
    const page = await shared.service.get(`/v1/events?${query}`);
    ids.push(...page.events.map(({ id }) => id));
    cursor = page.next_cursor;
  } while (cursor);
  return ids;
}

/** Makes one as the owner by the API, and waits for its end. */
async function made(body) {
  const { id } = await shared.service.ask("POST", "/v1/exports", { org: ORG, ...body });
  for (;;) {
    const one = await shared.service.get(`/v1/exports/${id}`);
    if (one.finished_at) return one;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("an evidence pack is made in the background and verified in the browser; a changed byte is found", async () => {
  const address = `/exports/new?range=30d&q=${encodeURIComponent(QUERY)}`;
  const { page, close } = await open(address, shared.service.owner);
  await page.getByRole("button", { name: "Evidence pack" }).click();
  await page.getByText("for an auditor who believes nobody: checked offline").waitFor();
  await drawer(page).locator("details.rest summary").click();
  await page.getByLabel("Time zone").waitFor();
  for (const label of ["Order", "Compress", "Columns"]) {
    assert.equal(await drawer(page).getByLabel(label, { exact: true }).count(), 0, `${label} of a pack is given`);
  }
  await page.getByRole("button", { name: /^Export [\d,]+ events$/ }).click();
  await page.waitForURL(/\/exports\/exp_/);
  await completed(page);
  await drawer(page).getByText("Evidence pack, in the order of the log").waitFor();
  const one = await shared.service.get(`/v1${new URL(page.url()).pathname}`);
  const pack = await taken(page, () => drawer(page).getByRole("link", { name: /^Download/ }).click());
  assert.match(pack.name, /\.tallystick-pack\.tar$/);
  await page.goto(new URL("/integrity", page.url()).href);
  const verdict = page.locator(".verify-body .verdict h2");
  const verify = async (name, bytes, wanted) => {
    const file = { name, mimeType: "application/x-tar", buffer: bytes };
    await page.locator("input[type=file]").setInputFiles(file);
    await verdict.filter({ hasText: wanted }).waitFor();
    assert.ok((await page.locator(".verify-body .verdict").textContent()).includes(name));
  };
  await verify(pack.name, pack.bytes, "Verified");
  assert.match(await page.locator(".verify-body").textContent(), new RegExp(`\\b${one.rows} events`));
  const changed = Buffer.from(pack.bytes);
  // A letter of the disclosure of a unit, which is in base64.
  const at = changed.lastIndexOf('{"d":"') + 60;
  changed[at] = changed[at] === 65 ? 66 : 65;
  await verify("changed.tar", changed, "Tampered with");
  await close();
});

test("what the explorer shows is exported, followed to its end, and is what the service finds", async () => {
  const { page, close } = await open(`/events?range=30d&q=${encodeURIComponent(QUERY)}`, shared.service.owner);
  await rowsShown(page);
  await page.getByRole("link", { name: "Export", exact: true }).click();
  await page.waitForURL(/\/exports\/new\?/);
  const name = page.getByLabel("Name", { exact: true });
  assert.equal(await name.inputValue(), `${QUERY}, last 30 days`);
  assert.equal(await drawer(page).getByLabel("Query", { exact: true }).inputValue(), QUERY);
  assert.equal(await page.getByLabel("Range of time").inputValue(), "30d");
  await name.fill("Refusals of a month");
  await page.getByRole("button", { name: "NDJSON" }).click();
  assert.equal(await page.getByLabel("Columns").count(), 0, "whole events have no columns");
  const button = page.getByRole("button", { name: /^Export [\d,]+ events$/ });
  await button.waitFor();
  const events = Number((await button.textContent()).replace(/\D/g, ""));
  await button.click();
  await page.waitForURL(/\/exports\/exp_/);
  await completed(page);
  await page.waitForFunction(() => document.title === "✓ Exports · Tallystick");

  const one = await shared.service.get(`/v1${new URL(page.url()).pathname}`);
  assert.equal(one.rows, events);
  const file = await taken(page, () => drawer(page).getByRole("link", { name: /^Download Refusals/ }).click());
  assert.equal(file.name, one.file_name);
  const sha256 = createHash("sha256").update(file.bytes).digest("hex");
  assert.equal(await drawer(page).locator(".hash code").textContent(), sha256);
  const ids = file.bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).id);
  const wanted = await found({ q: `${QUERY} seq:<${one.log_size}`, from: one.from });
  assert.deepEqual(ids.sort(byText), wanted.sort(byText));

  // Every number leads to its events.
  const downloads = drawer(page).getByRole("link", { name: "once" });
  await downloads.waitFor();
  await drawer(page).getByRole("link", { name: String(events), exact: true }).click();
  await page.locator(".total b", { hasText: new RegExp(`^${events}$`) }).waitFor();
  await page.goBack();
  await downloads.click();
  await page.locator(".total b", { hasText: /^1$/ }).waitFor();
  await page.getByText(/downloaded Refusals of a month/).waitFor();
  await page.goBack();
  await drawer(page).waitFor();
  // Back from the drawer is the explorer: the form is not a step to come back to.
  await page.goBack();
  await page.waitForURL(/\/events\?/);
  await close();
});

test("a CSV has the columns that were chosen, and the form is left by where one came from", async () => {
  const address = "/events?range=30d&q=outcome:denied&cols=time,actor,metadata.ticket";
  const { page, close } = await open(address, shared.service.owner);
  await rowsShown(page);
  await page.getByRole("link", { name: "Export", exact: true }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.waitForURL(/\/events\?/);
  await page.goForward();
  assert.match(await drawer(page).textContent(), /occurred_at, actor\.name, metadata\.ticket/);
  await page.getByLabel("Columns").selectOption("chosen");
  await page.getByRole("button", { name: "Move actor.name up" }).click();
  await page.getByRole("button", { name: "Leave metadata.ticket out" }).click();
  const other = page.getByLabel("Another column");
  await other.fill("sequence");
  assert.ok(await page.getByRole("button", { name: "Add" }).isDisabled());
  await other.fill("seq");
  await other.press("Enter");
  await page.getByText("More").last().click();
  await page.getByLabel("Time zone").fill("Europe/Madrid");
  await page.getByLabel("Keep the file").fill("3");
  await page.getByRole("button", { name: /^Export [\d,]+ events$/ }).click();
  await completed(page);
  const file = await taken(page, () => drawer(page).getByRole("link", { name: /^Download/ }).click());
  const [head, first] = file.bytes.toString().split("\r\n");
  assert.equal(head, "actor.name,occurred_at,seq");
  assert.match(first, /,\d{4}-\d\d-\d\dT[\d:.]+Z,\d+$/);
  const one = await shared.service.get(`/v1${new URL(page.url()).pathname}`);
  const days = (Date.parse(one.expires_at) - Date.parse(one.finished_at)) / 86_400_000;
  assert.equal(Math.round(days), 3);
  await close();
});

test("what is wrong in the form is said where it is wrong", async () => {
  const { page, close } = await open("/exports/new", shared.service.owner, { expected: [/400/] });
  await page.getByRole("button", { name: /^Export [\d,]+ events$/ }).waitFor();
  await drawer(page).getByLabel("Query", { exact: true }).fill("outcome:(");
  await page.locator(".drawer .wrong").waitFor();
  assert.ok(await page.getByRole("button", { name: /^Export/ }).isDisabled());
  await drawer(page).getByLabel("Query", { exact: true }).fill("action:nothing.at_all");
  await page.getByText("No event matches: the file would be empty").waitFor();
  await page.getByLabel("Range of time").selectOption("fixed");
  await page.getByLabel("From").fill("the day before");
  await page.locator(".drawer .wrong").waitFor();
  await page.getByLabel("From").fill("yesterday");
  await page.locator(".drawer .wrong").waitFor({ state: "detached" });
  await page.getByText("More").last().click();
  await page.getByLabel("Time zone").fill("Mars/Olympus");
  await page.getByRole("button", { name: "Export", exact: true }).click();
  await page.locator("[name=time_zone][aria-invalid]").waitFor();
  await close();
});

test("an export is made with the keyboard alone", async () => {
  const { page, close } = await open("/", shared.service.owner);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("g");
  await page.keyboard.press("x");
  const add = page.getByRole("link", { name: "New export" }).first();
  await add.waitFor();
  for (let steps = 0; !(await add.evaluate((link) => link === document.activeElement)); steps++) {
    assert.ok(steps < 40, "Tab leads to it");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByLabel("Name", { exact: true }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "name");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("By keys");
  await page.keyboard.press("Tab");
  await page.keyboard.type("outcome:denied");
  await page.getByRole("button", { name: /^Export [\d,]+ events$/ }).waitFor();
  await page.keyboard.press("Enter");
  await completed(page);
  await page.keyboard.press("Escape");
  await page.waitForURL(/\/exports$/);
  await drawer(page).waitFor({ state: "detached" });
  await row(page, "By keys").first().waitFor();
  await close();
});

test("an export goes on without the page, and its end is told wherever one is", async () => {
  const { page, close } = await open("/exports/new?range=1h", shared.service.owner);
  const name = `Told ${Date.now()}`;
  let letGo;
  const isLetGo = new Promise((resolve) => (letGo = resolve));
  // Nothing is heard of it before the page is left.
  const all = /\/v1\/exports[/?]/;
  const hold = (until) => async (route) => {
    if (route.request().method() === "GET") await until;
    await route.continue().catch(() => {});
  };
  await page.route(all, hold(isLetGo));
  const begin = async (own) => {
    await page.getByLabel("Name", { exact: true }).fill(own);
    await page.getByRole("button", { name: /^Export/ }).click();
    await page.waitForURL(/\/exports\/exp_/);
  };
  await begin(name);
  await page.locator('.rail [data-screen="/integrity"]').click();
  await page.getByRole("heading", { name: "Integrity" }).waitFor();
  letGo();
  await page.getByText(`Export ${name} is completed`).waitFor();
  assert.match(await page.title(), /^✓ /);
  await page.locator('.rail [data-screen="/exports"]').click();
  await row(page, name).getByText("Completed").waitFor();
  assert.match(await page.title(), /^✓ /);
  await page.locator('.rail [data-screen="/integrity"]').click();
  await page.waitForFunction(() => document.title === "Integrity · Tallystick");
  await page.locator('.rail [data-screen="/exports"]').click();
  await page.waitForFunction(() => document.title === "Exports · Tallystick");
  await page.unroute(all);

  // And after the page was loaded anew, of another screen.
  await page.route(all, hold(new Promise(() => {})));
  await page.getByRole("link", { name: "New export" }).first().click();
  await begin(`${name} again`);
  await page.unroute(all);
  await page.goto(`${shared.service.url}/settings`);
  await page.getByText(`Export ${name} again is completed`).waitFor();
  await close();
});

test("a hidden page asks now and then and holds no connection, and its title says when one is done", async () => {
  const { page, close } = await open("/exports/new?range=1h", shared.service.owner);
  const all = /\/v1\/exports[/?]/;
  await page.route(all, (route) => (route.request().method() === "GET" ? undefined : route.continue()));
  const asked = page.waitForRequest((request) => request.url().endsWith("/progress"));
  await page.getByRole("button", { name: /^Export/ }).click();
  await page.waitForURL(/\/exports\/exp_/);
  await drawer(page).getByText(/Queued|Running/).waitFor();
  await asked;
  const stopped = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/progress"));
  await page.unroute(all);
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await stopped;
  await page.waitForFunction(() => document.title.startsWith("✓"));
  await close();
});

test("the palette and the menu of searches hand over what is searched for", async () => {
  const { page, close } = await open("/events?range=30d&q=outcome:denied", shared.service.owner, LOOKS[2][1]);
  await rowsShown(page);
  await page.getByTitle("Saved searches").click();
  await page.getByText("Export these events").click();
  assert.equal(await drawer(page).getByLabel("Query", { exact: true }).inputValue(), "outcome:denied");
  await page.getByRole("button", { name: "Cancel" }).click();
  await rowsShown(page);
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("new exp");
  await page.locator(".palette").getByText("New export").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await drawer(page).getByLabel("Query", { exact: true }).inputValue(), "outcome:denied");
  assert.equal(await page.getByLabel("Range of time").inputValue(), "30d");
  await close();
});

test("how far an export is can be seen and read", async () => {
  const one = await made({ name: `Half ${Date.now()}`, format: "json", query: "outcome:denied" });
  const { page, close } = await open("/settings", shared.service.owner);
  const half = { ...one, status: "running", progress: 0.427, rows: 427, sha256: null, finished_at: null };
  const body = JSON.stringify({ exports: [half], next_cursor: null });
  await page.route("**/v1/exports?*", (route) => route.fulfill({ contentType: "application/json", body }));
  let letGo;
  const isLetGo = new Promise((resolve) => (letGo = resolve));
  await page.route("**/progress", (route) => isLetGo.then(() => route.continue()));
  await page.locator('.rail [data-screen="/exports"]').click();
  await row(page, one.name).getByText("Running 42 %").waitFor();
  assert.equal(await page.locator("progress").getAttribute("value"), "42");
  assert.match(await page.title(), /^42 %/);
  await accessible(page);
  letGo();
  await row(page, one.name).getByText("Completed").waitFor();
  await close();
});

test("a link without an account takes the file, a manifest tells of it, and deleting is asked about", async () => {
  const name = `Handed over ${Date.now()}`;
  const one = await made({ name, format: "csv", query: "outcome:denied", to: "now-1h" });
  const { page, close } = await open("/exports", shared.service.owner);
  const act = async (label) => {
    await row(page, name).getByTitle(/^Acts on/).click();
    await page.locator(".menu").getByText(label).click();
  };
  const manifest = await taken(page, () => act("Manifest"));
  assert.equal(manifest.name, `${one.file_name}.export.json`);
  assert.equal(JSON.parse(manifest.bytes.toString()).sha256, one.sha256);
  await act("Copy SHA-256");
  await page.getByText("SHA-256 copied").waitFor();
  await act("Link without an account");
  await accessible(page);
  await page.getByLabel("Works for").selectOption("30");
  await page.getByRole("button", { name: "Make the link" }).click();
  const link = await page.locator(".once").textContent();
  const answer = await fetch(link);
  assert.equal(answer.status, 200);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(createHash("sha256").update(bytes).digest("hex"), one.sha256);
  await page.getByRole("button", { name: "Done" }).click();
  await act("New export like this");
  assert.equal(await drawer(page).getByLabel("Query", { exact: true }).inputValue(), "outcome:denied");
  assert.equal(await page.getByLabel("To", { exact: true }).inputValue(), one.to);
  await page.keyboard.press("Tab");
  await page.getByRole("button", { name: "Close" }).click();
  await act("Delete");
  await page.getByRole("button", { name: "Cancel" }).click();
  await act("Delete");
  await page.getByRole("button", { name: "Delete the export" }).click();
  await row(page, name).waitFor({ state: "detached" });
  assert.equal((await fetch(link)).status, 403);
  await close();
});

test("a file that has expired can be made again", async () => {
  const name = `Old ${Date.now()}`;
  const one = await made({ name, format: "csv", query: "outcome:denied" });
  const { page, close } = await open("/settings", shared.service.owner, { expected: [/409/] });
  const body = JSON.stringify({ exports: [{ ...one, status: "expired" }], next_cursor: null });
  await page.route("**/v1/exports?*", (route) => route.fulfill({ contentType: "application/json", body }));
  await page.locator('.rail [data-screen="/exports"]').click();
  await row(page, name).getByText("Expired").waitFor();
  assert.equal(await row(page, name).getByRole("link", { name: "Download" }).count(), 0);
  // The service knows that it is not: what it says instead is told.
  await row(page, name).getByRole("button", { name: "Run again" }).click();
  await page.locator(".toast").waitFor();
  await close();
});

for (const [look, options] of LOOKS) {
  test(`the list, one export and the form are whole and accessible: ${look}`, async () => {
    const one = await made({ name: `Look ${look}`, format: "csv", query: "outcome:denied actor.type:user" });
    const { page, close } = await open("/exports", shared.service.owner, options);
    const whole = async () => {
      await accessible(page);
      await noSideScroll(page);
    };
    await row(page, `Look ${look}`).first().waitFor();
    await whole();
    await page.getByTitle(/^Acts on/).first().click();
    await whole();
    await page.keyboard.press("Escape");
    await page.goto(`${shared.service.url}/exports/${one.id}`);
    await completed(page);
    await whole();
    await page.goto(`${shared.service.url}/exports/new?from=2026-11-01&to=2026-11-20&cols=time,ip`);
    await drawer(page).locator("details.rest summary").click();
    await page.getByLabel("Columns").selectOption("chosen");
    await page.getByRole("button", { name: /^Export/ }).waitFor();
    await whole();
    await page.goto(`${shared.service.url}/exports/exp_00000000000000000000`);
    await page.getByText("There is no such export.").waitFor();
    await whole();
    await close().catch((error) => assert.match(error.message, /404|400/));
  });
}

test("who may not export does not see that others can", async () => {
  const member = await invited("member");
  const { page, close } = await open("/events", member);
  await rowsShown(page);
  await page.getByRole("button", { name: "Account" }).waitFor();
  assert.equal(await page.getByRole("link", { name: "Export", exact: true }).count(), 0);
  assert.ok(await page.locator('.rail [data-screen="/exports"]').isHidden());
  await page.getByTitle("Saved searches").click();
  await page.getByText("Copy as curl").waitFor();
  assert.equal(await page.getByText("Export these events").count(), 0);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.type("xport");
  await page.getByText("Search for xport").waitFor();
  assert.deepEqual(
    (await page.locator(".palette .option em").allTextContents()).filter((hint) => /^(screen|act)$/.test(hint)),
    [],
  );
  await page.goto(`${shared.service.url}/exports`);
  await page.getByText("Exports are not for you to see.").waitFor();
  await accessible(page);
  await close();
});

test("exports wait in their order, are stopped and run again, and fail with a reason", async () => {
  const hold = { TALLYSTICK_EXPORTS__RUNNING_MAX: "0" };
  let service = await startSet({ env: hold });
  after(() => service.stop().catch(() => {}));
  const org = "queued";
  await service.ask("POST", "/v1/orgs", { id: org, name: "Queued" });
  await service.send([{ org, action: "invoice.paid", actor: { type: "user", id: "u_1" }, targets: [] }]);
  const owner = await invited("owner", service, org);
  const auditor = await invited("auditor", service, org);
  const cookie = async (who) => ({ cookie: await signIn(service, who) });

  const own = await openPage(shared.browser, service, "/exports", await cookie(owner));
  await own.page.getByText("Nothing was exported yet.").waitFor();
  await accessible(own.page);
  await own.page.getByRole("link", { name: "New export" }).last().click();
  const ask = async ({ page }, name) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: /^Export/ }).click();
    await page.waitForURL(/\/exports\/exp_/);
    await page.getByRole("link", { name: "New export" }).first().click();
  };
  await ask(own, "first");
  await ask(own, "second");
  await row(own.page, "first").getByText("Queued, next").waitFor();
  await row(own.page, "second").getByText("Queued, 2nd").waitFor();
  await row(own.page, "first").getByRole("button", { name: "Cancel first" }).click();
  await row(own.page, "first").getByText("Cancelled").waitFor();
  // Others come forward without being asked for.
  await row(own.page, "second").getByText("Queued, next").waitFor();
  await row(own.page, "first").getByRole("button", { name: "Run again first" }).click();
  await row(own.page, "first").getByText(/Queued/).waitFor();
  await own.close();

  const other = await openPage(shared.browser, service, "/exports/new", await cookie(auditor));
  await ask(other, "not any more");
  await other.close();
  const { members } = await service.get(`/v1/members?org=${org}`);
  const { id } = members.find(({ email }) => email === auditor.email);
  await service.ask("DELETE", `/v1/members/${id}?org=${org}`);
  await service.stop({ keep: true });
  service = await startSet({ folder: service.folder });
  const again = await openPage(shared.browser, service, "/exports", await cookie(owner));
  await row(again.page, "first").getByText("Completed").waitFor();
  await row(again.page, "second").getByText("Completed").waitFor();
  const failed = row(again.page, "not any more");
  await failed.getByText("Failed", { exact: true }).waitFor();
  assert.match(await failed.locator(".why").textContent(), /\w+ \w+/);
  await accessible(again.page);
  await failed.getByRole("button", { name: "Retry not any more" }).click();
  await failed.getByText("Failed", { exact: true }).waitFor();
  await again.close();
});
