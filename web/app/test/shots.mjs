// Makes pictures of every screen to be looked at: `node test/shots.mjs FOLDER`, light, dark and narrow; with names
// behind the folder, of these alone.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, open, rowsShown, signIn } from "./browser.mjs";
import { receiver } from "./receiver.mjs";
import { ORG, start } from "./service.mjs";

const [folder = "shots", ...names] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const service = await start();
const browser = await launch();
const { events } = await service.get(`/v1/events?org=${ORG}&limit=1&q=action:escalation_policy.updated`);
const share = await service.ask("POST", `/v1/events/${events[0].id}/shares`, { note: "The auditor of 2026" });
for (const [name, query] of [
  ["Access review", "action:user.*"],
  ["Refusals", "outcome:denied"],
]) {
  await service.ask("POST", "/v1/exports", { org: ORG, name, query, format: "csv" });
}
const schedule = (name, body) =>
  service.ask("POST", "/v1/export-schedules", { org: ORG, name, format: "csv", ...body });
const weekly = { repeat: "weekly", weekday: "monday", at: "06:30", time_zone: "Europe/Madrid" };
await schedule("Refusals of the week", { query: "outcome:denied", timing: weekly });
const monthly = { repeat: "monthly", day: "last", at: "23:00" };
await schedule("Evidence of the month", { format: "evidence", timing: monthly, paused: true });
const nowhere = { bucket: "audit", endpoint: "http://127.0.0.1:9", access_key_id: "AKIA", secret_access_key: "secret" };
const stored = await schedule("Archive", {
  format: "ndjson",
  compression: "zstd",
  timing: { repeat: "cron", cron: "0 */6 * * *" },
  store: { kind: "s3", settings: nowhere },
});
await service.ask("POST", `/v1/export-schedules/${stored.id}/run`, {});
const hooks = await receiver();
const send = (name, body) =>
  service.ask("POST", "/v1/streams", {
    organization_id: ORG,
    kind: "webhook",
    name,
    settings: { url: hooks.url, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
    start_from: "beginning",
    ...body,
  });
await send("Archive of everything", { paused: true });
const signed = await send("Refusals to the on-call rotation", { query: "outcome:denied actor.type:user" });
await send("SIEM", { settings: { url: hooks.url.replace(/:\d+/, ":9") }, query: "-outcome:success" });
const picky = await receiver();
picky.answers(({ events }) =>
  events.some(({ outcome }) => outcome === "failure") ? { status: 400, body: "no failures, please" } : { status: 200 },
);
const refused = await send("Picky webhook", {
  settings: { url: picky.url },
  query: "action:user.role_assigned,user.login,user.sign_in_failed",
  mask: { fields: ["actor.email", "context.ip"], method: "hash" },
});
await new Promise((resolve) => setTimeout(resolve, 4000));

const verify = async (page) => {
  await page.locator(".row").nth(2).click();
  await page.locator(".verify").click();
  await page.locator(".proof b", { hasText: "Verified" }).waitFor();
};
const heading = (page) => page.getByRole("heading", { level: 1 }).waitFor();
const SHOTS = [
  ["overview", "/?range=30d", async (page) => page.waitForSelector(".ranking")],
  ["events", "/events?range=30d", rowsShown],
  ["events-query", "/events?range=30d&q=action:escalation_policy.updated,user.role_assigned -outcome:failure", verify],
  [
    "events-error",
    "/events?range=30d",
    async (page) => {
      await page.fill("#query", "outcome:sucess actr:alice");
      await page.press("#query", "Enter");
      await page.waitForSelector("#notes");
    },
  ],
  [
    "events-completion",
    "/events?range=30d",
    async (page) => {
      await page.focus("#query");
      await page.keyboard.type("outcome:denied actor:");
      await page.waitForSelector("[role=option] em");
    },
  ],
  ["events-range", "/events?range=30d", (page) => page.getByTitle("Range of time").click()],
  [
    "events-columns",
    "/events?range=30d",
    (page, isNarrow) => isNarrow || page.getByRole("button", { name: "Columns" }).click(),
  ],
  [
    "events-none",
    "/events?range=30d&q=outcome:denied action:alert.created country:PT",
    (page) => page.getByText("Without outcome").waitFor(),
  ],
  [
    "events-filters",
    "/events?range=30d&q=outcome:denied",
    async (page, isNarrow) => {
      if (isNarrow) await page.getByRole("button", { name: "Filters" }).click();
      else await page.getByTitle("Change this filter").first().click();
    },
  ],
  ["event", `/events/${events[0].id}`, (page) => page.waitForSelector("#event-sentence")],
  ["entities", "/entities", (page) => page.waitForSelector(".sheet tbody tr")],
  ["actor", "/entities/actor/user/u_1204", (page) => page.waitForSelector(".moment")],
  ["target", "/entities/target/escalation_policy/ep_platform", (page) => page.waitForSelector(".slider")],
  ["exports", "/exports", (page) => page.getByText("Completed").first().waitFor()],
  ["export-new", "/exports/new?q=outcome:denied", (page) => page.getByRole("button", { name: /^Export \d/ }).waitFor()],
  ["integrity", "/integrity", (page) => page.waitForSelector(".verdict")],
  [
    "palette",
    "/events",
    async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("dialog").waitFor();
      await page.keyboard.type("role");
      await page.waitForTimeout(800);
    },
  ],
  ["keys", "/events", (page) => page.keyboard.press("?")],
  [
    "compare",
    "/events?range=30d",
    async (page, isNarrow) => {
      await rowsShown(page);
      if (isNarrow) return;
      await page.locator(".rows").focus();
      for (const key of ["j", " ", "j", " "]) await page.keyboard.press(key);
      await page.getByRole("button", { name: "Compare" }).click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  ["sign-in", "/sign-in", heading],
  ["sign-in-sso", "/sign-in/sso", heading],
  ["shared-event", new URL(share.url, service.url).pathname, heading],
  ["setup-wrong", "/setup/wrong", heading],
  ["nowhere", "/nowhere", heading],
];
/** What is seen with a session only. */
const press = (name) => async (page) => {
  await page.getByRole("button", { name }).first().click();
  await page.getByRole("dialog").waitFor();
};
const SIGNED_IN = [
  ["access-members", "/access", (page) => page.waitForSelector("#members-title")],
  ["access-invite", "/access", press("Invite")],
  ["access-roles", "/access?tab=roles", (page) => page.waitForSelector(".matrix")],
  ["access-role", "/access?tab=roles", press("New role")],
  ["access-keys", "/access?tab=keys", (page) => page.waitForSelector("#keys-title")],
  ["access-key", "/access?tab=keys", press("New key")],
  ["access-viewers", "/access?tab=viewers", (page) => page.waitForSelector("#viewers-title")],
  ["access-viewer", "/access?tab=viewers", press("New token")],
  ["access-shares", "/access?tab=shares", (page) => page.getByText("The auditor of 2026").waitFor()],
  ["access-sso", "/access?tab=sso", (page) => page.waitForSelector("#sso-title")],
  ["access-sessions", "/access?tab=sessions", (page) => page.waitForSelector("#sessions-title")],
  ["settings-account", "/settings", (page) => page.waitForSelector("#totp-title")],
  ["settings-appearance", "/settings?tab=appearance", (page) => page.waitForSelector("#look-title")],
  ["settings-organization", "/settings?tab=organization", (page) => page.waitForSelector("#organization-title")],
  ["settings-ingest", "/settings?tab=ingest", (page) => page.waitForSelector("#masking-title")],
  ["start", "/start", heading],
  ["schedules", "/exports?tab=schedules", (page) => page.getByText("Delivering").first().waitFor()],
  ["schedule", `/exports?tab=schedules&open=${stored.id}`, (page) => page.getByText("Run 1").waitFor()],
  ["schedule-new", "/exports?tab=schedules&open=new&q=outcome:denied", (page) => page.getByLabel("Name").waitFor()],
  [
    "schedule-edit",
    `/exports?tab=schedules&open=${stored.id}&edit=1`,
    async (page) => {
      const kept = page.getByText("kept as it is").first();
      await kept.waitFor();
      await kept.scrollIntoViewIfNeeded();
    },
  ],
  ["streams", "/streams", (page) => page.waitForSelector("tbody tr")],
  ["stream", `/streams/${refused.id}`, (page) => page.waitForSelector("tbody tr")],
  ["stream-dead", `/streams/${refused.id}?tab=dead-letters`, (page) => page.waitForSelector("tbody tr")],
  ["stream-position", `/streams/${refused.id}?tab=position`, (page) => page.waitForSelector("tbody tr")],
  ["stream-settings", `/streams/${signed.id}?tab=settings`, (page) => page.waitForSelector(".kept")],
  ["stream-edit", `/streams/${signed.id}/edit`, (page) => page.getByText("kept as it is").first().waitFor()],
  ["stream-kinds", "/streams/new", (page) => page.waitForSelector(".kinds a")],
  [
    "stream-new",
    "/streams/new?kind=webhook&q=outcome:denied",
    async (page) => {
      await page.getByText(/of the last 7 days match/).waitFor();
      await page.getByLabel("URL").fill(hooks.url);
      await page.getByLabel(/^Hide/).fill("actor.email");
      await page.getByLabel(/^Hide/).press("Enter");
      await page.getByRole("button", { name: "Send a test event" }).click();
      await page.waitForSelector(".trial");
    },
  ],
  [
    "stream-rewind",
    `/streams/${refused.id}`,
    async (page) => {
      await page.getByTitle(/^Acts on/).click();
      await page.getByText("Rewind …").click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  [
    "share-dialog",
    `/events/${events[0].id}`,
    async (page) => {
      await page.getByRole("button", { name: "Share with somebody outside" }).click();
      await page.getByRole("dialog").waitFor();
    },
  ],
  [
    "save-search",
    "/events?range=30d&q=outcome:denied",
    async (page) => {
      await rowsShown(page);
      await page.keyboard.press("s");
      await page.getByRole("dialog").waitFor();
    },
  ],
  ["settings-system", "/settings?tab=system", (page) => page.waitForSelector("#limits-title")],
];
const cookie = await signIn(service, service.owner);
const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true }],
];

for (const [look, options] of LOOKS) {
  for (const [name, path, prepare] of [...SHOTS, ...SIGNED_IN]) {
    if (names.length && !names.includes(name)) continue;
    const isSignedIn = SIGNED_IN.some(([one]) => one === name);
    const { page, context } = await open(browser, service, path, isSignedIn ? { ...options, cookie } : options);
    await prepare(page, look === "narrow");
    // A page that listens is never idle.
    await page.waitForLoadState("networkidle", { timeout: 3000 }).catch(() => {});
    await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    await context.close();
  }
}
await browser.close();
await service.stop();
await Promise.all([hooks.down(), picky.down()]);
