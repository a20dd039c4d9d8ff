// The viewer inside another product: the example product of docs/examples/embed runs beside the service, on an origin
// of its own and under a policy that lets nothing inline and nothing else in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { accessible, noSideScroll } from "./browser.mjs";
import { open as openApp } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const EXAMPLE = join(ROOT, "docs", "examples", "embed", "server.py");
const POLICY = (audit) =>
  `default-src 'none'; script-src 'self' ${audit}; connect-src 'self' ${audit}; frame-src ${audit}; ` +
  "require-trusted-types-for 'script'; trusted-types 'none'";

/** The example product, which makes tokens with an API key of its own. */
async function product(t) {
  const { service } = shared;
  const scopes = ["viewers:write", "events:read", "integrity:read"];
  const key = await service.ask("POST", "/v1/keys", { name: "product", org: ORG, scopes });
  const child = spawn("python3", [EXAMPLE, "--audit", service.url, "--org", ORG, "--port", "0"], {
    env: { ...process.env, AUDIT_KEY: key.token },
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill());
  let said = "";
  const origin = await new Promise((resolve, reject) => {
    child.on("exit", () => reject(new Error(said)));
    child.stdout.on("data", (chunk) => {
      said += chunk;
      const found = /Open (http:\/\/[^/]+)\//.exec(said);
      if (found) resolve(found[1]);
    });
  });
  child.removeAllListeners("exit");
  return { origin, key };
}

/** A page of a product with this body, whose tokens `give` makes: `give` is called for each one. */
async function page(t, { body = "<audit-viewer></audit-viewer>", give, path = "/", asOrigin = (own) => own }) {
  const { service, browser } = shared;
  const given = [];
  const server = createServer(async (request, response) => {
    const kinds = { "/token": "text/plain", "/page.js": "text/javascript" };
    const kind = kinds[request.url] ?? "text/html";
    response.setHeader("content-type", `${kind}; charset=utf-8`);
    response.setHeader("content-security-policy", POLICY(service.url));
    if (request.url === "/token") {
      const token = await give(asOrigin(origin), given.length);
      given.push(token);
      return response.end(token);
    }
    if (request.url === "/page.js") {
      return response.end(`globalThis.said = [];
        const viewer = document.querySelector("audit-viewer");
        for (const name of ["audit-open", "audit-error", "audit-token-expired"])
          viewer.addEventListener(name, ({ detail }) => said.push([name, detail]));
        viewer.tokenProvider = () => fetch("/token").then((answer) => answer.text());`);
    }
    return response.end(`<!doctype html><html lang="en"><meta charset="utf-8"><title>A product</title>
      <script type="module" src="${service.url}/embed/v1/viewer.js"></script>
      <script type="module" src="/page.js"></script><body>${body}`);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const origin = `http://localhost:${server.address().port}`;
  const context = await browser.newContext({ viewport: { width: 1200, height: 800 } });
  t.after(() => context.close());
  const shown = await context.newPage();
  const trouble = [];
  shown.on("console", (message) => trouble.push(message.text()));
  shown.on("pageerror", (error) => trouble.push(error.stack));
  await shown.goto(origin + path);
  const said = (name) => shown.evaluate((wanted) => globalThis.said.filter(([one]) => one === wanted), name);
  return { page: shown, trouble, said, given, origin };
}

const make = (more) => async (origin) => {
  const body = { org: ORG, actor: { id: "u_eve", name: "Eve" }, origins: [origin], ...more };
  return (await shared.service.ask("POST", "/v1/viewer-tokens", body)).token;
};

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];

test("the example product shows the log, as an element and in a frame, in every look", async (t) => {
  const { origin } = await product(t);
  for (const [name, options] of LOOKS) {
    for (const path of ["/", "/frame"]) {
      const context = await shared.browser.newContext({
        viewport: { width: 1280, height: 860 },
        reducedMotion: "reduce",
        ...options,
      });
      const shown = await context.newPage();
      const trouble = [];
      shown.on("console", (message) => trouble.push(message.text()));
      shown.on("pageerror", (error) => trouble.push(error.stack));
      await shown.goto(origin + path);
      const scope = path === "/" ? shown : shown.frameLocator("iframe");
      await scope.locator(".row").nth(3).waitFor();
      const frame = path === "/" ? shown : shown.frames()[1];
      await accessible(frame);
      await noSideScroll(shown);
      await scope.locator(".row").nth(3).click();
      await scope.getByRole("dialog").waitFor();
      await accessible(frame);
      await scope.getByRole("button", { name: "Verify", exact: true }).click();
      await scope.getByText("Verified in this browser").waitFor();
      await accessible(frame);
      await shown.getByText(/^Opened evt_/).waitFor();
      await scope.getByRole("button", { name: "Close" }).click();
      await scope.getByRole("dialog").waitFor({ state: "detached" });
      assert.deepEqual(trouble, [], `${name} ${path}`);
      await context.close();
    }
  }
});

test("with the keyboard alone: search, move, open, close", async (t) => {
  const own = make({ features: ["search", "live"], query: "-action:audit_log.*,audit_viewer_token.*" });
  const { page: shown, said, trouble } = await page(t, { give: own });
  await shown.locator(".row").first().waitFor();
  await shown.getByRole("searchbox").focus();
  await shown.keyboard.type("outcome:failure");
  await shown.keyboard.press("Enter");
  await shown.waitForFunction(() => {
    const root = document.querySelector("audit-viewer").shadowRoot;
    const words = [...root.querySelectorAll(".row .outcome")].map((one) => one.textContent);
    return words.length > 2 && words.every((word) => word === "failure");
  });
  await shown.locator(".row").first().focus();
  await shown.keyboard.press("ArrowDown");
  await shown.keyboard.press("Enter");
  await shown.getByRole("dialog").waitFor();
  await shown.keyboard.press("Escape");
  await shown.getByRole("dialog").waitFor({ state: "detached" });
  const at = () => document.querySelector("audit-viewer").shadowRoot.activeElement?.className;
  await shown.waitForFunction(() => document.querySelector("audit-viewer").shadowRoot.activeElement);
  assert.match(await shown.evaluate(at), /row/);
  assert.equal((await said("audit-open")).length, 1);
  // A query that is none says so, and leaves the rows.
  await shown.getByRole("searchbox").fill("actor:(");
  await shown.keyboard.press("Tab");
  await shown.keyboard.press("Enter");
  await shown.getByRole("alert").waitFor();
  assert.ok((await shown.locator(".row").count()) > 2);
  assert.deepEqual(trouble.filter((text) => !/400 \(Bad Request\)/.test(text)), []);
});

test("what the token does not allow is not there", async (t) => {
  const { page: shown, trouble } = await page(t, { give: make({}) });
  await shown.locator(".row").first().click();
  await shown.getByRole("dialog").waitFor();
  for (const name of ["Search", "Live", "CSV", "Evidence pack", "Verify", "Show"]) {
    assert.equal(await shown.getByRole("button", { name, exact: true }).count(), 0, name);
  }
  assert.equal(await shown.getByRole("searchbox").count(), 0);
  assert.ok(!(await shown.getByRole("dialog").textContent()).includes("Metadata"));
  assert.deepEqual(trouble, []);
});

test("live shows what happens, hostile text stays text, and the page's own texts are used", async (t) => {
  const give = make({ features: ["live", "raw"], query: "action:embed.*" });
  const { page: shown, trouble } = await page(t, { give });
  await shown.getByText("No events match.").waitFor();
  await shown.evaluate(() => {
    document.querySelector("audit-viewer").texts = { live: "En directo", actor: "Quién" };
  });
  const live = shown.getByRole("button", { name: "En directo" });
  const tail = shown.waitForResponse((answer) => answer.url().includes("/v1/tail"));
  await live.click();
  await tail;
  const name = "<img src=x onerror=alert(1)>\u202eevil";
  const metadata = { constructor: "a", actor: "b", "c\u202ed": "e" };
  await shared.service.send([{ action: "embed.tried", actor: { type: "user", id: "u_x", name }, metadata }]);
  await shown.locator(".row.fresh").waitFor();
  const row = await shown.locator(".row").first().textContent();
  assert.ok(row.includes("<img src=x onerror=alert(1)>⟨U+202E⟩evil"), row);
  await shown.locator(".row").first().click();
  // The page's words are for what the viewer says, not for names that an event brings.
  await shown.getByRole("heading", { name: "In the log" }).waitFor();
  const labels = await shown.locator("audit-viewer dt").allTextContents();
  for (const label of ["Actor", "constructor", "actor", '"c⟨U+202E⟩d"']) assert.ok(labels.includes(label), label);
  await shown.getByRole("button", { name: "Show", exact: true }).click();
  assert.equal(await shown.locator("audit-viewer img").count(), 0);
  assert.deepEqual(trouble, []);
});

test("a token that has ended is replaced, and the page is told", async (t) => {
  const { service } = shared;
  const revoke = async () => {
    const answer = await fetch(`${service.url}/v1/viewer-tokens?org=${ORG}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${service.key}` },
    });
    assert.equal(answer.status, 200);
  };
  let isOver = false;
  const own = make({ features: ["search"] });
  const give = async (origin) => (isOver ? `tsv_${"0".repeat(49)}` : own(origin));
  const { page: shown, said, given } = await page(t, { give });
  await shown.locator(".row").first().waitFor();
  assert.equal(given.length, 1);
  await revoke();
  await shown.getByRole("button", { name: "Load older" }).click();
  await shown.waitForFunction(
    () => document.querySelector("audit-viewer").shadowRoot.querySelectorAll(".row").length > 50,
  );
  assert.equal((await said("audit-token-expired")).length, 1);
  assert.equal(given.length, 2);
  // And when the page has only tokens that are refused, the viewer says so instead of showing anything new.
  isOver = true;
  await revoke();
  await shown.getByRole("button", { name: "Search", exact: true }).click();
  await shown.getByText("Access to this log has ended.").waitFor();
  const [, detail] = (await said("audit-error")).at(-1);
  assert.equal(detail.code, "viewer_token_ended");
});

