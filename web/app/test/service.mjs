// A running service for the browser tests: the one named by TALLYSTICK_APP_URL (with its key in TALLYSTICK_APP_KEY,
// and somebody to sign in as in TALLYSTICK_APP_EMAIL and TALLYSTICK_APP_PASSWORD), or the demo of the binary, started
// here and stopped at the end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const START_MS = 300_000;

/** The organization of the demonstration. */
export const ORG = "northlight";

/** The program under test. */
export function binary() {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, "target");
  const path = process.env.TALLYSTICK_BINARY ?? join(target, "debug", "tallystick");
  assert.ok(existsSync(path), `${path} is not built: cargo build`);
  return path;
}

/** Starts the program and waits until it says what `ready` matches; the address is its first group. On a new data
  directory, or on the one that `stop` was told to keep. */
async function startProgram(args, ready, { env = {}, folder = mkdtempSync(join(tmpdir(), "tallystick-app-")) } = {}) {
  const child = spawn(binary(), [...args, "--data-dir", folder], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let said = "";
  const url = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the program did not start: ${said}`)), START_MS);
    const read = (chunk) => {
      said += chunk;
      const found = ready.exec(said);
      if (found) {
        clearTimeout(timer);
        resolve(found[1]);
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`the program ended with ${code}: ${said}`)));
  });
  const key = readFileSync(join(folder, "keys", "root.key"), "utf8").trim();
  const stop = async ({ keep = false } = {}) => {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    if (!keep) rmSync(folder, { recursive: true, force: true });
  };
  return { url, key, said, stop, folder, pid: child.pid };
}

/** What streams send to in these tests is on this machine. */
const PRIVATE = { TALLYSTICK_STREAMS__ALLOW_PRIVATE_DESTINATIONS: "true" };

async function startDemo() {
  const ready = /service\s+(http:\/\/[^\s]+)[^]*Ctrl-C/;
  const demo = await startProgram(["demo", "--port", "0", "--no-live"], ready, { env: PRIVATE });
  const [, email, password] = /sign in .* as (\S+) with the password (\S+)/.exec(demo.said);
  return { ...demo, owner: { email, password } };
}

/** The service that is named by the environment, if one is. */
function named() {
  const { TALLYSTICK_APP_URL: url, TALLYSTICK_APP_KEY: key } = process.env;
  const { TALLYSTICK_APP_EMAIL: email, TALLYSTICK_APP_PASSWORD: password } = process.env;
  return url ? { url, key, owner: { email, password }, stop: async () => {} } : null;
}

/** The service without anything in it; of the same shape as [`start`] gives it, without an owner. */
export async function startEmpty() {
  return asked(named() ?? (await startServing()));
}

/** The same, always started here, with these settings. */
export async function startSet(options) {
  return asked(await startServing(options));
}

const startServing = (options = undefined) =>
  startProgram(["serve", "--listen", "127.0.0.1:0"], /listening on (http:\/\/\S+)/, options);

/** `{ url, key, owner, send, get, ask, stop }`; `owner` is whom the demo lets sign in. */
export async function start() {
  return asked(named() ?? (await startDemo()));
}

function asked(service) {
  const headers = { authorization: `Bearer ${service.key}` };
  const get = async (path) => (await fetch(service.url + path, { headers })).json();
  /** Writes events and gives what the service answered of each. */
  const send = async (events) => {
    const body = JSON.stringify(events.map((event) => ({ org: ORG, ...event })));
    const answer = await fetch(`${service.url}/v1/events`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    assert.equal(answer.status, 201, await answer.clone().text());
    return (await answer.json()).events;
  };
  /** Any other request with the root key; what the service answered. */
  const ask = async (method, path, body) => {
    const answer = await fetch(service.url + path, {
      method,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    assert.ok(answer.ok, `${method} ${path}: ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  return { ...service, get, send, ask };
}
