//! Request and answer of RFC 3161 as DER.

use der::asn1::{ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, Sequence, SliceReader};

/// SHA-256 as an algorithm.
pub(super) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

#[derive(Sequence)]
struct TimeStampReq<'a> {
    version: u8,
    message_imprint: MessageImprint<'a>,
    nonce: u64,
    cert_req: bool,
}

#[derive(Sequence)]
struct MessageImprint<'a> {
    hash_algorithm: Algorithm,
    hashed_message: OctetStringRef<'a>,
}

/// Without parameters, which RFC 5754 wants absent for SHA-2.
#[derive(Sequence)]
struct Algorithm {
    algorithm: ObjectIdentifier,
}

/// A request for a token of this SHA-256, with the signer's certificate.
pub(super) fn request(imprint: &[u8; 32], nonce: u64) -> Vec<u8> {
    let hashed_message = OctetStringRef::new(imprint).expect("32 bytes are not too long");
    let message_imprint = MessageImprint { hash_algorithm: Algorithm { algorithm: SHA_256 }, hashed_message };
    let request = TimeStampReq { version: 1, message_imprint, nonce, cert_req: true };
    request.to_der().expect("its length fits")
}

/// `TimeStampResp`: a status, and a token if it was granted.
pub(super) struct Response<'a> {
    pub(super) status: u8,
    pub(super) token: Option<&'a [u8]>,
}

impl<'a> Response<'a> {
    pub(super) fn parse(der: &'a [u8]) -> Option<Response<'a>> {
        let mut outer = SliceReader::new(der).ok()?;
        let whole = outer.tlv_bytes().ok()?;
        if !outer.is_finished() {
            return None;
        }
        let mut reader = SliceReader::new(content(whole)?).ok()?;
        let info = reader.tlv_bytes().ok()?;
        let status = u8::decode(&mut SliceReader::new(content(info)?).ok()?).ok()?;
        let token = if reader.is_finished() { None } else { Some(reader.tlv_bytes().ok()?) };
        reader.is_finished().then_some(Response { status, token })
    }
}

/// What is inside of a SEQUENCE.
pub(super) fn content(der: &[u8]) -> Option<&[u8]> {
    let any = der::asn1::AnyRef::from_der(der).ok()?;
    (der::Tagged::tag(&any) == der::Tag::Sequence).then_some(any.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_that_of_the_standard() {
        let der = request(&[0xab; 32], 0x80);
        let expected = "303b020101302f300b0609608648016503040201 0420";
        let expected = format!("{}{}02020080{}", expected.replace(' ', ""), "ab".repeat(32), "0101ff");
        assert_eq!(hex::encode(der), expected);
    }

    #[test]
    fn an_answer_has_a_status_and_perhaps_a_token() {
        let granted = hex::decode("30073003020100 3000".replace(' ', "")).unwrap();
        let response = Response::parse(&granted).unwrap();
        assert_eq!((response.status, response.token), (0, Some(&[0x30, 0x00][..])));
        let refused = hex::decode("30053003020102").unwrap();
        let response = Response::parse(&refused).unwrap();
        assert_eq!((response.status, response.token), (2, None));
        for bad in ["", "3000", "3003020100", "300530030201", "30053003020102 00", "3009300302010005000500"] {
            let bad = hex::decode(bad.replace(' ', "")).unwrap_or_default();
            assert!(Response::parse(&bad).is_none(), "{bad:02x?}");
        }
    }
}
