// The events explorer in a browser, against the real service with the demonstration's data.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, open as openPage, rowsShown } from "./browser.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const open = async (path, options) => {
  const opened = await openPage(shared.browser, shared.service, path, options);
  await rowsShown(opened.page).catch(() => {});
  return opened;
};
const total = async (page) => Number((await page.locator(".total b").textContent()).replace(/[^0-9]/g, ""));
const search = async (page, text) => {
  await page.fill("#query", text);
  await page.press("#query", "Enter");
};
const address = (page) => new URL(page.url());
const outcomes = (page) => page.locator(".row .outcome").allTextContents();

test("typing a query and Enter searches, and Back undoes it", async () => {
  const { page, close } = await open("/events?range=30d");
  const all = await total(page);
  await search(page, "outcome:denied");
  await page.waitForFunction(
    (before) => document.querySelector(".total b")?.textContent !== before,
    all.toLocaleString("en"),
  );
  assert.equal(address(page).searchParams.get("q"), "outcome:denied");
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".row .outcome")].every((one) => one.textContent === "denied"),
  );
  assert.ok((await total(page)) < all);
  await page.goBack();
  await page.waitForFunction(
    (before) => document.querySelector(".total b")?.textContent === before,
    all.toLocaleString("en"),
  );
  assert.equal(await page.inputValue("#query"), "");
  await close();
});

test("a facet writes the query, and once more takes it out; Alt excludes", async () => {
  const { page, close } = await open("/events?range=30d");
  const value = page.getByRole("group", { name: "Values of outcome" }).getByRole("checkbox", { name: /failure/ });
  await value.click();
  await page.waitForURL(/q=outcome:failure/);
  assert.equal(await value.getAttribute("aria-checked"), "true");
  await value.click();
  await page.waitForURL((url) => !url.searchParams.has("q"));
  await value.click({ modifiers: ["Alt"] });
  await page.waitForURL(/q=-outcome:failure/);
  await value.press("x");
  await page.waitForURL((url) => !url.searchParams.has("q"));
  await close();
});

test("a chip is the term: removing it removes exactly its characters", async () => {
  const { page, close } = await open('/events?range=90d&q=outcome:failure,denied  country:"SC" -actor.type:system');
  assert.deepEqual(await page.locator(".chip b").allTextContents(), ["outcome", "country", "not actor.type"]);
  await page.getByRole("button", { name: /Remove filter country/ }).click();
  await page.waitForURL((url) => url.searchParams.get("q") === "outcome:failure,denied -actor.type:system");
  await page.getByTitle("Change this filter").first().click();
  await page
    .locator(".menu")
    .getByRole("checkbox", { name: /denied/ })
    .click();
  await page.waitForURL((url) => url.searchParams.get("q") === "outcome:failure -actor.type:system");
  await close();
});

test("what may come next has counts, and Enter runs what is typed unless something is chosen", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.focus("#query");
  await page.keyboard.type("action:user.sig");
  const options = page.getByRole("option");
  await page.waitForFunction(() => document.querySelectorAll("[role=option] em").length > 0);
  assert.match((await options.allTextContents()).join(), /user\.signed_in/);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await page.inputValue("#query"), /^action:user\.sign\w+ $/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=action:user.sign/);
  await rowsShown(page);
  await close();
});

test("an error stands under its word and is repaired by a click; the rows stay", async () => {
  const { page, close } = await open("/events?range=30d", { expected: [/400/] });
  await page.waitForSelector("svg.bars rect");
  const first = await page.locator(".row").first().textContent();
  await search(page, "outcome:sucess");
  await page.waitForSelector(".t-wrong");
  assert.equal(await page.locator(".t-wrong").textContent(), "sucess");
  assert.match(await page.locator("#notes").textContent(), /Column 9: outcome is one of/);
  assert.equal(await page.locator(".row").first().textContent(), first);
  assert.ok((await total(page)) > 1000 && (await page.locator("svg.bars rect").count()) > 5);
  assert.equal(await page.locator(".trouble").count(), 0);
  assert.equal(await page.locator("#query").getAttribute("aria-invalid"), "true");
  await page.getByRole("button", { name: /Change to success/ }).click();
  await page.waitForURL(/q=outcome:success/);
  assert.equal(await page.locator("#notes").count(), 0);
  await close();
});

