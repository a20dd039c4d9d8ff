// Streams: made in the form after a trial, followed while they deliver, fail and recover, stopped, moved, changed and
// deleted; dead letters sent again; and who sees them. What they send to is a real receiver.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { accessible, noSideScroll, rowsShown } from "./browser.mjs";
import { TEXTS, WATCH, assertHarmless } from "./hostile.mjs";
import { invited, open } from "./invited.mjs";
import { receiver } from "./receiver.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["narrow", { viewport: { width: 390, height: 844 }, hasTouch: true }],
];
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const state = (page) => page.locator(".stream-head .state");
const dialog = (page) => page.getByRole("dialog");
const part = (page, name) => page.getByRole("navigation", { name: "Of this stream" }).getByRole("link", { name });
const setting = (page, name) => page.locator(`[name="/settings/${name}"]`);

const receivers = [];
async function received() {
  const one = await receiver();
  receivers.push(one);
  return one;
}

/** Streams made here, which end with the test that made them: what is sent on is sent for ever. */
const made = [];
/** Makes one as the owner by the API. */
async function stream(to, body = {}) {
  const one = await shared.service.ask("POST", "/v1/streams", {
    organization_id: ORG,
    kind: "webhook",
    name: `Stream ${Date.now()}`,
    settings: { url: to.url },
    ...body,
  });
  made.push(one.id);
  return one;
}
const now = (id) => shared.service.get(`/v1/streams/${id}`);
async function until(isSo, what) {
  for (let tries = 0; !(await isSo()); tries++) {
    assert.ok(tries < 300, what);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
/** Writes so many events of an action of their own. */
const write = (action, many = 1) =>
  shared.service.send(
    Array.from({ length: many }, (_, at) => ({
      action,
      actor: { type: "user", id: "u_streams", name: "Ana Ruiz", email: "ana@people.example" },
      targets: [{ type: "door", id: `d_${at}` }],
    })),
  );

after(async () => {
  for (const id of made) await shared.service.ask("DELETE", `/v1/streams/${id}`).catch(() => {});
  for (const one of receivers) await one.down().catch(() => {});
});

test("a stream is tried, made, and sends what its filter finds, masked, from where it begins", async () => {
  const to = await received();
  await write("door.opened", 3);
  const { page, close } = await open("/streams/new", shared.service.owner);
  await page.getByRole("link", { name: /^Webhook/ }).click();
  await page.waitForURL(/kind=webhook/);
  const name = page.getByLabel("Name", { exact: true });
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "name");
  await name.fill("Doors");
  await setting(page, "url").fill(to.url);
  await page.getByLabel("Filter", { exact: true }).fill("action:door.opened");
  await page.getByText(/^3 events of the last 7 days match/).waitFor();
  assert.equal(await page.locator(".preview li").count(), 3);
  await page.getByLabel(/^Hide/).fill("actor.email");
  await page.getByLabel(/^Hide/).press("Enter");
  await page.getByLabel("How they are hidden").selectOption("mask");
  await page.getByLabel("Begin", { exact: true }).selectOption("beginning");

  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.locator(".trial.good").getByText("HTTP 200").waitFor();
  assert.equal(await page.locator(".trial pre").textContent(), "thank you");
  assert.deepEqual(to.events().map(({ action }) => action), ["audit.stream.test"]);

  await page.getByRole("button", { name: "Create the stream" }).click();
  await page.waitForURL(/\/streams\/stream_/);
  const { pathname } = new URL(page.url());
  made.push(pathname.split("/").at(-1));
  await until(() => to.events().length === 4, "the events of the log arrive");
  const [, ...doors] = to.events();
  assert.ok(doors.every(({ action, actor }) => action === "door.opened" && actor.email === "***"));
  await write("door.opened");
  await write("window.opened");
  await until(() => to.events().length === 5, "what comes is sent on");
  await state(page).getByText("Delivering").waitFor();
  await page.getByText("Everything is delivered.").waitFor();

  // Every number leads to its events.
  const attempt = page.locator("tbody tr").filter({ hasText: "Delivered" }).last();
  await attempt.getByRole("link", { name: "3 events" }).click();
  await page.locator(".total b", { hasText: /^3$/ }).waitFor();
  await page.goBack();
  // Back from the stream is what was before the form: that is not a step to come back to.
  await page.goBack();
  await page.waitForURL(/\/streams\/new(\?|$)/);
  await close();
});

test("what is wrong in the form is said where it is wrong", async () => {
  const { page, close } = await open("/streams/new?kind=webhook", shared.service.owner, { expected: [/400/] });
  await setting(page, "url").fill("nowhere");
  await page.getByLabel("Name", { exact: true }).fill("Wrong");
  const create = page.getByRole("button", { name: "Create the stream" });
  await create.click();
  await page.locator('[name="/settings/url"][aria-invalid]').waitFor();
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("name"));
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "/settings/url");
  const described = await setting(page, "url").getAttribute("aria-describedby");
  const notes = await Promise.all(described.split(" ").map((id) => page.locator(`#${id}`).textContent()));
  assert.ok(notes.some((note) => /URL/.test(note)), notes.join());

  await setting(page, "url").fill("https://hooks.example.com/audit");
  await setting(page, "secret").fill("too short");
  await create.click();
  await page.locator('[name="/settings/secret"][aria-invalid]').waitFor();
  assert.equal(await focused(), "/settings/secret");
  assert.equal(await page.locator('[name="/settings/url"][aria-invalid]').count(), 0);
  await setting(page, "secret").fill("");

  const filter = page.getByLabel("Filter", { exact: true });
  await filter.fill("outcome:sucess");
  await page.locator("#stream-query-notes").getByText(/^Column 9: /).waitFor();
  assert.ok(await create.isDisabled());
  await page.getByRole("button", { name: "Change to success" }).click();
  assert.equal(await filter.inputValue(), "outcome:success");
  await page.waitForFunction(() => !document.querySelector("#stream-query-notes p"));
  await page.getByLabel(/^Hide/).fill("actor..email");
  await page.getByLabel(/^Hide/).press("Enter");
  await create.click();
  await page.locator('[name="mask"][aria-invalid]').waitFor();
  await page.getByRole("button", { name: "Do not hide actor..email" }).click();
  await page.getByLabel("Begin", { exact: true }).selectOption("time");
  await page.getByLabel(/^Taken in since/).fill("");
  assert.ok(await create.isDisabled());
  await page.getByLabel("Begin", { exact: true }).selectOption("now");
  assert.ok(await create.isEnabled());
  await close();
});

