//! The words of an action: what was done, and to what.

use super::verbs::{infinitive, verb_at};

/// Verbs that need no object: the actor did it, or it was done to the actor.
const ALONE: &[&str] = &["signed in", "signed out", "signed up"];
/// Other words for them.
const SIGNING: &[(&str, &str)] = &[
    ("login", "signed in"),
    ("log in", "signed in"),
    ("logged in", "signed in"),
    ("logout", "signed out"),
    ("log out", "signed out"),
    ("logged out", "signed out"),
];
/// Verbs that say themselves what came of it, so that the outcome adds nothing.
const TELLING: &[&str] = &[
    "failed",
    "denied",
    "refused",
    "rejected",
    "missed",
    "timed out",
    "locked out",
    "attempted",
    "raised",
    "detected",
    "degraded",
    "expired",
    "triggered",
    "gone silent",
];
/// Those of them that are said of a thing and not of the actor.
const OF_THING: &[&str] =
    &["failed", "denied", "refused", "rejected", "missed", "timed out", "locked out", "attempted"];
/// Nouns that say less than the type of the target does.
const VAGUE: &[&str] = &["record", "object", "resource", "item", "entity", "entry"];
/// Adverbs by their ending, and the one that is said behind the verb.
const ADVERB: &str = "ly";
const NO_ADVERB: &str = "early";

/// Words that are written in capitals.
pub(super) struct ShortForms(&'static [(&'static str, &'static str)]);

pub(super) const SHORT_FORMS: ShortForms = ShortForms(&[
    ("api", "API"),
    ("ip", "IP"),
    ("sso", "SSO"),
    ("mfa", "MFA"),
    ("scim", "SCIM"),
    ("sla", "SLA"),
    ("url", "URL"),
    ("id", "ID"),
    ("ui", "UI"),
    ("cli", "CLI"),
    ("csv", "CSV"),
    ("pdf", "PDF"),
    ("saml", "SAML"),
    ("oidc", "OIDC"),
    ("mcp", "MCP"),
    ("totp", "TOTP"),
    ("sms", "SMS"),
    ("vpn", "VPN"),
    ("tls", "TLS"),
    ("ssh", "SSH"),
    ("dns", "DNS"),
    ("json", "JSON"),
    ("crud", "CRUD"),
    ("http", "HTTP"),
    ("oauth", "OAuth"),
]);

impl ShortForms {
    /// The words as they are written.
    pub(super) fn proper(&self, text: &str) -> String {
        let words = text.split(' ').map(|word| {
            let found = self.0.iter().find(|(plain, _)| plain.eq_ignore_ascii_case(word));
            found.map_or(word, |(_, written)| written)
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// `incident.role_assigned`: of an "incident", a "role" was "assigned".
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) noun: String,
    pub(super) inner: String,
    /// Empty if no word of the action is a verb.
    pub(super) verb: String,
}

impl Act {
    pub(super) fn of(action: &str) -> Self {
        let path: Vec<String> = action.split('.').map(spaced).collect();
        let (last, before) = path.split_last().expect("a split has at least one part");
        if let Some((_, verb)) = SIGNING.iter().find(|(word, _)| word == last) {
            return Self { verb: (*verb).to_owned(), ..Self::default() };
        }
        let noun = before.join(" ");
        if is_failed_sign_in(last) {
            return Self { verb: "signed in".to_owned(), ..Self::default() };
        }
        let words: Vec<&str> = last.split(' ').collect();
        let Some(at) = verb_at(&words) else {
            return Self { noun, inner: last.clone(), verb: String::new() };
        };
        let (mut inner, mut verb) = (words[..at].join(" "), words[at..].join(" "));
        if let Some((rest, adverb)) = verb.rsplit_once(' ')
            && adverb.ends_with(ADVERB)
            && adverb != NO_ADVERB
        {
            verb = format!("{adverb} {rest}");
        }
        if inner == "first" || inner == "last" {
            verb = format!("{inner} {verb}");
            inner.clear();
        }
        Self { noun, inner, verb }
    }

    /// The verb with what came of it; none if the action has none that can be said of the actor.
    pub(super) fn verb_for(&self, outcome: &str) -> Option<String> {
        let starts = |all: &[&str]| all.iter().any(|word| is_first(&self.verb, word));
        let is_of_thing = starts(OF_THING) && !(self.noun.is_empty() && self.inner.is_empty());
        if self.verb.is_empty() || is_of_thing {
            return None;
        }
        Some(if starts(TELLING) { self.verb.clone() } else { inflected(&self.verb, outcome) })
    }

    pub(super) fn needs_no_object(&self) -> bool {
        self.inner.is_empty() && ALONE.contains(&self.verb.as_str())
    }

    pub(super) fn is_vague(&self) -> bool {
        self.inner.is_empty() && VAGUE.contains(&self.noun.as_str())
    }
}

/// "updated", "failed to update", "was not allowed to update".
pub(super) fn inflected(verb: &str, outcome: &str) -> String {
    match outcome {
        "failure" => format!("failed to {}", infinitive(verb)),
        "denied" => format!("was not allowed to {}", infinitive(verb)),
        _ => verb.to_owned(),
    }
}

fn is_first(text: &str, word: &str) -> bool {
    text.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn is_failed_sign_in(last: &str) -> bool {
    let Some((what, verb)) = last.rsplit_once(' ') else { return false };
    let what = what.strip_suffix(" attempt").unwrap_or(what);
    ["failed", "denied", "rejected"].contains(&verb)
        && ["sign in", "login", "log in", "authentication"].contains(&what)
}

/// `escalation_policy` as words.
pub(super) fn spaced(text: &str) -> String {
    let words = text.split(['_', '-', ' ']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a noun of an action and a type of target name the same.
pub(super) fn same_kind(noun: &str, kind: &str) -> bool {
    let (a, b) = (noun.to_lowercase(), spaced(kind).to_lowercase());
    let is_end = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with(' '));
    !a.is_empty() && !b.is_empty() && (a == b || is_end(&a, &b) || is_end(&b, &a))
}
