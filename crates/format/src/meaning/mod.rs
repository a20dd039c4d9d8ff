//! What an action means to a SIEM: to what area of things it belongs and what it does there. Told from the action's
//! name by the tables of `rules.rs`; whatever they do not know is a call of an API.

mod rules;

use rules::{AREAS, PHRASES, VERBS};

/// To what an action is done, as far as schemas make a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Area {
    /// Signing in and out.
    Session,
    /// A person's or a program's account.
    User,
    /// A group or team.
    Group,
    /// A role or policy.
    Role,
    /// A key or token of somebody.
    Credential,
    /// A file or document.
    File,
    /// A database or something in it.
    Data,
    /// A program: installing, starting, stopping.
    App,
    /// A resource that is listed, exported, shared.
    Web,
    /// A setting, an organization, an integration.
    Entity,
    /// Anything else.
    Api,
}

/// What is done to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    Create,
    Read,
    Update,
    Delete,
    Enable,
    Disable,
    Lock,
    Unlock,
    Suspend,
    Resume,
    Move,
    Rename,
    Copy,
    Restore,
    Share,
    Unshare,
    Upload,
    Download,
    Open,
    Preview,
    Import,
    Export,
    Search,
    Install,
    Remove,
    Start,
    Stop,
    Restart,
    Logon,
    Logoff,
    Switch,
    PasswordChange,
    PasswordReset,
    FactorOn,
    FactorOff,
    RoleAssign,
    RoleRevoke,
    PrivilegeAssign,
    PrivilegeRevoke,
    MemberAdd,
    MemberRemove,
    /// Nothing of these.
    Other,
}

/// What an action means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) area: Area,
    pub(crate) act: Act,
}

/// Bytes of an action that are looked at; longer ones mean nothing in particular.
const ACTION_BYTES_MAX: usize = 256;

impl Meaning {
    /// What the action means.
    pub(crate) fn of(action: &str) -> Self {
        if action.len() > ACTION_BYTES_MAX {
            return Self { area: Area::Api, act: Act::Other };
        }
        let (noun, phrase) = noun_and_phrase(action);
        let known = PHRASES.iter().find(|rule| {
            rule.phrases.contains(&phrase.as_str())
                && (rule.nouns.is_empty() || rule.nouns.contains(&noun.as_str()))
        });
        if let Some(rule) = known {
            return Self { area: rule.area, act: rule.act };
        }
        let act = act_of(&phrase);
        let area = AREAS.iter().find(|(nouns, _)| nouns.contains(&noun.as_str())).map(|(_, area)| *area);
        Self { area: settled(area, act), act }
    }
}

/// The area in which this act exists.
fn settled(area: Option<Area>, act: Act) -> Area {
    match (area, act) {
        (Some(Area::File), _) => Area::File,
        // Taking records out of a system is the same thing whatever the records are.
        (_, Act::Export | Act::Import | Act::Search | Act::Share | Act::Unshare) | (None, Act::Read) => {
            Area::Web
        }
        (Some(Area::App), Act::Install | Act::Remove | Act::Start | Act::Stop | Act::Restart) => Area::App,
        (Some(Area::App), _) => Area::Entity,
        (Some(Area::Session) | None, _) | (Some(_), Act::Other) => Area::Api,
        (Some(area), _) => area,
    }
}

/// What the words say: the last one, or else the first.
fn act_of(phrase: &str) -> Act {
    let word = |word: &str| VERBS.iter().find(|(words, _)| words.contains(&word)).map(|(_, act)| *act);
    let last = phrase.rsplit('_').next().and_then(word);
    last.or_else(|| phrase.split('_').next().and_then(word)).unwrap_or(Act::Other)
}

