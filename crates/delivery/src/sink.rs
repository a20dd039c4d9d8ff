//! The file of an export on its way to the disk: compressed, counted and hashed as it is written.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom, Write},
};

use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use crate::spec::Compression;

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 << 10;
/// gzip's level: higher ones cost more time than the disk takes.
const GZIP_LEVEL: u32 = 3;
/// zstd's level.
const ZSTD_LEVEL: i32 = 3;

/// Counts and hashes what goes to the file.
pub(crate) struct Hashed {
    file: File,
    waiting: Vec<u8>,
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    /// Goes on behind the first `bytes` of a file, which are read for their hash; what stands behind them goes.
    fn open(mut file: File, bytes: u64) -> io::Result<Self> {
        file.set_len(bytes)?;
        file.seek(SeekFrom::Start(0))?;
        let mut hash = Sha256::new();
        let mut piece = vec![0; BUFFER_BYTES];
        let mut left = bytes;
        while left > 0 {
            let wanted = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            file.read_exact(&mut piece[..wanted])?;
            hash.update(&piece[..wanted]);
            left -= wanted as u64;
        }
        Ok(Self { file, waiting: Vec::with_capacity(BUFFER_BYTES), hash, bytes })
    }

    fn sync(&mut self) -> io::Result<()> {
        self.flush()?;
        self.file.sync_all()
    }
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.waiting.len() + bytes.len() > BUFFER_BYTES {
            self.flush()?;
        }
        if bytes.len() >= BUFFER_BYTES {
            self.file.write_all(bytes)?;
            self.hash.update(bytes);
            self.bytes += bytes.len() as u64;
        } else {
            self.waiting.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.waiting)?;
        self.hash.update(&self.waiting);
        self.bytes += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}

/// What stands before the file.
enum Coder {
    /// Nothing, or nothing at present: a member of a compressed file begins with its first byte.
    Between(Hashed),
    Gzip(GzEncoder<Hashed>),
    Zstd(Box<zstd::Encoder<'static, Hashed>>),
    /// An error has left it in no known state.
    Lost,
}

/// A file that can be gone on with behind each of its checkpoints: what is compressed consists of members (gzip) or
/// frames (zstd), one after the other, which each reader of these formats takes for one file.
pub(crate) struct Sink {
    coder: Coder,
    compression: Compression,
}

impl Sink {
    /// Goes on behind the first `bytes` of a file.
    pub(crate) fn open(file: File, bytes: u64, compression: Compression) -> io::Result<Self> {
        Ok(Self { coder: Coder::Between(Hashed::open(file, bytes)?), compression })
    }

    fn begin(&mut self) -> io::Result<()> {
        if self.compression == Compression::None || !matches!(self.coder, Coder::Between(_)) {
            return Ok(());
        }
        if let Coder::Between(out) = std::mem::replace(&mut self.coder, Coder::Lost) {
            self.coder = match self.compression {
                Compression::None => Coder::Between(out),
                Compression::Gzip => Coder::Gzip(GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL))),
                Compression::Zstd => {
                    let mut encoder = zstd::Encoder::new(out, ZSTD_LEVEL)?;
                    encoder.include_checksum(true)?;
                    Coder::Zstd(Box::new(encoder))
                }
            };
        }
        Ok(())
    }

    /// Ends the member, and has everything on disk; how many bytes that are.
    pub(crate) fn checkpoint(&mut self) -> io::Result<u64> {
        let mut out = match std::mem::replace(&mut self.coder, Coder::Lost) {
            Coder::Between(out) => out,
            Coder::Gzip(encoder) => encoder.finish()?,
            Coder::Zstd(encoder) => encoder.finish()?,
            Coder::Lost => return Err(lost()),
        };
        out.sync()?;
        let bytes = out.bytes;
        self.coder = Coder::Between(out);
        Ok(bytes)
    }

    /// Ends the file; its bytes and their SHA-256, hexadecimal.
    pub(crate) fn finish(mut self) -> io::Result<(u64, String)> {
        if self.checkpoint()? == 0 {
            // A compressed nothing is something.
            self.begin()?;
            self.checkpoint()?;
        }
        match self.coder {
            Coder::Between(out) => Ok((out.bytes, hex::encode(out.hash.finalize()))),
            _ => Err(lost()),
        }
    }

    /// Bytes of the file so far, roughly: what a compressor holds is not counted.
    pub(crate) fn bytes(&self) -> u64 {
        let of = |out: &Hashed| out.bytes + out.waiting.len() as u64;
        match &self.coder {
            Coder::Between(out) => of(out),
            Coder::Gzip(encoder) => of(encoder.get_ref()),
            Coder::Zstd(encoder) => of(encoder.get_ref()),
            Coder::Lost => 0,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin()?;
        match &mut self.coder {
            Coder::Between(out) => out.write(bytes),
            Coder::Gzip(encoder) => encoder.write(bytes),
            Coder::Zstd(encoder) => encoder.write(bytes),
            Coder::Lost => Err(lost()),
        }
    }

    /// What is compressed is handed on with its member.
    fn flush(&mut self) -> io::Result<()> {
        if let Coder::Between(out) = &mut self.coder { out.flush() } else { Ok(()) }
    }
}

fn lost() -> io::Error {
    io::Error::other("the file was given up after an error")
}

#[cfg(test)]
mod tests {
    use std::fs::OpenOptions;

    use tempfile::tempdir;

    use super::*;

    fn unpacked(bytes: &[u8], compression: Compression) -> Vec<u8> {
        let mut out = Vec::new();
        match compression {
            Compression::None => out.extend_from_slice(bytes),
            Compression::Gzip => {
                flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out).map(drop).unwrap();
            }
            Compression::Zstd => zstd::Decoder::new(bytes).unwrap().read_to_end(&mut out).map(drop).unwrap(),
        }
        out
    }

    #[test]
    fn a_file_that_was_cut_goes_on_behind_its_last_checkpoint() {
        let noise: Vec<u8> = (0..900_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for &compression in Compression::ALL {
            let dir = tempdir().unwrap();
            let path = dir.path().join("x");
            let open = || {
                let mut options = OpenOptions::new();
                options.read(true).write(true).create(true).truncate(false).open(&path).unwrap()
            };
            let mut sink = Sink::open(open(), 0, compression).unwrap();
            sink.write_all(b"first ").unwrap();
            sink.write_all(&noise).unwrap();
            let durable = sink.checkpoint().unwrap();
            sink.write_all(b"lost").unwrap();
            sink.write_all(&noise).unwrap();
            drop(sink); // as kill -9 leaves it: more in the file than is known of
            let mut sink = Sink::open(open(), durable, compression).unwrap();
            sink.write_all(b"second").unwrap();
            let (bytes, sha256) = sink.finish().unwrap();
            let stored = std::fs::read(&path).unwrap();
            assert_eq!(stored.len() as u64, bytes);
            assert_eq!(hex::encode(Sha256::digest(&stored)), sha256);
            let expected = [&b"first "[..], &noise, b"second"].concat();
            assert!(unpacked(&stored, compression) == expected, "{compression}");
        }
    }

    #[test]
    fn nothing_is_a_file_too() {
        for &compression in Compression::ALL {
            let dir = tempdir().unwrap();
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).create_new(true).open(dir.path().join("x")).unwrap();
            let (bytes, _) = Sink::open(file, 0, compression).unwrap().finish().unwrap();
            let stored = std::fs::read(dir.path().join("x")).unwrap();
            assert_eq!(stored.len() as u64, bytes);
            assert!(unpacked(&stored, compression).is_empty(), "{compression}");
        }
    }
}
