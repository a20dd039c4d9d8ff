// Chromium for the tests: pages that fail on any error, any message of the console, and any request elsewhere.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** A name that is not localhost, so that the browser counts the page as not secure. */
export const FOREIGN = "audit.test";

export function launch() {
  const executablePath = process.env.PLAYWRIGHT_CHROMIUM ?? "/usr/bin/chromium";
  assert.ok(existsSync(executablePath), `${executablePath} is not installed`);
  const args = ["--no-sandbox", `--host-resolver-rules=MAP ${FOREIGN} 127.0.0.1`];
  return chromium.launch({ executablePath, args });
}

/** The cookie of a new session, as a context wants it. */
export async function signIn(service, { email, password }) {
  const answer = await fetch(`${service.url}/v1/session`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: service.url },
    body: JSON.stringify({ email, password }),
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const [name, value] = answer.headers.get("set-cookie").split(";")[0].split("=");
  return { name, value, url: service.url, httpOnly: true, sameSite: "Lax" };
}

/** A page of the app at this path, as the root key or with the cookie of a session; `close` fails if anything went
  wrong on it. */
export async function open(browser, service, path, options = {}) {
  const { expected = [], foreign = false, cookie, ...rest } = options;
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    extraHTTPHeaders: cookie ? {} : { Authorization: `Bearer ${service.key}` },
    reducedMotion: "reduce",
    acceptDownloads: true,
    ...rest,
  });
  if (cookie) await context.addCookies([cookie]);
  const page = await context.newPage();
  const seen = { trouble: [], requests: [] };
  page.on("console", (message) => seen.trouble.push(message.text()));
  page.on("pageerror", (error) => seen.trouble.push(error.stack));
  page.on("request", (request) => seen.requests.push(request.url()));
  const origin = foreign ? service.url.replace(/127\.0\.0\.1|localhost/, FOREIGN) : service.url;
  await page.goto(origin + path);
  const close = async () => {
    const trouble = seen.trouble.filter((text) => !expected.some((pattern) => pattern.test(text)));
    assert.deepEqual(trouble, []);
    assert.deepEqual(
      seen.requests.filter((url) => !url.startsWith(origin) && !/^(blob|data):/.test(url)),
      [],
    );
    await context.close();
  };
  return { page, close, seen, context };
}

/** Waits until the rows of the search are there. */
export const rowsShown = (page) => page.waitForSelector(".row:not(.ghost-row)");

/** Fails if a rule is broken in the page, or in the part of it with this selector. */
export async function accessible(page, within = null) {
  // Whatever fades in is looked at when it is there.
  await page.evaluate(() => Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {}))));
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(
    ([part, runOnly]) => globalThis.axe.run(part ? document.querySelector(part) : document, { runOnly }),
    [within, TAGS],
  );
  assert.deepEqual(
    violations.map(({ id, nodes }) => [
      id,
      nodes.slice(0, 4).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    ]),
    [],
  );
}

export async function noSideScroll(page) {
  const [all, own] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(all <= own, `the page is ${all} wide in a window of ${own}`);
}
