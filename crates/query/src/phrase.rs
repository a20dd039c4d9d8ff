//! Words of a pattern: what free text and text fields are searched by. Words themselves are defined in `event::text`
//! and nowhere else; this adds only where a star touches a word.

use tallystick_event::text::word_list;

use crate::pattern::Pattern;

/// The words of a pattern in order, folded, stars kept in the words that they touch. Empty if there is none.
///
/// A star stands for any characters within one word: `sign-in*` is `sign` and `in*`. A star that touches no word is
/// any one word between two others, and nothing at either end.
pub(crate) fn words_of(pattern: &Pattern) -> Vec<Pattern> {
    let parts = &pattern.parts;
    let mut words: Vec<Pattern> = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        let list = word_list(part);
        let mut fresh = list.iter();
        if index > 0 {
            let open_left = words
                .last()
                .is_some_and(|last| last.parts.len() > 1 && last.parts.last().is_some_and(String::is_empty));
            let touches = starts_inside_word(part, &list);
            match (open_left, touches) {
                // `ab*cd`: one word.
                (true, true) => {
                    let last = words.last_mut().and_then(|last| last.parts.last_mut()).expect("is open");
                    last.push_str(fresh.next().expect("touching means a first word"));
                }
                (true, false) => {}
                (false, true) => {
                    let first = fresh.next().expect("touching means a first word");
                    words.push(Pattern { parts: vec![String::new(), first.clone()] });
                }
                (false, false) => {
                    // Between two words, `a * b`; dropped again below if nothing follows.
                    if !words.is_empty() {
                        words.push(Pattern { parts: vec![String::new(), String::new()] });
                    }
                }
            }
        }
        words.extend(fresh.map(|word| Pattern::literal(word.clone())));
        let is_last = index + 1 == parts.len();
        if !is_last && ends_inside_word(part, &list) {
            words.last_mut().expect("a word ends the part").parts.push(String::new());
        }
    }
    while words.last().is_some_and(Pattern::is_any) {
        words.pop();
    }
    words
}

/// Whether a letter put before `part` would become part of its first word.
fn starts_inside_word(part: &str, list: &[String]) -> bool {
    !list.is_empty() && word_list(&format!("x{part}")).len() == list.len()
}

/// Whether a letter put behind `part` would become part of its last word.
fn ends_inside_word(part: &str, list: &[String]) -> bool {
    !list.is_empty() && word_list(&format!("{part}x")).len() == list.len()
}

/// The start of a UUID as one word, if the pattern is one with a star behind it: a UUID is one word, so the start of
/// one must not be split at its hyphens.
pub(crate) fn uuid_start(pattern: &Pattern) -> Option<Pattern> {
    let start = pattern.prefix();
    let shaped = start.len() > 8
        && start.len() < 36
        && start.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    (pattern.is_prefix() && shaped)
        .then(|| Pattern { parts: vec![start.to_ascii_lowercase(), String::new()] })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let pattern = Pattern { parts: text.split('*').map(str::to_owned).collect() };
        words_of(&pattern).iter().map(|word| word.parts.join("*")).collect()
    }

    #[test]
    fn stars_stay_with_the_word_they_touch() {
        assert_eq!(words("Sign-In*"), ["sign", "in*"]);
        assert_eq!(words("*@evil.example"), ["evil", "example"]);
        assert_eq!(words("*fail"), ["*fail"]);
        assert_eq!(words("de*loy*ment x"), ["de*loy*ment", "x"]);
        assert_eq!(words("user.*"), ["user"]);
        assert_eq!(words("a * b"), ["a", "*", "b"]);
        assert_eq!(words("a* b"), ["a*", "b"]);
        assert_eq!(words("a *b"), ["a", "*b"]);
        assert_eq!(words("日*本"), ["日", "*", "本"]);
        assert_eq!(words("*"), [] as [&str; 0]);
        assert_eq!(words("--"), [] as [&str; 0]);
    }

    #[test]
    fn the_start_of_a_uuid_is_one_word() {
        let pattern = |text: &str| Pattern { parts: text.split('*').map(str::to_owned).collect() };
        assert_eq!(uuid_start(&pattern("0199AABB-cc*")).unwrap().prefix(), "0199aabb-cc");
        for text in ["0199aabb*", "0199aabb-cc", "0199aabb-cg*", "*0199aabb-cc*"] {
            assert_eq!(uuid_start(&pattern(text)), None, "{text}");
        }
    }
}
