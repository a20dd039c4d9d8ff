//! What the page of a shared event shows. All of it is text from strangers: it is escaped, its hiding characters are
//! written out, names are kept from turning what is around them, and what is long is cut.

use maud::{Markup, html};
use serde_json::Value;
use tallystick_catalog::Share;
use tallystick_engine::search::StoredEvent;
use tallystick_event::{
    format_ms,
    sentence::{Part, sentence, shown},
};

use super::proof::Checked;
use crate::error::ApiError;

/// Characters of a value that are shown; the proof has all of it.
const VALUE_CHARS_MAX: usize = 2_000;
/// Facts of one group that are shown.
const FACTS_MAX: usize = 100;

fn json_of(event: &StoredEvent) -> Result<Vec<u8>, ApiError> {
    let mut json = Vec::new();
    event.render(&mut json)?;
    Ok(json)
}

/// The sentence, as the title of the page.
pub(super) fn title(event: &StoredEvent) -> Result<String, ApiError> {
    Ok(sentence(&json_of(event)?).into_iter().map(|part| part.text).collect())
}

/// The page's content.
pub(super) fn event(
    org: &str,
    share: &Share,
    event: &StoredEvent,
    checked: &Checked,
    token: &str,
) -> Result<Markup, ApiError> {
    let json = json_of(event)?;
    let parts = sentence(&json);
    let value: Value = serde_json::from_slice(&json).map_err(ApiError::internal)?;
    let is_whole = value.get("actor").is_some() && value.get("action").is_some();
    Ok(html! {
        p class="note" {
            "An event of the audit log of " bdi { (shown(org, VALUE_CHARS_MAX)) } ", shared by "
            bdi { (shown(&share.created_by_name, VALUE_CHARS_MAX)) } " until " (time(&format_ms(share.expires_ms))) "."
        }
        h1 class="said" { @for part in &parts { (said(part)) } }
        @if !is_whole {
            p class="alert" { "Parts of this event were erased. The proof still shows that it stood in the log." }
        }
        (verdict(checked, token))
        (changes(&value))
        (facts(&value))
    })
}

fn said(part: &Part) -> Markup {
    html! { @if part.entity.is_some() { bdi { (part.text) } } @else { (part.text) } }
}

fn time(text: &str) -> Markup {
    html! { time datetime=(text) { (text.replacen('T', " ", 1).replace('Z', " UTC")) } }
}

fn verdict(checked: &Checked, token: &str) -> Markup {
    let report = checked.report();
    let proven = checked.is_proven();
    let record = &checked.document.record;
    html! {
        section class=(if proven { "verdict proven" } else { "verdict broken" }) aria-labelledby="proof" {
            h2 id="proof" { @if proven { "The log's proof holds" } @else { "The proof does not hold" } }
            p {
                @if proven {
                    "This event is number " b { (record.seq) } " of the log, under a signed checkpoint of "
                    b { (report.log.size) } " events."
                } @else {
                    "Keep this page and the downloads, and tell whoever gave you the link."
                }
            }
            @if let Some(witnessed) = report.log.witnessed.as_ref().filter(|seen| !seen.witnesses.is_empty()) {
                p { "Cosigned by " (witnessed.witnesses.len()) " witnesses." }
            }
            dl class="facts" {
                (fact("Log", &report.log.origin))
                (fact("Root", &report.log.root))
                (fact("Leaf", &checked.document.leaf_hash))
            }
            p class="downloads" {
                a href=(format!("/share/{token}/proof.json")) download="" { "Proof and event (JSON)" }
                a href=(format!("/share/{token}/proof.tlog-proof")) download="" { "Proof (.tlog-proof)" }
                a href="/verify" { "Verifier page" }
            }
            p class="note" {
                "The line above is this service's word. To check it without believing the service, take the JSON file "
                "and give it to the verifier page, which you can save and open without a network, or to "
                code { "tallystick-verify event" } ", with the log's key that you got on another way."
            }
        }
    }
}

