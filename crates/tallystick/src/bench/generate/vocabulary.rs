//! The words, names and fixed strings that benchmark events are made of. It exists so that texts have the skew of
//! language: a few words everywhere, most words rarely, and some that come together because they share a topic.

use crate::seeded::Rng;

/// Words in the vocabulary.
pub(super) const WORD_COUNT: usize = 4_096;
/// Topics: groups of words that occur together.
pub(super) const TOPIC_COUNT: usize = 512;
/// Words of one topic.
pub(super) const TOPIC_WORDS: usize = 8;

/// The vocabulary of one seed.
pub(super) struct Vocabulary {
    pub(super) words: Vec<String>,
    /// Word numbers by topic.
    pub(super) topics: Vec<[u16; TOPIC_WORDS]>,
    pub(super) user_agents: Vec<String>,
}

const COMMON: &[&str] = &[
    "the",
    "after",
    "update",
    "service",
    "error",
    "payment",
    "customer",
    "request",
    "change",
    "deploy",
    "timeout",
    "approved",
    "review",
    "rollback",
    "access",
    "policy",
    "export",
    "report",
    "queue",
    "database",
    "cluster",
    "latency",
    "incident",
    "alert",
    "schedule",
    "rotation",
    "ticket",
    "manual",
    "automatic",
    "retry",
    "failed",
    "restored",
    "production",
    "staging",
    "region",
    "primary",
    "replica",
    "certificate",
    "expired",
    "renewed",
    "invoice",
    "refund",
    "settlement",
    "ledger",
    "account",
    "merchant",
    "session",
    "token",
    "quota",
    "limit",
    "backup",
    "migration",
];

const ONSETS: &[&str] = &[
    "b", "br", "c", "d", "dr", "f", "g", "gl", "k", "l", "m", "n", "p", "pl", "r", "s", "st", "t", "tr", "v",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "ai", "ea", "io"];
const CODAS: &[&str] = &["", "l", "n", "r", "s", "x", "nd", "rk"];

pub(super) const FIRST_NAMES: &[&str] = &[
    "Ana", "Wei", "Priya", "Omar", "Lena", "Mateo", "Yuki", "Amara", "Tomas", "Ingrid", "Kwame", "Sofia",
    "Dmytro", "Leila", "Hugo", "Minh", "Zofia", "Rania", "Elif", "Noah", "Chidi", "Maya", "Arjun", "Freya",
    "Luca", "Salma", "Jonas", "Aroha", "Pavel", "Grace", "Idris", "Carmen",
];
pub(super) const LAST_NAMES: &[&str] = &[
    "Ruiz",
    "Chen",
    "Nair",
    "Haddad",
    "Vogel",
    "Quispe",
    "Tanaka",
    "Okafor",
    "Novak",
    "Larsen",
    "Mensah",
    "Rossi",
    "Kovalenko",
    "Karimi",
    "Moreau",
    "Nguyen",
    "Nowak",
    "Aziz",
    "Demir",
    "Cohen",
    "Eze",
    "Singh",
    "Menon",
    "Berg",
    "Bianchi",
    "Farouk",
    "Weber",
    "Ngata",
    "Horak",
    "Kim",
    "Diallo",
    "Vega",
    "Silva",
    "Murphy",
    "Park",
    "Jansen",
    "Popescu",
    "Costa",
    "Ito",
    "Duarte",
];
pub(super) const COUNTRIES: &[&str] =
    &["US", "DE", "GB", "PT", "IN", "BR", "PL", "FR", "JP", "NG", "CA", "SG"];
pub(super) const ROLES: &[&str] = &["responder", "admin", "manager", "observer"];
pub(super) const TEAMS: &[&str] =
    &["payments", "platform", "ledger", "risk", "support", "core-sre", "apps", "data"];
pub(super) const REGIONS: &[&str] = &["eu-west-1", "us-east-2", "ap-southeast-1", "sa-east-1"];
pub(super) const ORIGINS: &[&str] = &["ui", "ui", "ui", "api", "api", "mobile", "slack", "terraform"];

/// Actions, the most frequent first: `resource.verb`, 30 resources times 5 verbs.
pub(super) fn actions() -> Vec<String> {
    const RESOURCES: &[&str] = &[
        "record",
        "alert",
        "session",
        "incident",
        "user",
        "file",
        "deployment",
        "workflow",
        "service",
        "runbook",
        "schedule",
        "escalation_policy",
        "alert_route",
        "api_key",
        "webhook",
        "team",
        "role",
        "integration",
        "alert_source",
        "feature_flag",
        "status_page",
        "automation_rule",
        "extension",
        "postmortem",
        "follow_up",
        "audit_stream",
        "audit_export",
        "service_account",
        "oauth_app",
        "maintenance_window",
    ];
    const VERBS: &[&str] = &["viewed", "updated", "created", "deleted", "exported"];
    let by_rank = (0..RESOURCES.len() * VERBS.len()).map(|rank| {
        let resource = RESOURCES[rank % RESOURCES.len()];
        format!("{resource}.{}", VERBS[(rank / RESOURCES.len() + rank % 3) % VERBS.len()])
    });
    let mut actions: Vec<String> = Vec::new();
    for action in by_rank {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    actions
}

impl Vocabulary {
    pub(super) fn new(rng: &mut Rng) -> Self {
        let mut words: Vec<String> = COMMON.iter().map(|&word| word.to_owned()).collect();
        let mut known: std::collections::HashSet<String> = words.iter().cloned().collect();
        while words.len() < WORD_COUNT {
            let mut word = String::new();
            for _ in 0..rng.between(2, 3) {
                word.push_str(rng.pick::<&str>(ONSETS));
                word.push_str(rng.pick::<&str>(VOWELS));
            }
            word.push_str(rng.pick::<&str>(CODAS));
            if known.insert(word.clone()) {
                words.push(word);
            }
        }
        // Topics avoid the common words, so that a search for three of them does not match everything.
        let first = COMMON.len() as i64;
        let topics = (0..TOPIC_COUNT)
            .map(|_| std::array::from_fn(|_| rng.between(first, WORD_COUNT as i64 - 1) as u16))
            .collect();
        Self { words, topics, user_agents: user_agents() }
    }
}

/// Sixty browsers and clients.
fn user_agents() -> Vec<String> {
    const SYSTEMS: &[&str] = &[
        "Windows NT 10.0; Win64; x64",
        "Macintosh; Intel Mac OS X 10_15_7",
        "X11; Linux x86_64",
        "Linux; Android 16",
    ];
    let mut agents = Vec::new();
    for version in 135..=142 {
        for system in SYSTEMS {
            agents.push(format!(
                "Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) \
             Chrome/{version}.0.0.0 Safari/537.36"
            ));
        }
    }
    for minor in 20..34 {
        agents.push(format!("python-httpx/0.{minor}.0"));
        agents.push(format!("Go-http-client/2.0 (terraform 1.{minor})"));
    }
    agents
}
