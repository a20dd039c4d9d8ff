// Single sign-on against a provider that lies in each way it can: nobody gets in, no session is left, and the audit log
// says why. And what a session through a provider is good for: its organization, and nothing else.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";

import { Jar, PASSWORD, events, startProvider, startService } from "./sso/world.mjs";

const CLIENT = { id: "tallystick", secret: "a secret of the client & more" };
let service;
let provider;
let found;

const settings = (more = {}) => ({
  issuer: provider.issuer,
  client_id: CLIENT.id,
  client_secret: CLIENT.secret,
  domains: ["hostile.example"],
  default_role: "member",
  ...more,
});
const put = (more) => service.owner.api("PUT", "/v1/sso?org=acme", settings(more));
const root = async (method, path, body) => {
  const headers = { authorization: `Bearer ${service.key}`, "content-type": "application/json" };
  const answer = await fetch(service.url + path, { method, headers, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${await answer.clone().text()}`);
  return answer.status === 204 ? null : answer.json();
};
const tell = (lie, more = {}) => provider.tell({ client: CLIENT, lie, ...more });
const latest = async (reason, org = "acme") => {
  const [event] = await found(org, "action:user.sign_in_failed");
  assert.equal(event?.reason, reason);
  return event;
};
/** Signs in, as far as it goes. */
async function attempt(jar = new Jar(service.url), organization = "acme", fields = {}) {
  const back = await jar.through(await jar.begin(organization, fields));
  return { jar, back, answer: await jar.ask(back) };
}
async function refused(reason, org = "acme") {
  const { jar, answer } = await attempt();
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /You are not signed in/);
  assert.equal(await jar.who(), null);
  const event = await latest(reason, org);
  // The truth gets in at once, which also forgives this address the failure.
  await tell({});
  assert.equal((await attempt()).answer.status, 303);
  return event;
}
async function invite(org, email, role = "member") {
  const { url } = await root("POST", `/v1/invitations?org=${org}`, { email, role });
  return new URL(url, service.url).pathname;
}
/** An account with a password, made by an invitation. */
async function person(org, email, role) {
  const jar = new Jar(service.url);
  const answer = await jar.form(await invite(org, email, role), { name: email, time_zone: "UTC", password: PASSWORD });
  assert.equal(answer.status, 303, await answer.text());
  return jar;
}

before(async () => {
  service = await startService();
  found = events(service);
  provider = await startProvider("./hostile.mjs");
  await root("POST", "/v1/orgs", { id: "other", name: "Other" });
  await tell({});
  assert.equal((await put()).status, 200);
});
after(async () => {
  provider?.stop();
  await service?.stop();
});
beforeEach(() => tell({}));

test("an honest token lets somebody in, as a new member, and the secret is never shown", async () => {
  const { jar, answer } = await attempt(undefined, "someone@hostile.example", { next: "/events?q=a" });
  assert.equal(answer.status, 303, await answer.text());
  assert.equal(answer.headers.get("location"), "/events?q=a");
  const who = await jar.who();
  assert.deepEqual([who.user.email, who.single_sign_on], ["mallory@hostile.example", "acme"]);
  const { body } = await jar.api("GET", "/v1/ui/boot");
  assert.deepEqual([body.role, body.organizations.map(({ id }) => id)], ["member", ["acme"]]);
  const [signedIn] = await found("acme", "action:user.signed_in metadata.method:oidc");
  assert.equal(signedIn.metadata.subject, "mallory");
  const [assigned] = await found("acme", "action:user.role_assigned metadata.by:sso");
  assert.deepEqual(assigned.changes.map(({ path, new: value }) => [path, value]), [["/role", "member"]]);
  const shown = JSON.stringify([
    await service.owner.api("GET", "/v1/sso?org=acme"),
    await found("acme", "action:sso_connection"),
  ]);
  assert.ok(!shown.includes(CLIENT.secret) && shown.includes("has_client_secret"));
});

test("a new key of the provider is fetched at once, made-up ones are not asked for each time", async () => {
  assert.equal((await attempt()).answer.status, 303);
  await tell({}, { rotate: true });
  assert.equal((await attempt()).answer.status, 303);
  const before = (await tell({ key: "made up" })).counts.keys;
  for (let n = 0; n < 3; n += 1) {
    assert.equal((await attempt()).answer.status, 403);
  }
  await latest("unknown_key");
  assert.equal((await tell({})).counts.keys, before, "not asked again within a minute");
});

for (const [what, lie, reason] of [
  ["another nonce", { claims: { nonce: "n" } }, "wrong_nonce"],
  ["no nonce", { without: ["nonce"] }, "wrong_nonce"],
  ["another audience", { claims: { aud: "somebody else" } }, "wrong_audience"],
  ["a second audience", { claims: { aud: ["tallystick", "somebody else"] } }, "wrong_audience"],
  ["another authorized party", { claims: { azp: "somebody else" } }, "wrong_audience"],
  ["another issuer", { claims: { iss: "https://id.example" } }, "wrong_issuer"],
  ["an answer of another issuer", { answer: { iss: "https://id.example" } }, "wrong_issuer"],
  ["an answer of no issuer", { answer: { iss: null } }, "wrong_issuer"],
  ["an expired token", { claims: { exp: Math.floor(Date.now() / 1000) - 120 } }, "expired_token"],
  ["a token of tomorrow", { claims: { iat: Math.floor(Date.now() / 1000) + 86_400 } }, "wrong_time"],
  ["an old token", { claims: { iat: Math.floor(Date.now() / 1000) - 86_400 } }, "wrong_time"],
  ["no signature", { alg: "none" }, "algorithm_not_allowed"],
  ["a signature by the client's secret", { alg: "HS256", secret: CLIENT.secret }, "algorithm_not_allowed"],
  ["a signature by the public key as a secret", { alg: "HS256" }, "algorithm_not_allowed"],
  ["a key that is not published", { key: "unheard of" }, "unknown_key"],
  ["another key under a known name", { key: "one" }, "bad_signature"],
  ["a made-up signature", { signature: "AAAA" }, "bad_signature"],
  ["a made-up hash of the access token", { claims: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" } }, "bad_signature"],
  ["no subject", { without: ["sub"] }, "malformed_token"],
  ["an address that is not verified", { claims: { email_verified: false } }, "email_not_verified"],
  ["no word on whether it is", { without: ["email_verified"] }, "email_not_verified"],
  ["no address", { without: ["email"] }, "email_missing"],
  ["an address of a domain that is not listed", { claims: { email: "ceo@acme.example" } }, "domain_not_allowed"],
  ["an address that only looks right", { claims: { email: "a@hostile.example.evil.example" } }, "domain_not_allowed"],
  ["another person with the same address", { claims: { sub: "not mallory" } }, "address_has_changed_hands"],
  ["a refusal", { answer: { code: null, error: "access_denied" } }, "provider_refused"],
  ["a code that it does not take", { answer: { code: "made up" } }, "code_refused"],
  ["a state that was not asked for", { answer: { state: "made up" } }, "wrong_state"],
]) {
  test(`refused: ${what}`, async () => {
    await tell(lie);
    const event = await refused(reason, reason === "wrong_state" ? "instance" : "acme");
    assert.equal(event.outcome, "failure");
    assert.equal(event.actor.type, "anonymous");
  });
}

test("an answer works once, and in the browser that asked only", async () => {
  const { jar, back, answer } = await attempt();
  assert.equal(answer.status, 303);
  // Once more, with what the browser had before it was taken away.
  const begun = new Jar(service.url);
  const url = await begun.begin("acme");
  const sealed = begun.cookies.get("tallystick-sso");
  const once = await begun.through(url);
  assert.equal((await begun.ask(once)).status, 303);
  assert.ok(!begun.cookies.has("tallystick-sso"), "it is taken away");
  const thief = new Jar(service.url);
  thief.cookies.set("tallystick-sso", sealed);
  assert.equal((await thief.ask(once)).status, 403);
  assert.equal(await thief.who(), null);
  await latest("replayed");
  const stranger = new Jar(service.url);
  assert.equal((await stranger.ask(back)).status, 403);
  await latest("no_attempt", "instance");
  // Somebody sends a link with their own code and state to a browser that has begun as well.
  const victim = new Jar(service.url);
  const own = await victim.begin("acme");
  assert.equal((await victim.ask(await jar.through(await jar.begin("acme")))).status, 403);
  assert.equal(await victim.who(), null);
  await latest("wrong_state", "instance");
  assert.equal((await victim.ask(await victim.through(own))).status, 303, "which does not end what it has begun");
  const altered = new Jar(service.url);
  const second = await altered.through(await altered.begin("acme"));
  altered.cookies.set("tallystick-sso", `${altered.cookies.get("tallystick-sso").slice(0, -2)}AA`);
  assert.equal((await altered.ask(second)).status, 403);
});

test("a browser that another site sends begins nothing", async () => {
  const jar = new Jar(service.url);
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "https://evil.example" };
  const answer = await jar.ask("/sign-in/sso", { method: "POST", headers, body: "organization=acme" });
  assert.equal(answer.status, 403);
  for (const next of ["//evil.example", "https://evil.example/", "/\\evil.example"]) {
    const { answer: end } = await attempt(undefined, "acme", { next });
    assert.equal(end.headers.get("location"), "/", next);
  }
});

test("a session through a provider is confined to its organization, whoever's account it is", async () => {
  // Bob runs the other organization, is an operator of the installation's list of people, and a member here.
  const bob = await person("other", "bob@hostile.example", "owner");
  await bob.form(await invite("acme", "bob@hostile.example", "auditor"), {});
  await tell({ claims: { sub: "bob", email: "bob@hostile.example" } });
  assert.equal((await attempt()).answer.status, 403, "not without his password");
  await latest("password_needed");
  const linking = new Jar(service.url);
  await linking.signIn("bob@hostile.example");
  assert.equal((await attempt(linking)).answer.status, 303);
  const { jar, answer } = await attempt();
  assert.equal(answer.status, 303, await answer.text());
  const { body: boot } = await jar.api("GET", "/v1/ui/boot");
  assert.deepEqual(boot.organizations.map(({ id }) => id), ["acme"]);
  assert.equal(boot.role, "auditor", "no groups are mapped: what they are stays");
  for (const path of ["/v1/members?org=other", "/v1/events?org=other", "/v1/keys?org=other", "/v1/sso?org=other"]) {
    assert.equal((await jar.api("GET", path)).body.code, "wrong_org", path);
  }
  // Nothing of the account, which is his elsewhere, too: neither its name, nor its sessions, nor what guards it.
  const code = async (...call) => (await jar.api(...call)).body?.code;
  assert.equal(await code("PATCH", "/v1/account", { name: "Mallory" }), "forbidden");
  assert.equal(await code("POST", "/v1/account/totp", { password: PASSWORD }), "forbidden");
  assert.equal(await code("POST", "/v1/account/totp/confirm", { code: "123456" }), "forbidden");
  const other = { password: PASSWORD, new_password: `${PASSWORD}!` };
  assert.equal(await code("POST", "/v1/account/password", other), "forbidden");
  assert.equal(await code("POST", "/v1/account/email", { password: PASSWORD, email: "m@x.example" }), "forbidden");
  const own = (await bob.api("GET", "/v1/session")).body.session;
  const listed = (await jar.api("GET", "/v1/sessions")).body.sessions;
  assert.deepEqual(listed.map(({ single_sign_on: org }) => org), ["acme", "acme"]);
  assert.equal(await code("DELETE", `/v1/sessions/${own}`), "session_not_found");
  assert.equal((await bob.api("GET", "/v1/sessions")).body.sessions.length, 3, "he sees all");
  // Neither can it bring the account into another organization.
  await root("POST", "/v1/orgs", { id: "third", name: "Third" });
  const link = await invite("third", "bob@hostile.example");
  assert.equal((await jar.form(link, {})).status, 403);
  assert.deepEqual((await root("GET", "/v1/members?org=third")).members, []);
  // And what is done with it is not in the log of the other organization.
  await jar.form("/sign-out", {});
  assert.deepEqual(await found("other", "action:user.signed_in metadata.method:oidc"), []);
  assert.equal((await found("other", "action:user.signed_out")).length, 0);
  assert.equal((await found("acme", "action:user.signed_out")).length, 1);
});

test("an operator is none with it, and an owner stays the last owner", async () => {
  // Olga made the installation. Her provider says that she is a mere member.
  await put({ domains: ["hostile.example", "acme.example"], group_roles: [{ group: "few", role: "auditor" }] });
  await tell({ claims: { sub: "olga", email: "olga@acme.example", groups: ["few"] } });
  const hers = new Jar(service.url);
  await hers.signIn("olga@acme.example");
  const { jar, answer } = await attempt(hers);
  assert.equal(answer.status, 303, await answer.text());
  const { body: boot } = await jar.api("GET", "/v1/ui/boot");
  assert.deepEqual([boot.user.operator, boot.role], [false, "owner"]);
  assert.deepEqual(boot.organizations.map(({ id }) => id), ["acme"]);
  assert.equal((await jar.api("POST", "/v1/orgs", { id: "mine" })).body.code, "forbidden");
  assert.equal((await jar.api("GET", "/v1/members?org=other")).body.code, "wrong_org");
  const [kept] = await found("acme", "action:user.role_assigned outcome:failure");
  assert.match(kept.reason, /needs this owner/);
});

test("an account with a password is not a provider's to take", async () => {
  await put();
  await person("other", "carla@hostile.example", "owner");
  await tell({ claims: { sub: "carla", email: "Carla@Hostile.example" } });
  const { jar, answer } = await attempt();
  assert.equal(answer.status, 403);
  assert.match(await answer.text(), /Sign in with it once/);
  assert.equal(await jar.who(), null);
  const event = await latest("password_needed");
  assert.equal(event.metadata.subject, "carla");
});

test("groups decide at every sign-in, and who has none is out", async () => {
  const roles = [
    { group: "admins", role: "admin" },
    { group: "auditors", role: "auditor" },
  ];
  await put({ group_roles: roles, default_role: null, groups_claim: "/realm/groups" });
  const signIn = async (groups) => {
    await tell({ claims: { sub: "dora", email: "dora@hostile.example", realm: { groups } } });
    const { jar, answer } = await attempt();
    return answer.status === 303 ? (await jar.api("GET", "/v1/ui/boot")).body.role : answer.status;
  };
  assert.equal(await signIn([]), 403);
  await latest("no_role");
  assert.equal(await signIn(["x", "auditors", "admins"]), "admin", "the first of the map");
  assert.equal(await signIn(["auditors"]), "auditor");
  const [changed] = await found("acme", "action:user.role_assigned changes.role.after:auditor metadata.by:sso");
  assert.deepEqual(
    changed.changes.map(({ path, old, new: value }) => [path, old, value]),
    [["/role", "admin", "auditor"]],
  );
  assert.equal(await signIn([]), 403, "members without a group, too");
});

test("an invited person joins through the provider, with the role of the invitation", async () => {
  await put({ default_role: null });
  await tell({ claims: { sub: "eva", email: "eva@hostile.example" } });
  assert.equal((await attempt()).answer.status, 403);
  await latest("no_role");
  const token = (await invite("acme", "eva@hostile.example", "auditor")).split("/").pop();
  const join = async (invitation) => {
    const jar = new Jar(service.url);
    const answer = await jar.form("/sign-in/sso", { invitation });
    const back = await jar.through(answer.headers.get("refresh").replace("0;url=", ""));
    return [jar, await jar.ask(back)];
  };
  const strangers = (await invite("acme", "frida@hostile.example", "owner")).split("/").pop();
  assert.equal((await join(strangers))[1].status, 403, "an invitation of somebody else");
  await latest("invitation_over");
  const [jar, answer] = await join(token);
  assert.equal(answer.status, 303, await answer.text());
  assert.equal((await jar.api("GET", "/v1/ui/boot")).body.role, "auditor");
  assert.equal((await found("acme", "action:user.invitation_accepted metadata.method:oidc")).length, 1);
  assert.equal((await new Jar(service.url).form("/sign-in/sso", { invitation: token })).status, 404);
});

test("nobody but owners connects a provider, and the secret does not follow another issuer", async () => {
  const admin = await person("acme", "gina@acme.example", "admin");
  assert.equal((await admin.api("PUT", "/v1/sso?org=acme", settings())).body.code, "forbidden");
  assert.equal((await admin.api("GET", "/v1/sso?org=acme")).status, 200);
  const scopes = ["orgs:write", "members:write"];
  const made = await root("POST", "/v1/keys", { name: "k", org: "acme", scopes });
  const key = made.token ?? made.key;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const answer = await fetch(`${service.url}/v1/sso?org=acme`, { method: "DELETE", headers });
  assert.equal(answer.status, 403);
  const { client_secret: _, ...without } = settings();
  const elsewhere = await startProvider("./hostile.mjs");
  const moved = await service.owner.api("PUT", "/v1/sso?org=acme", { ...without, issuer: elsewhere.issuer });
  elsewhere.stop();
  assert.equal(moved.body.errors[0].path, "/client_secret");
  for (const [change, path] of [
    [{ issuer: `${provider.issuer}/` }, "/issuer"],
    [{ issuer: "http://127.0.0.1:1" }, "/issuer"],
    [{ issuer: "http://169.254.169.254" }, "/issuer"],
    [{ issuer: "file:///etc/passwd" }, "/issuer"],
    [{ domains: [] }, "/domains"],
    [{ domains: ["*.example"] }, "/domains"],
    [{ default_role: "emperor" }, "/role"],
  ]) {
    const { status, body } = await put(change);
    assert.deepEqual([status, body.errors?.[0]?.path], [400, path], JSON.stringify([change, body]));
  }
});

test("it is enforced only after a test of exactly this, and an owner keeps a way in", async () => {
  await put();
  const owner = service.owner;
  const me = (await owner.who()).user.id;
  const enforce = (enforced, breakGlass) =>
    owner.api("PUT", "/v1/sso/enforcement?org=acme", { enforced, break_glass: breakGlass });
  assert.equal((await enforce(true, [me])).body.code, "sso_untested");
  const test = async (jar = owner) => {
    const { body } = await owner.api("POST", "/v1/sso/test?org=acme");
    return jar.ask(await owner.through(body.url));
  };
  await tell({ claims: { sub: "henk", email: "henk@hostile.example", secret_claim: "of nobody's business" } });
  const shown = await (await test()).text();
  assert.match(shown, /The test succeeded/);
  assert.match(shown, /henk@hostile\.example/);
  assert.ok(!shown.includes("nobody&#39;s business") && !shown.includes("of nobody"), "only what matters is shown");
  assert.deepEqual((await root("GET", "/v1/members?org=acme")).members.filter(({ name }) => /henk/.test(name)), []);
  // A test that fails, and one that comes back to somebody else, are none.
  await put({ scopes: ["more"] });
  assert.equal((await enforce(true, [me])).body.code, "sso_untested", "a change ends it");
  await tell({ claims: { email: "henk@elsewhere.example" } });
  assert.match(await (await test()).text(), /The test failed/);
  assert.equal((await enforce(true, [me])).body.code, "sso_untested");
  await tell({});
  const thief = new Jar(service.url);
  const { body } = await owner.api("POST", "/v1/sso/test?org=acme");
  thief.cookies.set("tallystick-sso", owner.cookies.get("tallystick-sso"));
  assert.equal((await thief.ask(await owner.through(body.url))).status, 403);
  assert.equal((await enforce(true, [me])).body.code, "sso_untested");
  assert.match(await (await test()).text(), /The test succeeded/);
  assert.equal((await enforce(true, [])).body.code, "last_break_glass");
  const { jar: mallory } = await attempt();
  const her = (await mallory.who()).user.id;
  assert.equal((await enforce(true, [her])).body.code, "invalid_body", "she has no password");
  const ida = await person("acme", "ida@acme.example", "admin");
  const both = await person("other", "jan@other.example", "member");
  await both.form(await invite("acme", "jan@other.example", "member"), {});
  assert.equal((await ida.api("GET", "/v1/members?org=acme")).status, 200);
  assert.equal((await enforce(true, [me])).status, 200);
  // At once, also for the session that was open.
  assert.equal((await ida.api("GET", "/v1/members?org=acme")).body.code, "wrong_org");
  assert.equal((await new Jar(service.url).signIn("ida@acme.example")).body.code, "sso_required");
  assert.equal((await new Jar(service.url).signIn("ida@acme.example", "wrong")).body.code, "sign_in_failed");
  // Nobody's password stops working in another organization by it.
  const jan = new Jar(service.url);
  assert.equal((await jan.signIn("jan@other.example")).status, 200);
  const { body: boot } = await jan.api("GET", "/v1/ui/boot");
  assert.deepEqual(boot.organizations.map(({ id }) => id), ["other"]);
  // The owner gets in, loudly.
  const before = (await found("acme", "action:session.elevated")).length;
  const again = new Jar(service.url);
  assert.equal((await again.signIn("olga@acme.example")).status, 200);
  assert.equal((await again.api("GET", "/v1/members?org=acme")).status, 200);
  const elevated = await found("acme", "action:session.elevated");
  assert.equal(elevated.length, before + 1);
  assert.equal(elevated[0].metadata.reason, "break-glass");
  // Nobody else can be the last one out, and nobody joins with a password.
  const demoted = await root("PATCH", `/v1/members/${me}?org=acme`, { role: "member" }).catch(String);
  assert.match(String(demoted), /last_owner|last_break_glass/);
  const joined = await new Jar(service.url).form(await invite("acme", "kim@hostile.example"), {
    name: "Kim",
    time_zone: "UTC",
    password: PASSWORD,
  });
  assert.notEqual(joined.status, 303);
  const [enabled] = await found("acme", "action:sso_enforcement.enabled");
  assert.deepEqual(enabled.changes.map(({ path }) => path), ["/sso_required", "/exempt_users"]);
  // The root key on the host, and the owner, can end it; with the connection its sessions end.
  await root("PUT", "/v1/sso/enforcement?org=acme", { enforced: false });
  assert.equal((await new Jar(service.url).signIn("ida@acme.example")).status, 200);
  assert.equal((await mallory.who()).single_sign_on, "acme");
  assert.equal((await owner.api("DELETE", "/v1/sso?org=acme")).status, 204);
  assert.equal(await mallory.who(), null);
});
