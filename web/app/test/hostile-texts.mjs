// Every text that an event, a person, a role, a key or an organization can bring, through every screen: nothing runs,
// nothing becomes markup, nothing hides, and the page stays as wide as its window.

import assert from "node:assert/strict";
import { test } from "node:test";

import { signIn } from "./browser.mjs";
import { TEXTS, WATCH, assertHarmless, hostileEvent } from "./hostile.mjs";
import { PASSWORD } from "./invited.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const KINDS = Object.keys(TEXTS);
const DENIED = /^Failed to load resource: the server responded with a status of 4\d\d/;
/** Where the number of kinds makes a walk long, those whose effect depends on where they stand. */
const FEW = "script imageInAttribute javascriptUrl css order controls proto long marks wide".split(" ");

let written = null;
/** The events, by kind, written once. */
const events = () =>
  (written ??= (async () => {
    const stored = {};
    for (const [minutes, kind] of KINDS.entries()) {
      const [answer] = await shared.service.send([hostileEvent(kind, TEXTS[kind], { minutes })]);
      stored[kind] = answer.id;
    }
    return stored;
  })());

/** A page that notes what runs, as somebody with a session or as the root key; `close` fails on any message. */
async function open(path, { cookie, ...options } = {}) {
  const { service, browser } = shared;
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    extraHTTPHeaders: cookie ? {} : { Authorization: `Bearer ${service.key}` },
    reducedMotion: "reduce",
    ...options,
  });
  if (cookie) await context.addCookies([cookie]);
  await context.addInitScript(WATCH);
  const page = await context.newPage();
  const trouble = [];
  page.on("console", (message) => trouble.push(message.text()));
  page.on("pageerror", (error) => trouble.push(error.stack));
  page.on("dialog", (dialog) => {
    trouble.push(`dialog ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(service.url) && !/^(blob|data):/.test(request.url())) trouble.push(request.url());
  });
  await page.goto(service.url + path);
  const close = async ({ expected = [] } = {}) => {
    assert.deepEqual(trouble.filter((text) => !expected.some((one) => one.test(text))), []);
    await context.close();
  };
  return { page, close };
}

const NARROW = { viewport: { width: 390, height: 844 }, hasTouch: true };

for (const [look, options] of [["wide", {}], ["narrow", NARROW]]) {
  test(`rows and drawers of hostile events, ${look}`, async () => {
    const stored = await events();
    const columns = "time,outcome,sentence,action,actor,target,ip,reason,user_agent,metadata.kind,metadata.__proto__";
    const { page, close } = await open(`/events?range=24h&q=action:hostile&cols=${columns}`, options);
    await page.waitForSelector(".row:not(.ghost-row)");
    await assertHarmless(page, "rows");
    for (const kind of look === "wide" ? KINDS : FEW) {
      await page.goto(`${shared.service.url}/events?range=24h&q=action:hostile&cols=${columns}&event=${stored[kind]}`);
      await page.waitForSelector("#event-sentence");
      await assertHarmless(page, `drawer of ${kind}`);
      for (const name of ["Side by side", "JSON Patch", "Show"]) {
        const button = page.locator(".drawer").getByRole("button", { name, exact: true });
        for (const one of await button.all()) await one.click();
        const tab = page.locator(".drawer").getByRole("tab", { name, exact: true });
        for (const one of await tab.all()) await one.click();
      }
      await page.waitForLoadState("networkidle");
      await assertHarmless(page, `all of the drawer of ${kind}`);
      await page.goto(`${shared.service.url}/events/${stored[kind]}`);
      await page.waitForSelector("#event-sentence");
      await assertHarmless(page, `page of ${kind}`);
    }
    await close();
  });
}

test("every act on a hostile value writes a query that finds it", async () => {
  const stored = await events();
  for (const kind of KINDS) {
    const { page, close } = await open(`/events?range=24h&q=action:hostile&event=${stored[kind]}`);
    await page.waitForSelector("#event-sentence");
    const include = page.locator(".drawer").getByRole("button", { name: /^Include/ });
    const names = await include.evaluateAll((all) => all.map((one) => one.getAttribute("aria-label") ?? one.title));
    assert.ok(names.length > 5, `${kind}: ${names.length} values can be included`);
    for (const index of [0, Math.floor(names.length / 3), Math.floor((2 * names.length) / 3), names.length - 1]) {
      await page.goto(`${shared.service.url}/events?range=24h&q=action:hostile&event=${stored[kind]}`);
      await page.waitForSelector("#event-sentence");
      await include.nth(index).click();
      await page.waitForFunction(() => new URL(location.href).searchParams.get("q") !== "action:hostile");
      await page.waitForFunction(() => !document.querySelector(".stale") && document.querySelector(".total b"));
      await assertHarmless(page, `${kind}: ${names[index]}`);
      assert.equal(await page.locator(".t-wrong").count(), 0, `${kind}: ${names[index]} made a query with an error`);
    }
    await close();
  }
});

test("facets, chips, suggestions, comparing and the palette show hostile values as text", async () => {
  const stored = await events();
  const { page, close } = await open("/events?range=24h&q=action:hostile");
  await page.waitForSelector(".row:not(.ghost-row)");
  for (const box of await page.getByRole("group", { name: /^Values of/ }).all()) await box.scrollIntoViewIfNeeded();
  await assertHarmless(page, "facets");
  const fields = ["metadata.__proto__", "metadata.polluted", "actor.type", "target.type", "user_agent", "session"];
  for (const field of fields) {
    await page.goto(`${shared.service.url}/events?range=24h&q=${encodeURIComponent(`action:hostile ${field}:*`)}`);
    await page.waitForSelector(".chip");
    await page.getByTitle("Change this filter").last().click();
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, `values of ${field}`);
  }
  await page.goto(`${shared.service.url}/events?range=24h`);
  await page.focus("#query");
  for (const typed of ["action:hostile", "actor:", "target:", "reason:", "metadata.", "request:", "ua:"]) {
    await page.fill("#query", typed);
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, `suggestions after ${typed}`);
  }
  for (const kind of KINDS) {
    const params = new URLSearchParams({ range: "24h", q: `action:hostile "${TEXTS[kind]}` });
    await page.goto(`${shared.service.url}/events?${params}`);
    await page.waitForSelector(".total, #notes");
    await assertHarmless(page, `${kind} in the query of the address`);
  }
  const some = FEW.map((kind) => stored[kind]);
  await page.goto(`${shared.service.url}/events?range=24h&q=action:hostile&compare=${some.slice(0, 5).join(",")}`);
  await page.waitForSelector(".compare");
  await assertHarmless(page, "compare");
  for (const typed of ["script", "img", "nimda", "W", "proto", "javascript"]) {
    await page.keyboard.press("Escape");
    await page.goto(`${shared.service.url}/`);
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox", { name: "Go to" }).waitFor();
    await page.keyboard.type(typed);
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, `palette after ${typed}`);
  }
  await close({ expected: [DENIED] });
});

