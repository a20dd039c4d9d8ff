// An event as a sentence, in parts: `{ text }`, and `{ entity, side, label }` for an actor or a target, which the page
// makes links of. Where the service delivers a sentence with the event (`event.sentence`, in these parts) it is taken;
// else a rule makes one: the last part of the action says what was done, what stands before it to what.

import { infinitive, verbAt } from "./verbs.js";

const label = (thing) => thing?.name || thing?.email || thing?.id || "";
const spaced = (text) => text.replace(/[_-]+/g, " ").trim();

/** Verbs that need no object: the actor did it, or it was done to the actor. */
const ALONE = new Set(["signed in", "signed out", "logged in", "logged out", "signed up"]);
const SIGNING = { login: "signed in", logout: "signed out", "log in": "signed in", "log out": "signed out" };
const SIGN_IN_FAILED = /^(?:sign in|login|log in|authentication)(?: attempt)? (?:failed|denied|rejected)$/;
/** Verbs that say themselves what came of it, so that the outcome adds nothing. */
const TELLING =
  /^(?:failed|denied|refused|rejected|missed|timed out|locked out|attempted|raised|detected|degraded|expired|triggered|gone silent)\b/;
/** Those of them that are said of a thing and not of the actor. */
const OF_THING = /^(?:failed|denied|refused|rejected|missed|timed out|locked out|attempted)\b/;
/** Nouns that say less than the type of the target does. */
const VAGUE = new Set(["record", "object", "resource", "item", "entity", "entry"]);
const ADVERB = /^(.+) (?!early$)(\w+ly)$/;
const SHORT_FORMS =
  /\b(api|ip|sso|mfa|scim|sla|url|id|ui|cli|csv|pdf|saml|oidc|mcp|totp|sms|vpn|tls|ssh|dns|json|crud|http)\b/gi;

const proper = (text) => text.replace(SHORT_FORMS, (word) => word.toUpperCase()).replace(/\boauth\b/gi, "OAuth");
const words = (...parts) => parts.filter((part) => part).join(" ");

/** Whether a noun of an action and a type of target name the same. */
function sameKind(noun, type) {
  const [a, b] = [noun.toLowerCase(), spaced(type ?? "").toLowerCase()];
  return a !== "" && b !== "" && (a === b || a.endsWith(` ${b}`) || b.endsWith(` ${a}`));
}

/** `incident.role_assigned`: of an "incident", a "role" was "assigned". */
function partsOf(action) {
  const path = action.split(".").map(spaced);
  const last = path.pop() ?? "";
  const all = last.split(" ");
  const at = verbAt(all);
  if (SIGNING[last]) return { noun: "", inner: "", verb: SIGNING[last] };
  if (at < 0) return { noun: path.join(" "), inner: last, verb: null };
  let inner = all.slice(0, at).join(" ");
  let verb = all.slice(at).join(" ").replace(ADVERB, "$2 $1");
  if (inner === "first" || inner === "last") [inner, verb] = ["", `${inner} ${verb}`];
  return { noun: path.join(" "), inner, verb };
}

function verbFor(verb, outcome) {
  if (TELLING.test(verb) || !["failure", "denied"].includes(outcome)) return verb;
  return `${outcome === "failure" ? "failed to" : "was not allowed to"} ${infinitive(verb)}`;
}

const isActor = (event) => (target) => target.id === event.actor?.id && target.type === event.actor?.type;

/** The sentence of an event, in parts. */
export function sentence(event) {
  if (Array.isArray(event.sentence)) return event.sentence;
  const { noun, inner, verb } = partsOf(event.action ?? "");
  const isSelf = isActor(event);
  const targets = (event.targets ?? []).filter((target) => !isSelf(target));
  const actor = { entity: event.actor, side: "actor", label: label(event.actor) };
  const text = (said) => ({ text: proper(said) });
  const last = words(inner, verb);
  if (SIGN_IN_FAILED.test(last)) return [actor, text(` ${verbFor("signed in", event.outcome)}`)];
  if (ALONE.has(last)) return [actor, text(` ${verbFor(last, event.outcome)}`)];
  if (!verb || (OF_THING.test(verb) && words(noun, inner))) {
    return [actor, text(` · ${words(noun, inner, verb)}`), ...named(targets, 0, ": ")];
  }
  const said = verbFor(verb, event.outcome);
  // The target that the action itself names: of `agent.tool_called` the tool.
  const own = inner ? targets.findIndex((target) => sameKind(inner, target.type)) : -1;
  if (own >= 0) return [actor, text(` ${said} ${inner}`), ...named(targets, own, " ")];
  const [first] = targets;
  const isVague = first && VAGUE.has(noun) && !inner;
  const object = isVague
    ? spaced(first.type)
    : inner && (!first || sameKind(noun, first.type))
      ? inner
      : words(noun, inner);
  const isNamed = first && !inner && (isVague || sameKind(noun, first.type));
  return [actor, text(` ${words(said, object)}`), ...named(targets, 0, isNamed ? " " : " for ")];
}

/** One target by its name, and how many others there are. */
function named(targets, index, join) {
  const target = targets[index];
  if (!target) return [];
  const more = targets.length - 1;
  const others = more ? [{ text: more === 1 ? " and 1 other" : ` and ${more} others` }] : [];
  return [{ text: join }, { entity: target, side: "target", label: label(target) }, ...others];
}

/** The sentence as one text. */
export const sentenceText = (event) =>
  sentence(event)
    .map((part) => part.text ?? part.label)
    .join("");

/** Names of those for whom the actor acted. */
export const onBehalfOf = (event) => (event.actor?.on_behalf_of ?? []).map(label).filter((name) => name);
