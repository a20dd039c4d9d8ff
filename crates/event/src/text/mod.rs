//! The only definition of words. Index, query matcher and tail all use it; two definitions would mean events
//! that one finds and the other does not.
//!
//! A word is a maximal run of letters, digits and combining marks, folded; each character of a script written
//! without spaces (Han, kana, Thai, Lao, Khmer) is a word of its own; a UUID is one word; all else separates.

use std::borrow::Cow;

use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

/// A word is cut to this many bytes (at a character boundary), in the index and in a query alike.
pub const WORD_BYTES_MAX: usize = 64;
const UUID_LEN: usize = 36;

/// Folds case: each character's Unicode lower-case form, whatever stands around it, and the Greek final sigma as
/// the other one. So `fold(a) + fold(b) == fold(a + b)`, on which prefixes and wildcards rely.
pub fn fold(text: &str) -> Cow<'_, str> {
    let unchanged = text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase());
    if unchanged {
        return Cow::Borrowed(text);
    }
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    Cow::Owned(folded)
}

/// Appends the folded form of `text` to `out`.
pub fn fold_into(text: &str, out: &mut String) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        out[start..].make_ascii_lowercase();
        return;
    }
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
        } else {
            out.extend(fold_char(c));
        }
    }
}

fn fold_char(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|lower| if lower == 'ς' { 'σ' } else { lower })
}

/// Calls `each` with every word of `text`, folded, in order.
///
/// `words(fold(x))` gives the same words as `words(x)`.
pub fn words(text: &str, mut each: impl FnMut(&str)) {
    let mut word = Word::default();
    let mut rest = text;
    let mut inside = false;
    while let Some(c) = rest.chars().next() {
        if !inside && let Some(uuid) = uuid_at(rest) {
            uuid.chars().for_each(|c| word.push(c));
            word.flush(&mut each);
            rest = &rest[UUID_LEN..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        let kind = kind(c);
        if kind != Kind::Part {
            word.flush(&mut each);
        }
        if kind != Kind::Separator {
            word.push(c);
        }
        if kind == Kind::Alone {
            word.flush(&mut each);
        }
        inside = kind != Kind::Separator;
    }
    word.flush(&mut each);
}

/// The words of `text` as a list, for callers that need them more than once.
pub fn word_list(text: &str) -> Vec<String> {
    let mut list = Vec::new();
    words(text, |word| list.push(word.to_owned()));
    list
}

/// The word being read. Once a character did not fit, nothing more is taken, so that a shorter character cannot
/// slip in behind a longer one.
#[derive(Default)]
struct Word {
    text: String,
    full: bool,
}

impl Word {
    fn push(&mut self, c: char) {
        if self.full {
            return;
        }
        if c.is_ascii() && self.text.len() < WORD_BYTES_MAX {
            self.text.push(c.to_ascii_lowercase());
            return;
        }
        for lower in fold_char(c) {
            self.full |= self.text.len() + lower.len_utf8() > WORD_BYTES_MAX;
            if !self.full {
                self.text.push(lower);
            }
        }
    }

    fn flush(&mut self, each: &mut impl FnMut(&str)) {
        if !self.text.is_empty() {
            each(&self.text);
        }
        self.text.clear();
        self.full = false;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Separator,
    Part,
    Alone,
}

fn kind(c: char) -> Kind {
    if c.is_ascii() {
        return if c.is_ascii_alphanumeric() { Kind::Part } else { Kind::Separator };
    }
    let word_like = c.is_alphanumeric() || c.general_category_group() == GeneralCategoryGroup::Mark;
    match (word_like, is_unspaced_script(c)) {
        (false, _) => Kind::Separator,
        (true, false) => Kind::Part,
        (true, true) => Kind::Alone,
    }
}

/// Scripts written without spaces between words: Thai, Lao, Khmer, kana, Han (the blocks of Unicode 16).
fn is_unspaced_script(c: char) -> bool {
    matches!(c,
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3021}'..='\u{3029}'
        | '\u{3040}'..='\u{30FF}'
        | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{FF66}'..='\u{FF9F}'
        | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{20000}'..='\u{323AF}')
}

/// The UUID (8-4-4-4-12 hexadecimal digits) that `rest` starts with, if no letter or digit follows it.
fn uuid_at(rest: &str) -> Option<&str> {
    let bytes = rest.as_bytes();
    // The hyphen first: it is what most words do not have at this place.
    if bytes.len() < UUID_LEN || bytes[8] != b'-' {
        return None;
    }
    let shaped = bytes[..UUID_LEN].iter().enumerate().all(|(i, b)| match i {
        8 | 13 | 18 | 23 => *b == b'-',
        _ => b.is_ascii_hexdigit(),
    });
    let ends = rest.get(UUID_LEN..)?.chars().next().is_none_or(|c| kind(c) == Kind::Separator);
    (shaped && ends).then(|| &rest[..UUID_LEN])
}

#[cfg(test)]
mod tests;
