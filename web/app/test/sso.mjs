// Single sign-on as people do it: in a real browser, at a real provider (oidc-provider), from the connection over a
// test to signing in in no other way.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { accessible, noSideScroll } from "./browser.mjs";
import { shared } from "./shared.mjs";
import { PASSWORD, events, startProvider, startService } from "./sso/world.mjs";

const CLIENT = { id: "tallystick", secret: "a-secret-of-the-client" };
const made = {};

before(async () => {
  made.service = await startService();
  made.found = events(made.service);
  made.provider = await startProvider("./provider.mjs");
  for (const person of [
    { sub: "ana", email: "ana@acme.example", email_verified: true, name: "Ana Ruiz", groups: ["eng", "auditors"] },
    { sub: "olga", email: "olga@acme.example", email_verified: true, name: "Olga Owner", groups: ["owners"] },
    { sub: "unsure", email: "unsure@acme.example", email_verified: false, name: "Unsure", groups: ["eng"] },
  ]) {
    await made.provider.tell({ person });
  }
});
after(async () => {
  made.provider?.stop();
  await made.service?.stop();
});

/** A page in a browser of its own, that fails on errors of our pages; what the provider's pages do is theirs. */
async function browse(path, options = {}) {
  const context = await shared.browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const trouble = [];
  const isOurs = () => page.url().startsWith(made.service.url);
  page.on("console", (message) => isOurs() && trouble.push(message.text()));
  page.on("pageerror", (error) => isOurs() && trouble.push(error.stack));
  await page.goto(made.service.url + path);
  const close = async () => {
    const unexpected = trouble.filter((text) => !/40[0-9]/.test(text));
    await context.close();
    assert.deepEqual(unexpected, []);
  };
  return { page, context, close };
}

/** The provider's own pages: a name, any password, and that it is fine. */
async function atProvider(page, name) {
  await page.waitForURL((url) => url.href.startsWith(made.provider.issuer));
  await page.locator("input[name=login]").fill(name);
  await page.locator("input[name=password]").fill("anything");
  await page.locator("button[type=submit]").click();
  await page.locator("input[name=login]").waitFor({ state: "detached" });
  await page.locator("button[type=submit]").click();
  await page.waitForURL((url) => url.href.startsWith(made.service.url));
}

