//! Words and folding: examples of each rule, and the laws that index and query rely on.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(word_list(text), expected, "{text:?}");
}

#[test]
fn separators_and_case() {
    check("escalation_policy.updated", &["escalation", "policy", "updated"]);
    check("Ana.Ruiz@acme-corp.example/p:1", &["ana", "ruiz", "acme", "corp", "example", "p", "1"]);
    check("203.0.113.9", &["203", "0", "113", "9"]);
    check("  ", &[]);
    check("ÀÉ straße ΟΔΟΣ", &["àé", "straße", "οδοσ"]);
}

#[test]
fn combining_marks_stay_in_their_word() {
    check("e\u{301}te\u{301}", &["e\u{301}te\u{301}"]);
    check("हिन्दी", &["हिन्दी"]);
}

#[test]
fn unspaced_scripts_are_split_by_character() {
    check("東京abcタワー", &["東", "京", "abc", "タ", "ワ", "ー"]);
    check("ไทย", &["ไ", "ท", "ย"]);
    check("한국어 텍스트", &["한국어", "텍스트"]);
}

#[test]
fn a_uuid_is_one_word() {
    let uuid = "0192D3F0-7c1a-7000-8000-0000000000aa";
    let folded = uuid.to_lowercase();
    check(uuid, &[&folded]);
    check(&format!("id={uuid}, x"), &["id", &folded, "x"]);
    check(&format!("a-{uuid}"), &["a", &folded]);
    check(&format!("a{uuid}"), &["a0192d3f0", "7c1a", "7000", "8000", "0000000000aa"]);
    check(&format!("{uuid}f"), &["0192d3f0", "7c1a", "7000", "8000", "0000000000aaf"]);
}

#[test]
fn long_words_are_cut_at_a_character() {
    check(&"a".repeat(100), &[&"a".repeat(64)]);
    check(&format!("{}é{}", "a".repeat(63), "b".repeat(9)), &[&"a".repeat(63)]);
}

#[test]
fn folding_is_idempotent_for_every_character() {
    for c in '\0'..=char::MAX {
        let once = fold(c.encode_utf8(&mut [0; 4])).into_owned();
        assert_eq!(fold(&once), once, "{c:?}");
    }
}

proptest! {
    #[test]
    fn folding_commutes_with_words(text in "\\PC{0,80}|[A-Za-z0-9ΣİÅ_. -]{0,120}") {
        prop_assert_eq!(word_list(&fold(&text)), word_list(&text));
    }

    #[test]
    fn folding_is_by_character(a in "\\PC{0,20}", b in "\\PC{0,20}") {
        prop_assert_eq!(format!("{}{}", fold(&a), fold(&b)), fold(&format!("{a}{b}")).into_owned());
    }

    #[test]
    fn words_are_folded_short_and_words_themselves(text in "\\PC{0,200}") {
        for word in word_list(&text) {
            prop_assert!(word.len() <= WORD_BYTES_MAX && !word.is_empty());
            prop_assert_eq!(word_list(&word), vec![word.clone()]);
        }
    }
}
