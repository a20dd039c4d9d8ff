// Permissions, scopes and devices in words for people.

/** What a permission allows, in the order in which the matrix has them. */
export const PERMISSIONS = {
  "organization.read": "see the organization's name and state",
  "audit_logs.read": "find, read, count and follow events, with their proofs",
  "audit_logs.export": "take evidence packs and whole ranges of the log",
  "audit_logs.write": "write events",
  "integrity.read": "see checkpoints, tiles and the state of proofs",
  "members.read": "see members and roles",
  "members.manage": "invite, change and remove members, make roles, end their sessions",
  "keys.read": "see API keys",
  "keys.manage": "make and revoke API keys",
  "viewer_tokens.manage": "make, see and revoke viewer tokens",
  "streams.manage": "make, change and delete streams, which send events to other systems",
  "settings.manage": "change the organization's name",
  "sso.manage": "decide who signs in by single sign-on; as good as being an owner",
  "instance_streams.manage": "make, change and delete streams of all organizations",
  "organizations.manage": "make, archive and delete organizations",
  "metrics.read": "read the service's metrics",
  "log_keys.rotate": "rotate the keys that sign logs",
};

/** Those of the installation: no key of one organization has them. */
const INSTALLATION = new Set(["instance_streams.manage", "organizations.manage", "metrics.read", "log_keys.rotate"]);
/** What operators have in organizations that they are not members of, they have in all; not so these. */
const MEMBERS_ONLY = new Set(["audit_logs.read", "audit_logs.export", "streams.manage", "sso.manage"]);

/** What a key with a scope may do, and the permissions that it stands for. */
/** @type {Record<string, [string, string[]]>} */
export const SCOPES = {
  "events:write": ["write events", ["audit_logs.write"]],
  "events:read": ["read events and take evidence", ["audit_logs.read", "audit_logs.export"]],
  "integrity:read": ["read checkpoints and the state of proofs", ["integrity.read"]],
  "members:read": ["see members and roles", ["members.read"]],
  "members:write": ["manage members and roles", ["members.manage"]],
  "keys:read": ["see API keys", ["keys.read"]],
  "keys:write": ["make and revoke API keys", ["keys.manage"]],
  "viewers:write": ["make and revoke viewer tokens", ["viewer_tokens.manage"]],
  "streams:write": ["make and change streams to other systems", ["streams.manage", "instance_streams.manage"]],
  "orgs:read": ["see organizations", ["organization.read"]],
  "orgs:write": ["change organizations", ["settings.manage", "organizations.manage"]],
  "metrics:read": ["read the service's metrics", ["metrics.read"]],
  admin: ["everything", Object.keys(PERMISSIONS)],
};

/** The scopes that somebody with these permissions can give a key: of one organization, or of all. */
export function scopesToGive(permissions, isOfAll) {
  const has = (word) => permissions.has(word) && !(isOfAll && MEMBERS_ONLY.has(word));
  const words = (scope) => SCOPES[scope][1].filter((word) => isOfAll || !INSTALLATION.has(word));
  return Object.keys(SCOPES).filter((scope) => words(scope).length > 0 && words(scope).every(has));
}

/** Whether somebody with these permissions can give a role, and change those who have it. */
export const canGive = (permissions, isOperator, role) =>
  isOperator || (role && role.permissions.every((word) => permissions.has(word)));

/** What a viewer token can allow beside reading. */
export const FEATURES = {
  search: "ask own queries and choose the range of time",
  live: "see new events as they come",
  raw: "see events as they are stored, with metadata and proof",
  export: "take events away as a table or an evidence pack",
};

const BROWSERS = [
  [/Edg(?:e|A|iOS)?\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\/|FxiOS\//, "Firefox"],
  [/Headless|Chrome\/|CriOS\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/curl\//, "curl"],
];
const SYSTEMS = [
  [/Android/, "Android"],
  [/iPhone/, "iPhone"],
  [/iPad/, "iPad"],
  [/Windows/, "Windows"],
  [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"],
  [/Linux/, "Linux"],
];
const nameIn = (list, text) => list.find(([pattern]) => pattern.test(text))?.[1];

/** `Firefox on Linux` of what a browser says of itself; of anything else its beginning. */
export function deviceName(agent) {
  if (!agent) return "Unknown device";
  const [browser, system] = [nameIn(BROWSERS, agent), nameIn(SYSTEMS, agent)];
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? system ?? agent.slice(0, 40);
}