test("a receiver that is down is told of, and gets everything when it is back", async () => {
  const to = await received();
  const one = await stream(to, { name: "Comes back", query: "action:lift.moved" });
  const { page, close } = await open(`/streams/${one.id}`, shared.service.owner);
  await state(page).getByText("Delivering").waitFor();
  await to.down();
  await write("lift.moved", 2);
  await state(page).getByText("Retrying").waitFor();
  await page.getByText(/in a row failed; .* none is lost/).waitFor();
  assert.ok(await page.locator(".trouble-said").isVisible());
  await accessible(page);
  await page.getByRole("link", { name: "Streams", exact: true }).first().click();
  await row(page, "Comes back").getByText("Retrying").waitFor();
  assert.match(await page.title(), /failing/);
  await page.getByRole("navigation", { name: "State" }).getByRole("link", { name: /^Retrying/ }).click();
  await page.waitForURL(/state=error/);
  await row(page, "Comes back").waitFor();

  await to.up();
  await row(page, "Comes back").getByRole("button", { name: "Try now Comes back" }).click();
  await until(() => to.events().length === 2, "what waited arrives");
  await row(page, "Comes back").waitFor({ state: "detached" });
  await page.getByRole("navigation", { name: "State" }).getByRole("link", { name: /^All/ }).click();
  await row(page, "Comes back").getByText("Delivering").waitFor();
  // The same attempts, told apart by what came of them.
  await row(page, "Comes back").getByRole("link", { name: "Comes back" }).click();
  await page.getByLabel("Outcome").selectOption("retry");
  await page.waitForURL(/outcome=retry/);
  await page.getByRole("cell", { name: "To be retried" }).first().waitFor();
  assert.equal(await page.getByRole("cell", { name: "Delivered", exact: true }).count(), 0);
  await close();
});

