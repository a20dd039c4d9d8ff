//! What the type of an actor or a target says: a person, a program, a group. Types are the producers' own words, so
//! this is a table of the usual ones.

/// A sort of actor or target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Person,
    Admin,
    /// A program with an account or a key.
    Service,
    /// The system itself.
    System,
    /// An AI agent.
    Agent,
    Group,
    Role,
    Policy,
    Organization,
    File,
    /// A key or token; as an actor, the program that uses it.
    Credential,
    Device,
    Other,
}

const KINDS: &[(&[&str], Kind)] = &[
    (&["user", "person", "member", "account", "employee", "customer", "human", "iam_user"], Kind::Person),
    (&["admin", "administrator", "operator"], Kind::Admin),
    (
        &[
            "service",
            "service_account",
            "integration",
            "workflow",
            "scim",
            "bot",
            "robot",
            "app",
            "application",
        ],
        Kind::Service,
    ),
    (&["system", "tallystick", "scheduler", "cron"], Kind::System),
    (&["agent", "ai_agent", "ai", "assistant"], Kind::Agent),
    (&["group", "team", "user_group", "usergroup"], Kind::Group),
    (&["role", "iam_role"], Kind::Role),
    (&["policy", "permission_policy", "permission", "privilege"], Kind::Policy),
    (&["organization", "org", "tenant", "workspace"], Kind::Organization),
    (&["file", "document", "attachment", "folder"], Kind::File),
    (
        &[
            "key",
            "token",
            "access_key",
            "access_token",
            "api_token",
            "credential",
            "api_key",
            "refresh_token",
            "ssh_key",
        ],
        Kind::Credential,
    ),
    (&["device", "host", "machine", "endpoint"], Kind::Device),
];

impl Kind {
    /// What a type says. Case, and `-` or space for `_`, make no difference.
    pub(crate) fn of(kind: &str) -> Self {
        let same = |known: &&str| {
            known.len() == kind.len()
                && known
                    .bytes()
                    .zip(kind.bytes())
                    .all(|(a, b)| a == b.to_ascii_lowercase() || (a == b'_' && (b == b'-' || b == b' ')))
        };
        KINDS.iter().find(|(known, _)| known.iter().any(&same)).map_or(Self::Other, |(_, kind)| *kind)
    }

    /// Whether it is somebody with an account.
    pub(crate) fn has_account(self) -> bool {
        matches!(self, Self::Person | Self::Admin | Self::Service)
    }
}
