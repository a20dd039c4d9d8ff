// Schedules of exports: made from what the explorer shows, run now, paused, changed, deleted; and how the tab looks.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { accessible, noSideScroll, open as openPage, rowsShown } from "./browser.mjs";
import { open } from "./invited.mjs";
import { ORG, startSet } from "./service.mjs";
import { shared } from "./shared.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
const TAB = "/exports?tab=schedules";
const drawer = (page) => page.locator(".beside > .drawer");
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });

const made = (body) =>
  shared.service.ask("POST", "/v1/export-schedules", {
    org: ORG,
    format: "csv",
    timing: { repeat: "monthly", day: "last", at: "23:00" },
    ...body,
  });

test("a search is scheduled, run now, paused and resumed", async () => {
  const query = "outcome:denied";
  const { page, close } = await open(`/events?range=30d&q=${query}`, shared.service.owner);
  await rowsShown(page);
  await page.getByTitle("Saved searches").click();
  await page.getByRole("link", { name: "Schedule an export …" }).click();
  await page.waitForURL(/\/exports\?.*tab=schedules.*open=new/);
  const form = drawer(page);
  assert.equal(await form.getByLabel("Query", { exact: true }).inputValue(), query);
  await form.getByLabel("Name", { exact: true }).fill("Refusals of the week");
  await form.getByLabel("On", { exact: true }).selectOption("friday");
  await form.getByLabel(/^At \(/).fill("07:30");
  await form.getByRole("button", { name: "NDJSON" }).click();
  await form.getByRole("button", { name: "Create the schedule" }).click();
  await page.waitForURL(/open=sch_/);
  const [id] = /sch_\w+/.exec(page.url());
  const one = await shared.service.get(`/v1/export-schedules/${id}`);
  assert.deepEqual(
    [one.query, one.format, one.timing.repeat, one.timing.weekday, one.timing.at],
    [query, "ndjson", "weekly", "friday", "07:30"],
  );
  await drawer(page).getByText(/^Fridays, 07:30/).waitFor();
  await drawer(page).getByText("It has not run yet.").waitFor();

  await drawer(page).getByRole("button", { name: /^Acts on / }).click();
  await page.getByRole("button", { name: "Run now" }).click();
  const run = drawer(page).getByRole("link", { name: "Run 1", exact: true });
  await run.waitFor();
  await drawer(page).locator(".runs").getByText("Done").waitFor();
  await row(page, "Refusals of the week").getByText("Done").waitFor();
  await drawer(page).getByRole("button", { name: "Pause Refusals of the week" }).click();
  await row(page, "Refusals of the week").getByText("Paused").waitFor();
  await drawer(page).getByRole("button", { name: "Resume Refusals of the week" }).click();
  await row(page, "Refusals of the week").getByText("Paused").waitFor({ state: "detached" });
  // A run leads to its export, and that back to its schedule.
  await run.click();
  await page.waitForURL(/\/exports\/exp_/);
  await drawer(page).getByText(/^Taken in /).waitFor();
  await drawer(page).getByRole("link", { name: "run 1" }).click();
  await page.waitForURL(new RegExp(`open=${id}`));
  await close();
});

test("a schedule is changed where it is wrong, and deleted after it was asked", async () => {
  const { id } = await made({ name: "Monthly everything", paused: true });
  const { page, close } = await open(TAB, shared.service.owner, { expected: [/status of 400/] });
  await row(page, "Monthly everything").getByText("Last day of the month, 23:00 (UTC)").waitFor();
  await page.getByRole("link", { name: "Monthly everything", exact: true }).click();
  await drawer(page).getByRole("link", { name: "Edit" }).click();
  const form = drawer(page);
  assert.equal(await form.getByLabel("On day", { exact: true }).inputValue(), "last");
  await form.getByRole("button", { name: "Evidence pack" }).click();
  await form.getByText("More", { exact: false }).first().click();
  for (const label of ["Order", "Compress", "Columns"]) {
    assert.equal(await form.getByLabel(label, { exact: true }).count(), 0, `${label} of a pack is given`);
  }
  await form.getByLabel("When", { exact: true }).selectOption("cron");
  const cron = form.getByLabel("Minute, hour, day of month, month, day of week");
  await cron.fill("* * * * *");
  await form.getByRole("button", { name: "Save the changes" }).click();
  await form.getByText(/more often than every 15 minutes/).waitFor();
  assert.equal(await cron.evaluate((field) => field === document.activeElement), true, "focus is where it is wrong");
  await cron.fill("0 */6 * * *");
  await form.getByRole("button", { name: "Save the changes" }).click();
  await row(page, "Monthly everything").getByText("0 */6 * * * (UTC)").waitFor();
  const changed = await shared.service.get(`/v1/export-schedules/${id}`);
  assert.deepEqual([changed.version, changed.format, changed.order], [2, "evidence", "asc"]);

  // By the keyboard alone: the drawer is left with Escape, and the menu asks before it deletes.
  await page.keyboard.press("Escape");
  await drawer(page).waitFor({ state: "detached" });
  await row(page, "Monthly everything").getByRole("button", { name: /^Acts on / }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Delete …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete the schedule" }).click();
  await row(page, "Monthly everything").waitFor({ state: "detached" });
  assert.equal((await shared.service.get(`/v1/export-schedules/${id}`)).code, "export_schedule_not_found");
  await close();
});

test("people are written to, and why a message has not arrived is shown", async () => {
  // Nobody listens at the mail server's port.
  const env = {
    TALLYSTICK_SERVER__PUBLIC_URL: "http://localhost",
    TALLYSTICK_SMTP__HOST: "127.0.0.1",
    TALLYSTICK_SMTP__PORT: "1",
    TALLYSTICK_SMTP__TLS: "none",
    TALLYSTICK_SMTP__FROM: "audit@acme.example",
  };
  const service = await startSet({ env });
  after(() => service.stop().catch(() => {}));
  await service.ask("POST", "/v1/orgs", { id: "acme", name: "Acme" });
  const { page, close } = await openPage(shared.browser, service, `${TAB}&open=new`, {
    expected: [/status of 400/],
  });
  const form = drawer(page);
  await form.getByLabel("Name", { exact: true }).fill("By e-mail");
  const to = form.getByLabel(/^E-mail to/);
  await to.fill("ana@acme.example, ben");
  await form.getByLabel(/^Send the file with the message/).check();
  await form.getByRole("button", { name: "Create the schedule" }).click();
  await form.getByText(/"ben"/).waitFor();
  assert.equal(await to.getAttribute("aria-invalid"), "true");
  await to.fill("ana@acme.example, ben@acme.example");
  await form.getByRole("button", { name: "Create the schedule" }).click();
  await page.waitForURL(/open=sch_/);
  await form.getByText("with the file").waitFor();
  await form.getByRole("button", { name: /^Acts on / }).click();
  await page.getByRole("button", { name: "Run now" }).click();
  await form.getByText("Under way").waitFor();
  await form.locator(".runs .why", { hasText: /127\.0\.0\.1.*, again \d/ }).waitFor();
  await row(page, "By e-mail").getByText("Delivering").waitFor();
  await accessible(page);
  await close();
});

for (const [look, options] of LOOKS) {
  test(`the tab, one schedule and the form hold together, ${look}`, async () => {
    const name = `Hostile \u202E<b>name</b> ${look}`;
    const { id } = await made({ name, query: "actor:(x or y) ".repeat(12), paused: true });
    for (const address of [TAB, `${TAB}&open=${id}`, `${TAB}&open=new`, `${TAB}&open=${id}&edit=1`]) {
      const { page, close } = await open(address, shared.service.owner, options);
      await page.getByRole("heading", { name: "Schedules" }).waitFor();
      if (address !== TAB) await drawer(page).getByRole("heading").first().waitFor();
      await noSideScroll(page);
      await accessible(page);
      await close();
    }
    await shared.service.ask("DELETE", `/v1/export-schedules/${id}`);
  });
}