test("an event that is refused becomes a dead letter, and arrives when it is sent again", async () => {
  const to = await received();
  const isPoison = ({ events }) => events.some(({ targets }) => targets[0]?.id === "d_1");
  to.answers((call) => (isPoison(call) ? { status: 400, body: "d_1 cannot be read" } : { status: 204 }));
  const one = await stream(to, { name: "Picky", query: "action:gate.opened" });
  const { page, close } = await open(`/streams/${one.id}`, shared.service.owner);
  const [, poison] = await write("gate.opened", 3);
  await part(page, "Dead letters (1)").click();
  const letter = page.locator("tbody tr");
  await letter.getByText("d_1 cannot be read").waitFor();
  await letter.getByText("refused by the destination").waitFor();
  await accessible(page);
  const event = letter.getByRole("link");
  assert.match(await event.getAttribute("href"), new RegExp(`/events/${poison.id}`));
  await letter.getByRole("button", { name: /^Replay event/ }).click();
  await letter.getByText("Waits to be sent").or(letter.getByText("Not there")).first().waitFor();
  await until(async () => (await now(one.id)).health.dead_letters === 1, "it is refused again");
  to.answers();
  await page.getByRole("button", { name: "Replay all" }).click();
  await dialog(page).getByRole("button", { name: "Replay 1 event" }).click();
  await letter.getByText("Arrived since").waitFor();
  await part(page, "Dead letters").waitFor();
  assert.ok(to.events().some(({ id }) => id === poison.id));
  await event.click();
  await page.waitForSelector("#event-sentence");
  await close();
});