test("a page of another origin gets nothing", async (t) => {
  const asOrigin = () => "https://app.example.com";
  const { page: shown, said } = await page(t, { give: make({}), asOrigin });
  await shown.getByText("The log cannot be reached.").waitFor();
  assert.equal(await shown.locator(".row").count(), 0);
  assert.equal((await said("audit-error")).length, 1);
});

test("the frame is shown by pages of its origins alone, and hears them alone", async (t) => {
  const { service, browser } = shared;
  const { origin } = await product(t);
  const { frame, token } = await (await fetch(`${origin}/audit-token`)).json();
  const stranger = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><title>x</title><iframe src="${frame}"></iframe>`);
  });
  await new Promise((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  t.after(() => stranger.close());
  const context = await browser.newContext();
  t.after(() => context.close());
  const shown = await context.newPage();
  const refused = shown.waitForEvent("console", (message) => /frame-ancestors/.test(message.text()));
  await shown.goto(`http://localhost:${stranger.address().port}/`);
  await refused;

  // Opened by itself it shows nothing; and whoever opens it is not the page around it.
  await shown.goto(service.url);
  const opened = context.waitForEvent("page");
  await shown.evaluate((address) => (globalThis.other = open(address)), frame);
  const alone = await opened;
  await alone.getByText("shown inside another product").waitFor();

  // A page between the product's page and the frame is heard by nobody: the token goes to exactly one origin.
  await shown.goto(`${origin}/frame`);
  await shown.frameLocator("iframe").locator(".row").first().waitFor();
  const inside = shown.frames()[1];
  const before = await inside.evaluate(() => document.querySelector("audit-viewer").getAttribute("theme"));
  await inside.evaluate((options) => postMessage({ type: "audit-options", options }, "*"), { theme: "dark" });
  await inside.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
  assert.equal(await inside.evaluate(() => document.querySelector("audit-viewer").getAttribute("theme")), before);
  await shown.evaluate(
    ([target, options]) =>
      document.querySelector("iframe").contentWindow.postMessage({ type: "audit-options", options }, target),
    [service.url, { theme: "dark" }],
  );
  await inside.waitForFunction(() => document.querySelector("audit-viewer").getAttribute("theme") === "dark");
  assert.ok(!shown.frames().some((one) => one.url().includes(token)));
});

