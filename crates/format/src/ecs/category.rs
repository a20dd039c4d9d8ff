//! `event.category` and `event.type` of ECS, from what an action means. Both are lists of words from closed sets, of
//! which only certain pairs make sense.

use serde_json::Value;
use tallystick_event::Outcome;

use crate::meaning::{Act, Area, Meaning};

/// `event.category`.
pub(super) fn categories(meaning: Meaning) -> Vec<Value> {
    let words: &[&str] = match meaning.area {
        Area::Session => &["authentication", "session"],
        Area::User | Area::Group | Area::Role | Area::Credential => &["iam"],
        Area::File => &["file"],
        Area::Data => &["database"],
        Area::App => &["package"],
        Area::Web => &["web"],
        Area::Entity => &["configuration"],
        Area::Api => &["api"],
    };
    words.iter().map(|&word| word.into()).collect()
}

/// `event.type`.
pub(super) fn types(meaning: Meaning, outcome: Outcome) -> Vec<Value> {
    let mut words = Vec::with_capacity(3);
    match meaning.area {
        Area::User | Area::Credential => words.push("user"),
        Area::Group => words.push("group"),
        Area::Role => words.push("admin"),
        _ => {}
    }
    words.push(of_act(meaning.act));
    if outcome == Outcome::Denied {
        words.push("denied");
    }
    words.into_iter().map(Value::from).collect()
}

fn of_act(act: Act) -> &'static str {
    match act {
        Act::Create | Act::Upload | Act::Copy | Act::Import => "creation",
        Act::Delete | Act::Remove => "deletion",
        Act::Install => "installation",
        Act::Read | Act::Open | Act::Preview | Act::Download | Act::Export | Act::Search => "access",
        Act::Logon | Act::Switch | Act::Start | Act::Restart => "start",
        Act::Logoff | Act::Stop => "end",
        Act::Other => "info",
        Act::Update
        | Act::Enable
        | Act::Disable
        | Act::Lock
        | Act::Unlock
        | Act::Suspend
        | Act::Resume
        | Act::Move
        | Act::Rename
        | Act::Restore
        | Act::Share
        | Act::Unshare
        | Act::PasswordChange
        | Act::PasswordReset
        | Act::FactorOn
        | Act::FactorOff
        | Act::RoleAssign
        | Act::RoleRevoke
        | Act::PrivilegeAssign
        | Act::PrivilegeRevoke
        | Act::MemberAdd
        | Act::MemberRemove => "change",
    }
}
