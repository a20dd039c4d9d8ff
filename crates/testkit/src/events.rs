//! Random audit events that look like real ones: skewed actors and targets, changes, nested metadata, about 700
//! bytes each. The same seed always gives the same events.

use serde_json::{Map, Value, json};

use crate::random::SeededRandom;

const ACTIONS: &[&str] = &[
    "user.signed_in",
    "user.sign_in_failed",
    "user.created",
    "user.role_changed",
    "project.created",
    "project.updated",
    "project.deleted",
    "escalation_policy.updated",
    "alert.acknowledged",
    "alert.resolved",
    "api_key.created",
    "api_key.revoked",
    "file.downloaded",
    "file.uploaded",
    "integration.connected",
    "schedule.updated",
    "webhook.deleted",
    "report.exported",
    "s3.amazonaws.com:GetObject",
    "iam.amazonaws.com:CreateAccessKey",
];
const FIRST_NAMES: &[&str] =
    &["Ana", "Bo", "Chen", "Dilek", "Émile", "Fatima", "Göran", "Hana", "Ivan", "結衣"];
const LAST_NAMES: &[&str] =
    &["Ruiz", "Okafor", "Wei", "Yılmaz", "Dupont", "Khan", "Åberg", "Novák", "Petrov", "佐藤"];
const TARGET_TYPES: &[&str] = &["project", "escalation_policy", "schedule", "file", "api_key", "integration"];
const WORDS: &[&str] = &[
    "payments",
    "search",
    "gateway",
    "billing",
    "nightly",
    "rollback",
    "customer",
    "escalation",
    "primary",
    "backup",
    "frontend",
    "stripe",
    "quarterly",
    "migration",
    "europe",
    "staging",
];
const USER_AGENTS: &[&str] = &[
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15",
    "aws-cli/2.17.4 Python/3.12.4",
    "Terraform/1.9.5 (+https://www.terraform.io)",
    "curl/8.5.0",
];
const COUNTRIES: &[&str] = &["DE", "US", "NG", "BR", "JP", "TR", "FR"];
const FIELDS: &[&str] = &["timeout", "name", "role", "enabled", "threshold", "owner"];
const DAY_MS: i64 = 86_400_000;

/// How many of each there are to draw from.
#[derive(Debug, Clone, Copy)]
pub struct Profile {
    /// Organizations, named by [`org_id`].
    pub orgs: u64,
    /// Actors over all organizations.
    pub actors: u64,
    /// Targets over all organizations.
    pub targets: u64,
    /// Events lie within so many days before `now_ms`.
    pub days: i64,
    /// Unix ms.
    pub now_ms: i64,
}

impl Default for Profile {
    fn default() -> Self {
        Profile { orgs: 200, actors: 50_000, targets: 500_000, days: 30, now_ms: crate::NOW_MS }
    }
}

/// The id of organization `number`.
pub fn org_id(number: u64) -> String {
    format!("org_{number:03}")
}

/// `n` events of a seed, each the JSON text of one.
pub fn events(seed: u64, n: usize) -> Vec<String> {
    let builder = EventBuilder::new(seed, Profile::default());
    (0..n).map(|_| builder.event().to_string()).collect()
}

/// `n` events of a seed that are valid and unpleasant: odd characters, deep nesting, extreme numbers, secrets,
/// missing members.
pub fn hostile_events(seed: u64, n: usize) -> Vec<String> {
    let builder = EventBuilder::new(seed, Profile { orgs: 5, actors: 20, targets: 50, ..Profile::default() });
    (0..n).map(|_| builder.hostile_event().to_string()).collect()
}

/// Makes events one at a time.
#[derive(Debug)]
pub struct EventBuilder {
    random: SeededRandom,
    profile: Profile,
}

impl EventBuilder {
    /// The events of a seed.
    pub fn new(seed: u64, profile: Profile) -> EventBuilder {
        EventBuilder { random: SeededRandom::new(seed), profile }
    }

