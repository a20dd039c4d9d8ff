// Makes pictures of every screen to be looked at: `node test/shots.mjs FOLDER`, light, dark and narrow.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { launch, open, rowsShown } from "./browser.mjs";
import { ORG, start } from "./service.mjs";

const folder = process.argv[2] ?? "shots";
mkdirSync(folder, { recursive: true });
const service = await start();
const browser = await launch();
const { events } = await service.get(`/v1/events?org=${ORG}&limit=1&q=action:escalation_policy.updated`);

const verify = async (page) => {
  await page.locator(".row").nth(2).click();
  await page.locator(".verify").click();
  await page.locator(".proof b", { hasText: "Verified" }).waitFor();
};
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
  ["integrity", "/integrity", (page) => page.waitForSelector(".verdict")],
  [
    "palette",
    "/events",
    async (page) => {
      await page.keyboard.press("Control+k");
      await page.keyboard.type("role");
      await page.waitForTimeout(800);
    },
  ],
  ["keys", "/events", (page) => page.keyboard.press("?")],
];
const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { colorScheme: "light", viewport: { width: 390, height: 844 }, hasTouch: true }],
];

for (const [look, options] of LOOKS) {
  for (const [name, path, prepare] of SHOTS) {
    const { page, context } = await open(browser, service, path, options);
    await prepare(page, look === "narrow");
    await page.waitForLoadState("networkidle");
    await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    await context.close();
  }
}
await browser.close();
await service.stop();
