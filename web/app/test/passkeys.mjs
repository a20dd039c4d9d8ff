// Passkeys with a real browser and a virtual authenticator: added, used, renamed, removed; and what a page or a device
// does wrong, which opens no session.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, noSideScroll, open as openPage, signIn } from "./browser.mjs";
import { PASSWORD, invited } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

/** The service by the name that browsers trust without https. */
const local = () => ({ ...shared.service, url: shared.service.url.replace("127.0.0.1", "localhost") });

const DEVICE = {
  protocol: "ctap2",
  transport: "internal",
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
};

/** A device that has passkeys, for a page. */
async function deviceOf(page) {
  const devices = await page.context().newCDPSession(page);
  await devices.send("WebAuthn.enable");
  const { authenticatorId } = await devices.send("WebAuthn.addVirtualAuthenticator", { options: DEVICE });
  return {
    credentials: async () => (await devices.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
    add: (credential) => devices.send("WebAuthn.addCredential", { authenticatorId, credential }),
    verifies: (isUserVerified) => devices.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

/** A page at localhost, signed in as `who` or not at all, with a device that has passkeys. */
async function opened(path, who, options = {}) {
  const service = local();
  const cookie = who ? await signIn(service, who) : undefined;
  const opened = await openPage(shared.browser, service, "/healthz", { cookie, extraHTTPHeaders: {}, ...options });
  const device = await deviceOf(opened.page);
  await opened.page.goto(service.url + path);
  return { ...opened, device, service };
}

const add = async (page, name, password = PASSWORD) => {
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Your password").fill(password);
  await dialog.getByLabel("Name of the passkey").fill(name);
  await dialog.getByRole("button", { name: "Go on" }).click();
};

const signOut = (context) => context.clearCookies();
const button = (page) => page.getByRole("button", { name: "Sign in with a passkey" });
const isSignedIn = (page) => page.evaluate(async () => (await fetch("/v1/session")).ok);

/** What is recorded of somebody's failed sign-ins, newest first, once there are so many. */
async function failures(id, many) {
  const q = encodeURIComponent(`action:user.sign_in_failed target:user/${id}`);
  for (let tries = 0; ; tries++) {
    const { events } = await shared.service.get(`/v1/events?org=${ORG}&q=${q}`);
    if (events.length >= many || tries > 50) return events.map(({ reason }) => reason);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

test("a passkey is added, signs in, is renamed, and after it is removed signs nobody in", async () => {
  const who = await invited("member");
  const { page, context, close, device, service } = await opened("/settings", who, { expected: [/401|403/] });
  await page.getByText("None: you sign in with your password.").waitFor();
  await add(page, "Test laptop", "wrong");
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await accessible(page);
  await page.getByRole("dialog").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Go on" }).click();
  await page.getByRole("row", { name: /Test laptop/ }).waitFor();
  await accessible(page);
  const [credential] = await device.credentials();
  assert.equal(credential.isResidentCredential, true);

  await signOut(context);
  await page.goto(`${service.url}/sign-in?next=/settings`);
  await button(page).waitFor();
  await accessible(page);
  await button(page).click();
  await page.waitForURL(`${service.url}/settings`);
  await page.getByRole("row", { name: /Test laptop.*on one device/ }).waitFor();
  const session = await page.evaluate(async () => (await fetch("/v1/session")).json());
  assert.equal(session.user.email, who.email);

  await page.getByRole("button", { name: "Rename Test laptop" }).click();
  await page.getByRole("dialog").getByLabel("Name of the passkey").fill("Old laptop");
  await page.getByRole("dialog").getByRole("button", { name: "Rename" }).click();
  await page.getByRole("row", { name: /Old laptop/ }).waitFor();
  await add(page, "Again");
  await page.getByText("This device has a passkey of this account already.").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Remove Old laptop" }).click();
  await page.getByRole("dialog").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("dialog").getByRole("button", { name: "Remove the passkey" }).click();
  await page.getByText("None: you sign in with your password.").waitFor();

  await signOut(context);
  await page.goto(`${service.url}/sign-in`);
  await button(page).click();
  await page.getByRole("alert").getByText(/was not accepted/).waitFor();
  assert.equal(await isSignedIn(page), false);
  await close();
});

/** Sends what a device answered, as a page of the service does; the status of the answer. */
const show = (page, credential) =>
  page.evaluate(async (body) => {
    const headers = { "content-type": "application/json" };
    return (await fetch("/v1/session/passkey", { method: "POST", headers, body })).status;
  }, JSON.stringify({ credential }));

const challenge = (page) =>
  page.evaluate(async () => (await (await fetch("/v1/session/passkey/begin", { method: "POST" })).json()).options);

/** Has the page's device answer a challenge, whatever the page makes of it before; `modules` is where they are. */
const answer = (page, modules, options) =>
  page.evaluate(
    async ([source, asked]) => {
      const { usePasskey } = await import(source);
      return usePasskey(asked);
    },
    [`${modules}lib/passkeys.js`, options],
  );

test("what a page or a device does wrong opens no session, and is recorded", async () => {
  const who = await invited("auditor");
  const { page, context, close, device, service } = await opened("/settings", who, { expected: [/401|409/] });
  await add(page, "Test laptop");
  await page.getByRole("row", { name: /Test laptop/ }).waitFor();
  const { user } = await page.evaluate(async () => (await fetch("/v1/session")).json());
  await signOut(context);
  await page.goto(`${service.url}/sign-in`);
  await button(page).waitFor();
  const modules = (await page.locator("script[type=module]").getAttribute("src")).replace(/[^/]*$/, "");

  await device.verifies(false);
  await button(page).click();
  await page.getByRole("alert").getByText(/Nothing came of it/).waitFor();
  const careless = await challenge(page);
  careless.publicKey.userVerification = "discouraged";
  assert.equal(await show(page, await answer(page, modules, careless)), 401);
  await device.verifies(true);

  const credential = await answer(page, modules, await challenge(page));
  await challenge(page);
  assert.equal(await show(page, credential), 401);
  assert.equal(await show(page, credential), 401);
  const other = await answer(page, modules, await challenge(page));
  other.response.userHandle = btoa("somebody else 16").replaceAll("=", "");
  assert.equal(await show(page, other), 401);

  // A page of another address that has got hold of a challenge, with the same device.
  const evil = await context.newPage();
  const script = await (await fetch(`${shared.service.url}${modules}lib/passkeys.js`)).text();
  await evil.route("http://localhost:9/**", (route) =>
    route.request().url().endsWith(".js")
      ? route.fulfill({ contentType: "text/javascript", body: script })
      : route.fulfill({ contentType: "text/html", body: "<title>Elsewhere</title>" }),
  );
  await evil.goto("http://localhost:9/");
  const copy = await deviceOf(evil);
  await copy.add((await device.credentials())[0]);
  const phished = await answer(evil, "/", await challenge(page));
  await evil.close();
  assert.equal(await show(page, phished), 401);
  assert.equal(await isSignedIn(page), false);

  const reasons = await failures(user.id, 5);
  assert.deepEqual(reasons.toSorted(), [
    "passkey: another challenge was answered",
    "passkey: no challenge of this browser",
    "passkey: of another account",
    "passkey: the person was not verified",
    "passkey: used at another address",
  ]);
  await button(page).click();
  await page.waitForURL(`${service.url}/`);
  assert.equal(await isSignedIn(page), true);
  await close();
});

test("by an address in numbers there are no passkeys, and the settings say why", async () => {
  const who = await invited("member");
  const cookie = await signIn(shared.service, who);
  const narrow = { viewport: { width: 390, height: 844 } };
  const { page, close, context } = await openPage(shared.browser, shared.service, "/settings", { cookie, ...narrow });
  await page.getByText(/Passkeys need the service to have a public address with https/).waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a passkey" }).count(), 0);
  await noSideScroll(page);
  await accessible(page);
  await context.clearCookies();
  await page.goto(`${shared.service.url}/sign-in`);
  assert.equal(await button(page).count(), 0);
  await close();
});
