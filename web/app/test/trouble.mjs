// Pages for what goes wrong, and the parts of accounts that others help with.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, signIn } from "./browser.mjs";
import { invited, open } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const NARROW = { viewport: { width: 390, height: 844 } };

test("pages for what is not there, for nobody, or broken work without JavaScript", async () => {
  const { service, browser } = shared;
  for (const options of [{}, { colorScheme: "dark" }, NARROW]) {
    const context = await browser.newContext({ javaScriptEnabled: true, ...options });
    const page = await context.newPage();
    for (const [path, status, title] of [
      ["/nowhere", 404, "There is nothing here"],
      ["/invite/wrong", 404, "This link does not work"],
      ["/reset/wrong", 404, "This link does not work"],
      ["/sign-in", 200, "Sign in"],
    ]) {
      const answer = await page.goto(service.url + path);
      assert.equal(answer.status(), status, path);
      assert.equal(await page.getByRole("heading", { level: 1 }).textContent(), title);
      assert.equal(await page.locator("script").count(), 0, path);
      await accessible(page);
      await noSideScroll(page);
    }
    await context.close();
  }
});

test("what somebody may not open says so, and what they do not see is not there", async () => {
  const member = await invited("member");
  const { page, close } = await open("/settings?tab=ingest", member, { expected: [/403/] });
  await page.waitForSelector("#about-title");
  assert.equal(await page.getByRole("link", { name: "Ingest" }).count(), 0);
  await page.goto(`${shared.service.url}/events?org=instance`);
  await page.getByText(/not a member|may not|role/i).first().waitFor();
  await close();
});

test("masking is tried out on an event that is not stored", async () => {
  const count = async () => (await shared.service.get(`/v1/count?org=${ORG}&q=action:integration.updated`)).count;
  const before = await count();
  for (const options of [{}, { colorScheme: "dark" }, NARROW]) {
    const { page, close } = await open("/settings?tab=ingest", shared.service.owner, options);
    await page.getByText("As it would be stored, 2 masked:").waitFor();
    assert.deepEqual(await page.locator("mark").allTextContents(), ["[masked]", "[masked]"]);
    assert.match(await page.getByLabel("As it would be stored").textContent(), /"token_count": 7/);
    await accessible(page);
    await noSideScroll(page);
    await close();
  }
  const { page, close } = await open("/settings?tab=ingest", shared.service.owner, { expected: [/422/] });
  const box = page.getByLabel("An event, which is not stored");
  await box.fill("{");
  await page.getByText("This is not JSON yet.").waitFor();
  await box.fill('{"action": "has spaces"}');
  await page.getByRole("alert").waitFor();
  await close();
  assert.equal(await count(), before);
});

test("a member is suspended, comes back, and is rid of a lost authenticator", async () => {
  const who = await invited("member");
  const { page, close } = await open("/access", shared.service.owner);
  const row = page.getByRole("row", { name: new RegExp(who.email) });
  const act = async (label, confirm) => {
    await row.getByRole("button").click();
    await page.getByRole("button", { name: label, exact: true }).click();
    await page.getByRole("dialog").waitFor();
    await accessible(page);
    await page.getByRole("button", { name: confirm }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  };
  await act("Suspend", "Suspend the account");
  await row.getByText("suspended").waitFor();
  await assert.rejects(signIn(shared.service, who), /sign_in_failed/);
  await act("Resume", "Resume the account");
  await row.getByText("suspended").waitFor({ state: "detached" });
  await signIn(shared.service, who);
  await row.getByRole("button").click();
  assert.equal(await page.getByRole("button", { name: "Remove the authenticator" }).count(), 0, "there is none");
  await close();
});

test("an e-mail address is changed with the password, and signs in from then on", async () => {
  const who = await invited("member");
  const email = `new-${Date.now()}@people.example`;
  const { page, close } = await open("/settings", who, { expected: [/403|409/] });
  const change = async (address, password) => {
    await page.getByLabel("New address").fill(address);
    await page.getByLabel("Your present password").fill(password);
    await page.getByRole("button", { name: "Change the address" }).click();
  };
  await change(email, "wrong wrong wrong");
  await page.getByRole("alert").waitFor();
  await change(shared.service.owner.email, who.password);
  await page.getByText(/account with this e-mail address/).waitFor();
  await change(email, who.password);
  await page.getByText("E-mail address changed").waitFor();
  await page.getByText(email).first().waitFor();
  await page.reload();
  await page.getByText(email).first().waitFor();
  await signIn(shared.service, { email, password: who.password });
  await close();
});
