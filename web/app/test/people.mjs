// The screens for people in a browser, signed in with a cookie: what an owner does, and what an auditor is not offered.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, signIn } from "./browser.mjs";
import { invited, open } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const made = {};
/** Made when a test first needs them: hooks of this module would run before the service is there. */
const people = {
  get owner() {
    return shared.service.owner;
  },
  get auditor() {
    return (made.auditor ??= invited("auditor"));
  },
  get member() {
    return (made.member ??= invited("member"));
  },
};

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
/** Each tab with something that is there when it is, and a button that opens a dialog. */
const TABS = [
  ["/access", "#members-title", "Invite"],
  ["/access?tab=roles", ".matrix", "New role"],
  ["/access?tab=keys", "#keys-title", "New key"],
  ["/access?tab=viewers", "#viewers-title", "New token"],
  ["/access?tab=sessions", "#sessions-title", "Sign out"],
  ["/settings", "#totp-title", "Set up"],
  ["/settings?tab=appearance", "#look-title"],
  ["/settings?tab=organization", "#organization-title"],
  ["/settings?tab=system", "#limits-title"],
];

for (const [name, options] of LOOKS) {
  test(`the tabs of access and settings are whole and accessible: ${name}`, async () => {
    for (const [path, part, button] of TABS) {
      const { page, close } = await open(path, people.owner, options);
      await page.waitForSelector(part);
      await accessible(page);
      await noSideScroll(page);
      if (button) {
        await page.getByRole("button", { name: button }).first().click();
        await page.getByRole("dialog").waitFor();
        await accessible(page);
        await noSideScroll(page);
      }
      await close();
    }
  });
}

test("somebody is invited by a link shown once, and the invitation is revoked", async () => {
  const { page, close } = await open("/access", people.owner, { expected: [/400|422/] });
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail").fill("carla@people.example");
  await page.getByLabel("Role").selectOption("auditor");
  await page.getByRole("button", { name: "Make the invitation" }).click();
  assert.match(await page.locator(".once").textContent(), /^http.*\/invite\/.{40}/);
  for (let times = 0; times < 3; times++) await page.keyboard.press("Escape");
  assert.ok(await page.locator(".once").isVisible(), "Escape does not lose what is shown once");
  await page.getByRole("button", { name: "I stored it" }).click();
  await page.getByRole("button", { name: "Revoke the invitation of carla@people.example" }).click();
  await page.getByRole("button", { name: "Revoke the invitation", exact: true }).click();
  await page.getByText("carla@people.example").first().waitFor({ state: "detached" });
  await close();
});

