//! Lengths as LEB128: seven bits a byte, low bits first.

/// Appends `value`.
pub(crate) fn push(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a length of at most 32 bits and the number of bytes it took.
pub(crate) fn read(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0u64;
    for (i, byte) in bytes.iter().take(5).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            let fits = u32::try_from(value).ok()?;
            return Some((fits as usize, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trip() {
        for value in [0, 1, 127, 128, 300, 16_383, 16_384, 1 << 20, u32::MAX as usize] {
            let mut out = Vec::new();
            push(&mut out, value);
            assert_eq!(read(&out), Some((value, out.len())));
            assert_eq!(read(&out[..out.len() - 1]), None);
        }
        assert_eq!(read(&[0xff; 6]), None);
        assert_eq!(read(&[0xff, 0xff, 0xff, 0xff, 0x1f]), None);
    }
}
