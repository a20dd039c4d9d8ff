//! What a lake has to be told: whether it is a folder or a bucket, and then which.

use std::time::Duration;

use tallystick_destination::{BadSettings, Field, FieldKind, Settings, object::S3_FIELDS};

use super::limits::LAKE_LINGER_S_MAX;

/// Fields of S3 that say how files of lines look, which files of a lake never vary in; and one that a lake has of its
/// own.
const LEFT_OUT: &[&str] = &["compression", "manifest", LINGER];

const PLACE: &str = "place";
const PATH: &str = "path";
const LINGER: &str = "linger_s";
/// Values of [`PLACE`].
const PLACES: &[&str] = &["folder", "s3"];

const OWN: &[Field] = &[
    Field {
        name: PLACE,
        title: "Place",
        help: "folder: a folder of the server, below the one that its operator has set aside for lakes. s3: a bucket \
               of Amazon S3, or of a store that speaks its language.",
        kind: FieldKind::Choice(PLACES),
        is_required: true,
        default: "",
        example: "s3",
    },
    Field {
        name: PATH,
        title: "Path",
        help: "For a folder: where the lake lies below the organization's own folder. Empty: in a folder with the id \
               of the stream. Give each stream its own.",
        kind: FieldKind::Text,
        is_required: false,
        default: "",
        example: "audit",
    },
    Field {
        name: LINGER,
        title: "Wait for company, seconds",
        help: "How long the first event of a file waits for others. Longer means fewer and larger files, which are \
               quicker to query; no file goes past a full hour.",
        kind: FieldKind::Number(1, LAKE_LINGER_S_MAX),
        is_required: false,
        default: "60",
        example: "300",
    },
];

const COUNT: usize = OWN.len() + S3_FIELDS.len() - LEFT_OUT.len();

/// All of them, in the order of a form.
pub(crate) static FIELDS: &[Field] = &all();

const fn all() -> [Field; COUNT] {
    let mut fields = [OWN[0]; COUNT];
    let mut count = 0;
    while count < OWN.len() {
        fields[count] = OWN[count];
        count += 1;
    }
    let mut index = 0;
    while index < S3_FIELDS.len() {
        let mut field = S3_FIELDS[index];
        if !is_left_out(field.name) {
            // Only a bucket needs them; the bucket says so itself.
            field.is_required = false;
            fields[count] = field;
            count += 1;
        }
        index += 1;
    }
    assert!(count == COUNT, "what is left out is there");
    fields
}

const fn is_left_out(name: &str) -> bool {
    let mut index = 0;
    while index < LEFT_OUT.len() {
        if is_same(LEFT_OUT[index].as_bytes(), name.as_bytes()) {
            return true;
        }
        index += 1;
    }
    false
}

/// Comparing is not yet for constants.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut index = 0;
    while index < one.len() && index < other.len() && one[index] == other[index] {
        index += 1;
    }
    index == one.len() && index == other.len()
}

/// Where a lake lies.
pub(crate) enum Place<'a> {
    /// Below the folder of the stream's owner; none: where nobody said.
    Folder(Option<&'a str>),
    /// In a bucket.
    Bucket,
}

/// The place that settings name. Settings that only make sense elsewhere are a mistake of whoever entered them.
pub(crate) fn place(settings: &Settings) -> Result<Place<'_>, BadSettings> {
    let path = settings.text(PATH).map(|path| path.trim_matches('/')).filter(|path| !path.is_empty());
    if settings.required(PLACE)? == "s3" {
        if path.is_some() {
            return Err(BadSettings::new(
                PATH,
                "is for a folder; what keys in a bucket begin with is the prefix",
            ));
        }
        return Ok(Place::Bucket);
    }
    for name in ["bucket", "endpoint", "access_key_id", "secret_access_key", "prefix"] {
        if settings.text(name).is_some() {
            return Err(BadSettings::new(name, "is for a bucket, and the place is a folder"));
        }
    }
    Ok(Place::Folder(path))
}

/// How long the first event of a file waits.
pub(crate) fn linger(settings: &Settings) -> Option<Duration> {
    settings.number(LINGER).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_a_bucket_are_there_but_for_what_a_lake_does_not_leave_open() {
        let names: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
        assert_eq!(names[..3], ["place", "path", "linger_s"]);
        for field in S3_FIELDS.iter().filter(|field| field.name != LINGER) {
            assert_eq!(names.contains(&field.name), !LEFT_OUT.contains(&field.name), "{}", field.name);
        }
        assert!(FIELDS.iter().filter(|field| field.is_required).map(|field| field.name).eq(["place"]));
    }
}