test("one request that fails leaves the others", async () => {
  const { page, close } = await open("/events?range=30d", { expected: [/500/] });
  await page.route("**/v1/histogram*", (route) =>
    route.fulfill({ status: 500, json: { detail: "broken bars", request_id: "req_1" } }),
  );
  await search(page, "outcome:denied");
  await page.getByText("broken bars").waitFor();
  assert.ok((await page.locator(".row").count()) > 5);
  await page.unroute("**/v1/histogram*");
  await page.getByRole("button", { name: "Try again" }).click();
  await page.waitForSelector("svg.bars rect");
  await close();
});

test("the histogram zooms by the mouse and by keys", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.waitForSelector("svg.bars rect");
  const box = await page.locator("svg.bars").boundingBox();
  await page.mouse.move(box.x + box.width * 0.25, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.*&to=/);
  const first = address(page).search;
  await page.waitForFunction(() => !document.querySelector(".histogram.stale"));
  await page.focus("svg.bars");
  for (const key of ["ArrowLeft", "ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"]) await page.keyboard.press(key);
  assert.match(await page.locator("svg.bars").getAttribute("aria-valuetext"), /events$/);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.search !== first);
  const { from, to } = Object.fromEntries(address(page).searchParams);
  assert.ok(Date.parse(to) - Date.parse(from) < 7 * 86_400_000);
  await page.getByRole("button", { name: "Wider range" }).click();
  await page.waitForURL((url) => url.searchParams.get("from") < from);
  await close();
});

test("thousands of rows scroll in few elements, to an end that the service says", async () => {
  const { page, close } = await open("/events?range=30d&q=action:alert.created");
  const all = await total(page);
  let most = 0;
  for (let i = 0; i < 400; i++) {
    await page.evaluate(() => (document.querySelector(".rows").scrollTop += 4000));
    await page.waitForTimeout(20);
    most = Math.max(most, await page.locator(".row").count());
    if (await page.getByText("No older events match in this range.").count()) break;
  }
  await page.getByText("No older events match in this range.").waitFor();
  assert.ok(most <= 60, `${most} rows exist`);
  assert.equal(await page.locator(".rows").getAttribute("aria-rowcount"), String(all + 1));
  await close();
});

test("an event opens with what changed, and its address shows it again", async () => {
  const { page, close } = await open("/events?range=90d&q=action:escalation_policy.updated has:diff");
  await page.locator(".row").nth(2).click();
  const sentence = await page.locator("#event-sentence").textContent();
  assert.match(sentence, /updated escalation policy/);
  assert.ok((await page.locator(".diff ins").count()) > 0);
  await page.keyboard.press("j");
  await page.waitForFunction(
    (before) => document.querySelector("#event-sentence").parentElement.textContent !== before,
    sentence,
  );
  const shown = await page.locator(".drawer > header").textContent();
  await page.reload();
  await page.waitForSelector("#event-sentence");
  assert.equal(await page.locator(".drawer > header").textContent(), shown);
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("event"));
  assert.equal(await page.locator(".drawer").count(), 0);
  await close();
});

for (const foreign of [false, true]) {
  test(`a proof is checked in the browser ${foreign ? "over plain HTTP" : "on this machine"}`, async () => {
    const { page, close } = await open("/events?range=90d&q=has:diff", { foreign });
    assert.equal(await page.evaluate(() => isSecureContext), !foreign);
    await page.locator(".row").first().click();
    await page.locator(".verify").click();
    await page.locator(".proof b", { hasText: "Verified in this browser" }).waitFor();
    assert.equal(await page.locator(".proof li.no").count(), 0);
    assert.ok((await page.locator(".proof li.yes").count()) >= 3);
    await page.locator(".verify").click();
    await page.getByText(/The same head that|Continues the head that/).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download proof" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /^evt_[0-9a-f]{32}\.proof\.json$/);
    await close();
  });
}

