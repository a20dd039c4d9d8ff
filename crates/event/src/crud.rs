//! Create, read, update or delete: told from the last word of an action's name, since producers rarely say it.

/// What an action does to its target. The number is what the index stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Crud {
    /// Something new exists.
    Create = 0,
    /// Something was looked at.
    Read = 1,
    /// Something changed.
    Update = 2,
    /// Something is gone.
    Delete = 3,
}

impl Crud {
    /// All in the order of their numbers.
    pub const ALL: [Crud; 4] = [Crud::Create, Crud::Read, Crud::Update, Crud::Delete];

    /// The word in a query.
    pub const fn name(self) -> &'static str {
        match self {
            Crud::Create => "create",
            Crud::Read => "read",
            Crud::Update => "update",
            Crud::Delete => "delete",
        }
    }

    /// The one with this number.
    pub fn from_u8(number: u8) -> Option<Crud> {
        Crud::ALL.get(usize::from(number)).copied()
    }

    /// What the action does, if the verb in its last part says so: `user.created`, `user.role_removed`,
    /// `s3.amazonaws.com:GetObject`. The verb is looked for at the end first, then at the start.
    pub fn of_action(action: &str) -> Option<Crud> {
        let last = action.rsplit(['.', ':', '/']).find(|part| !part.is_empty())?;
        of_verb(last_word(last)).or_else(|| of_verb(first_word(last)))
    }
}

fn last_word(part: &str) -> &str {
    let bytes = part.as_bytes();
    let start = (1..bytes.len())
        .rev()
        .find(|&i| matches!(bytes[i - 1], b'_' | b'-') || is_hump(bytes[i - 1], bytes[i]))
        .unwrap_or(0);
    &part[start..]
}

fn first_word(part: &str) -> &str {
    let bytes = part.as_bytes();
    let end = (1..bytes.len())
        .find(|&i| matches!(bytes[i], b'_' | b'-') || is_hump(bytes[i - 1], bytes[i]))
        .unwrap_or(bytes.len());
    &part[..end]
}

fn is_hump(before: u8, here: u8) -> bool {
    before.is_ascii_lowercase() && here.is_ascii_uppercase()
}

const VERB_BYTES_MAX: usize = 16;

fn of_verb(verb: &str) -> Option<Crud> {
    let mut folded = [0u8; VERB_BYTES_MAX];
    let folded = folded.get_mut(..verb.len())?;
    folded.copy_from_slice(verb.as_bytes());
    folded.make_ascii_lowercase();
    Some(match &*folded {
        b"create" | b"created" | b"add" | b"added" | b"insert" | b"inserted" | b"register"
        | b"registered" | b"issue" | b"issued" | b"invite" | b"invited" | b"upload" | b"uploaded"
        | b"import" | b"imported" | b"publish" | b"published" | b"install" | b"installed" | b"enroll"
        | b"enrolled" | b"grant" | b"granted" | b"generate" | b"generated" | b"put" | b"post" | b"run"
        | b"launch" | b"provision" | b"provisioned" | b"copy" | b"copied" | b"clone" | b"cloned" => {
            Crud::Create
        }
        b"read" | b"view" | b"viewed" | b"get" | b"list" | b"listed" | b"describe" | b"search"
        | b"searched" | b"query" | b"queried" | b"export" | b"exported" | b"download" | b"downloaded"
        | b"access" | b"accessed" | b"lookup" | b"head" | b"watch" | b"select" | b"revealed"
        | b"previewed" | b"check" | b"scan" => Crud::Read,
        b"update" | b"updated" | b"change" | b"changed" | b"modify" | b"modified" | b"edit" | b"edited"
        | b"set" | b"patch" | b"patched" | b"rename" | b"renamed" | b"move" | b"moved" | b"enable"
        | b"enabled" | b"disable" | b"disabled" | b"activate" | b"activated" | b"deactivate"
        | b"deactivated" | b"assign" | b"assigned" | b"unassign" | b"unassigned" | b"reassigned"
        | b"attach" | b"detach" | b"rotate" | b"rotated" | b"reset" | b"restore" | b"restored" | b"lock"
        | b"locked" | b"unlock" | b"unlocked" | b"suspend" | b"suspended" | b"resume" | b"resumed"
        | b"pause" | b"paused" | b"approve" | b"approved" | b"reject" | b"rejected" | b"acknowledge"
        | b"acknowledged" | b"resolve" | b"resolved" | b"reopen" | b"reopened" | b"escalated" | b"merge"
        | b"merged" | b"share" | b"shared" | b"archive" | b"archived" | b"tag" | b"regenerated" => {
            Crud::Update
        }
        b"delete" | b"deleted" | b"remove" | b"removed" | b"destroy" | b"destroyed" | b"purge"
        | b"purged" | b"erase" | b"erased" | b"revoke" | b"revoked" | b"terminate" | b"terminated"
        | b"uninstalled" | b"unshared" | b"drop" | b"dropped" | b"discard" | b"discarded" | b"deregister" => {
            Crud::Delete
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_wherever_products_put_them() {
        for (action, expected) in [
            ("user.created", Some(Crud::Create)),
            ("user.role_removed", Some(Crud::Delete)),
            ("escalation_policy.updated", Some(Crud::Update)),
            ("s3.amazonaws.com:GetObject", Some(Crud::Read)),
            ("ec2.amazonaws.com:TerminateInstances", Some(Crud::Delete)),
            ("user:create", Some(Crud::Create)),
            ("io.k8s.core.v1.pods.list", Some(Crud::Read)),
            ("user.signed_in", None),
            ("USER_DELETE", Some(Crud::Delete)),
            ("...", None),
            ("x.averyveryverylongverbindeed", None),
        ] {
            assert_eq!(Crud::of_action(action), expected, "{action}");
        }
    }

    #[test]
    fn numbers_agree() {
        for (i, crud) in Crud::ALL.into_iter().enumerate() {
            assert_eq!((crud as usize, Crud::from_u8(i as u8)), (i, Some(crud)));
        }
    }
}
