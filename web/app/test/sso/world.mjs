// What the tests of single sign-on need: a service of their own, providers as processes of their own, and a browser
// without a screen, which is a jar of cookies, for what no real browser would send.

import assert from "node:assert/strict";
import { fork, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { binary } from "../service.mjs";

export const PASSWORD = "several words that nobody guesses";
const START_MS = 120_000;

/** A service with an owner and an organization, told to take providers on this machine. */
export async function startService() {
  const folder = mkdtempSync(join(tmpdir(), "tallystick-sso-"));
  const child = spawn(binary(), ["serve", "--data-dir", folder, "--listen", "127.0.0.1:0"], {
    env: { ...process.env, TALLYSTICK_ACCOUNTS__SSO_ALLOW_PRIVATE: "true" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const setup = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the service did not start: ${said}`)), START_MS);
    const read = (chunk) => {
      said += chunk;
      const found = /(http:\/\/[^\s/]+)\/setup\/(\S+)/.exec(said);
      if (found) {
        clearTimeout(timer);
        resolve({ url: found[1], path: `/setup/${found[2]}` });
      }
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.on("exit", (code) => reject(new Error(`the service ended with ${code}: ${said}`)));
  });
  const { url, path } = setup;
  const key = readFileSync(join(folder, "keys", "root.key"), "utf8").trim();
  const owner = new Jar(url);
  const form = { name: "Olga Owner", email: "olga@acme.example", organization: "Acme", time_zone: "UTC" };
  assert.equal((await owner.form(path, { ...form, password: PASSWORD })).status, 303);
  const stop = async () => {
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, key, owner, stop };
}

/** A provider in a process of its own; `tell` waits until it has understood. */
export async function startProvider(file) {
  const child = fork(new URL(file, import.meta.url), { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  const { issuer } = await new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`${file} ended with ${code}`)));
  });
  const tell = (message) =>
    new Promise((resolve) => {
      child.once("message", resolve);
      child.send(message);
    });
  return { issuer, tell, stop: () => child.disconnect() };
}

/** A browser without a screen. */
export class Jar {
  constructor(url) {
    this.url = url;
    this.cookies = new Map();
  }

  /** One request; redirects are answers. `own` says that the page which asks is one of the service. */
  async ask(path, { own = true, headers = {}, ...rest } = {}) {
    const target = new URL(path, this.url);
    const isOurs = target.origin === this.url;
    const cookie = isOurs ? [...this.cookies].map((pair) => pair.join("=")).join("; ") : "";
    const answer = await fetch(target, {
      redirect: "manual",
      headers: { ...(cookie && { cookie }), ...(own && isOurs && { origin: this.url }), ...headers },
      ...rest,
    });
    for (const line of isOurs ? answer.headers.getSetCookie() : []) {
      const [name, value] = line.split(";")[0].split("=");
      /Max-Age=0/.test(line) ? this.cookies.delete(name) : this.cookies.set(name, value);
    }
    return answer;
  }

  form(path, fields) {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return this.ask(path, { method: "POST", headers, body: new URLSearchParams(fields) });
  }

  async api(method, path, body) {
    const headers = body ? { "content-type": "application/json" } : {};
    const answer = await this.ask(path, { method, headers, body: body && JSON.stringify(body) });
    return { status: answer.status, body: answer.status === 204 ? null : await answer.json() };
  }

  signIn(email, password = PASSWORD) {
    return this.api("POST", "/v1/session", { email, password });
  }

  /** Begins a sign-in as a person would; where the provider is asked. */
  async begin(organization, fields = {}) {
    const answer = await this.form("/sign-in/sso", { organization, ...fields });
    assert.equal(answer.status, 200, await answer.clone().text());
    return answer.headers.get("refresh").replace("0;url=", "");
  }

  /** Goes to a provider that asks nothing, and gives the address that it sends back to. */
  async through(url) {
    return (await this.ask(url)).headers.get("location");
  }

  /** Who is signed in, as the service sees it. */
  async who() {
    const answer = await this.api("GET", "/v1/session");
    return answer.status === 200 ? answer.body : null;
  }
}

/** A function that gives events of an organization that a query finds, newest first. */
export function events(service) {
  return async (org, q) => {
    const headers = { authorization: `Bearer ${service.key}` };
    const answer = await fetch(`${service.url}/v1/events?${new URLSearchParams({ org, q })}`, { headers });
    const body = await answer.json();
    assert.equal(answer.status, 200, JSON.stringify(body));
    return body.events;
  };
}