test("access: a viewer token is made to try, shown once, listed and revoked; how to is at hand", async () => {
  const { page: shown, close } = await openApp("/access?tab=viewers", shared.service.owner, { expected: [/400/] });
  await shown.locator("#viewers-title").waitFor();
  await shown.getByRole("button", { name: "Show how" }).click();
  for (const name of ["HTML", "curl", "TypeScript", "Python", "Go"]) {
    await shown.getByRole("button", { name, exact: true }).click();
    assert.ok((await shown.locator(".once").textContent()).includes("audit"), name);
  }
  await accessible(shown);
  await shown.keyboard.press("Escape");
  await shown.getByRole("button", { name: "New token" }).click();
  await shown.getByLabel(/Who looks/).fill("u_try");
  await shown.getByLabel(/Shows only events/).fill("action:(");
  await shown.locator("dialog .wrong").waitFor();
  await shown.getByLabel(/Shows only events/).fill("action:alert.*");
  await shown.getByText(/events? of this log would be shown now/).waitFor();
  await shown.getByLabel(/Pages that may/).fill("https://app.example.com/path");
  await shown.getByLabel(/take events away/).check();
  assert.ok(await shown.getByLabel(/as they are stored/).isChecked(), "an export shows events as they are stored");
  await shown.getByRole("button", { name: "Make the token" }).click();
  await shown.locator("dialog [role=alert]").waitFor();
  await shown.getByLabel(/Pages that may/).fill("https://app.example.com");
  await accessible(shown);
  await shown.getByRole("button", { name: "Make the token" }).click();
  assert.match(await shown.locator(".once").textContent(), /^tsv_[0-9A-Za-z]{49}$/);
  await shown.getByRole("button", { name: "I stored it" }).click();
  // Another one, so that there is something to revoke at last.
  await make({ features: ["search"] })("https://app.example.com");
  await shown.getByRole("button", { name: "Revoke the viewer token of u_try" }).click();
  await shown.getByRole("button", { name: "Revoke the token", exact: true }).click();
  await shown.getByText("u_try").first().waitFor({ state: "detached" });
  await shown.getByRole("button", { name: "Revoke all" }).click();
  await shown.locator("dialog").getByRole("button", { name: "Revoke all" }).click();
  await shown.getByText("No viewer token is good now").waitFor();
  await close();
});