    /// The next event.
    pub fn event(&self) -> Value {
        let r = &self.random;
        let mut event = json!({
            "org": org_id(r.skewed(self.profile.orgs)),
            "action": r.pick(ACTIONS),
            "occurred_at": self.time(),
            "actor": self.actor(),
            "targets": self.targets(),
            "context": self.context(),
            "metadata": self.metadata(),
        });
        let members = event.as_object_mut().expect("just made as an object");
        if r.chance(90) {
            members.insert(
                "outcome".into(),
                r.pick(&["success", "success", "success", "failure", "denied"]).into(),
            );
        }
        if r.chance(20) {
            members.insert("reason".into(), format!("{} {}", r.pick(WORDS), r.pick(WORDS)).into());
        }
        if r.chance(30) {
            members.insert("version".into(), (1 + r.below(3)).into());
        }
        if r.chance(40) {
            members.insert("changes".into(), self.changes());
        }
        if r.chance(10) {
            members.insert("idempotency_key".into(), format!("{:016x}", r.next_u64()).into());
        }
        event
    }

    /// The next event that tries the limits of what is accepted.
    pub fn hostile_event(&self) -> Value {
        let r = &self.random;
        let mut event = self.event();
        event["metadata"] = self.hostile_object(0);
        if r.chance(30) {
            event["actor"]["name"] = self.hostile_text().into();
            event["actor"]["metadata"] = self.hostile_object(2);
            event["actor"]["on_behalf_of"] = json!([{"type": "user", "id": self.hostile_text() + "x"}]);
        }
        if r.chance(30) {
            event["reason"] = self.hostile_text().into();
        }
        if r.chance(30) {
            let path = r.pick(&["/auth/password", "/a~1b/0/c~0d", "plain.path", "/tokens/3", "/İ/Σς"]);
            event["changes"] =
                json!([{"path": path, "old": self.hostile_value(2), "new": self.hostile_text()}]);
        }
        if r.chance(20) {
            event["targets"] = json!([]);
            event["context"] =
                json!({"ip": r.pick(&["::ffff:203.0.113.9", "2001:DB8::1", ""]), "origin": ""});
        }
        event
    }

    fn time(&self) -> String {
        let ms = self.profile.now_ms - self.random.below((self.profile.days * DAY_MS) as u64) as i64;
        let text = tallystick_event::format_ms(ms);
        match self.random.below(10) {
            0 => text.replace('Z', "456Z"),
            1 => text.replace('Z', "+02:00"),
            2 => format!("{}Z", &text[..19]),
            _ => text,
        }
    }

    fn actor(&self) -> Value {
        let number = self.random.skewed(self.profile.actors);
        // Everything about an actor follows from its number: the same person is the same each time.
        let own = SeededRandom::new(number);
        let (first, last) = (own.pick(FIRST_NAMES), own.pick(LAST_NAMES));
        json!({
            "type": own.pick(&["user", "user", "user", "service", "api_key"]),
            "id": format!("u_{number}"),
            "name": format!("{first} {last}"),
            "email": format!("user{number}@{}.example", own.pick(WORDS)),
            "metadata": {"role": own.pick(&["admin", "member", "viewer"]), "team": own.pick(WORDS)},
        })
    }

    fn targets(&self) -> Value {
        let count = 1 + self.random.skewed(4);
        Value::Array((0..count).map(|_| self.target()).collect())
    }

    fn target(&self) -> Value {
        let number = self.random.skewed(self.profile.targets);
        let own = SeededRandom::new(number);
        let kind = own.pick(TARGET_TYPES);
        json!({"type": kind, "id": format!("{}_{number}", &kind[..1]), "name": format!("{} {number}", own.pick(WORDS))})
    }

    fn context(&self) -> Value {
        let r = &self.random;
        let mut context = json!({
            "ip": format!("203.0.{}.{}", r.below(4), r.skewed(250)),
            "user_agent": r.pick(USER_AGENTS),
            "request_id": format!("req_{:016x}", r.next_u64()),
        });
        if r.chance(50) {
            context["session_id"] = format!("s_{:08x}", r.below(100_000)).into();
            context["country"] = r.pick(COUNTRIES).into();
        }
        if r.chance(60) {
            context["origin"] = r.pick(&["ui", "api", "cli", "terraform"]).into();
        }
        context
    }

