//! Random queries that are likely to match something: values are taken from the events themselves.

use serde_json::Value;
use tallystick_testkit::SeededRandom;

/// A random query over the fields and words of the events.
pub(crate) fn random(random: &SeededRandom, events: &[Value]) -> String {
    let terms = 1 + random.below(3);
    let mut query = String::new();
    for index in 0..terms {
        if index > 0 {
            query.push_str(random.pick(&[" ", " ", " OR "]));
        }
        if random.chance(20) {
            query.push('-');
        }
        let event = &events[random.below(events.len() as u64) as usize];
        query.push_str(&term(random, event));
    }
    query
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

fn text<'a>(event: &'a Value, pointer: &str, default: &'a str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty()).unwrap_or(default)
}

fn term(random: &SeededRandom, event: &Value) -> String {
    let action = text(event, "/action", "user.created");
    let category = action.split('.').next().unwrap_or("user");
    let name = text(event, "/actor/name", "Ana Ruiz");
    let id = text(event, "/actor/id", "u_1");
    let target = event.pointer("/targets/0").cloned().unwrap_or_default();
    let target_id = target["id"].as_str().unwrap_or("p_1").to_owned();
    let target_type = target["type"].as_str().unwrap_or("project").to_owned();
    let target_name = target["name"].as_str().unwrap_or("payments 1").to_owned();
    let ip = text(event, "/context/ip", "203.0.0.1");
    let note = text(event, "/metadata/note", "payments search");
    let at = text(event, "/occurred_at", "2026-11-01T00:00:00.000Z");
    match random.below(40) {
        0 => format!("action:{}", quoted(action)),
        1 => format!("action:{category}"),
        2 => format!("action:{category}.*"),
        3 => format!("action:={}", quoted(action)),
        4 => "action:*ed".to_owned(),
        5 => format!("actor:{}", quoted(name)),
        6 => format!("actor:{}", quoted(id)),
        7 => format!("actor.name:={}", quoted(name)),
        8 => format!("actor.email:*{}", random.pick(&["@payments.example", ".example", "1@*"])),
        9 => format!("actor.type:{}", random.pick(&["user", "service", "api_key"])),
        10 => format!("target:{}", quoted(&format!("{target_type}/{target_id}"))),
        11 => format!("target:{}", quoted(&target_name)),
        12 => format!("target:(type:{target_type} name:{})", quoted(&target_name)),
        13 => format!("target:(type:{target_type} -id:{})", quoted(&target_id)),
        14 => format!("outcome:{}", random.pick(&["success", "failure,denied", "unknown"])),
        15 => format!(
            "ip:{}",
            ip.rsplit_once('.')
                .map_or("203.0.0.0/24".into(), |(net, _)| format!("{net}.0/{}", 16 + random.below(15)))
        ),
        16 => format!("ip:{ip}..203.0.3.255"),
        17 => format!("country:{}", random.pick(&["DE,NG", "us", "JP", "*"])),
        18 => format!("ua:{}", random.pick(&["chrome", "\"aws-cli\"", "curl*", "mac*"])),
        19 => format!("origin:{}", random.pick(&["ui", "API", "t*m"])),
        20 => format!("request:{}", quoted(text(event, "/context/request_id", "req_none"))),
        21 => format!("session:{}", quoted(text(event, "/context/session_id", "s_none"))),
        22 => format!("created:>={at}"),
        23 => format!("created:{}", &at[..10]),
        24 => format!("created:{}..{}", &at[..7], &at[..7]),
        25 => format!(
            "metadata.environment:{}",
            random.pick(&["production", "STAGING", "prod*", "=Production"])
        ),
        26 => format!("metadata.amount:>{}", random.below(1_000)),
        27 => format!("metadata.amount:{}..{}", random.below(300), 300 + random.below(700)),
        28 => format!("metadata.request.status:{}", random.pick(&["200", "403", "<500", "*"])),
        29 => format!("metadata.request.tags:{}", random.pick(&["stripe", "europe", "pay*"])),
        30 => "metadata.request.dry_run:true".to_owned(),
        31 => format!("actor.metadata.role:{}", random.pick(&["admin", "viewer"])),
        32 => format!("changed:{}", random.pick(&["role", "payments.timeout", "search", "*name"])),
        33 => format!("has:{}", random.pick(&["diff", "reason", "ip", "target", "correlation"])),
        34 => quoted(note),
        35 => note.split(' ').next().unwrap_or("payments").to_owned(),
        36 => format!("{}*", note.chars().take(4).collect::<String>().trim_end()),
        37 => quoted(text(event, "/context/request_id", "req_none")),
        38 => format!("crud:{}", random.pick(&["create", "update", "delete", "read"])),
        _ => format!("reason:{}", random.pick(&["payments", "nightly", "roll*", "*"])),
    }
}