fn changes(event: &Value) -> Markup {
    let list = event["changes"].as_array().map_or(&[][..], Vec::as_slice);
    html! {
        @if !list.is_empty() {
            section aria-labelledby="changes" {
                h2 id="changes" { "What changed" }
                div class="scroll" tabindex="0" role="region" aria-label="Changes" {
                    table {
                        thead {
                            tr { th scope="col" { "Field" } th scope="col" { "Before" } th scope="col" { "After" } }
                        }
                        tbody {
                            @for change in list.iter().take(FACTS_MAX) {
                                tr {
                                    th scope="row" { code { (plain(&change["path"])) } }
                                    td { (side(change.get("old"), "not set")) }
                                    td { (side(change.get("new"), "removed")) }
                                }
                            }
                        }
                    }
                }
                @if list.len() > FACTS_MAX { (and_more(list.len() - FACTS_MAX)) }
            }
        }
    }
}

fn side(value: Option<&Value>, absent: &str) -> Markup {
    html! {
        @match value {
            None => { i { (absent) } },
            Some(value) => { code { bdi { (plain(value)) } } },
        }
    }
}

fn and_more(count: usize) -> Markup {
    html! { p class="note" { "and " (count) " more, which the JSON file has" } }
}

fn facts(event: &Value) -> Markup {
    let groups = [
        (
            "Event",
            Some(event),
            ["id", "seq", "action", "outcome", "reason", "occurred_at", "received_at", "source"].as_slice(),
        ),
        ("Who", event.get("actor"), &[]),
        ("What", event.get("targets"), &[]),
        ("Where", event.get("context"), &[]),
        ("Metadata", event.get("metadata"), &[]),
    ];
    html! {
        section aria-labelledby="details" {
            h2 id="details" { "Details" }
            @for (title, value, only) in groups {
                @if let Some(value) = value {
                    @let mut found = Vec::new();
                    @let () = flatten(value, String::new(), only, &mut found);
                    @if !found.is_empty() {
                        h3 { (title) }
                        dl class="facts" {
                            @for (name, text) in found.iter().take(FACTS_MAX) { (fact(name, text)) }
                        }
                        @if found.len() > FACTS_MAX { (and_more(found.len() - FACTS_MAX)) }
                    }
                }
            }
        }
    }
}

fn fact(name: &str, text: &str) -> Markup {
    html! {
        dt { (shown(name, VALUE_CHARS_MAX)) }
        dd { code { bdi { (shown(text, VALUE_CHARS_MAX)) } } }
    }
}

/// The scalars of a value with their dotted paths; of the outermost object only the members `only`, if there are any.
fn flatten(value: &Value, path: String, only: &[&str], out: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Object(members) if only.is_empty() => {
            for (name, inner) in members {
                flatten(inner, below(name), &[], out);
            }
        }
        Value::Object(members) => {
            for name in only {
                if let Some(inner) = members.get(*name) {
                    flatten(inner, (*name).to_owned(), &[], out);
                }
            }
        }
        Value::Array(list) if list.len() == 1 => flatten(&list[0], path, &[], out),
        Value::Array(list) => {
            for (index, inner) in list.iter().enumerate() {
                flatten(inner, below(&(index + 1).to_string()), &[], out);
            }
        }
        Value::Null => {}
        scalar => out.push((path, plain(scalar))),
    }
}

/// A value of any kind as one line.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text, VALUE_CHARS_MAX),
        other => shown(&other.to_string(), VALUE_CHARS_MAX),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_lines_that_hide_nothing() {
        let mut found = Vec::new();
        let value = json!({ "a": { "b": [1, { "c": "x\u{202e}\ny" }], "n": null }, "t": true });
        flatten(&value, String::new(), &[], &mut found);
        let found: Vec<_> = found.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(found, [("a.b.1", "1"), ("a.b.2.c", "x⟨U+202E⟩ y"), ("t", "true")]);
    }

    #[test]
    fn markup_stays_text() {
        let text = fact("<b>", "<img src=x onerror=alert(1)>\"'").into_string();
        assert!(!text.contains("<img") && !text.contains("<b>"), "{text}");
        let event = json!({ "changes": [{ "path": "/<i>", "old": "<script>", "new": { "x": "</code>" } }] });
        let text = changes(&event).into_string();
        assert!(!text.contains("<script") && !text.contains("<i>") && !text.contains("\"</code>"), "{text}");
    }
}
