//! The JSON of all disclosed units of a record, decoded one behind the other so that what is decoded is checked to be
//! text once, and not unit by unit.

use super::RecordUnit;
use crate::spelling::{text, url_bytes};

/// Room for the units of one record after the other.
#[derive(Debug, Default)]
pub(super) struct Disclosed {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Disclosed {
    /// The JSON of each disclosed unit, in order. Ends before the first that is not text in base64url.
    pub(super) fn decode(&mut self, units: &[RecordUnit<'_>]) -> impl Iterator<Item = &str> {
        self.ends.clear();
        let mut end = 0;
        for unit in units {
            let RecordUnit::Disclosed(text) = unit else { continue };
            let Some(next) = url_bytes(text, &mut self.bytes, end) else { break };
            self.ends.push(next);
            end = next;
        }
        let text = text(&self.bytes[..end]);
        let mut from = 0;
        // A unit is text by itself if it begins and ends where characters do.
        self.ends.iter().map_while(move |end| {
            let json = text.get(from..*end);
            from = *end;
            json
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use base64::Engine as _;

    use super::*;
    use crate::spelling::URL_SAFE_NO_PAD;

    fn decoded(units: &[&[u8]]) -> Vec<String> {
        let disclosed = |bytes: &&[u8]| RecordUnit::Disclosed(Cow::Owned(URL_SAFE_NO_PAD.encode(bytes)));
        let mut units: Vec<_> = units.iter().map(disclosed).collect();
        units.insert(1, RecordUnit::Redacted { digest: [0; 32] });
        Disclosed::default().decode(&units).map(str::to_owned).collect()
    }

    #[test]
    fn each_unit_is_text_by_itself() {
        assert_eq!(decoded(&["a".as_bytes(), "é".as_bytes(), b"", b"b"]), ["a", "é", "", "b"]);
        assert_eq!(decoded(&[b"a", b"\xc3", b"\xa9", b"b"]), ["a"], "a character across two units");
        assert_eq!(decoded(&[b"a", b"b\xff", b"c"]), ["a"]);
        assert_eq!(decoded(&[b"\xff", b"c"]), [""; 0]);
    }

    #[test]
    fn nothing_is_told_behind_what_does_not_decode() {
        let units = ["YQ", "YR", "YQ"].map(|text| RecordUnit::Disclosed(Cow::Borrowed(text)));
        assert_eq!(Disclosed::default().decode(&units).collect::<Vec<_>>(), ["a"]);
    }
}
