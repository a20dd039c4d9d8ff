// The fields of the query language, for whoever completes or chooses one: loaded when somebody does.

import { ALIASES } from "../../lib/query-edit.js";

const OUTCOMES = ["success", "failure", "denied", "unknown"];
const CRUD = ["create", "read", "update", "delete"];

/** Fields of the query language: name, what it means, and values where there are only a few. */
export const FIELDS = /** @type {[string, string, string[]?][]} */ ([
  ["actor", "who did it: id, name or e-mail"],
  ["action", "what was done; user finds user.created too"],
  ["outcome", "what came of it", OUTCOMES],
  ["target", "to what: id, name or type/id"],
  ["target.type", "what kind of thing"],
  ["created", "when it happened"],
  ["ip", "address or network"],
  ["country", "two letters"],
  ["crud", "create, read, update or delete", CRUD],
  ["changed", "path of what was changed"],
  ["actor.type", "user, service, api_key …"],
  ["actor.email", "e-mail of the actor"],
  ["actor.on_behalf_of", "for whom the actor acted"],
  ["origin", "ui, api, cli …"],
  ["source", "which key or import brought it in"],
  ["reason", "words of the reason"],
  ["ua", "words of the user agent"],
  ["request", "id of the request"],
  ["session", "id of the session"],
  ["trace", "id of the trace"],
  ["received", "when it was received"],
  ["has", "what the event has", ["diff", "reason", "ip", "target", "correlation"]],
  ["is", "what the event is", ["late"]],
  ["seq", "its place in the log"],
  ["id", "id of the event"],
  ["schema", "action and version"],
  ["org", "organization"],
  ["metadata.", "any key of the metadata"],
]).map(([name, meaning, values = null]) => ({
  name,
  meaning,
  aliases: Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name),
  values,
}));

/** Fields whose values the service counts. */
const COUNTED = new Set([
  "actor",
  "action",
  "outcome",
  "target",
  "target.type",
  "ip",
  "country",
  "crud",
  "actor.type",
  "actor.email",
  "origin",
  "source",
  "changed",
  "request",
  "session",
  "org",
]);
export const isCounted = (field) => COUNTED.has(field) || field.startsWith("metadata.") || field.startsWith("actor.");
