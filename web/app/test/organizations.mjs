// Two organizations, one page: what was said of one never stands under the name of the other, in a browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { open as openPage, rowsShown } from "./browser.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

/** The organization that every installation has, for its own log. */
const OTHER = "instance";
const open = (path, options) => openPage(shared.browser, shared.service, path, options);
const choose = async (page, id) => {
  await page.getByTitle("Organization").click();
  await page.getByRole("menuitemradio", { name: new RegExp(`${id}$`) }).click();
};
const name = (page) => page.locator(".org-name").textContent();
const asked = (seen, path) => seen.requests.filter((url) => new URL(url).pathname === path).map((url) => new URL(url));

test("the verdict of one organization is gone when another is looked at", async () => {
  const { page, close } = await open(`/integrity?org=${ORG}`);
  await page.getByText("The log is intact.").waitFor();
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route(`**/v1/logs/${OTHER}/integrity`, async (route) => {
    await held;
    await route.continue();
  });
  await choose(page, OTHER);
  await page.waitForFunction(() => /instance/.test(document.querySelector("h1 + .quiet, .org-name").textContent));
  assert.equal(await page.locator(".verdict").count(), 0);
  assert.equal(await page.locator(".pill").count(), 0);
  release();
  await page.locator(".verdict").waitFor();
  await close();
});

test("the overview does not call a log intact of which it knows nothing", async () => {
  const { page, close } = await open("/", { expected: [/503/] });
  await page.route("**/v1/logs/*/integrity", (route) => route.fulfill({ status: 503, json: { detail: "not now" } }));
  await page.route("**/v1/facets*", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), values: [] } });
  });
  await page.reload();
  const attention = page.getByRole("region", { name: "Needs attention" });
  await attention.getByText(/nobody failed|Nobody failed|obody failed/).waitFor();
  assert.match(await attention.textContent(), /Whether the log is intact is not known here/);
  assert.doesNotMatch(await attention.textContent(), /the log is intact, and/);
  await close();
});

test("no row of one organization is left when the search in another fails", async () => {
  const { page, close } = await open(`/events?org=${ORG}&range=30d`, { expected: [/500/] });
  await rowsShown(page);
  await page.route(`**/v1/events?*org=${OTHER}*`, (route) =>
    route.fulfill({ status: 500, json: { detail: "no disk" } }),
  );
  await choose(page, OTHER);
  await page.getByText("no disk").waitFor();
  assert.equal(await page.locator(".row:not(.ghost-row)").count(), 0);
  assert.equal(await name(page), "This Tallystick instance");
  await close();
});

for (const [search, wanted] of [
  [`?org=${OTHER}`, OTHER],
  ["?org=*", null],
]) {
  test(`the organization of the address is kept along links: ${search}`, async () => {
    const { page, close, seen } = await open(`/integrity${search}`);
    await page.locator(".org-name").waitFor();
    const shown = await name(page);
    await page.locator('.rail [data-screen="/events"]').click();
    await page.waitForURL(/\/events/);
    await page.locator(".total b").waitFor();
    const counts = asked(seen, "/v1/count");
    assert.ok(counts.length > 0 && counts.every(({ searchParams }) => searchParams.get("org") === wanted));
    assert.equal(await name(page), shown);
    assert.equal(await page.evaluate(() => localStorage.getItem("tallystick.org")), null, "it is not remembered");
    await close();
  });
}

test("what is related to an event is looked for in the event's organization", async () => {
  const { events } = await shared.service.get(`/v1/events?org=${ORG}&limit=1&q=has:diff`);
  const { page, close } = await open(`/events/${events[0].id}?org=${OTHER}`);
  await page.locator(".related a").first().waitFor();
  const links = await page
    .locator(".related a, #event-sentence a, .facts .text a, .page-of-event header a")
    .evaluateAll((all) => all.map((one) => [one.textContent.trim(), new URL(one.href).searchParams.get("org")]));
  assert.ok(links.length >= 4);
  for (const [text, org] of links) assert.equal(org, ORG, text);
  await close();
});
