//! Alerts: integrations raise them, one by one and in bursts; the escalation policy decides who is woken and when the
//! next one is; people acknowledge, discuss and resolve them. The timeouts are read from the policies as they are, so a
//! changed policy really changes who gets up.

use serde_json::{Value, json};

use super::Simulation;
use super::calendar::{self, HOUR, MINUTE, SECOND};
use super::draft::{Draft, Machine};
use super::incidents;
use super::organization::{DATADOG, GITHUB, PROMETHEUS, SERVICES, SLACK, SYSTEM};
use super::people::{PEOPLE, PersonNo};

/// An alert on its way through the night.
#[derive(Clone)]
pub(super) struct Alert {
    pub(super) id: String,
    pub(super) title: String,
    service: (&'static str, &'static str),
    policy: String,
    source: Machine,
    level: usize,
    priority: &'static str,
    created_ms: i64,
    /// The intruder's; such an alert can be found before anybody is told.
    is_case: bool,
}

/// What goes wrong: title, unit of the measured value, typical threshold.
const FAULTS: &[(&str, &str, i64)] = &[
    ("p99 latency above objective", "ms", 850),
    ("error budget burning fast", "x", 14),
    ("5xx rate above 2%", "%", 2),
    ("consumer lag growing", "messages", 120_000),
    ("disk will be full in four hours", "%", 91),
    ("replication lag", "s", 45),
    ("pod restarting in a loop", "restarts", 9),
    ("certificate expires in seven days", "days", 7),
    ("queue of unsent payouts", "payouts", 340),
    ("synthetic checkout fails", "failures", 3),
    ("memory above 95% of limit", "%", 95),
    ("declined authorizations unusually high", "%", 18),
    ("settlement file missing", "files", 1),
    ("connection pool exhausted", "connections", 200),
];

pub(super) fn begin(s: &mut Simulation) {
    s.now_and_then(10 * MINUTE, arrive);
    s.now_and_then(36 * HOUR, storm);
    s.now_and_then(4 * HOUR, heartbeat);
    s.now_and_then(26 * HOUR, maintenance);
}

/// How much goes wrong at this hour: systems break when people use and change them.
fn load(now_ms: i64) -> f64 {
    let hour = now_ms.rem_euclid(calendar::DAY) / HOUR;
    let weekend = calendar::weekday(calendar::day_of(now_ms)) >= 5;
    let by_hour = match hour {
        8..=17 => 0.95,
        6..=7 | 18..=20 => 0.6,
        _ => 0.25,
    };
    if weekend { by_hour * 0.45 } else { by_hour }
}

fn arrive(s: &mut Simulation) {
    let is_busy = s.rng.chance(load(s.now_ms));
    let service = s.rng.below(SERVICES.len() as u32 - 1) as usize;
    let fault = s.rng.below(FAULTS.len() as u32) as usize;
    if is_busy || s.now_ms >= s.options.live_from_ms {
        let priority = *s.rng.pick(&["P1", "P2", "P2", "P3", "P3", "P3", "P4"]);
        raise(s, service, FAULTS[fault], priority);
    }
}

/// One cause, many alerts: everything that depends on one service complains within minutes.
fn storm(s: &mut Simulation) {
    let fault = *s.rng.pick(FAULTS);
    let count = s.rng.between(6, 22);
    let mut parent: Option<(String, String)> = None;
    for nth in 0..count {
        let service = s.rng.below(SERVICES.len() as u32 - 1) as usize;
        let wait_ms = nth * s.rng.between(4, 40) * SECOND;
        s.after(wait_ms, move |s| {
            raise(s, service, fault, if nth == 0 { "P1" } else { "P2" });
        });
        if nth == 0 {
            let title = format!("{} across services", fault.0);
            parent = Some((format!("al_{}", s.alert_count + 1), title.clone()));
            s.after(6 * MINUTE, move |s| incidents::declare(s, &title, 1, false));
        }
    }
    if let Some((id, title)) = parent {
        s.after(14 * MINUTE, move |s| {
            let other = format!("al_{}", s.alert_count);
            let draft = Draft::machine(SYSTEM, "alert.merged")
                .on("alert", &other, &title)
                .on("alert", &id, &title)
                .adds("/parent_id", id.as_str());
            s.emit(draft);
        });
    }
}

