//! The one way an archive is spelled: POSIX ustar with nothing in it that a writer could choose.

use std::io::{self, Read, Write};

use crate::VerifyError;

const BLOCK: usize = 512;
/// Memory that is taken on a header's word, bytes.
const CLAIMED_BYTES_MAX: u64 = 8 << 20;
const NAME_BYTES_MAX: usize = 99;
/// 11 octal digits.
const SIZE_MAX: u64 = 0o777_7777_7777;

/// The header of a member.
fn header(name: &str, size: u64) -> [u8; BLOCK] {
    assert!(name.len() <= NAME_BYTES_MAX && size <= SIZE_MAX, "names and sizes are limited by the format");
    let mut out = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| out[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644");
    put(108, b"0000000");
    put(116, b"0000000");
    put(124, format!("{size:011o}").as_bytes());
    put(136, b"00000000000");
    put(148, b"        ");
    put(156, b"0");
    put(257, b"ustar\x0000");
    put(329, b"0000000\x000000000");
    let sum: u32 = out.iter().map(|byte| u32::from(*byte)).sum();
    out[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    out
}

fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// Writes a member.
pub(super) fn write(out: &mut impl Write, name: &str, content: &[u8]) -> io::Result<()> {
    let size = content.len() as u64;
    out.write_all(&header(name, size))?;
    out.write_all(content)?;
    out.write_all(&[0; BLOCK][..padding(size)])
}

/// Writes the end.
pub(super) fn finish(out: &mut impl Write) -> io::Result<()> {
    out.write_all(&[0; 2 * BLOCK])
}

/// Reads members one after the other.
pub(super) struct Members<R> {
    reader: R,
    next: Option<(String, u64)>,
}

impl<R: Read> Members<R> {
    pub(super) fn open(reader: R) -> Result<Members<R>, VerifyError> {
        let mut members = Members { reader, next: None };
        members.advance()?;
        Ok(members)
    }

    /// Name of the next member; none behind the last.
    pub(super) fn name(&self) -> Option<&str> {
        self.next.as_ref().map(|(name, _)| name.as_str())
    }

    /// The content of the next member if it has this name.
    pub(super) fn take(&mut self, name: &str, bytes_max: usize) -> Result<Option<Vec<u8>>, VerifyError> {
        let mut content = Vec::new();
        Ok(self.take_into(name, bytes_max, &mut content)?.then_some(content))
    }

    /// As [`Members::take`], into a buffer. False if the next member has another name.
    pub(super) fn take_into(
        &mut self,
        name: &str,
        bytes_max: usize,
        content: &mut Vec<u8>,
    ) -> Result<bool, VerifyError> {
        let Some((_, size)) = self.next.as_ref().filter(|(next, _)| next == name) else { return Ok(false) };
        let size = *size;
        if size > bytes_max as u64 {
            return Err(malformed(format!("{name} is over its limit of {bytes_max} bytes")));
        }
        content.clear();
        // Grows with what is really there: a header alone must not claim more than this.
        content.reserve(size.min(CLAIMED_BYTES_MAX) as usize);
        let found = self.reader.by_ref().take(size).read_to_end(content)?;
        if found as u64 != size {
            return Err(malformed("it is cut short"));
        }
        let mut filling = [0; BLOCK];
        let filling = &mut filling[..padding(size)];
        self.fill(filling)?;
        if filling.iter().any(|byte| *byte != 0) {
            return Err(malformed(format!("{name} is not filled up with NUL")));
        }
        self.advance()?;
        Ok(true)
    }

    /// As [`Members::take`], of a member that must be there.
    pub(super) fn expect(&mut self, name: &str, bytes_max: usize) -> Result<Vec<u8>, VerifyError> {
        match self.take(name, bytes_max)? {
            Some(content) => Ok(content),
            None => Err(malformed(match self.name() {
                Some(found) => format!("{found:?} where {name} belongs"),
                None => format!("{name} is missing"),
            })),
        }
    }

    fn advance(&mut self) -> Result<(), VerifyError> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        if block == [0; BLOCK] {
            self.next = None;
            self.fill(&mut block)?;
            let mut more = [0];
            if block != [0; BLOCK] || self.reader.read(&mut more)? != 0 {
                return Err(malformed("something follows its end"));
            }
            return Ok(());
        }
        let read = || {
            let len = block[..NAME_BYTES_MAX].iter().position(|byte| *byte == 0).unwrap_or(NAME_BYTES_MAX);
            let name = std::str::from_utf8(&block[..len]).ok()?;
            let size = u64::from_str_radix(std::str::from_utf8(&block[124..135]).ok()?, 8).ok()?;
            (size <= SIZE_MAX && header(name, size) == block).then(|| (name.to_owned(), size))
        };
        self.next = Some(read().ok_or_else(|| malformed("a header is not as the format has it"))?);
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), VerifyError> {
        self.reader.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => malformed("it is cut short"),
            _ => error.into(),
        })
    }
}

pub(super) fn malformed(why: impl std::fmt::Display) -> VerifyError {
    VerifyError::malformed("the pack", why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, "pack.json", b"{}").unwrap();
        write(&mut out, "empty", b"").unwrap();
        finish(&mut out).unwrap();
        out
    }

    fn read(bytes: &[u8]) -> Result<(Vec<u8>, Vec<u8>), VerifyError> {
        let mut members = Members::open(bytes)?;
        let read = (members.expect("pack.json", 10)?, members.expect("empty", 0)?);
        assert_eq!(members.name(), None);
        Ok(read)
    }

    #[test]
    fn members_come_back_and_every_other_byte_is_refused() {
        let good = archive();
        assert_eq!(good.len(), 5 * BLOCK);
        assert_eq!(read(&good).unwrap(), (b"{}".to_vec(), Vec::new()));
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            let is_content = (BLOCK..BLOCK + 2).contains(&at);
            assert_eq!(read(&bad).is_ok(), is_content, "byte {at}");
            assert!(read(&good[..at]).is_err(), "cut at {at}");
        }
        let longer = [&good[..], b"\0"].concat();
        assert!(read(&longer).is_err());
    }

    #[test]
    fn a_header_alone_claims_little_memory() {
        let claims = header("pack.json", SIZE_MAX);
        let mut members = Members::open(&claims[..]).unwrap();
        assert!(members.take("pack.json", usize::MAX).is_err());
    }
}
