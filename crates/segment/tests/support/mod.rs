//! Made-up audit events, the same for every run: about 700 bytes of JSON each, with people who act often, targets that
//! come back, ids that occur once. Written as canonical units directly, so that tests of the segment depend
//! on nothing else.

use tallystick_event::{
    EventId, LeafForm, LogId, OrgId, Outcome, Unit, Units,
    terms::{TermSink, Terms, of_unit},
};
use tallystick_segment::TailEvent;

/// A made-up event with all a tail wants to know.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) org: OrgId,
    pub(crate) log: LogId,
    pub(crate) seq: u64,
    pub(crate) received_ms: i64,
    pub(crate) occurred_us: i64,
    pub(crate) id: EventId,
    pub(crate) salt: [u8; 16],
    pub(crate) units_root: [u8; 32],
    pub(crate) outcome: Outcome,
    pub(crate) units: Units,
    pub(crate) terms: Terms,
}

impl Made {
    pub(crate) fn event(&self) -> TailEvent<'_> {
        TailEvent {
            org: &self.org,
            log: self.log,
            seq: self.seq,
            received_ms: self.received_ms,
            occurred_us: self.occurred_us,
            id: self.id,
            salt: self.salt,
            units_root: self.units_root,
            outcome: self.outcome,
            leaf_form: LeafForm::of_event(&self.units),
            units: &self.units,
            terms: Some(&self.terms),
        }
    }
}

/// A small generator of numbers (xorshift), so that data never depends on a library's version.
#[derive(Debug, Clone)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 32) % bound.max(1)
    }

    /// Small numbers much more often than large ones.
    pub(crate) fn skewed(&mut self, bound: u64) -> u64 {
        let x = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        ((x * x * x) * bound as f64) as u64
    }
}

/// What the events are drawn from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) orgs: u64,
    pub(crate) actors: u64,
    pub(crate) targets: u64,
    /// One in so many events has a weird part: long values, other scripts, an id that does not follow from the salt.
    pub(crate) odd: u64,
}

/// Makes events in order of receipt.
#[derive(Debug)]
pub(crate) struct Maker {
    numbers: Numbers,
    shape: Shape,
    seqs: Vec<u64>,
    now_us: i64,
    sink: TermSink,
}

const ACTIONS: [&str; 24] = [
    "user.login",
    "user.logout",
    "user.created",
    "user.deleted",
    "user.role_changed",
    "session.revoked",
    "api_key.created",
    "api_key.revoked",
    "escalation_policy.updated",
    "escalation_policy.created",
    "incident.opened",
    "incident.resolved",
    "incident.assigned",
    "document.viewed",
    "document.shared",
    "document.deleted",
    "invoice.paid",
    "invoice.exported",
    "webhook.created",
    "webhook.updated",
    "project.created",
    "project.archived",
    "member.invited",
    "member.removed",
];
const FIRST: [&str; 20] = [
    "Ana", "Luis", "Maria", "John", "Wei", "Priya", "Omar", "Elena", "Jürgen", "Zoë", "Kofi", "Aiko", "Noah",
    "Mia", "Lucas", "Emma", "Ivan", "Sofia", "Pedro", "Grace",
];
const LAST: [&str; 20] = [
    "Ruiz", "Smith", "Chen", "Patel", "Hassan", "Petrova", "Müller", "Okafor", "Tanaka", "Brown", "Garcia",
    "Rossi", "Kim", "Nguyen", "Silva", "Larsen", "Novak", "Weber", "Dubois", "Jones",
];
const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
     Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "curl/8.10.1",
    "okhttp/4.12.0",
    "python-requests/2.32.3",
];
const TYPES: [&str; 6] = ["user", "document", "incident", "project", "api_key", "invoice"];
const WORDS: [&str; 16] = [
    "Payments",
    "Platform",
    "Search",
    "Billing",
    "Mobile",
    "Core",
    "Data",
    "Edge",
    "Growth",
    "Identity",
    "Ledger",
    "Reports",
    "Alerts",
    "Quarterly",
    "Roadmap",
    "Budget",
];

impl Maker {
    pub(crate) fn new(seed: u64, shape: Shape) -> Self {
        Self {
            numbers: Numbers::new(seed),
            shape,
            seqs: vec![0; shape.orgs as usize],
            now_us: 1_790_000_000_000_000,
            sink: TermSink::new(),
        }
    }

    pub(crate) fn take(&mut self, count: usize) -> Vec<Made> {
        (0..count).map(|_| self.make()).collect()
    }

