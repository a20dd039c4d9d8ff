//! Free text, and the text fields that are searched like it.

use tallystick_event::EventId;

use super::{Expr, Leaf, WordField};
use crate::pattern::Pattern;
use crate::phrase::{uuid_start, words_of};

pub(super) fn free_text(pattern: &Pattern) -> Expr {
    if pattern.is_any() {
        return Expr::ALL;
    }
    let literal = pattern.as_literal();
    let texts = alternatives(pattern)
        .map(|words| Expr::Leaf(Leaf::Text { words, opaque: literal.map(str::to_owned) }));
    let id = literal.and_then(|text| text.parse::<EventId>().ok()).map(|id| Expr::Leaf(Leaf::EventId(id)));
    Expr::or(texts.chain(id))
}

/// `None` if there is no word to look for.
pub(super) fn field_words(field: WordField, pattern: &Pattern) -> Option<Expr> {
    let mut words = alternatives(pattern).map(|words| Expr::Leaf(Leaf::Words { field, words })).peekable();
    words.peek()?;
    Some(Expr::or(words))
}

/// The ways in which the pattern can be split into words: none, one, or two if it may be the start of a UUID.
fn alternatives(pattern: &Pattern) -> impl Iterator<Item = Vec<Pattern>> {
    let words = Some(words_of(pattern)).filter(|words| !words.is_empty());
    let uuid = uuid_start(pattern).map(|start| vec![start]);
    words.into_iter().chain(uuid)
}
