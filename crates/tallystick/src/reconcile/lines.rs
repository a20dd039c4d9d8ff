//! Lines of a file or an object, compressed or not. What it is says its beginning and not its name: a copy was often
//! renamed on its way.

use std::{
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
};

use flate2::bufread::MultiGzDecoder;

/// Longest line, bytes: a body of a webhook is one.
const LINE_BYTES_MAX: u64 = 256 << 20;
/// Read at once, bytes.
const BUFFER_BYTES: usize = 256 << 10;
const GZIP: &[u8] = &[0x1f, 0x8b];
const ZSTD: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
const PARQUET: &[u8] = b"PAR1";

/// Gives every line that is not blank, with its number from 1. Compressed files may have several members, as exports
/// do.
///
/// # Errors
/// What cannot be read; the lines before it were given.
pub(crate) fn read(reader: impl Read, give: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(BUFFER_BYTES, reader);
    let start = reader.fill_buf()?;
    if start.starts_with(GZIP) {
        split(BufReader::with_capacity(BUFFER_BYTES, MultiGzDecoder::new(reader)), give)
    } else if start.starts_with(ZSTD) {
        split(BufReader::with_capacity(BUFFER_BYTES, zstd::Decoder::with_buffer(reader)?), give)
    } else if start.starts_with(PARQUET) {
        Err(io::Error::other("Parquet files are not read; write the events out as NDJSON"))
    } else {
        split(reader, give)
    }
}

fn split(mut reader: impl BufRead, give: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>) -> io::Result<()> {
    let (mut line, mut number) = (Vec::new(), 0);
    loop {
        line.clear();
        let read = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        if read as u64 == LINE_BYTES_MAX && line.last() != Some(&b'\n') {
            return Err(io::Error::other(format!("a line has more than {LINE_BYTES_MAX} bytes")));
        }
        number += 1;
        let text = line.trim_ascii();
        if !text.is_empty() && give(number, text).is_break() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn lines(bytes: &[u8]) -> (Vec<(u64, String)>, io::Result<()>) {
        let mut found = Vec::new();
        let read = read(bytes, &mut |number, line| {
            found.push((number, String::from_utf8_lossy(line).into_owned()));
            ControlFlow::Continue(())
        });
        (found, read)
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut writer = GzEncoder::new(Vec::new(), Compression::default());
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn compressed_or_not_the_lines_are_the_same() {
        let expected = vec![(1, "a".to_owned()), (3, "b".to_owned()), (4, "c".to_owned())];
        let text = b"a\n\nb\r\nc";
        assert_eq!(lines(text).0, expected);
        let members = [gzip(&text[..2]), gzip(&text[2..])].concat();
        assert_eq!(lines(&members).0, expected);
        let frames = [zstd::encode_all(&text[..2], 3).unwrap(), zstd::encode_all(&text[2..], 3).unwrap()];
        assert_eq!(lines(&frames.concat()).0, expected);
        assert_eq!(lines(b"").0, []);
    }

    #[test]
    fn what_is_cut_off_is_an_error_behind_the_lines_before_it() {
        let text = (0..5_000).fold(String::new(), |text, number| format!("{text}{number:x}{}\n", number * 7));
        for whole in [gzip(text.as_bytes()), zstd::encode_all(text.as_bytes(), 3).unwrap()] {
            let (found, read) = lines(&whole[..whole.len() - 3]);
            assert!(read.is_err() && found.len() <= 5_000, "{read:?}");
        }
        assert!(lines(b"PAR1....").1.unwrap_err().to_string().contains("Parquet"));
    }
}
