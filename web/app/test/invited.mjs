// People for the tests: accounts made by invitations, and pages that are signed in as them.

import assert from "node:assert/strict";

import { open as openPage, signIn } from "./browser.mjs";
import { ORG } from "./service.mjs";
import { shared } from "./shared.mjs";

export const PASSWORD = "several words that nobody guesses";
/** A page with the session of somebody. */
export const open = async (path, who, options = {}) =>
  openPage(shared.browser, shared.service, path, { cookie: await signIn(shared.service, who), ...options });

/** Makes an account by an invitation, as whoever was invited would: on the page of the link. */
export async function invited(role, service = shared.service, org = ORG) {
  const email = `${role}-${Date.now()}@people.example`;
  const { url } = await service.ask("POST", `/v1/invitations?org=${org}`, { email, role });
  const answer = await fetch(new URL(url, service.url), {
    method: "POST",
    redirect: "manual",
    headers: { "content-type": "application/x-www-form-urlencoded", origin: service.url },
    body: new URLSearchParams({ name: `The ${role}`, password: PASSWORD, time_zone: "UTC" }),
  });
  assert.ok(answer.status < 400, await answer.text());
  return { email, password: PASSWORD, name: `The ${role}` };
}
