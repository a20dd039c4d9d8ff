// Events made for measuring: any number of them, thirty days long, the same for the same number, in one organization.

import assert from "node:assert/strict";
import { Agent, request } from "node:http";

const BATCH = 1000;
const CONNECTIONS = 4;
const BUSY = [429, 503];
const RETRY_MS = 200;
const SPAN_MS = 30 * 86_400_000;
const ACTIONS =
  "user.signed_in alert.created alert.acknowledged incident.created incident.resolved schedule.updated " +
  "escalation_policy.updated user.role_assigned team.member_added service.updated report.exported user.invited " +
  "api_key.created integration.disabled api_key.revoked";
const WORDS =
  "primary database latency payments customer window rotation north region shift handover checkout search index " +
  "cache deploy release rollback ticket budget";

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The event number `index` of `count`, as JSON; `now` is when the last one happens. */
export function madeEvent(org, index, count, now) {
  const random = randomOf(index);
  const skewed = (most) => Math.floor(random() ** 2 * most);
  const [actions, words] = [ACTIONS.split(" "), WORDS.split(" ")];
  const [user, service, chance] = [skewed(50_000), skewed(500_000), random()];
  const note = Array.from({ length: 6 }, () => words[skewed(words.length)]).join(" ");
  const event = {
    org,
    action: actions[skewed(actions.length)],
    occurred_at: new Date(now - SPAN_MS + (SPAN_MS * (index + 1)) / count).toISOString(),
    actor: { type: "user", id: `u_${user}`, name: `User ${user}`, email: `u${user}@example.com` },
    targets: [{ type: "service", id: `svc_${service}`, name: `Service ${service}` }],
    outcome: chance < 0.04 ? "failure" : chance < 0.06 ? "denied" : "success",
    context: {
      ip: `10.${user & 255}.${(user >> 8) & 255}.${index & 255}`,
      user_agent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36",
      request_id: `req_${index.toString(36)}`,
      session_id: `ses_${user}_${index >> 10}`,
    },
    metadata: { note, environment: index % 3 ? "production" : "staging", team: `team_${user % 200}` },
  };
  if (chance > 0.85) event.changes = [{ path: "/level", op: "replace", old: index % 5, new: index % 7 }];
  return JSON.stringify(event);
}

/** Writes `count` events over a few connections; `say` is told how many are there. */
export async function writeEvents({ url, key }, org, count, say = () => {}) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/x-ndjson" };
  const post = (body) =>
    new Promise((resolve, reject) => {
      const call = request(`${url}/v1/events`, { agent, method: "POST", headers }, (answer) => {
        let said = "";
        answer.on("data", (chunk) => (said += chunk));
        answer.on("end", () => resolve([answer.statusCode, said]));
      });
      call.on("error", reject);
      call.end(body);
    });
  const now = Date.now();
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const [from, to] = [next, Math.min(count, next + BATCH)];
      next = to;
      let body = "";
      for (let index = from; index < to; index++) body += `${madeEvent(org, index, count, now)}\n`;
      let [status, said] = await post(body);
      while (BUSY.includes(status)) {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        [status, said] = await post(body);
      }
      assert.equal(status, 201, said);
      say(to);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, sender));
  agent.destroy();
}