test("entities and the overview show hostile names as text", async () => {
  await events();
  const { page, close } = await open("/?range=24h");
  await page.waitForLoadState("networkidle");
  await assertHarmless(page, "overview");
  for (const side of ["actor", "target"]) {
    await page.goto(`${shared.service.url}/entities?side=${side}&range=24h`);
    await page.waitForSelector(".sheet tbody tr");
    await assertHarmless(page, `list of ${side}s`);
    for (const kind of KINDS) {
      const { actor, targets } = hostileEvent(kind, TEXTS[kind]);
      const { type, id } = side === "actor" ? actor : targets[0];
      const path = `/entities/${side}/${[type, id].map(encodeURIComponent).join("/")}`;
      await page.goto(shared.service.url + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      await assertHarmless(page, `${side} ${kind}`);
    }
  }
  await close({ expected: [DENIED] });
});

test("what is pasted to be verified, and what stands in an address, stays text", async () => {
  const { page, close } = await open("/integrity");
  const box = page.getByRole("textbox", { name: "Event id or proof" });
  for (const kind of KINDS) {
    const forged = JSON.stringify({ format: TEXTS[kind], record: { leaf: TEXTS[kind], units: [TEXTS[kind]] } });
    for (const text of [TEXTS[kind], forged, `{"${kind}": ${JSON.stringify(TEXTS[kind])}`]) {
      await box.fill(text);
      await page.getByRole("button", { name: "Verify in this browser" }).click();
      await page.locator(".verify-body .verdict, .verify-body .trouble, .verify-body [role=alert]").first().waitFor();
      await assertHarmless(page, `${kind} to verify`);
    }
  }
  const parts = "org tz range from to cols group order event compare tab side user".split(" ");
  for (const kind of FEW) {
    for (const path of ["/", "/events", "/entities", "/integrity", "/access", "/settings"]) {
      const params = new URLSearchParams(parts.map((name) => [name, TEXTS[kind]]));
      await page.goto(`${shared.service.url}${path}?${params}`);
      await page.waitForLoadState("networkidle");
      await assertHarmless(page, `${path} with ${kind} everywhere`);
    }
    await page.goto(`${shared.service.url}/events/${encodeURIComponent(TEXTS[kind])}`);
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, `an event named ${kind}`);
  }
  await close({ expected: [DENIED, /^Failed to load resource/] });
});

