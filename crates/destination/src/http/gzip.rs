//! Compressed bodies: the same bytes for the same body every time.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Compresses a body. No time and no name are written into it, so that a repetition is the same to the byte.
pub(crate) fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4 + 64), Compression::fast());
    encoder.write_all(body).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn what_is_packed_comes_out_again_and_is_the_same_twice() {
        let body = br#"{"action":"user.created"}"#.repeat(100);
        let packed = gzip(&body);
        assert!(packed.len() < body.len() / 10);
        assert_eq!(packed, gzip(&body));
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut back).unwrap();
        assert_eq!(back, body);
    }
}