test("a proof that does not hold is said to", async () => {
  const { page, close } = await open("/events?range=90d&q=has:diff");
  await page.route("**/proof", async (route) => {
    const response = await route.fetch();
    const proof = await response.json();
    const digit = proof.record.leaf[80] === "A" ? "B" : "A";
    proof.record.leaf = proof.record.leaf.slice(0, 80) + digit + proof.record.leaf.slice(81);
    await route.fulfill({ response, json: proof });
  });
  await page.locator(".row").first().click();
  await page.locator(".verify").click();
  await page.locator(".proof b", { hasText: "Does not verify" }).waitFor();
  assert.ok((await page.locator(".proof.broken li.no").count()) >= 1);
  await close();
});

test("live: rows flow in at the top, and wait while somebody reads", async () => {
  const door = `door_${Date.now()}`;
  const { page, close } = await open(`/events?q=action:${door}`);
  await page.locator("button.live").click();
  await page.waitForFunction(
    () => document.querySelector(".live-dot") && /Live/.test(document.querySelector(".live").textContent),
  );
  const event = (n) => ({ action: `${door}.opened`, actor: { type: "user", id: "u_live", name: `Walker ${n}` } });
  await shared.service.send([event(1), event(2)]);
  await page.getByText("Walker 2").first().waitFor();
  await page.locator(".row").first().click();
  await page.waitForSelector("#event-sentence");
  await shared.service.send([event(3)]);
  const button = page.getByRole("button", { name: /1 new event/ });
  await button.waitFor();
  assert.equal(await page.locator(".row", { hasText: "Walker 3" }).count(), 0);
  await button.click();
  await page.locator(".row", { hasText: "Walker 3" }).waitFor();
  await page.locator("button.live").click();
  await page.waitForURL((url) => !url.searchParams.has("live"));
  await close();
});