    pub(crate) fn make(&mut self) -> Made {
        let n = &mut self.numbers;
        let org_no = n.skewed(self.shape.orgs);
        self.now_us += 1000 * n.below(20) as i64;
        let late = if n.below(50) == 0 { n.below(86_400_000) as i64 } else { n.below(400) as i64 };
        let occurred_us = self.now_us - late * 1000;
        let received_ms = self.now_us / 1000;
        let odd = n.below(self.shape.odd) == 0;
        let outcome = Outcome::ALL[[0, 0, 0, 0, 0, 0, 1, 1, 2, 3][n.below(10) as usize]];
        let units = self.units(org_no, occurred_us, outcome, odd);
        self.sink.clear();
        for unit in [Unit::Changes, Unit::Context, Unit::Event, Unit::Metadata] {
            if let Some(bytes) = units.get(unit) {
                of_unit(unit, bytes, &mut self.sink).expect("units are canonical");
            }
        }
        let n = &mut self.numbers;
        let (mut salt, mut units_root) = ([0; 16], [0; 32]);
        salt.chunks_exact_mut(8).chain(units_root.chunks_exact_mut(8)).for_each(|c| {
            c.copy_from_slice(&n.next().to_le_bytes());
        });
        let mut id = EventId::derive(received_ms - n.below(4) as i64, &salt);
        if odd && n.below(2) == 0 {
            id.0[9] ^= 0x55;
        }
        let seq = self.seqs[org_no as usize];
        self.seqs[org_no as usize] += 1;
        Made {
            org: OrgId::new(&format!("org_{org_no:05}")).expect("an id"),
            log: LogId([org_no as u8; 16]),
            seq,
            received_ms,
            occurred_us,
            id,
            salt,
            units_root,
            outcome,
            units,
            terms: self.sink.take(),
        }
    }

    fn units(&mut self, org: u64, occurred_us: i64, outcome: Outcome, odd: bool) -> Units {
        let shape = self.shape;
        let n = &mut self.numbers;
        let actor_no = n.skewed(shape.actors / shape.orgs + 1) * shape.orgs + org;
        let actor = actor(actor_no);
        let targets: Vec<String> = (0..[1, 1, 1, 2, 0][n.below(5) as usize])
            .map(|_| target(n.skewed(shape.targets / shape.orgs + 1) * shape.orgs + org))
            .collect();
        let targets = if targets.is_empty() { String::new() } else { format!("[{}]", targets.join(",")) };
        let context = format!(
            r#"{{"country":"{}","ip":"{}.{}.{}.{}","origin":"{}","request_id":"req_{:016x}","session_id":"ses_{:012x}","trace_id":"{:016x}{:016x}","user_agent":"{}"}}"#,
            ["US", "DE", "ES", "BR", "IN"][n.below(5) as usize],
            11 + actor_no % 180,
            actor_no / 7 % 256,
            actor_no / 3 % 256,
            n.below(4) + 1,
            ["ui", "api", "cli"][n.below(3) as usize],
            n.next(),
            actor_no * 1_000_003 + n.below(3),
            n.next(),
            n.next(),
            AGENTS[(actor_no % 6) as usize],
        );
        let action = ACTIONS[n.skewed(24) as usize];
        let reason = if n.below(20) == 0 { r#","reason":"approved by on-call lead""# } else { "" };
        let event = format!(
            r#"{{"action":"{action}","occurred_at":"{}","org":"org_{org:05}","outcome":"{}"{reason},"source":"key:ak_{:08x}"}}"#,
            time(occurred_us),
            outcome.as_str(),
            org * 77 + n.below(3),
        );
        let changes = if n.below(3) == 0 {
            format!(
                r#"[{{"new":{},"old":{},"op":"replace","path":"/levels/0/timeout"}},{{"new":"{}","old":"{}","op":"replace","path":"/name"}}]"#,
                n.below(60),
                n.below(60),
                WORDS[n.below(16) as usize],
                WORDS[n.below(16) as usize],
            )
        } else {
            String::new()
        };
        let metadata = if odd {
            odd_metadata(n)
        } else {
            format!(
                r#"{{"build":{},"region":"eu-central-{}","ticket":"OPS-{}"}}"#,
                n.below(500),
                n.below(3) + 1,
                n.below(40_000)
            )
        };
        let part = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
        let parts = [&actor, &changes, &context, &event, &metadata, &targets].map(|text| part(text));
        Units::from_parts([0, 1, 2, 3, 4, 5].map(|i: usize| parts[i].as_deref()))
    }
}

fn actor(no: u64) -> String {
    let (first, last) = (FIRST[(no % 20) as usize], LAST[(no / 20 % 20) as usize]);
    format!(
        r#"{{"email":"{}.{}{no}@acme.example","id":"u_{:07x}","metadata":{{"role":"{}"}},"name":"{first} {last}","type":"{}"}}"#,
        first.to_lowercase(),
        last.to_lowercase(),
        no * 2_654_435 % (1 << 28),
        ["admin", "member", "owner"][(no % 3) as usize],
        if no.is_multiple_of(11) { "service" } else { "user" },
    )
}

fn target(no: u64) -> String {
    let kind = TYPES[(no % 6) as usize];
    format!(
        r#"{{"id":"{kind}_{:08x}","name":"{} {} {}","type":"{kind}"}}"#,
        no * 2_654_435_761 % (1 << 32),
        WORDS[(no % 16) as usize],
        WORDS[(no / 16 % 16) as usize],
        no / 256,
    )
}

fn odd_metadata(n: &mut Numbers) -> String {
    match n.below(4) {
        0 => format!(r#"{{"note":"{} needle{} the end"}}"#, "long text ".repeat(30), n.below(5)),
        1 => r#"{"名前":"東京タワー","deep":{"list":[true,"Straße",1.5,null]}}"#.to_owned(),
        2 => String::new(),
        _ => format!(r#"{{"uuid":"0192d3f0-7c1a-7000-8000-{:012x}"}}"#, n.below(1 << 40)),
    }
}

fn time(us: i64) -> String {
    tallystick_event::format_ms(us.div_euclid(1000))
}
