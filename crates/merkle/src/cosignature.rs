//! The bytes of a witness's cosignature with Ed25519 (C2SP tlog-cosignature): a time, and a signature over time and
//! checkpoint.

use crate::limits::COSIGNATURE_TIME_MAX;

const TIME_BYTES: usize = 8;

/// What is signed. The first line keeps it apart from everything else that is ever signed.
pub(crate) fn message(time: u64, text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{text}").into_bytes()
}

/// The time, 8 bytes big-endian, before the signature.
pub(crate) fn join(time: u64, signature: &[u8; 64]) -> Vec<u8> {
    [&time.to_be_bytes()[..], signature].concat()
}

/// Time and signature. None if there is no whole time, or one over 2^63 - 1.
pub(crate) fn split(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = bytes.split_first_chunk::<TIME_BYTES>()?;
    let time = u64::from_be_bytes(*time);
    (time <= COSIGNATURE_TIME_MAX).then_some((time, signature))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_that_of_the_specification() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let expected = format!("cosignature/v1\ntime 1679315147\n{text}");
        assert_eq!(message(1_679_315_147, text), expected.as_bytes());
    }

    #[test]
    fn a_time_comes_back_up_to_its_limit() {
        for time in [0, 1, COSIGNATURE_TIME_MAX] {
            assert_eq!(split(&join(time, &[7; 64])), Some((time, &[7; 64][..])));
        }
        assert_eq!(split(&join(COSIGNATURE_TIME_MAX + 1, &[7; 64])), None);
        assert_eq!(split(&[0; 7]), None);
    }
}
