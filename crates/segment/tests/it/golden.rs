//! Files of every released version of the format open for ever.

use std::path::Path;

use tallystick_segment::{Segment, write_segment};

use crate::{
    SMALL,
    model::Model,
    rows::{check, tail_of},
    support::Maker,
};

/// Written before there was a section `leaf_form`.
const VERSION_1: &str = "testdata/v1/small.seg";
const VERSION_1_LEAF_FORM: &str = "testdata/v1/leaf_form.seg";

fn golden_model() -> Model {
    Model::sorted(Maker::new(42, SMALL).take(120))
}

#[test]
fn version_1_opens() {
    for file in [VERSION_1, VERSION_1_LEAF_FORM] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        check(&Segment::open(&path).unwrap(), &golden_model(), 42);
    }
}

/// Writes the golden file. Only for a new version of the format; an old file is never replaced.
#[test]
#[ignore = "writes testdata"]
fn write_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(VERSION_1_LEAF_FORM);
    let mut bytes = Vec::new();
    write_segment(&[&tail_of(&golden_model().events)], &mut bytes).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