    fn metadata(&self) -> Value {
        let r = &self.random;
        let mut metadata = json!({
            "ticket": format!("OPS-{}", r.below(5_000)),
            "amount": r.below(100_000) as f64 / 100.0,
            "environment": r.pick(&["production", "staging"]),
            "note": format!("{} {} {}", r.pick(WORDS), r.pick(WORDS), r.pick(WORDS)),
        });
        if r.chance(30) {
            metadata["request"] = json!({
                "method": r.pick(&["GET", "POST", "DELETE"]),
                "status": r.pick(&["200", "403", "500"]).parse::<u32>().expect("a number"),
                "tags": [r.pick(WORDS), r.pick(WORDS)],
                "dry_run": r.chance(50),
            });
        }
        metadata
    }

    fn changes(&self) -> Value {
        let r = &self.random;
        let count = 1 + r.below(2);
        let change = |_| {
            let path = format!("/{}/{}", r.pick(WORDS), r.pick(FIELDS));
            json!({"path": path, "op": "replace", "old": r.below(100), "new": r.pick(WORDS)})
        };
        Value::Array((0..count).map(change).collect())
    }

    fn hostile_text(&self) -> String {
        self.random
            .pick(&[
                "\u{0}\u{1f}\u{7f}\u{ffff}",
                "\"quotes\" and \\backslashes\\ /",
                "😀 \u{10ffff} \u{e000}",
                "e\u{301}\u{301}\u{301} ẞ İ ΣΑΣ ς",
                "نص عربي \u{202e} bidi",
                "東京タワー ภาษาไทย",
                "card 4111 1111 1111 1111 and Bearer abc123def456",
                "0192d3f0-7c1a-7000-8000-0000000000aa",
                "line\r\nbreak\ttab",
                "<script>alert('x')</script>",
                "",
                "constructor",
            ])
            .repeat(self.random.pick(&["x", "x", "x", "xxxxxxxxxxxxxxxxxxxx"]).len())
    }

    fn hostile_object(&self, depth: u32) -> Value {
        let count = self.random.below(5);
        let mut object = Map::new();
        for i in 0..count {
            let name = self.random.pick(&[
                "password",
                "sessionToken",
                "token_count",
                "",
                "a.b",
                "a/b~c",
                "\u{1f}",
                "😀",
                "\u{e000}",
                "__proto__",
                "Ünïcode",
                "UPPER",
                "credentials",
            ]);
            object.insert(
                format!("{name}{}", if self.random.chance(70) { String::new() } else { i.to_string() }),
                self.hostile_value(depth + 1),
            );
        }
        Value::Object(object)
    }

    fn hostile_value(&self, depth: u32) -> Value {
        let r = &self.random;
        match r.below(if depth < 6 { 9 } else { 6 }) {
            0 => Value::Null,
            1 => r.chance(50).into(),
            2 => [0, -1, 9_007_199_254_740_991_i64, -9_007_199_254_740_991][r.below(4) as usize].into(),
            3 => [0.1, -0.0, 1e21, 5e-324, 1.797_693_134_862_315_7e308, 1e-7, 123_456.789]
                [r.below(7) as usize]
                .into(),
            4 | 5 => self.hostile_text().into(),
            6 => Value::Array((0..r.below(4)).map(|_| self.hostile_value(depth + 1)).collect()),
            _ => self.hostile_object(depth + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        assert_eq!(events(7, 20), events(7, 20));
        assert_ne!(events(7, 20), events(8, 20));
        assert_eq!(hostile_events(7, 20), hostile_events(7, 20));
    }

    #[test]
    fn events_have_about_the_size_that_is_measured_with() {
        let mean = events(1, 1_000).iter().map(String::len).sum::<usize>() / 1_000;
        assert!((550..850).contains(&mean), "{mean} bytes");
    }
}