test("hostile texts stay texts", async () => {
  const bad = '"><img src=x onerror=alert(1)><script>alert(2)</script>';
  const [stored] = await shared.service.send([
    {
      action: "hostile.updated",
      actor: { type: "user", id: "u_bad", name: `${bad}\u202ereversed`, email: "javascript:alert(1)" },
      targets: [{ type: "thing", id: "javascript:alert(1)//", name: "{{constructor.constructor('alert(1)')()}}" }],
      context: { user_agent: bad, ip: "192.0.2.1" },
      reason: `\u0000\u200b${bad}`.replace("\u0000", ""),
      metadata: { [bad]: bad, long: "x".repeat(100_000), __proto__x: 1 },
      changes: [{ op: "replace", path: "/a", old: bad, new: `${bad}${"y".repeat(5000)}` }],
    },
  ]);
  const { page, close } = await open(`/events?range=24h&q=action:hostile&event=${stored.id}`);
  await page.waitForSelector("#event-sentence");
  assert.match(await page.locator("#event-sentence").textContent(), /<img src=x onerror=alert\(1\)>.*⟨U\+202E⟩/);
  await page.getByRole("button", { name: "Show", exact: true }).click();
  assert.equal(await page.locator("main img, main script").count(), 0);
  const links = await page.locator("main a[href]").evaluateAll((all) => all.map((one) => one.protocol));
  assert.ok(
    links.every((protocol) => protocol === "http:"),
    links.join(),
  );
  assert.ok((await page.locator(".drawer").textContent()).length < 30_000, "long values are cut");
  await noSideScroll(page);
  await page.goto(`${shared.service.url}/entities/target/thing/${encodeURIComponent("javascript:alert(1)//")}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  assert.match(await page.getByRole("heading", { level: 1 }).textContent(), /constructor/);
  await close();
});

test("rows are compared side by side", async () => {
  const { page, close } = await open("/events?range=30d&q=action:user.signed_in");
  await page
    .locator(".row")
    .nth(0)
    .click({ modifiers: ["Control"] });
  await page
    .locator(".row")
    .nth(1)
    .click({ modifiers: ["Control"] });
  await page.getByRole("button", { name: "Compare" }).click();
  await page.waitForSelector(".compare .differs");
  await accessible(page);
  await page.reload();
  await page.waitForSelector(".compare .differs");
  await page.keyboard.press("Escape");
  await page.waitForURL((url) => !url.searchParams.has("compare"));
  await close();
});

test("columns, height of rows and time zone are kept", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Country", exact: true }).click();
  await page.getByRole("button", { name: "Compact" }).click();
  await page.keyboard.press("Escape");
  await page.waitForURL(/cols=.*country/);
  await page.goto(`${shared.service.url}/events`);
  await rowsShown(page);
  assert.equal(await page.getByRole("columnheader", { name: "Country" }).count(), 1);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.density), "compact");
  await page.goto(`${shared.service.url}/events?tz=Asia/Kathmandu`);
  await rowsShown(page);
  assert.match(await page.getByRole("columnheader").first().textContent(), /Kathmandu/);
  await close();
});

test("everything can be done by keys", async () => {
  const { page, close } = await open("/events?range=30d");
  await page.keyboard.press("/");
  await page.keyboard.type("outcome:denied");
  await page.keyboard.press("Enter");
  await page.waitForURL(/q=outcome:denied/);
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".row .outcome")].every((one) => one.textContent === "denied"),
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.focus(".rows");
  await page.keyboard.press("Enter");
  await page.waitForSelector("#event-sentence");
  await page.keyboard.press("v");
  await page.locator(".proof b", { hasText: "Verified in this browser" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("]");
  await page.waitForURL(/from=/);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.waitForURL(/\/integrity$/);
  await close();
});

test("no match says how many there would be without each term", async () => {
  const { page, close } = await open("/events?range=30d&q=outcome:denied action:alert.created country:PT");
  await page.getByText("No events match.").waitFor();
  await page.getByRole("button", { name: /Without outcome:denied/ }).click();
  await page.waitForURL((url) => url.searchParams.get("q") === "action:alert.created country:PT");
  await close();
});

test("when the service is away the page says so and goes on when it is back", async () => {
  const { page, close, context } = await open("/events?range=30d", { expected: [/ERR_|Failed to load/] });
  await context.setOffline(true);
  await search(page, "outcome:denied");
  await page.getByText(/What is shown may be old/).waitFor();
  assert.ok((await page.locator(".row").count()) > 0);
  await context.setOffline(false);
  await page.waitForFunction(() => !document.querySelector(".offline"));
  await page.waitForFunction(() =>
    [...document.querySelectorAll(".row .outcome")].every((one) => one.textContent === "denied"),
  );
  assert.ok((await outcomes(page)).length > 0);
  await close();
});

for (const [name, options] of [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
  ["very narrow", { viewport: { width: 320, height: 640 } }],
]) {
  test(`nothing is wrong for those who see, hear or touch differently: ${name}`, async () => {
    const { page, close } = await open("/events?range=30d&q=outcome:failure,denied", options);
    await accessible(page);
    await noSideScroll(page);
    await page.locator(".row").first().click();
    await page.locator(".verify").click();
    await page.locator(".proof b", { hasText: "Verified in this browser" }).waitFor();
    await accessible(page);
    await noSideScroll(page);
    await close();
  });
}

test("the organization is in every question", async () => {
  const { close, seen } = await open("/events?range=30d");
  const asked = seen.requests.filter((url) => /\/v1\/(events|count|histogram|facets)/.test(url));
  assert.ok(asked.length >= 6 && asked.every((url) => new URL(url).searchParams.get("org") === ORG));
  await close();
});
