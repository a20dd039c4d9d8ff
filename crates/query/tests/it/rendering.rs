//! What the command line prints for a diagnostic.

use tallystick_query::{parse, render_diagnostic};

fn check(text: &str, lines: &str) {
    let diagnostic = &parse(text).diagnostics[0];
    assert_eq!(render_diagnostic(text, diagnostic), lines);
}

#[test]
fn carets_stand_under_the_place() {
    check(
        "actor:alice created:>=2026-13-01",
        "actor:alice created:>=2026-13-01\n                      ^^^^^^^^^^ there is no month 13",
    );
    check(
        "actr:alice",
        "actr:alice\n^^^^ no field “actr”; did you mean “actor”?                                   [fix]",
    );
    check(
        "outcome:sucess",
        "outcome:sucess\n        ^^^^^^ outcome is one of success, failure, denied, unknown            [fix → success]",
    );
    check("a OR", "a OR\n  ^^ OR needs a term on its right");
    check(
        "https://x.example/y",
        "https://x.example/y\n^^^^^ no field “https”; to search this text, put it in quotes                 [fix]",
    );
    check(
        "action:(user.*",
        "action:(user.*\n       ^ this parenthesis is never closed                                     [fix → )]",
    );
    check(
        "a or b",
        "a or b\n  ^^ “or” is searched as a word; operators are written in capitals   (warning)[fix → OR]",
    );
}

#[test]
fn wide_characters_and_line_breaks_keep_the_carets_in_place() {
    check(
        "日本\noutcome:x",
        "日本 outcome:x\n             ^ outcome is one of success, failure, denied, unknown",
    );
}
