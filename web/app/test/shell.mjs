// What is around the screens: the palette while it is loaded, the rail of a narrow window, and bars of tabs.

import assert from "node:assert/strict";
import { test } from "node:test";

import { accessible, rowsShown } from "./browser.mjs";
import { open } from "./invited.mjs";
import { shared } from "./shared.mjs";

const NARROW = { viewport: { width: 390, height: 844 }, hasTouch: true };

/** Holds the palette's module back until it is let go. */
async function held(page) {
  let letGo;
  const isLetGo = new Promise((resolve) => (letGo = resolve));
  await page.route("**/shell/palette.js", async (route) => {
    await isLetGo;
    await route.continue();
  });
  return letGo;
}

test("what is typed before the palette is there is typed into it", async () => {
  const { page, close } = await open("/events?range=30d", shared.service.owner);
  await rowsShown(page);
  const letGo = await held(page);
  const before = page.url();
  await page.keyboard.press("Control+k");
  // Each of these does something where the palette is not meant: live, compact, the next event, the list of keys.
  await page.keyboard.type("ljxz?");
  for (let times = 0; times < 5; times++) await page.keyboard.press("Backspace");
  await page.keyboard.type("g is");
  await page.keyboard.press("Backspace");
  letGo();
  const field = page.getByRole("combobox", { name: "Go to" });
  await field.waitFor();
  await page.waitForFunction(() => document.activeElement?.classList.contains("palette-field"));
  await page.keyboard.type("ntegrity");
  assert.equal(await field.inputValue(), "g integrity");
  assert.equal(page.url(), before);
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  assert.equal(await field.inputValue(), "", "the next one begins anew");
  await close();
});

test("Escape before the palette is there means that it is not wanted", async () => {
  const { page, close } = await open("/events?range=30d", shared.service.owner);
  await rowsShown(page);
  const letGo = await held(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("out");
  await page.keyboard.press("Escape");
  letGo();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  assert.equal(await page.getByRole("dialog").count(), 1);
  await close();
});

test("a palette that cannot be loaded does not keep the keys", async () => {
  const { page, close } = await open("/events?range=30d", shared.service.owner, { expected: [/Failed to load/] });
  await rowsShown(page);
  await page.route("**/shell/palette.js", (route) => route.abort());
  await page.keyboard.press("Control+k");
  await page.getByText("A part of this page could not be loaded.").waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await close();
});

test("a narrow window has the rest of the rail in a menu", async () => {
  const { page, close } = await open("/exports", shared.service.owner, NARROW);
  await page.getByRole("heading", { name: "Exports" }).waitFor();
  const names = () => page.locator(".rail :is(a, button):visible").allTextContents();
  assert.deepEqual(await names(), ["Overview", "Events", "Entities", "Exports", "Streams", "More"]);
  await page.getByRole("button", { name: "More" }).click();
  await accessible(page);
  assert.deepEqual((await names()).slice(5), ["Integrity", "Access", "Settings", "Help", "More"]);
  await page.locator("#more").getByRole("link", { name: "Settings" }).click();
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  assert.ok(await page.locator("#more").isHidden());
  await page.getByRole("button", { name: "More" }).click();
  await page.keyboard.press("Escape");
  assert.ok(await page.locator("#more").isHidden());
  await close();
});

test("the tab that is shown is in sight in a narrow window, and the page does not jump to it", async () => {
  const { page, close } = await open("/access?tab=sessions", shared.service.owner, NARROW);
  const shown = page.locator(".tabs [aria-current]");
  await page.waitForSelector("#sessions-title");
  const box = await shown.boundingBox();
  assert.ok(box.x >= 0 && box.x + box.width <= NARROW.viewport.width, JSON.stringify(box));
  assert.equal(await page.evaluate(() => document.querySelector("#main").scrollTop), 0);
  await close();
});
