//! An event as a sentence: "Chen Wei was not allowed to update escalation policy Payments / P1". It is made here and
//! nowhere else, so that the interface, the command line and what is handed to others say the same.
//!
//! A sentence is made of parts, of which those that name somebody or something say whom. Names come from strangers:
//! they are cut, and characters that hide or reorder others are written out, so a part can be shown anywhere as text.
//! An action has a template in `actions.txt`; for others there is a rule: the last part of the action says what was
//! done, what stands before it to what.

mod template;
mod verbs;
mod words;

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use self::template::TEMPLATES;
use self::words::{Act, SHORT_FORMS, same_kind, spaced};

/// Characters of a name within a sentence; longer ones are cut.
pub const NAME_CHARS_MAX: usize = 120;
/// Characters of an action within a sentence that no rule makes words of.
const ACTION_CHARS_MAX: usize = 160;
/// For whom somebody acted, at most so many names.
const ON_BEHALF_MAX: usize = 3;

/// Which side of an event somebody or something is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Who did it, or for whom.
    Actor,
    /// To what.
    Target,
}

/// A part of a sentence. Joined, their texts are the sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// To be shown as it is.
    pub text: String,
    /// Whom or what it names.
    #[serde(flatten)]
    pub entity: Option<Entity>,
}

/// Somebody or something, as the event has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entity {
    /// Where the event has it.
    pub side: Side,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// What a sentence needs of an event's JSON.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow, default)]
    action: Cow<'a, str>,
    #[serde(borrow, default)]
    outcome: Cow<'a, str>,
    #[serde(borrow, default)]
    actor: Option<Thing<'a>>,
    #[serde(borrow, default)]
    targets: Vec<Thing<'a>>,
}

/// An actor or a target.
#[derive(Debug, Default, Deserialize)]
struct Thing<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    email: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    on_behalf_of: Vec<Thing<'a>>,
}

/// The sentence of an event as [`crate::render`] writes it. What is missing is left out or is "somebody": a sentence
/// is no place to fail.
pub fn sentence(event: &[u8]) -> Vec<Part> {
    let said: Said<'_> = match serde_json::from_slice(event) {
        Ok(said) => said,
        Err(_) => return vec![text("An event that cannot be read")],
    };
    let actor = said.actor.as_ref();
    let is_self =
        |target: &&Thing<'_>| actor.is_none_or(|actor| target.id != actor.id || target.kind != actor.kind);
    let others: Vec<&Thing<'_>> = said.targets.iter().filter(is_self).collect();
    let mut parts = Vec::with_capacity(6);
    parts.push(actor.map_or_else(|| text("Somebody"), |actor| named(actor, Side::Actor)));
    let known = TEMPLATES.iter_of(&said.action).find_map(|template| template.fill(&said, &others));
    parts.extend(known.unwrap_or_else(|| ruled(&said, &others)));
    let behalf = actor.map_or(&[][..], |actor| &actor.on_behalf_of);
    for (index, one) in behalf.iter().take(ON_BEHALF_MAX).enumerate() {
        parts.push(text(if index == 0 { " for " } else { ", " }));
        parts.push(named(one, Side::Actor));
    }
    if behalf.len() > ON_BEHALF_MAX {
        parts.push(text(", …"));
    }
    parts
}

/// The sentence as one text.
pub fn sentence_text(event: &[u8]) -> String {
    sentence(event).into_iter().map(|part| part.text).collect()
}

/// What the rule says behind the actor.
fn ruled(said: &Said<'_>, targets: &[&Thing<'_>]) -> Vec<Part> {
    let action: String = said.action.chars().take(ACTION_CHARS_MAX).collect();
    let act = Act::of(&action);
    let proper = |words: &[&str]| text(&SHORT_FORMS.proper(&format!(" {}", joined(words))));
    let Some(verb) = act.verb_for(&said.outcome) else {
        let mut parts =
            vec![text(&format!(" · {}", SHORT_FORMS.proper(&joined(&[&act.noun, &act.inner, &act.verb]))))];
        parts.extend(first_of(targets, 0, ": "));
        return parts;
    };
    if act.needs_no_object() {
        return vec![proper(&[&verb])];
    }
    // The target that the action itself names: of `agent.tool_called` the tool.
    let own = targets.iter().position(|target| !act.inner.is_empty() && same_kind(&act.inner, &target.kind));
    if let Some(own) = own {
        let mut parts = vec![proper(&[&verb, &act.inner])];
        parts.extend(first_of(targets, own, " "));
        return parts;
    }
    let first = targets.first();
    let is_of_noun = first.is_some_and(|first| same_kind(&act.noun, &first.kind));
    let vague = first.filter(|_| act.is_vague()).map(|first| spaced(&first.kind));
    let is_named = act.inner.is_empty() && (vague.is_some() || is_of_noun);
    let object = match vague {
        Some(kind) => kind,
        None if !act.inner.is_empty() && (first.is_none() || is_of_noun) => act.inner.clone(),
        None => joined(&[&act.noun, &act.inner]),
    };
    let mut parts = vec![proper(&[&verb, &object])];
    parts.extend(first_of(targets, 0, if is_named { " " } else { " for " }));
    parts
}

/// One target by its name, and how many others there are.
fn first_of(targets: &[&Thing<'_>], index: usize, join: &str) -> Vec<Part> {
    let Some(target) = targets.get(index) else { return Vec::new() };
    let mut parts = vec![text(join), named(target, Side::Target)];
    match targets.len() - 1 {
        0 => {}
        1 => parts.push(text(" and 1 other")),
        more => parts.push(text(&format!(" and {more} others"))),
    }
    parts
}

fn joined(words: &[&str]) -> String {
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn text(text: &str) -> Part {
    Part { text: shown(text, usize::MAX), entity: None }
}

fn named(thing: &Thing<'_>, side: Side) -> Part {
    let full = |text: &Option<Cow<'_, str>>| {
        text.as_deref().filter(|text| !text.trim().is_empty()).map(str::to_owned)
    };
    let label = full(&thing.name).or_else(|| full(&thing.email));
    let label = match label {
        None if thing.kind == "anonymous" => "Somebody".to_owned(),
        None => thing.id.to_string(),
        Some(label) => label,
    };
    let entity = Entity { side, kind: thing.kind.to_string(), id: thing.id.to_string() };
    Part { text: shown(&label, NAME_CHARS_MAX), entity: Some(entity).filter(|entity| !entity.id.is_empty()) }
}

/// A text of any origin as one line: cut, spaces as single ones, characters that hide or reorder others written out.
pub fn shown(text: &str, chars_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(chars_max));
    let mut is_space = false;
    for (count, c) in text.chars().enumerate() {
        if count == chars_max {
            out.push('…');
            break;
        }
        if matches!(c, ' ' | '\t' | '\n' | '\r') {
            if !is_space {
                out.push(' ');
            }
            is_space = true;
            continue;
        }
        is_space = false;
        if is_hiding(c) {
            let _ = write!(out, "⟨U+{:04X}⟩", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character hides, or changes the order of, others; `web/verify/dom.js` has the same.
pub fn is_hiding(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests;