fn raise(s: &mut Simulation, service: usize, fault: (&str, &'static str, i64), priority: &'static str) {
    let service_name = SERVICES[service].1;
    let source = match service % 3 {
        0 => DATADOG,
        1 => PROMETHEUS,
        _ => *s.rng.pick(&[DATADOG, PROMETHEUS, GITHUB]),
    };
    let value = fault.2 + s.rng.between(0, fault.2.max(4) / 4);
    let labels = json!({
        "region": *s.rng.pick(&["eu-west-1", "us-east-2", "ap-southeast-1"]),
        "pod": format!("{service_name}-{}", s.rng.hex(5)),
        "value": value, "threshold": fault.2, "unit": fault.1,
    });
    let alert = open(s, &format!("{service_name}: {}", fault.0), service, source, priority, labels);
    if s.rng.chance(0.05) {
        let draft = Draft::machine(SYSTEM, "alert.suppressed")
            .on("alert", &alert.id, &alert.title)
            .on("alert_route", "rt_noise", "Known flapping checks")
            .meta("rule_id", "rt_noise");
        s.emit(draft.because("matches a known flapping check"));
    } else {
        notify(s, alert);
    }
}

/// Creates the alert itself; what happens with it is up to the caller.
pub(super) fn open(
    s: &mut Simulation,
    title: &str,
    service: usize,
    source: Machine,
    priority: &'static str,
    labels: Value,
) -> Alert {
    let (service_id, service_name, team, tier, _) = SERVICES[service];
    let of_service = s.registry.by_id(service_id);
    let policy = s.registry.value(of_service, "/escalation_policy").and_then(Value::as_str);
    let policy = policy.unwrap_or("ep_core").to_owned();
    s.alert_count += 1;
    let alert = Alert {
        id: format!("al_{}", s.alert_count),
        title: title.to_owned(),
        service: (service_id, service_name),
        policy,
        source,
        level: 0,
        priority,
        created_ms: s.now_ms,
        is_case: source.kind == SYSTEM.kind,
    };
    let draft = Draft::machine(source, "alert.created")
        .on("alert", &alert.id, title)
        .on("alert_source", &source.id.replace("int_", "src_"), source.name)
        .on("service", service_id, service_name)
        .target_meta(json!({"team": team, "tier": tier}))
        .context("trace_id", s.rng.hex(32))
        .meta("dedup_key", format!("{service_name}/{}", s.rng.hex(8)))
        .meta("priority", priority)
        .meta("labels", labels);
    s.emit(draft);
    alert
}

/// Wakes whoever the current level names, and waits for them or for the timeout.
pub(super) fn notify(s: &mut Simulation, alert: Alert) {
    let policy = s.registry.by_id(&alert.policy);
    let level = format!("/levels/{}", alert.level);
    let target =
        s.registry.value(policy, &format!("{level}/target")).and_then(Value::as_str).map(str::to_owned);
    let timeout_min =
        s.registry.value(policy, &format!("{level}/timeout_min")).and_then(Value::as_i64).unwrap_or(5);
    let timeout_ms = timeout_min * MINUTE;
    let Some(person) = target.and_then(|target| s.on_call(&target)) else {
        s.after(timeout_ms, move |s| escalate(s, alert));
        return;
    };
    let channel = *s.rng.pick(&["push", "push", "phone", "sms", "slack"]);
    let fails = s.rng.chance(0.1);
    let told = alert.clone();
    s.after(2 * SECOND, move |s| tell(s, &told, person, channel, fails));
    // Nobody is quick at three in the morning, and one in eight does not hear the phone at all.
    let mean_ms = if PEOPLE[person].is_awake(s.now_ms) { 70 * SECOND } else { 160 * SECOND };
    let deaf = s.rng.chance(0.12) || person == super::people::ON_LEAVE;
    let response_ms = 12 * SECOND + s.rng.wait(mean_ms);
    if deaf || response_ms >= timeout_ms {
        s.after(timeout_ms, move |s| escalate(s, alert));
    } else {
        s.after(response_ms, move |s| acknowledge(s, alert, person, channel));
    }
}

fn tell(s: &mut Simulation, alert: &Alert, person: PersonNo, channel: &'static str, fails: bool) {
    let provider = format!("msg_{}", s.rng.hex(10));
    let action = if fails { "alert.notification_failed" } else { "alert.notification_sent" };
    let draft = Draft::machine(SYSTEM, action)
        .on("alert", &alert.id, &alert.title)
        .on_user(person)
        .meta("channel", channel);
    s.emit(if fails {
        draft.meta("error_code", "carrier_unreachable").failed("The carrier did not take the message")
    } else {
        draft.meta("provider_id", provider).meta("status", "delivered")
    });
}

fn escalate(s: &mut Simulation, mut alert: Alert) {
    if alert.is_case && s.case_alert.is_none() {
        return; // somebody has found it by another way in the meantime
    }
    let policy = s.registry.by_id(&alert.policy);
    let levels = s.registry.value(policy, "/levels").and_then(Value::as_array).map_or(1, Vec::len);
    let old = alert.level;
    alert.level = (alert.level + 1) % levels;
    let path = format!("/levels/{}/target", alert.level);
    let target = s.registry.value(policy, &path).and_then(Value::as_str).map(str::to_owned);
    let thing = s.registry.get(policy);
    let mut draft = Draft::machine(SYSTEM, "alert.escalated")
        .on("alert", &alert.id, &alert.title)
        .on("escalation_policy", &thing.id, thing.name())
        .change("/level", old + 1, alert.level + 1)
        .meta("trigger", "automatic");
    if let Some(person) = target.and_then(|target| s.on_call(&target)) {
        draft = draft.on_user(person);
    }
    s.emit(draft);
    notify(s, alert);
}

pub(super) fn acknowledge(s: &mut Simulation, alert: Alert, person: PersonNo, channel: &'static str) {
    let session = s.session_of(person);
    let draft = Draft::by(&session, "alert.acknowledged")
        .on("alert", &alert.id, &alert.title)
        .on_user(person)
        .change("/status", "triggered", "acknowledged")
        .meta("time_to_ack_s", (s.now_ms - alert.created_ms) / SECOND)
        .meta("channel", channel);
    s.emit(if channel == "slack" { draft.context("origin", "slack") } else { draft });
    if s.rng.chance(0.3) {
        let aside = alert.clone();
        s.after(4 * MINUTE, move |s| discuss(s, &aside, person));
    }
    if alert.priority == "P1" && !alert.is_case && s.rng.chance(0.12) {
        let title = alert.title.clone();
        s.after(7 * MINUTE, move |s| incidents::declare(s, &title, 2, false));
    }
    let wait_ms = 3 * MINUTE + s.rng.wait(25 * MINUTE);
    s.after(wait_ms, move |s| resolve(s, &alert, person));
}

/// What people do with an alert between seeing it and having solved it.
fn discuss(s: &mut Simulation, alert: &Alert, person: PersonNo) {
    const NOTES: &[&str] = &[
        "Looks like the deploy of ten minutes ago, rolling back",
        "Acquirer confirms a fibre cut, traffic moved to the second link",
        "Known issue, see the follow-up of last week",
        "Scaled out to twelve pods, watching the queue",
        "False alarm: the load test in staging hit the prod check",
    ];
    let session = s.session_of(person);
    let by = |action| Draft::by(&session, action).on("alert", &alert.id, &alert.title);
    let draft = match s.rng.below(12) {
        0..=4 => {
            let note = *s.rng.pick(NOTES);
            let id = s.new_id("note");
            by("alert.note_added")
                .on("note", &id, "Note")
                .adds("/body_sha256", s.rng.hex(16))
                .meta("excerpt", note)
        }
        5..=6 => {
            let others: Vec<PersonNo> = (0..PEOPLE.len())
                .filter(|&no| PEOPLE[no].team == PEOPLE[person].team && no != person)
                .collect();
            let other = others.get(s.rng.below(others.len() as u32) as usize).copied().unwrap_or(person);
            by("alert.reassigned").on_user(other).change(
                "/assignee",
                PEOPLE[person].email(),
                PEOPLE[other].email(),
            )
        }
        7..=8 => {
            let new = if alert.priority == "P1" { "P2" } else { "P1" };
            by("alert.priority_changed").change("/priority", alert.priority, new)
        }
        9..=10 => by("alert.snoozed").adds("/snoozed_until", calendar::rfc3339(s.now_ms + HOUR)),
        _ => by("alert.unacknowledged")
            .change("/status", "acknowledged", "triggered")
            .because("pressed by mistake"),
    };
    s.emit(draft);
}

fn resolve(s: &mut Simulation, alert: &Alert, person: PersonNo) {
    let took_s = (s.now_ms - alert.created_ms) / SECOND;
    let automatic = s.rng.chance(0.62);
    let draft = if automatic {
        Draft::machine(alert.source, "alert.resolved")
    } else {
        let session = s.session_of(person);
        Draft::by(&session, "alert.resolved")
    };
    let draft = draft
        .on("alert", &alert.id, &alert.title)
        .on("service", alert.service.0, alert.service.1)
        .change("/status", "acknowledged", "resolved")
        .meta("time_to_resolve_s", took_s)
        .meta("automatic", automatic);
    s.emit(draft);
    if s.rng.chance(0.03) {
        let alert = alert.clone();
        s.after(9 * MINUTE, move |s| {
            let draft = Draft::machine(SLACK, "alert.reopened")
                .on("alert", &alert.id, &alert.title)
                .for_user(person)
                .change("/status", "resolved", "triggered");
            s.emit(draft.because("it is back"));
            notify(s, alert);
        });
    }
}

fn heartbeat(s: &mut Simulation) {
    if s.rng.chance(0.12) {
        let last_ms = s.now_ms - 15 * MINUTE;
        let draft = Draft::machine(SYSTEM, "alert_source.heartbeat_missed")
            .on("alert_source", "src_synthetics", "Synthetic checks")
            .meta("last_seen_at", calendar::rfc3339(last_ms))
            .meta("interval_s", 300);
        s.emit(draft);
    }
}

/// A planned piece of work on a service, announced so that it wakes nobody.
fn maintenance(s: &mut Simulation) {
    let Some(session) = s.somebody(|no| matches!(PEOPLE[no].team, "Platform" | "Core SRE" | "Payments"))
    else {
        return;
    };
    let (id, name, ..) = *s.rng.pick(SERVICES);
    let window = s.new_id("mw");
    let from_ms = (s.now_ms + 4 * HOUR) / HOUR * HOUR;
    let to_ms = from_ms + 2 * HOUR;
    let title = format!("Maintenance of {name}");
    let draft = Draft::by(&session, "maintenance_window.created")
        .on("maintenance_window", &window, &title)
        .on("service", id, name)
        .adds("/from", calendar::rfc3339(from_ms))
        .adds("/to", calendar::rfc3339(to_ms))
        .adds("/services", json!([id]));
    s.emit(draft);
    let (wait_ms, action, new_ms) = match s.rng.below(4) {
        0 => (HOUR, "maintenance_window.updated", to_ms + HOUR),
        1 => (from_ms + HOUR - s.now_ms, "maintenance_window.ended_early", from_ms + HOUR),
        _ => return,
    };
    s.after(wait_ms, move |s| {
        let draft = Draft::by(&session, action).on("maintenance_window", &window, &title).change(
            "/to",
            calendar::rfc3339(to_ms),
            calendar::rfc3339(new_ms),
        );
        s.emit(draft);
    });
}
