// A service of its own for a test, with nothing in it: as it is started the first time, stopped, and started again.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary } from "./service.mjs";

const START_MS = 60_000;

/** A port that nobody has at the moment; a service that is started again must have the same. */
const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** `{ url, key, folder, setup, start, stop, remove }`; `setup` is the link that the first start prints. */
export async function fresh() {
  const folder = mkdtempSync(join(tmpdir(), "tallystick-fresh-"));
  const port = await freePort();
  const service = { url: `http://127.0.0.1:${port}`, folder, setup: null, key: null };
  let child = null;
  service.start = async () => {
    child = spawn(binary(), ["serve", "--data-dir", folder, "--listen", `127.0.0.1:${port}`], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let said = "";
    const read = (chunk) => (said += chunk);
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    const until = Date.now() + START_MS;
    for (;;) {
      const isThere = await fetch(`${service.url}/healthz`).then(({ ok }) => ok, () => false);
      service.setup ??= /open (http\S+\/setup\/\S+)/.exec(said)?.[1] ?? null;
      if (isThere) break;
      assert.ok(child.exitCode === null && Date.now() < until, `the service did not start: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    service.key = readFileSync(join(folder, "keys", "root.key"), "utf8").trim();
  };
  service.stop = async () => {
    if (child === null || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  };
  service.remove = async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  await service.start();
  return service;
}