test("pausing, resuming, rewinding and deleting say what they do, and do it", async () => {
  const to = await received();
  const [first] = await write("hatch.opened", 4);
  const { seq: firstSeq } = await shared.service.get(`/v1/events/${first.id}`);
  const one = await stream(to, { name: "Moved about", query: "action:hatch.opened" });
  const { page, close } = await open(`/streams/${one.id}`, shared.service.owner, { expected: [/40[04]/] });
  await state(page).getByText("Delivering").waitFor();
  await page.getByRole("button", { name: "Pause Moved about" }).click();
  await dialog(page).getByText(/none of it is lost/).waitFor();
  await accessible(page);
  await dialog(page).getByRole("button", { name: "Pause the stream" }).click();
  await state(page).getByText("Paused").waitFor();
  await write("hatch.opened", 2);
  await page.getByText(/Nothing is sent until it is resumed; [\d,]+ events? wait/).waitFor();

  const act = async (label) => {
    await page.getByTitle("Acts on Moved about").click();
    await page.locator(".menu").getByText(label).click();
  };
  await act("Rewind");
  const { cursors } = await now(one.id);
  const [{ next_seq: next }] = cursors;
  await dialog(page).getByText(`${next.toLocaleString("en")} events`).waitFor();
  await dialog(page).getByLabel("Go on from").selectOption("now");
  await dialog(page).getByText(/left out, and noted as a gap/).waitFor();
  await dialog(page).getByLabel("Go on from").selectOption("time");
  await dialog(page).getByText(/are gone through again|left out|there already/).waitFor();
  await dialog(page).getByLabel("Go on from").selectOption("seq");
  const seq = dialog(page).getByLabel(/^Number of the event/);
  await seq.fill("999999999");
  await dialog(page).getByRole("button", { name: "Rewind the stream" }).click();
  await dialog(page).locator(".wrong, .trouble").first().waitFor();
  await seq.fill(String(firstSeq));
  await dialog(page).getByText(`${next - firstSeq} events`).waitFor();
  await accessible(page);
  await dialog(page).getByRole("button", { name: "Rewind the stream" }).click();
  await dialog(page).waitFor({ state: "detached" });
  assert.equal((await now(one.id)).cursors[0].next_seq, firstSeq);
  await page.getByRole("button", { name: "Resume Moved about" }).click();
  await until(() => to.events().length === 6, "those again, and those that waited");

  // Forward leaves a gap.
  await page.getByRole("button", { name: "Pause Moved about" }).click();
  await dialog(page).getByRole("button", { name: "Pause the stream" }).click();
  await state(page).getByText("Paused").waitFor();
  await write("hatch.opened", 2);
  await act("Rewind");
  await dialog(page).getByLabel("Go on from").selectOption("now");
  await dialog(page).getByRole("button", { name: "Rewind the stream" }).click();
  await part(page, "Gaps").click();
  await page.getByText("the stream was moved forward").waitFor();
  await accessible(page);
  await part(page, "Position").click();
  await page.getByRole("row", { name: /up to #/ }).waitFor();

  await act("What was recorded");
  await rowsShown(page);
  await page.getByText(/Moved about/).first().waitFor();
  await page.goBack();
  await act("Delete");
  await dialog(page).getByRole("button", { name: "Cancel" }).click();
  await act("Delete");
  await dialog(page).getByRole("button", { name: "Delete the stream" }).click();
  await page.waitForURL(/\/streams$/);
  await page.goto(`${shared.service.url}/streams/${one.id}`);
  await page.getByText("There is no such stream.").waitFor();
  await close();
});

test("what a stream was told is shown without secrets, and a change keeps those that are not given", async () => {
  const to = await received();
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const one = await stream(to, {
    name: "Signed",
    query: "action:vault.opened",
    settings: { url: to.url, secret, headers: { "X-Place": "hidden-place" } },
  });
  const { page, close } = await open(`/streams/${one.id}?tab=settings`, shared.service.owner, { expected: [/400/] });
  await page.getByText("kept secret").first().waitFor();
  const text = await page.locator("body").textContent();
  assert.ok(!text.includes(secret) && !text.includes("hidden-place"));
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await page.getByText("kept as it is").first().waitFor();
  assert.equal(await setting(page, "url").inputValue(), to.url);
  await page.getByLabel("Name", { exact: true }).fill("Signed still");
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.locator(".trial.good").waitFor();
  assert.match(to.calls.at(-1).headers["webhook-signature"], /^v1,/);
  assert.equal(to.calls.at(-1).headers["x-place"], "hidden-place");
  await page.getByRole("button", { name: "Take away Headers" }).click();
  await page.getByRole("button", { name: "Save the changes" }).click();
  await page.getByRole("heading", { name: "Signed still" }).waitFor();
  const { settings } = await now(one.id);
  assert.deepEqual(settings, { url: to.url, secret: true });
  await write("vault.opened");
  await until(() => to.events().some(({ action }) => action === "vault.opened"), "it goes on");
  assert.ok(to.calls.at(-1).headers["webhook-signature"] && !to.calls.at(-1).headers["x-place"]);

  // A secret does not follow to another place.
  await page.getByRole("link", { name: "Edit", exact: true }).click();
  await setting(page, "url").fill("https://elsewhere.example.com/audit");
  await page.getByRole("button", { name: "Save the changes" }).click();
  await page.getByText(/has to be entered again/).waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.waitForURL(new RegExp(one.id));
  await close();
});

test("a trial shows what the destination really said", async () => {
  const to = await received();
  const one = await stream(to, { name: "Tried", query: "action:never.happens", paused: true });
  const { page, close } = await open(`/streams/${one.id}`, shared.service.owner);
  for (const [status, body, pattern] of [
    [401, "who are you?", /credentials/],
    [503, "later", /later/],
    [410, "not any more", /for good/],
  ]) {
    to.answers(() => ({ status, body }));
    await page.getByRole("button", { name: "Test", exact: true }).click();
    await dialog(page).getByRole("button", { name: "Send a test event" }).click();
    await dialog(page).getByText(`HTTP ${status}`).waitFor();
    assert.match(await dialog(page).locator(".trial b").textContent(), pattern);
    assert.equal(await dialog(page).locator("pre").textContent(), body);
    await accessible(page);
    await dialog(page).getByRole("button", { name: "Close" }).last().click();
  }
  await to.down();
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await dialog(page).getByRole("button", { name: "Send a test event" }).click();
  await dialog(page).getByText(/whether it answers/).waitFor();
  await to.up();
  assert.equal((await now(one.id)).state, "paused");
  await close();
});

test("a hidden page asks for nothing, and one that is seen goes on where the service is back", async () => {
  const to = await received();
  await stream(to, { name: "Quiet", query: "action:never.happens" });
  const { page, close, seen } = await open("/streams", shared.service.owner);
  await row(page, "Quiet").waitFor();
  const hide = (isHidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  const asked = () => seen.requests.filter((url) => url.includes("/v1/streams")).length;
  await until(() => asked() > 2, "it is asked again and again");
  await hide(true);
  await page.waitForTimeout(300);
  const before = asked();
  await page.waitForTimeout(2600);
  assert.equal(asked(), before);
  await hide(false);
  await until(() => asked() > before, "it goes on");
  await close();
});

test("a stream is made and stopped with the keyboard alone", async () => {
  const to = await received();
  const { page, close } = await open("/", shared.service.owner);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const tabTo = async (target) => {
    await target.waitFor();
    for (let steps = 0; !(await target.evaluate((one) => one === document.activeElement)); steps++) {
      assert.ok(steps < 60, "Tab leads to it");
      await page.keyboard.press("Tab");
    }
  };
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await tabTo(page.getByRole("link", { name: "New stream" }).first());
  await page.keyboard.press("Enter");
  await tabTo(page.getByRole("link", { name: /^Webhook/ }));
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "name");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("By keys");
  await page.keyboard.press("Tab");
  await page.keyboard.type(to.url);
  await tabTo(page.getByLabel("Filter", { exact: true }));
  await page.keyboard.type("action:never.happens");
  await page.getByText("No event of the last 7 days matches.").waitFor();
  await tabTo(page.getByRole("button", { name: "Create the stream" }));
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/streams\/stream_/);
  made.push(new URL(page.url()).pathname.split("/").at(-1));
  await tabTo(page.getByRole("button", { name: "Pause By keys" }));
  await page.keyboard.press("Enter");
  await tabTo(dialog(page).getByRole("button", { name: "Pause the stream" }));
  await page.keyboard.press("Enter");
  await state(page).getByText("Paused").waitFor();
  await close();
});

test("without streams the list says what they are; streams of every organization are the operator's", async () => {
  const org = `streamless-${Date.now()}`;
  await shared.service.ask("POST", "/v1/orgs", { id: org, name: "Streamless" });
  const owner = await invited("owner", shared.service, org);
  const theirs = await open("/streams", owner);
  await theirs.page.getByText("Nothing is sent anywhere yet.").waitFor();
  await accessible(theirs.page);
  await theirs.page.getByRole("link", { name: "New stream" }).last().click();
  await theirs.page.getByRole("link", { name: /^Webhook/ }).click();
  // Theirs is the only one, so nobody asks whose.
  await theirs.page.getByLabel("Filter", { exact: true }).waitFor();
  assert.equal(await theirs.page.getByLabel("Events of").count(), 0);
  await theirs.close();

  const to = await received();
  const { page, close } = await open("/streams/new?kind=webhook&org=*", shared.service.owner);
  await page.getByLabel("Name", { exact: true }).fill("Of everybody");
  await setting(page, "url").fill(to.url);
  await page.getByLabel("Filter", { exact: true }).fill("action:shed.opened");
  await page.getByLabel("Events of").selectOption({ label: "Every organization" });
  await page.getByRole("button", { name: "Create the stream" }).click();
  await page.waitForURL(/\/streams\/stream_/);
  made.push(new URL(page.url()).pathname.split("/").at(-1));
  await shared.service.send([
    { org, action: "shed.opened", actor: { type: "user", id: "u_1" }, targets: [] },
    { action: "shed.opened", actor: { type: "user", id: "u_2" }, targets: [] },
  ]);
  await until(() => to.events().length === 2, "those of both arrive");
  await part(page, "Position").click();
  await page.getByRole("row", { name: /Streamless/ }).waitFor();
  await page.getByRole("button", { name: "Rewind in the log of Streamless" }).click();
  await dialog(page).getByLabel("In the log of").waitFor();
  await dialog(page).getByRole("button", { name: "Rewind the stream" }).click();
  await dialog(page).waitFor({ state: "detached" });
  await until(() => to.events().length === 3, "those of one are sent again");
  await page.goto(`${shared.service.url}/streams?org=*`);
  await row(page, "Of everybody").getByText("Every organization").waitFor();
  await close();
});

test("the palette leads to streams and to a new one", async () => {
  const { page, close } = await open("/", shared.service.owner);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.keyboard.press("Control+k");
  await dialog(page).waitFor();
  await page.keyboard.type("new str");
  await page.locator(".palette").getByText("New stream").waitFor();
  await page.keyboard.press("Enter");
  await page.getByText("Where are events to be sent?").waitFor();
  await close();
});

test("hostile texts in names, filters and answers stay texts", async () => {
  const to = await received();
  const all = Object.values(TEXTS).filter((text) => !/[\u0000\ud800-\udfff]/.test(text));
  to.answers(() => ({ status: 400, body: all.join("\n").slice(0, 1800) }));
  for (const kind of ["script", "order", "long", "wide"]) {
    const name = TEXTS[kind].slice(0, 190);
    const one = await stream(to, { name, query: "action:cellar.opened" });
    await write("cellar.opened");
    await until(async () => (await now(one.id)).health.dead_letters > 0, "a dead letter");
    for (const options of [{}, LOOKS[2][1]]) {
      const { page, close } = await open("/settings", shared.service.owner, options);
      await page.addInitScript(WATCH);
      await page.goto(`${shared.service.url}/streams/${one.id}`);
      await page.locator("tbody tr").first().waitFor();
      await assertHarmless(page, `attempts ${kind}`);
      await part(page, /^Dead letters/).click();
      await page.locator("tbody .said").first().waitFor();
      await assertHarmless(page, `dead letters ${kind}`);
      await page.getByRole("button", { name: "Test", exact: true }).click();
      await dialog(page).getByRole("button", { name: "Send a test event" }).click();
      await dialog(page).locator(".trial").waitFor();
      await assertHarmless(page, `trial ${kind}`);
      await page.goto(`${shared.service.url}/streams`);
      await page.locator("tbody tr").first().waitFor();
      await assertHarmless(page, `list ${kind}`);
      await noSideScroll(page);
      await close();
    }
    await shared.service.ask("DELETE", `/v1/streams/${one.id}`);
  }
});

for (const [look, options] of LOOKS) {
  test(`the list, one stream, its parts and the form are whole and accessible: ${look}`, async () => {
    const to = await received();
    await write("roof.opened", 2);
    const name = `Look ${look}`;
    const one = await stream(to, { name, query: "action:roof.opened -outcome:denied", start_from: "beginning" });
    await until(() => to.events().length >= 2, "they arrive");
    const { page, close } = await open("/streams", shared.service.owner, options);
    const whole = async () => {
      await accessible(page);
      await noSideScroll(page);
    };
    await row(page, name).waitFor();
    await whole();
    await page.getByTitle(`Acts on ${name}`).click();
    await accessible(page, ".menu");
    await page.keyboard.press("Escape");
    await row(page, name).getByRole("link", { name }).click();
    await page.locator("tbody tr").first().waitFor();
    await whole();
    for (const tab of ["Dead letters", "Position", "Gaps", "Settings"]) {
      await part(page, tab).click();
      await page.getByRole("heading", { name: tab }).waitFor();
      await whole();
    }
    await page.goto(`${shared.service.url}/streams/new`);
    await page.getByRole("link", { name: /^Webhook/ }).waitFor();
    await whole();
    await page.getByRole("link", { name: /^Webhook/ }).click();
    await page.getByText("More settings").click();
    await page.getByRole("button", { name: "Add to Headers" }).click();
    await page.getByLabel(/^Hide/).fill("context.ip");
    await page.getByLabel(/^Hide/).press("Enter");
    await page.getByText(/of the last 7 days match/).waitFor();
    await whole();
    await page.goto(`${shared.service.url}/streams/${one.id}/edit`);
    await page.getByRole("button", { name: "Save the changes" }).waitFor();
    await whole();
    await close();
  });
}

test("every kind has a form that can be read and filled in", async () => {
  const { data: kinds } = await shared.service.get("/v1/stream_kinds");
  const { page, close } = await open("/streams/new", shared.service.owner);
  await page.getByRole("navigation", { name: "Kinds of destinations" }).waitFor();
  assert.equal(await page.locator(".kinds a").count(), kinds.length);
  for (const { kind, title, fields } of kinds) {
    await page.goto(`${shared.service.url}/streams/new?kind=${kind}`);
    await page.getByRole("heading", { name: title }).waitFor();
    await page.getByText(/of the last 7 days match/).waitFor();
    for (const { title: label } of fields) assert.ok((await page.getByText(label).count()) > 0, `${kind}: ${label}`);
    await accessible(page, ".stream-form");
  }
  await close();
});

test("whoever may not manage streams does not see that others can", async () => {
  const member = await invited("auditor");
  const { page, close } = await open("/events", member);
  await rowsShown(page);
  await page.getByRole("button", { name: "Account" }).waitFor();
  assert.ok(await page.locator('.rail [data-screen="/streams"]').isHidden());
  await page.keyboard.press("Control+k");
  await dialog(page).waitFor();
  await page.keyboard.type("stream");
  await page.getByText("Search for stream").waitFor();
  assert.deepEqual(
    (await page.locator(".palette .option em").allTextContents()).filter((hint) => /^(screen|act)$/.test(hint)),
    [],
  );
  await page.goto(`${shared.service.url}/streams`);
  await page.getByText("Streams are not for you to see.").waitFor();
  await accessible(page);
  await close();
});