/// The two parts of an action: to what, and what is done. Both in lower case with `_` between words.
/// `user.role_assigned` is `user` and `role_assigned`; `USER_DELETE` is `user` and `delete`; `iam:CreateUser` is
/// `user` and `create`.
fn noun_and_phrase(action: &str) -> (String, String) {
    let mut parts = action.rsplit(['.', ':', '/']).filter(|part| !part.is_empty());
    let last = snake(parts.next().unwrap_or(""));
    let before = parts.next().map(snake).unwrap_or_default();
    // Product names in front of an action, `s3.amazonaws.com:GetObject`, are no nouns; then the phrase has one.
    let is_noun = |noun: &str| AREAS.iter().any(|(nouns, _)| nouns.contains(&noun));
    if !before.is_empty() && (is_noun(&before) || !last.contains('_')) {
        return (before, last);
    }
    if PHRASES.iter().any(|rule| rule.phrases.contains(&last.as_str())) {
        return (before, last);
    }
    if let Some((verb, noun)) = last.split_once('_')
        && is_noun(noun)
        && act_of(verb) != Act::Other
    {
        return (noun.to_owned(), verb.to_owned());
    }
    match last.rsplit_once('_') {
        Some((noun, verb)) if is_noun(noun) => (noun.to_owned(), verb.to_owned()),
        _ => (before, last),
    }
}

/// `CreateUser`, `create-user` and `create user` as `create_user`.
fn snake(part: &str) -> String {
    let mut out = String::with_capacity(part.len() + 4);
    let mut before = '_';
    for c in part.chars() {
        if c == '-' || c == ' ' || c == '_' {
            if before != '_' {
                out.push('_');
            }
            before = '_';
            continue;
        }
        if c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        before = c;
    }
    if out.ends_with('_') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_of_several_products() {
        for (action, area, act) in [
            ("user.signed_in", Area::Session, Act::Logon),
            ("user.sign_in_failed", Area::Session, Act::Logon),
            ("ConsoleLogin", Area::Session, Act::Logon),
            ("user.session.start", Area::Session, Act::Logon),
            ("session.revoked", Area::Session, Act::Logoff),
            ("impersonation.started", Area::Session, Act::Switch),
            ("user.created", Area::User, Act::Create),
            ("USER_DELETE", Area::User, Act::Delete),
            ("iam.amazonaws.com:CreateUser", Area::User, Act::Create),
            ("user.role_assigned", Area::User, Act::RoleAssign),
            ("user.role.assigned", Area::User, Act::RoleAssign),
            ("user.locked_out", Area::User, Act::Lock),
            ("password.reset_requested", Area::User, Act::PasswordReset),
            ("user.password.changed", Area::User, Act::PasswordChange),
            ("mfa_factor.enrolled", Area::User, Act::FactorOn),
            ("team.member_added", Area::Group, Act::MemberAdd),
            ("group.created", Area::Group, Act::Create),
            ("role.updated", Area::Role, Act::Update),
            ("api_key.revoked", Area::Credential, Act::Delete),
            ("api_key.created", Area::Credential, Act::Create),
            ("file.shared", Area::File, Act::Share),
            ("file.downloaded", Area::File, Act::Download),
            ("record.exported", Area::Web, Act::Export),
            ("audit_log.searched", Area::Web, Act::Search),
            ("organization.settings_updated", Area::Entity, Act::Update),
            ("system_setting.updated", Area::Entity, Act::Update),
            ("system.started", Area::App, Act::Start),
            ("integration.installed", Area::App, Act::Install),
            ("integration.updated", Area::Entity, Act::Update),
            ("database_row.changed", Area::Data, Act::Update),
            ("incident.role_assigned", Area::Api, Act::Update),
            ("s3.amazonaws.com:GetObject", Area::Web, Act::Read),
            ("alert.acknowledged", Area::Api, Act::Other),
            ("", Area::Api, Act::Other),
            ("...", Area::Api, Act::Other),
        ] {
            assert_eq!(Meaning::of(action), Meaning { area, act }, "{action}");
        }
    }

    #[test]
    fn no_word_is_listed_twice() {
        let mut seen = std::collections::HashSet::new();
        assert!(VERBS.iter().flat_map(|(words, _)| words.iter()).all(|word| seen.insert(word)));
        let mut seen = std::collections::HashSet::new();
        assert!(AREAS.iter().flat_map(|(nouns, _)| nouns.iter()).all(|noun| seen.insert(noun)));
    }
}
