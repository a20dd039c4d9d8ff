// One's own account in a browser: name, authenticator, password, and how things look.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { accessible, signIn } from "./browser.mjs";
import { PASSWORD, invited, open } from "./invited.mjs";
import { shared } from "./shared.mjs";

/** The code of an authenticator: RFC 6238 with SHA-1, six digits, 30 seconds. */
function codeOf(secret, now = Date.now()) {
  const bits = [...secret].map((one) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(one).toString(2).padStart(5, "0"));
  const key = Buffer.from(
    bits
      .join("")
      .match(/.{8}/g)
      .map((byte) => Number.parseInt(byte, 2)),
  );
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const mac = createHmac("sha1", key).update(time).digest();
  const at = mac.at(-1) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test("a name is changed, an authenticator taken into use and out, and the password changed", async () => {
  const who = await invited("member");
  const { page, close } = await open("/settings", who, { expected: [/403|400|422/] });
  await page.getByLabel("Name", { exact: true }).fill("Somebody Else");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Account changed").waitFor();
  await page.reload();
  await page.waitForFunction(() => document.querySelector("[name=name]")?.value === "Somebody Else");

  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Set up" }).click();
  await dialog.getByLabel("Your password").fill("wrong");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").waitFor();
  await dialog.getByLabel("Your password").fill(who.password);
  await dialog.getByRole("button", { name: "Go on" }).click();
  const secret = (await dialog.getByLabel("Secret", { exact: true }).textContent()).replaceAll(" ", "");
  assert.match(await dialog.getByRole("link").getAttribute("href"), /^otpauth:/);
  await dialog.getByLabel("Code that the app shows").fill(codeOf(secret));
  await dialog.getByRole("button", { name: "Confirm" }).click();
  await dialog.getByText("The authenticator is in use.").waitFor();
  assert.equal((await page.locator(".once").textContent()).split("\n").length, 10);
  await accessible(page);
  await dialog.getByRole("button", { name: "I stored it" }).click();
  await page.getByText(/10 recovery codes left/).waitFor();
  await page.getByRole("button", { name: "Remove" }).click();
  await dialog.getByLabel("Your password").fill(who.password);
  await dialog.getByRole("button", { name: "Remove the authenticator" }).click();
  await page.getByText(/Not in use/).waitFor();

  await page.getByLabel("Present password", { exact: true }).fill(who.password);
  await page.getByLabel("New password").fill("short");
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.locator(".wrong").waitFor();
  await page.getByLabel("New password").fill(`${PASSWORD} and more`);
  await page.getByRole("button", { name: "Change the password" }).click();
  await page.getByText(/Password changed/).waitFor();
  await signIn(shared.service, { email: who.email, password: `${PASSWORD} and more` });
  await close();
});

test("the look and the keys that were chosen stay", async () => {
  const { page, close } = await open("/settings?tab=appearance", shared.service.owner, { colorScheme: "light" });
  await page.getByLabel("Dark").check();
  await page.getByLabel("Compact").check();
  await page.getByLabel(/Single keys/).uncheck();
  await page.reload();
  await page.waitForSelector("#look-title");
  const { theme, density } = await page.evaluate(() => ({ ...document.documentElement.dataset }));
  assert.deepEqual([theme, density], ["dark", "compact"]);
  assert.equal(await page.getByLabel(/Single keys/).isChecked(), false);
  await close();
});

test("the organization is renamed, everywhere on the page", async () => {
  const { page, close } = await open("/settings?tab=organization", shared.service.owner);
  const rename = async (name) => {
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Rename", exact: true }).click();
    await page.locator(".org-name", { hasText: name }).waitFor();
  };
  const before = await page.getByLabel("Name", { exact: true }).inputValue();
  await rename("Northlight, renamed");
  await rename(before);
  await close();
});