test("people, roles, keys and organizations with hostile names stay text", async () => {
  const { service } = shared;
  const base = Date.now();
  // Behind the others: whoever may see all begins with the first.
  const org = `zz-hostile-${base}`;
  const title = `<script>pwned()</script>${TEXTS.order}`.replace(/[\p{Cc}]/gu, "");
  await service.ask("POST", "/v1/orgs", { id: org, name: title });
  let owner = null;
  for (const [index, kind] of FEW.entries()) {
    const name = [...TEXTS[kind].replace(/[\p{Cc}\u2028\u2029]/gu, " ").trim()].slice(0, 100).join("");
    const email = `"><img/src=x/onerror=pwned()>${base}.${index}@people.example`;
    const role = index === 0 ? "owner" : "member";
    const { url } = await service.ask("POST", `/v1/invitations?org=${org}`, { email, role });
    const { page, close } = await open(url, { cookie: { name: "x", value: "y", url: service.url } });
    await page.locator("form").waitFor();
    await assertHarmless(page, `invitation, ${kind}`);
    await page.getByLabel("Your name").fill(name);
    await page.getByLabel("Password").fill("short");
    await page.locator("#time_zone").fill("UTC");
    await page.getByRole("button", { name: "Join" }).click();
    await page.getByRole("alert").waitFor();
    await assertHarmless(page, `invitation with an error, ${kind}`);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Join" }).click();
    await page.waitForURL((to) => !to.pathname.startsWith("/invite"));
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, `first page of ${kind}`);
    await close({ expected: [DENIED] });
    owner ??= { email, password: PASSWORD };
    const refused = (error) => assert.match(error.message, /40[09]/);
    const made = { name, permissions: ["audit_logs.read"], filter: 'action:"<img src=x onerror=pwned()>"' };
    await service.ask("POST", `/v1/roles?org=${org}`, made).catch(refused);
    await service.ask("POST", "/v1/keys", { name, org, scopes: ["events:read"] }).catch(refused);
    await service.ask("POST", `/v1/invitations?org=${org}`, { email: `waits.${email}`, role: "member" });
  }
  const cookie = await signIn(service, owner);
  for (const options of [{}, NARROW]) {
    const { page, close } = await open(`/access?org=${org}`, { cookie, ...options });
    for (const tab of ["members", "roles", "keys", "sessions"]) {
      await page.goto(`${service.url}/access?org=${org}&tab=${tab}`);
      await page.waitForLoadState("networkidle");
      await assertHarmless(page, tab);
    }
    await page.goto(`${service.url}/access?org=${org}`);
    for (let index = 0; index < 4; index++) {
      await page.getByRole("button", { name: /^Acts on/ }).nth(index).click();
      await page.getByRole("button", { name: "Remove", exact: true }).first().click();
      await page.getByRole("dialog").waitFor();
      await assertHarmless(page, `removing the ${index}th`);
      await page.keyboard.press("Escape");
    }
    for (const path of ["/settings?tab=organization", "/settings", "/events?range=24h"]) {
      await page.goto(`${service.url}${path}${path.includes("?") ? "&" : "?"}org=${org}`);
      await page.waitForLoadState("networkidle");
      await assertHarmless(page, path);
    }
    await page.keyboard.press("Escape");
    await page.locator("header.top button").first().click();
    await assertHarmless(page, "organizations at the top");
    await close({ expected: [DENIED] });
  }
});

test("after signing in the browser is on this site, wherever it was to go", async () => {
  const { service } = shared;
  for (const next of [
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "https:evil.example",
    "/%5c/evil.example",
    "/\u00a0/evil",
    "javascript:pwned()",
    "/.//evil.example",
  ]) {
    const cookie = { name: "x", value: "y", url: service.url };
    const { page, close } = await open(`/sign-in?${new URLSearchParams({ next })}`, { cookie });
    await page.getByLabel("E-mail address").fill(service.owner.email);
    await page.getByLabel("Password").fill(service.owner.password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.waitForURL((to) => to.pathname !== "/sign-in");
    assert.equal(new URL(page.url()).origin, new URL(service.url).origin, next);
    await page.waitForLoadState("networkidle");
    await assertHarmless(page, next);
    await close({ expected: [/^Failed to load resource/] });
  }
});
