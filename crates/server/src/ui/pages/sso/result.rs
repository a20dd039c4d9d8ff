//! The result of a test: what the provider said, what it would give, and what is wrong. Whatever is not needed to set a
//! connection up is shown by its kind only.

use maud::{Markup, html};
use serde_json::Value;
use tallystick_auth::SsoRefusal;
use tallystick_catalog::{SsoAdmitted, SsoRefused};

use super::super::alert;
use crate::sso::{Failed, Vouching};

pub(super) const TITLE: &str = "Test of single sign-on";

/// Claims that are shown as they are: what the checks and the roles depend on.
const SHOWN: [&str; 9] =
    ["iss", "aud", "azp", "email", "email_verified", "xms_edov", "name", "preferred_username", "amr"];
/// Characters of a value that is shown at most.
const VALUE_CHARS_MAX: usize = 300;
/// Groups that are shown at most.
const GROUPS_SHOWN_MAX: usize = 100;

/// What a refusal means, for whoever set the connection up.
pub(super) fn meaning(refusal: SsoRefusal) -> &'static str {
    match refusal {
        SsoRefusal::EmailMissing => {
            "The token has no e-mail address: have the provider put the claim email into it."
        }
        SsoRefusal::EmailNotVerified => {
            "The token does not say that the e-mail address is verified: email_verified must be true."
        }
        SsoRefusal::DomainNotAllowed => {
            "The e-mail address is of a domain that is not in the list of the connection."
        }
        SsoRefusal::Other(SsoRefused::NoRole) => {
            "No group of the map fits, and there is no role for others: this person would not get in."
        }
        SsoRefusal::Other(SsoRefused::PasswordNeeded) => {
            "There is an account with the address that has a password. Its person signs in with it once, then with \
             single sign-on in the same browser. Members need not once single sign-on is enforced."
        }
        SsoRefusal::Other(SsoRefused::Suspended) => "The account is suspended.",
        SsoRefusal::Other(SsoRefused::OtherSubject) => {
            "The account with the address belongs to another person of this provider. Remove that member first."
        }
        SsoRefusal::Other(SsoRefused::NotInvited) => "The invitation is over, or for another address.",
    }
}

/// A test in which nothing could be believed.
pub(super) fn failed(failed: &Failed) -> Markup {
    html! {
        h1 { "The test failed" }
        (alert(Some(&sentence(&failed.detail))))
        p { "Reason in the audit log: " code { (failed.reason) } }
        (back())
    }
}

/// A test that came to a result.
pub(super) fn of(vouching: &Vouching, admitted: &Result<SsoAdmitted, SsoRefusal>) -> Markup {
    html! {
        @match admitted {
            Ok(admitted) => {
                h1 { "The test succeeded" }
                p class="fine" role="status" { (outcome(admitted)) }
                @if admitted.kept_as_owner {
                    p { "By the groups it would be another role, but the organization needs this owner." }
                }
            }
            Err(refusal) => {
                h1 { "The test failed" }
                (alert(Some(meaning(*refusal))))
            }
        }
        h2 { "What the provider said" }
        dl class="claims" {
            @for (name, value) in vouching.claims.all() {
                dt { code { (name) } }
                dd { (shown(vouching, name, value)) }
            }
        }
        @if vouching.vouched.groups.is_none() {
            p class="note" {
                "There is no claim " code { (vouching.connection.groups_claim) } " with groups in it."
            }
        }
        (back())
    }
}

fn outcome(admitted: &SsoAdmitted) -> String {
    let account = if admitted.is_new { "a new account" } else { "the account" };
    let name = &admitted.user.name;
    match &admitted.role_before {
        None => format!("It would make {account} of {name} a member with the role {}.", admitted.role),
        Some(before) if *before == admitted.role => {
            format!("It would sign {name} in with the role that they have: {before}.")
        }
        Some(before) => {
            format!("It would sign {name} in and change the role from {before} to {}.", admitted.role)
        }
    }
}

/// A claim as far as it is anybody's business.
fn shown(vouching: &Vouching, name: &str, value: &Value) -> Markup {
    let connection = &vouching.connection;
    let is_groups = connection.groups_claim.split('/').find(|step| !step.is_empty()) == Some(name);
    let is_plain = SHOWN.contains(&name);
    html! {
        @if is_groups {
            @match &vouching.vouched.groups {
                None => { (kind(value)) }
                Some(groups) if groups.is_empty() => { "none" }
                Some(groups) => {
                    @for group in groups.iter().take(GROUPS_SHOWN_MAX) {
                        @let role = connection.group_roles.iter().find(|one| one.group == *group);
                        span class="group" {
                            (cut(group))
                            @if let Some(one) = role { " → " strong { (one.role) } }
                        }
                    }
                    @if groups.len() > GROUPS_SHOWN_MAX { "and " (groups.len() - GROUPS_SHOWN_MAX) " more" }
                }
            }
        } @else if is_plain {
            (cut(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
        } @else if let Some(text) = value.as_str().filter(|_| name == "sub") {
            (masked(text))
        } @else {
            (kind(value))
        }
    }
}

fn cut(text: &str) -> String {
    text.chars().take(VALUE_CHARS_MAX).collect()
}

/// Enough to recognise it by.
fn masked(text: &str) -> String {
    let start: String = text.chars().take(if text.chars().count() > 8 { 4 } else { 1 }).collect();
    format!("{start}…, {} characters", text.chars().count())
}

/// What kind of value it is, and how long.
fn kind(value: &Value) -> Markup {
    let text = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(_) => "yes or no".to_owned(),
        Value::Number(_) => "a number".to_owned(),
        Value::String(text) => format!("text, {} characters", text.chars().count()),
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(members) => format!("an object of {}", members.len()),
    };
    html! { span class="hidden" { (text) } }
}

/// A finding as a sentence.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

fn back() -> Markup {
    html! { p { a class="onward" href="/access?tab=sso" { "Back to the settings" } } }
}
