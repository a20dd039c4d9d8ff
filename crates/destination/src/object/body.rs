//! What is in an object: lines, compressed or not. The suffix of the key says which, as tools that read buckets expect;
//! no content encoding is set, or some of them would unpack twice.

use std::io::Write as _;

use flate2::{Compression as Level, GzBuilder};

use crate::Media;

/// zstd's own default.
const ZSTD_LEVEL: i32 = 3;

/// How lines are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstd,
    None,
}

impl Compression {
    /// Names in the settings, the default first.
    pub(crate) const NAMES: &'static [&'static str] = &["gzip", "zstd", "none"];

    /// By its name.
    pub(crate) fn named(name: &str) -> Self {
        match name {
            "zstd" => Self::Zstd,
            "none" => Self::None,
            _ => Self::Gzip,
        }
    }

    /// As it stands in the settings and the manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::None => "none",
        }
    }

    /// What the key ends with.
    pub(crate) fn suffix(self, media: Media) -> &'static str {
        match (media, self) {
            (Media::Json, Self::Gzip) => ".jsonl.gz",
            (Media::Json, Self::Zstd) => ".jsonl.zst",
            (Media::Json, Self::None) => ".jsonl",
            (Media::Line, Self::Gzip) => ".log.gz",
            (Media::Line, Self::Zstd) => ".log.zst",
            (Media::Line, Self::None) => ".log",
        }
    }

    /// What the object is.
    pub(crate) fn content_type(self, media: Media) -> &'static str {
        match (self, media) {
            (Self::Gzip, _) => "application/gzip",
            (Self::Zstd, _) => "application/zstd",
            (Self::None, Media::Json) => "application/x-ndjson",
            (Self::None, Media::Line) => "text/plain; charset=utf-8",
        }
    }

    /// The same bytes for the same lines: no time and no name is written.
    pub(crate) fn compress(self, lines: Vec<u8>) -> Vec<u8> {
        const MEMORY: &str = "memory takes everything that is written";
        match self {
            Self::None => lines,
            Self::Gzip => {
                let mut writer =
                    GzBuilder::new().mtime(0).write(Vec::with_capacity(lines.len() / 4), Level::default());
                writer.write_all(&lines).expect(MEMORY);
                writer.finish().expect(MEMORY)
            }
            Self::Zstd => {
                zstd::bulk::compress(&lines, ZSTD_LEVEL).expect("a whole input of known length is compressed")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_compressed_comes_back_and_is_the_same_every_time() {
        let lines = b"{\"a\":1}\n{\"a\":2}\n".repeat(1_000);
        for name in Compression::NAMES {
            let compression = Compression::named(name);
            assert_eq!(compression.name(), *name);
            let bytes = compression.compress(lines.clone());
            assert_eq!(bytes, compression.compress(lines.clone()));
            let mut back = Vec::new();
            match compression {
                Compression::Gzip => {
                    flate2::read::GzDecoder::new(&bytes[..]).read_to_end(&mut back).unwrap();
                }
                Compression::Zstd => back = zstd::stream::decode_all(&bytes[..]).unwrap(),
                Compression::None => back.clone_from(&bytes),
            }
            assert_eq!(back, lines, "{name}");
            // Readers of buckets go by the suffix.
            assert_eq!(compression.suffix(Media::Json).strip_prefix(".jsonl").map(str::len), {
                Some(match compression {
                    Compression::Gzip => 3,
                    Compression::Zstd => 4,
                    Compression::None => 0,
                })
            });
        }
    }
}
