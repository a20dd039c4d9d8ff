// The first day: from the link that the first start prints to the first event on the screen, in a service that is
// empty. Then what nobody wants to see: a service that is restarted under an open page, and a log that was put back.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { accessible, noSideScroll, open as openPage, signIn } from "./browser.mjs";
import { fresh } from "./fresh.mjs";
import { PASSWORD } from "./invited.mjs";
import { shared } from "./shared.mjs";

const run = promisify(execFile);
const OWNER = { email: "ana@first.example", password: PASSWORD };
let service = null;
/** The service of these tests, one after the other: each goes on from where the last one left it. */
const own = async () => (service ??= await fresh());
after(() => service?.remove());

const open = async (path, options = {}) =>
  openPage(shared.browser, await own(), path, { cookie: await signIn(await own(), OWNER), ...options });

/** Events of nobody in particular, by the root key. */
async function write(many) {
  const body = Array.from({ length: many }, (_, index) => ({
    org: "first",
    action: "door.opened",
    actor: { type: "user", id: `u_${index}`, name: `Walker ${index}` },
  }));
  const answer = await fetch(`${service.url}/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${service.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 201, await answer.clone().text());
}

test("from the link of the first start to the first event, without leaving the browser", async () => {
  const { url, setup } = await own();
  const context = await shared.browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(error.stack));
  await page.goto(setup);
  await accessible(page);
  await page.getByLabel("Your name").fill("Ana Ruiz");
  await page.getByLabel("E-mail address").fill(OWNER.email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByLabel("Organization").fill("First");
  await page.getByRole("button", { name: "Set up" }).click();
  await page.waitForURL(`${url}/start`);
  await page.getByText("Listening… nothing yet").waitFor();
  await accessible(page);
  assert.ok(!(await page.locator("pre").textContent()).includes("tsk_0"), "no key is made unasked");
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByText("The key is in the commands below.").waitFor();
  for (const language of ["Command line", "TypeScript", "Python", "Go"]) {
    await page.getByRole("button", { name: language, exact: true }).click();
    assert.match(await page.locator("pre").textContent(), /tsk_[0-9A-Za-z]{20}/, language);
    await noSideScroll(page);
  }
  assert.match(await page.locator("pre").textContent(), /\n\tevent := /, "what is indented stays so");
  await page.getByRole("button", { name: "curl", exact: true }).click();
  await page.getByRole("button", { name: "Copy", exact: true }).click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, /^curl 'http/);
  const { stdout } = await run("bash", ["-c", `${command} --silent --show-error`]);
  assert.match(stdout, /"evt_[0-9a-f]{32}"/);
  await page.locator(".listening", { hasText: "Ana Ruiz signed in" }).waitFor();
  await accessible(page);
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await noSideScroll(page);
  }
  await page.getByRole("link", { name: "Look at it" }).click();
  await page.waitForSelector("#event-sentence");
  assert.deepEqual(trouble, []);
  await context.close();
});

test("what is sent in the other languages arrives as well", async () => {
  const { page, close } = await open("/start");
  await page.getByRole("button", { name: "Make a key" }).click();
  await page.getByText("The key is in the commands below.").waitFor();
  const commands = { Python: ["python3", "-c"], TypeScript: ["node", "--input-type=module", "-e"] };
  const headers = { authorization: `Bearer ${service.key}` };
  const sent = async () =>
    (await (await fetch(`${service.url}/v1/count?org=first&q=-source:tallystick`, { headers })).json()).count;
  for (const [language, [program, ...args]] of Object.entries(commands)) {
    const before = await sent();
    await page.getByRole("button", { name: language, exact: true }).click();
    await run(program, [...args, await page.locator("pre").textContent()]);
    assert.equal(await sent(), before + 1, language);
  }
  await close();
});

test("the overview says what to begin with until it is done or put away", async () => {
  const { page, close } = await open("/");
  const list = page.getByRole("region", { name: "To begin with" });
  await list.getByText("Send the first event (done)").waitFor();
  await accessible(page);
  assert.deepEqual(await list.getByRole("link").allTextContents(), [
    "Invite somebody",
    "Turn on your authenticator",
    "Let a witness watch the log",
  ]);
  await list.getByRole("link", { name: "Invite somebody" }).click();
  await page.waitForURL(/\/access$/);
  await page.goBack();
  await list.getByRole("button", { name: "Put away" }).click();
  await list.waitFor({ state: "detached" });
  await page.reload();
  await page.getByRole("heading", { name: "Sensitive" }).waitFor();
  assert.equal(await list.count(), 0);
  await close();
});

test("a restart of the service under an open page: it says so, and goes on live by itself", async () => {
  await write(3);
  const { page, close } = await open("/events?q=action:door", { expected: [/ERR_|Failed to load|network error/i] });
  await page.waitForSelector(".row:not(.ghost-row)");
  await page.locator("button.live").click();
  await page.waitForFunction(
    () => document.querySelector(".live-dot") && /Live/.test(document.querySelector("button.live").textContent),
  );
  await service.stop();
  await page.getByText(/What is shown may be old|Reconnecting/).first().waitFor();
  assert.ok((await page.locator(".row:not(.ghost-row)").count()) >= 3, "what was shown stays");
  await service.start();
  await write(1);
  await page.waitForFunction(
    () => !document.querySelector(".offline") && document.querySelectorAll(".row:not(.ghost-row)").length >= 4,
  );
  await close();
});

test("a log that was put back to an earlier state turns every screen red", async () => {
  const { folder, url, key } = await own();
  const backup = `${folder}.backup`;
  const published = async (least) => {
    for (;;) {
      const answer = await fetch(`${url}/v1/logs/first/integrity`, { headers: { authorization: `Bearer ${key}` } });
      const state = await answer.json();
      if (state.checkpoint?.size >= least) return state;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const { size } = await published(1);
  await service.stop();
  cpSync(folder, backup, { recursive: true });
  await service.start();
  await write(5);
  await published(size + 5);
  await service.stop();
  // All but what a restored backup does not have: the guard's memory of what was signed.
  for (const name of readdirSync(folder).filter((one) => one !== "guard")) {
    rmSync(join(folder, name), { recursive: true });
    cpSync(join(backup, name), join(folder, name), { recursive: true });
  }
  rmSync(backup, { recursive: true });
  await service.start();
  // Nothing is written in this state, so nobody can sign in either: the root key looks.
  for (const path of ["/integrity", "/events", "/"]) {
    const { page, context } = await openPage(shared.browser, service, `${path}?org=first`);
    await page.locator(".pill.broken", { hasText: "Log was rolled back" }).waitFor();
    if (path === "/integrity") {
      await page.locator(".verdict.broken").waitFor();
      await accessible(page);
    }
    await context.close();
  }
});