async function withPassword(page) {
  await page.getByLabel("E-mail address").fill("olga@acme.example");
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

const signedIn = (page) => page.locator(".rail, nav").first().waitFor();

test("an owner connects a provider, tests it, maps groups, and people sign in through it", async () => {
  const { page, close } = await browse("/sign-in?next=/access?tab=sso");
  await withPassword(page);
  await page.locator("#redirect-title").waitFor();
  await accessible(page);
  const redirectUri = await page.getByLabel("Redirect URI", { exact: true }).and(page.locator("pre")).textContent();
  assert.equal(redirectUri, `${made.service.url}/sign-in/sso/callback`);
  await made.provider.tell({ client: { ...CLIENT, redirectUri } });

  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await accessible(page);
  await dialog.getByLabel("Issuer").fill(`${made.provider.issuer}/`);
  await dialog.getByLabel("Client id").fill(CLIENT.id);
  await dialog.getByLabel("Client secret").fill(CLIENT.secret);
  await dialog.getByLabel(/Domains/).fill("Acme.example");
  await dialog.getByLabel(/More scopes/).fill("groups");
  await dialog.getByRole("button", { name: "Save the connection" }).click();
  await dialog.getByText(/calls itself/).waitFor();
  await dialog.getByLabel("Issuer").fill(made.provider.issuer);
  await dialog.getByRole("button", { name: "Save the connection" }).click();
  await dialog.waitFor({ state: "detached" });
  assert.ok(await page.getByRole("button", { name: "Enforce" }).isDisabled(), "not before a test");

  await page.getByRole("button", { name: "Edit the roles" }).click();
  for (const [group, role] of [
    ["owners", "owner"],
    ["auditors", "auditor"],
    ["eng", "member"],
  ]) {
    await dialog.getByRole("button", { name: "Add a group" }).click();
    await dialog.getByPlaceholder("group").last().fill(group);
    await dialog.locator(".group-line select").last().selectOption(role);
  }
  await accessible(page);
  await dialog.getByRole("button", { name: "Save the roles" }).click();
  await page.getByText("Nobody else gets in.").waitFor();

  await page.getByRole("button", { name: "Test sign-in" }).click();
  await atProvider(page, "ana");
  await page.getByRole("heading", { name: "The test succeeded" }).waitFor();
  await page.getByText(/new account of Ana Ruiz a member with the role auditor/).waitFor();
  await accessible(page);
  assert.ok(!(await page.textContent("body")).includes("eyJ"), "no token is shown");
  await page.getByRole("link", { name: "Back to the settings" }).click();
  await page.getByText(/It worked/).waitFor();
  await close();

  const ana = await browse("/sign-in?next=/access?tab=sessions", { javaScriptEnabled: true });
  await ana.page.getByLabel("E-mail address").fill("ana@acme.example");
  await ana.page.getByRole("button", { name: "Sign in with single sign-on" }).click();
  await atProvider(ana.page, "ana");
  await ana.page.waitForURL(/\/access\?tab=sessions/);
  await ana.page.locator("#sessions-title").waitFor();
  const boot = await ana.page.evaluate(async () => (await fetch("/v1/ui/boot")).json());
  assert.deepEqual([boot.user.name, boot.role], ["Ana Ruiz", "auditor"]);
  await ana.page.goto(`${made.service.url}/access?tab=sso`);
  await ana.page.locator("#sso-title").waitFor();
  assert.equal(await ana.page.getByRole("button", { name: /Edit|Enforce|Test|Connect/ }).count(), 0, "only to see");
  await ana.close();
  const [created] = await made.found("acme", "action:user.created metadata.by:sso");
  assert.equal(created.metadata.email, "ana@acme.example");
});

test("a changed group changes the role, and whoever is not sure of an address does not get in", async () => {
  await made.provider.tell({
    person: { sub: "ana", email: "ana@acme.example", email_verified: true, name: "Ana Ruiz", groups: ["eng"] },
  });
  const ana = await browse("/sign-in/sso");
  await accessible(ana.page);
  await ana.page.getByLabel(/Organization/).fill("acme");
  await ana.page.getByRole("button", { name: "Go on" }).click();
  await atProvider(ana.page, "ana");
  await signedIn(ana.page);
  const boot = await ana.page.evaluate(async () => (await fetch("/v1/ui/boot")).json());
  assert.equal(boot.role, "member");
  await ana.close();
  const [changed] = await made.found("acme", "action:user.role_assigned metadata.by:sso");
  assert.deepEqual([changed.changes[0].old, changed.changes[0].new], ["auditor", "member"]);

  const unsure = await browse("/sign-in/sso");
  await unsure.page.getByLabel(/Organization/).fill("unsure@acme.example");
  await unsure.page.getByRole("button", { name: "Go on" }).click();
  await atProvider(unsure.page, "unsure");
  await unsure.page.getByText(/does not confirm your e-mail address/).waitFor();
  await accessible(unsure.page);
  await unsure.close();
  const [failed] = await made.found("acme", "action:user.sign_in_failed");
  assert.equal(failed.reason, "email_not_verified");
});

test("without JavaScript people sign in, and what is unknown is said so", async () => {
  const { page, context, close } = await browse("/sign-in/sso", { javaScriptEnabled: false });
  await page.getByLabel(/Organization/).fill("ana@nowhere.example");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByText(/No organization here/).waitFor();
  await page.getByLabel(/Organization/).fill("ACME");
  await page.getByRole("button", { name: "Go on" }).click();
  await atProvider(page, "ana");
  await page.waitForURL(made.service.url + "/");
  assert.ok((await context.cookies()).some(({ name, httpOnly }) => name === "tallystick" && httpOnly));
  await close();
});

test("it is enforced, passwords stop working, and the owner who keeps one gets in", async () => {
  const { page, close } = await browse("/sign-in?next=/access?tab=sso");
  await withPassword(page);
  await page.getByRole("button", { name: "Enforce" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/Olga Owner/).waitFor();
  await accessible(page);
  await dialog.getByLabel(/Olga Owner/).uncheck();
  assert.ok(await dialog.getByRole("button", { name: "Enforce single sign-on" }).isDisabled());
  await dialog.getByLabel(/Olga Owner/).check();
  await dialog.getByRole("button", { name: "Enforce single sign-on" }).click();
  await page.getByText(/Passwords do not work for this organization/).waitFor();
  await page.getByRole("link", { name: "Members" }).click();
  await page.getByText("break-glass").waitFor();
  await accessible(page);
  await close();
  const olga = await browse("/sign-in");
  await withPassword(olga.page);
  await signedIn(olga.page);
  const boot = await olga.page.evaluate(async () => (await fetch("/v1/ui/boot?org=acme")).json());
  assert.equal(boot.role, "owner");
  await olga.close();
  const [elevated] = await made.found("acme", "action:session.elevated");
  assert.equal(elevated.actor.name, "Olga Owner");
});

for (const [name, options] of [
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
]) {
  test(`the pages and the tab of single sign-on are whole and accessible: ${name}`, async () => {
    const { page, close } = await browse("/sign-in", options);
    await accessible(page);
    await noSideScroll(page);
    await page.goto(`${made.service.url}/sign-in/sso`);
    await accessible(page);
    await noSideScroll(page);
    await page.goto(`${made.service.url}/sign-in?next=/access?tab=sso`);
    await withPassword(page);
    await page.locator("#enforce-title").waitFor();
    await accessible(page);
    await noSideScroll(page);
    await page.getByRole("button", { name: "Edit the roles" }).click();
    await page.getByRole("dialog").waitFor();
    await accessible(page);
    await noSideScroll(page);
    if (process.env.TALLYSTICK_SHOTS) {
      await page.screenshot({ path: `${process.env.TALLYSTICK_SHOTS}/sso-roles-${name}.png` });
      await page.keyboard.press("Escape");
      await page.screenshot({ path: `${process.env.TALLYSTICK_SHOTS}/sso-tab-${name}.png`, fullPage: true });
    }
    await close();
  });
}