test("a member is given a custom role, a link for a new password, and is removed", async () => {
  const { name } = await invited("member").then((who) => ({ ...who, name: who.email }));
  const { page, close } = await open("/access?tab=roles", people.owner, { expected: [/409|400/] });
  const role = `Desk ${Date.now()}`;
  await page.getByRole("button", { name: "New role" }).click();
  await page.getByLabel("Name", { exact: true }).fill(role);
  await page.getByLabel(/Sees only events/).fill("target:(");
  await page.getByRole("button", { name: "Make the role" }).click();
  await page.locator("dialog [role=alert]").waitFor();
  await page.getByLabel(/Sees only events/).fill("target:service/*");
  assert.ok(await page.getByLabel(/make and revoke API keys/).isDisabled());
  await page.getByRole("button", { name: "Make the role" }).click();
  await page.getByRole("button", { name: `Edit ${role}` }).click();
  await page.getByLabel("Name", { exact: true }).fill(`${role} 2`);
  await page.getByRole("button", { name: "Change the role" }).click();
  await page.getByRole("columnheader", { name: `${role} 2` }).waitFor();

  await page.getByRole("link", { name: "Members" }).click();
  const row = page.getByRole("row", { name: new RegExp(name) });
  const act = async (label) => {
    await row.getByRole("button").click();
    await page.getByRole("button", { name: label }).click();
  };
  await act("Change role");
  await page.getByLabel("Role", { exact: true }).selectOption({ label: `${role} 2` });
  await page.getByRole("button", { name: `Make ${role} 2` }).click();
  await row.getByText(`${role} 2`).waitFor();
  await act("Link for a new password");
  await page.getByRole("button", { name: "Make the link" }).click();
  assert.match(await page.locator(".once").textContent(), /\/reset\//);
  await page.getByRole("button", { name: "I stored it" }).click();

  await page.getByRole("link", { name: "Roles" }).click();
  await page.getByRole("button", { name: `Delete ${role} 2` }).click();
  await page.getByRole("button", { name: "Delete the role" }).click();
  await page.locator("dialog [role=alert]").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("link", { name: "Members" }).click();
  await act("Remove");
  await page.getByRole("button", { name: "Remove from the organization" }).click();
  await row.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Roles" }).click();
  await page.getByRole("button", { name: `Delete ${role} 2` }).click();
  await page.getByRole("button", { name: "Delete the role" }).click();
  await page.getByRole("button", { name: `Delete ${role} 2` }).waitFor({ state: "detached" });
  await close();
});

test("a key is made, works, is revoked, and works no more", async () => {
  const { page, close } = await open("/access?tab=keys", people.owner);
  const name = `key ${Date.now()}`;
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel(/read events and take evidence/).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  const token = await page.locator(".once").textContent();
  const status = async () => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${shared.service.url}/v1/count?org=${ORG}`, { headers })).status;
  };
  assert.equal(await status(), 200);
  await page.getByRole("button", { name: "I stored it" }).click();
  await page.getByRole("button", { name: `Revoke the key ${name}` }).click();
  await page.getByRole("button", { name: "Revoke the key", exact: true }).click();
  await page.getByRole("row", { name: new RegExp(name) }).waitFor({ state: "detached" });
  assert.equal(await status(), 401);
  await page.getByLabel(/that ended/).check();
  assert.match(await page.getByRole("row", { name: new RegExp(name) }).textContent(), /revoked/);
  await close();
});

test("another session is ended, and the present one is marked", async () => {
  await signIn(shared.service, await people.member);
  const { page, close } = await open("/access?tab=sessions", await people.member);
  const rows = page.locator("tbody tr");
  await rows.first().waitFor();
  const before = await rows.count();
  assert.ok(before >= 2);
  assert.equal(await page.locator("tbody .tag").count(), 1);
  await rows
    .filter({ hasNot: page.locator(".tag") })
    .first()
    .getByRole("button")
    .click();
  await page.getByRole("dialog").getByRole("button", { name: "Sign out", exact: true }).click();
  await page.waitForFunction((wanted) => document.querySelectorAll("tbody tr").length === wanted, before - 1);
  await close();
});

test("what somebody may not do is not there", async () => {
  const auditor = await open("/access", await people.auditor);
  await auditor.page.waitForSelector("#members-title");
  const none = async (page, name) => assert.equal(await page.getByRole("button", { name }).count(), 0, String(name));
  await none(auditor.page, "Invite");
  assert.equal(await auditor.page.locator("#invitations-title").count(), 0);
  await auditor.page
    .getByRole("button", { name: /^Acts on/ })
    .first()
    .click();
  assert.deepEqual(await auditor.page.locator(".menu .item").allTextContents(), ["Activity"]);
  await auditor.page.getByRole("link", { name: "Roles" }).click();
  await auditor.page.waitForSelector(".matrix");
  await none(auditor.page, "New role");
  await auditor.page.getByRole("link", { name: "API keys" }).click();
  await auditor.page.waitForSelector("#keys-title");
  await none(auditor.page, /New key|Revoke/);
  await auditor.page.goto(`${shared.service.url}/settings`);
  await auditor.page.waitForSelector("#totp-title");
  const tabs = (page) => page.locator(".tabs a").allTextContents();
  assert.deepEqual(await tabs(auditor.page), ["My account", "Appearance", "System"]);
  await auditor.close();
  const member = await open("/access?tab=keys", await people.member);
  await member.page.waitForSelector("#sessions-title");
  assert.deepEqual(await tabs(member.page), ["Sessions"]);
  await member.close();
});

test("an act leads to the event that it made", async () => {
  const { page, close } = await open("/access", people.owner);
  await page.getByRole("link", { name: "Recorded acts" }).click();
  await page.waitForURL(/\/events\?q=action:user/);
  await page.waitForSelector(".row:not(.ghost-row)");
  await close();
});
