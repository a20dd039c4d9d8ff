//! The examples of the documentation are golden files: whoever reads them sees what is really sent.

use serde_json::Value;
use tallystick_format::{FormatName, Media};

use crate::events::{rendered, representative};

/// What stands in the document's blocks of this language.
fn blocks<'d>(document: &'d str, language: &str) -> Vec<&'d str> {
    let opening = format!("```{language}\n");
    document.split(&opening).skip(1).map(|rest| rest.split("\n```").next().unwrap()).collect()
}

#[test]
fn examples_are_what_is_sent() {
    let document = include_str!("../../../../docs/streams/formats.md");
    let events = representative();
    let of = |media: Media| {
        let formats = FormatName::ALL.into_iter().filter(move |format| format.media() == media);
        formats
            .flat_map(|format| events.iter().map(move |(_, event)| rendered(format, event)))
            .collect::<Vec<_>>()
    };
    let (objects, lines) = (of(Media::Json), of(Media::Line));
    let (json, text) = (blocks(document, "json"), blocks(document, "text"));
    assert_eq!((json.len(), text.len()), (5, 2), "examples of each format");
    for block in json {
        let shown: Value = serde_json::from_str(block).unwrap();
        let is_shown = |line: &String| serde_json::from_str::<Value>(line).unwrap() == shown;
        assert!(objects.iter().any(is_shown), "no event renders to {shown:#}");
    }
    for block in text {
        // Broken into lines for reading; a tab is shown as an arrow.
        let shown = block.replace('\n', "").replace('→', "\t");
        assert!(lines.contains(&shown), "no event renders to {shown:?}");
    }
}
