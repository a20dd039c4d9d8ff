// Events as sentences.

import assert from "node:assert/strict";
import { test } from "node:test";

import { sentence, sentenceText } from "../lib/sentence.js";
import { infinitive } from "../lib/verbs.js";

const CHEN = { type: "user", id: "u_1", name: "Chen Wei" };
const thing = (type, name, id = "x_1") => ({ type, id, name });
const said = (action, targets = [], outcome = "success", actor = CHEN) =>
  sentenceText({ action, targets, outcome, actor });

test("what was done, failed and was refused", () => {
  const policy = thing("escalation_policy", "Payments / P1");
  assert.equal(said("escalation_policy.updated", [policy]), "Chen Wei updated escalation policy Payments / P1");
  assert.equal(
    said("escalation_policy.updated", [policy], "failure"),
    "Chen Wei failed to update escalation policy Payments / P1",
  );
  assert.equal(
    said("escalation_policy.updated", [policy], "denied"),
    "Chen Wei was not allowed to update escalation policy Payments / P1",
  );
});

test("sign-ins need no object", () => {
  const self = [CHEN, thing("session", null, "s_1")];
  assert.equal(said("user.signed_in", self), "Chen Wei signed in");
  assert.equal(said("user.login", self, "failure"), "Chen Wei failed to sign in");
  assert.equal(said("user.sign_in_failed", [CHEN], "failure"), "Chen Wei failed to sign in");
  assert.equal(said("user.sign_in_failed", [CHEN], "denied"), "Chen Wei was not allowed to sign in");
});

test("the target that the action names is the one that is named", () => {
  const bot = { type: "agent", id: "a_1", name: "Copilot" };
  assert.equal(
    said("agent.tool_called", [bot, thing("tool", "logs.query")], "success", bot),
    "Copilot called tool logs.query",
  );
  assert.equal(
    said("user.role_assigned", [thing("user", "Bob"), thing("role", "Admin", "r")]),
    "Chen Wei assigned role Admin and 1 other",
  );
  assert.equal(said("record.viewed", [thing("incident", "INC-7")]), "Chen Wei viewed incident INC-7");
  assert.equal(said("api_key.created", [thing("api_key", "ci")]), "Chen Wei created API key ci");
  assert.equal(
    said("alert.priority_changed", [thing("alert", "disk full")]),
    "Chen Wei changed priority for disk full",
  );
});

test("actions that no rule knows are said as they are", () => {
  assert.equal(said("access.denied", [thing("schedule", "Core")], "denied"), "Chen Wei · access denied: Core");
  assert.equal(said("frobnicate", [thing("box", "A")]), "Chen Wei · frobnicate: A");
  assert.equal(said("", []), "Chen Wei · ");
  assert.equal(sentenceText({ action: "x.y" }), " · x y");
});

test("a sentence that the service delivers is taken", () => {
  const parts = [{ text: "It rained" }];
  assert.equal(sentence({ action: "a.b", sentence: parts }), parts);
});

test("infinitives", () => {
  const pairs =
    "updated:update created:create deleted:delete changed:change acknowledged:acknowledge resolved:resolve " +
    "removed:remove revoked:revoke rotated:rotate closed:close paused:pause stopped:stop denied:deny applied:apply " +
    "enabled:enable toggled:toggle viewed:view exported:export downloaded:download escalated:escalate " +
    "transferred:transfer assigned:assign approved:approve requested:request merged:merge shared:share sent:send " +
    "edited:edit added:add purged:purge scheduled:schedule required:require restored:restore issued:issue " +
    "invited:invite suspended:suspend started:start cancelled:cancel configured:configure published:publish";
  for (const pair of pairs.split(" ")) {
    const [done, wanted] = pair.split(":");
    assert.equal(infinitive(done), wanted);
  }
  assert.equal(infinitive("signed in"), "sign in");
});
