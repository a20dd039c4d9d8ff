//! Files of every released version of the format open for ever.

use std::path::Path;

use tallystick_segment::{Segment, write_segment};

use crate::{
    SMALL,
    model::Model,
    rows::{check, tail_of},
    support::Maker,
};

const VERSION_1: &str = "testdata/v1/small.seg";

fn golden_model() -> Model {
    Model::sorted(Maker::new(42, SMALL).take(120))
}

#[test]
fn version_1_opens() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(VERSION_1);
    check(&Segment::open(&path).unwrap(), &golden_model(), 42);
}

/// Writes the golden file. Only for a new version of the format; an old file is never replaced.
#[test]
#[ignore = "writes testdata"]
fn write_golden_file() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(VERSION_1);
    let mut bytes = Vec::new();
    write_segment(&[&tail_of(&golden_model().events)], &mut bytes).unwrap();
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}
