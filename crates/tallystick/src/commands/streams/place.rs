//! Places in a log, as people write them.

use serde_json::{Value, json};

use crate::exit::Advice;

/// `beginning`, `now`, a time, or `seq:N`, as the API wants it. Whether a time is one is for the service to say.
pub(super) fn parse(text: &str) -> anyhow::Result<Value> {
    let Some(seq) = text.strip_prefix("seq:") else { return Ok(json!(text)) };
    let help = "a place is beginning, now, a time such as 2026-11-01T00:00:00Z, or seq:N with a whole number";
    let seq: u64 = seq.parse().map_err(|_| Advice::usage(format!("{text} is no place"), help))?;
    Ok(json!({ "seq": seq }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_words_times_and_seqs() {
        assert_eq!(parse("now").unwrap(), json!("now"));
        assert_eq!(parse("2026-11-01T00:00:00Z").unwrap(), json!("2026-11-01T00:00:00Z"));
        assert_eq!(parse("seq:12").unwrap(), json!({ "seq": 12 }));
        assert!(parse("seq:twelve").is_err());
    }
}
