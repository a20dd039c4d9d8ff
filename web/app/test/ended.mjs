// A session that ends under an open page: what is on it stays, and goes on when the same person has signed in again.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, rowsShown } from "./browser.mjs";
import { invited, open } from "./invited.mjs";
import { shared } from "./shared.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
const EXPECTED = { expected: [/401/] };

/** Ends all sessions of whoever has this page, as somebody does who signs out elsewhere. */
async function endSessions(page) {
  await page.evaluate(async () => {
    const { sessions } = await (await fetch("/v1/sessions")).json();
    for (const { id } of sessions) await fetch(`/v1/sessions/${id}`, { method: "DELETE" });
  });
}

/** Goes to another screen, which notices that the session has ended. */
async function goAndEnd(page) {
  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
}

/** Signs in in the window that the dialog opens. */
async function signInBeside(page, who) {
  const opened = page.context().waitForEvent("page");
  await page.getByRole("dialog").getByRole("link", { name: "Sign in" }).click();
  const beside = await opened;
  await beside.getByLabel("E-mail address").fill(who.email);
  await beside.getByLabel("Password").fill(who.password);
  await beside.getByRole("button", { name: "Sign in", exact: true }).click();
  await beside.waitForURL((url) => url.pathname !== "/sign-in");
  await beside.close();
}

test("a session that ends leaves the page as it is, and the same person goes on", async () => {
  const who = await invited("auditor");
  const { page, close } = await open("/events?range=30d", who, EXPECTED);
  await rowsShown(page);
  await page.waitForSelector("svg.bars rect");
  const first = await page.locator(".row").first().textContent();
  await endSessions(page);
  await page.fill("#query", "outcome:denied");
  await page.press("#query", "Enter");
  await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
  assert.equal(await page.locator(".row").first().textContent(), first);
  for (let times = 0; times < 2; times++) await page.keyboard.press("Escape");
  assert.ok(await page.getByRole("dialog").isVisible());
  await signInBeside(page, who);
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.waitForFunction(() => {
    const outcomes = [...document.querySelectorAll(".row .outcome")];
    return outcomes.length > 3 && outcomes.every((one) => one.textContent === "denied");
  });
  assert.equal(await page.inputValue("#query"), "outcome:denied");
  await close();
});

test("when somebody else signs in nothing of the one before is left on the page", async () => {
  const [before, after] = [await invited("auditor"), await invited("member")];
  const { page, close } = await open("/events?range=30d", before, EXPECTED);
  await rowsShown(page);
  await page.evaluate(() => (globalThis.isOld = true));
  await endSessions(page);
  await goAndEnd(page);
  await signInBeside(page, after);
  await page.waitForFunction(() => !globalThis.isOld);
  const { user } = await page.evaluate(async () => (await fetch("/v1/ui/boot")).json());
  assert.equal(user.email, after.email);
  await close();
});

for (const [name, options] of LOOKS) {
  test(`the dialog of a session that ended is whole and accessible: ${name}`, async () => {
    const { page, close } = await open("/events?range=30d", await invited("auditor"), { ...EXPECTED, ...options });
    await rowsShown(page);
    await endSessions(page);
    await goAndEnd(page);
    await accessible(page);
    await noSideScroll(page);
    await page.getByRole("button", { name: "Leave this page" }).click();
    await page.waitForURL((url) => url.pathname === "/sign-in" && url.searchParams.get("next") === "/integrity");
    await close();
  });
}
