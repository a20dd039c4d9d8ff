//! Looking into stored units without building anything: the members of an object, the elements of an array, the text
//! of a string. For whoever writes events out in another shape.

use std::borrow::Cow;

use crate::json::scan::{CorruptBytes, Next, Scanner};

/// Calls `f` with the name and the canonical bytes of each member of a stored object, in order.
pub fn each_member<'a>(
    object: &'a [u8],
    mut f: impl FnMut(Cow<'a, str>, &'a [u8]),
) -> Result<(), CorruptBytes> {
    let mut s = Scanner::new(object)?;
    s.enter_object()?;
    let first = &mut true;
    while let Some(name) = s.member(first)? {
        f(name, s.skip()?);
    }
    s.finish()
}

/// Calls `f` with the canonical bytes of each element of a stored array, in order.
pub fn each_element<'a>(array: &'a [u8], mut f: impl FnMut(&'a [u8])) -> Result<(), CorruptBytes> {
    let mut s = Scanner::new(array)?;
    s.enter_array()?;
    let first = &mut true;
    while s.element(first)? {
        f(s.skip()?);
    }
    s.finish()
}

/// A stored value as plain text: what a string says, nothing for `null`, and the JSON of anything else.
pub fn plain_text(value: &[u8]) -> Result<Cow<'_, str>, CorruptBytes> {
    let mut s = Scanner::new(value)?;
    match s.peek()? {
        Next::String => {
            let text = s.string()?;
            s.finish()?;
            Ok(text)
        }
        Next::Null => Ok(Cow::Borrowed("")),
        _ => std::str::from_utf8(value).map(Cow::Borrowed).map_err(|_| s.corrupt()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_elements_and_texts() {
        let mut seen = Vec::new();
        each_member(br#"{"a":"x\ny","b":[1,{"c":null}],"d":7}"#, |name, value| {
            seen.push((name.into_owned(), plain_text(value).unwrap().into_owned()));
        })
        .unwrap();
        let expected = [("a", "x\ny"), ("b", r#"[1,{"c":null}]"#), ("d", "7")];
        assert_eq!(seen, expected.map(|(name, text)| (name.to_owned(), text.to_owned())));
        let mut elements = Vec::new();
        each_element(br#"[1,"a",[]]"#, |element| elements.push(element)).unwrap();
        assert_eq!(elements, [&b"1"[..], br#""a""#, b"[]"]);
        assert_eq!(plain_text(b"null").unwrap(), "");
    }

    #[test]
    fn damage_is_an_error() {
        for bad in [&b"{"[..], b"[1]", b"{\"a\":1}x", b"\xff"] {
            assert!(each_member(bad, |_, _| {}).is_err());
        }
        assert!(each_element(b"[1,", |_| {}).is_err());
        assert!(plain_text(b"\"a\"b").is_err() && plain_text(b"").is_err());
    }
}
