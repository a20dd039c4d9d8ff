//! The bytes of each format do not change unless somebody means it: `TALLYSTICK_FORMAT_GOLDEN=write` writes the files
//! anew, and then the format's version must change too.

use std::path::Path;

use tallystick_format::{FormatName, Media};

use crate::events::{rendered, representative};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/golden");

#[test]
fn bytes_are_those_of_the_golden_files() {
    let write = std::env::var_os("TALLYSTICK_FORMAT_GOLDEN").is_some_and(|value| value == "write");
    let events = representative();
    assert!(events.len() >= 12);
    for format in FormatName::ALL {
        let folder = Path::new(FOLDER).join(format.as_str());
        let ending = if format.media() == Media::Json { "json" } else { "txt" };
        for (name, event) in &events {
            let file = folder.join(format!("{name}.{ending}"));
            let line = rendered(format, event) + "\n";
            if write {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&file, &line).unwrap();
            }
            let expected =
                std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(line, expected, "{}", file.display());
        }
        let files = std::fs::read_dir(&folder).unwrap().count();
        assert_eq!(files, events.len(), "{} has files of no event", folder.display());
    }
}
