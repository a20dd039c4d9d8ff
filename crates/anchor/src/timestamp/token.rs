//! A token: what it says, and whether its signer says it.

use cms::content_info::ContentInfo;
use cms::signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo};
use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::Certificate;
use x509_cert::attr::Attributes;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use super::TokenError;
use super::message::{SHA_256, content};
use super::trust::{TrustedRoots, is_signed};

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Checks a token (DER of the CMS `ContentInfo`) of a message and gives the time in it, Unix milliseconds. The signer's
/// certificate must be in the token, be for timestamps, and lead to one of the roots at that time.
///
/// Not checked: revocation, and the signer's certificate once more by its hash in the signed attributes, as the
/// signature is checked with that certificate's key and its chain is checked.
///
/// # Errors
/// What is wrong with it.
pub fn verify_token(token: &[u8], message: &[u8], roots: &TrustedRoots) -> Result<i64, TokenError> {
    let signed = Signed::parse(token)?;
    let info = TstInfo::parse(&signed.info).ok_or(TokenError::Malformed("TSTInfo"))?;
    if info.imprint != <[u8; 32]>::from(Sha256::digest(message)) {
        return Err(TokenError::OtherMessage);
    }
    let [signer] = signed.signers.as_slice() else {
        return Err(TokenError::Malformed("there is not exactly one signer"));
    };
    let is_signers = |certificate: &&Vec<u8>| {
        Certificate::from_der(certificate).is_ok_and(|certificate| is_of(&certificate, &signer.sid))
    };
    let certificate = signed.certificates.iter().find(is_signers).ok_or(TokenError::NoCertificate)?;
    let attributes = checked_attributes(signer, &signed.info)?;
    if !is_signed(certificate, &signer.digest_alg.oid, &attributes, signer.signature.as_bytes()) {
        return Err(TokenError::Signature);
    }
    roots.check(certificate, &signed.certificates, info.time_ms)?;
    Ok(info.time_ms)
}

/// The parts of `SignedData` (RFC 5652 5.1) that matter here. Read by hand, as authorities exist that do not sort their
/// certificates as DER wants, which signs nothing and says nothing.
struct Signed {
    /// DER of `TSTInfo`.
    info: Vec<u8>,
    /// DER of each certificate.
    certificates: Vec<Vec<u8>>,
    signers: Vec<SignerInfo>,
}

const CERTIFICATES: u8 = 0xa0;
const CRLS: u8 = 0xa1;
const SET: u8 = 0x31;

impl Signed {
    fn parse(token: &[u8]) -> Result<Signed, TokenError> {
        let outer = ContentInfo::from_der(token).map_err(|_| TokenError::Malformed("ContentInfo"))?;
        if outer.content_type != SIGNED_DATA {
            return Err(TokenError::Malformed("it is not signed data"));
        }
        Signed::parts(&to_der(&outer.content)?).ok_or(TokenError::Malformed("SignedData"))
    }

    fn parts(der: &[u8]) -> Option<Signed> {
        let mut reader = SliceReader::new(content(der)?).ok()?;
        let _version = u8::decode(&mut reader).ok()?;
        let _digest_algorithms = reader.tlv_bytes().ok()?;
        let inner = EncapsulatedContentInfo::decode(&mut reader).ok()?;
        let info: OctetStringRef<'_> = inner.econtent.as_ref()?.decode_as().ok()?;
        let mut signed = Signed { info: info.as_bytes().to_vec(), certificates: vec![], signers: vec![] };
        while !reader.is_finished() {
            let part = reader.tlv_bytes().ok()?;
            let items = items(part)?;
            match part[0] {
                CERTIFICATES => signed.certificates = items.into_iter().map(<[u8]>::to_vec).collect(),
                SET => signed.signers = signers(&items)?,
                CRLS => {}
                _ => return None,
            }
        }
        (inner.econtent_type == TST_INFO).then_some(signed)
    }
}

fn signers(items: &[&[u8]]) -> Option<Vec<SignerInfo>> {
    items.iter().map(|item| SignerInfo::from_der(item).ok()).collect()
}

/// What is inside of a value made of others.
fn items(der: &[u8]) -> Option<Vec<&[u8]>> {
    let mut reader = SliceReader::new(AnyRef::from_der(der).ok()?.value()).ok()?;
    let mut items = Vec::new();
    while !reader.is_finished() {
        items.push(reader.tlv_bytes().ok()?);
    }
    Some(items)
}

fn to_der(value: &impl Encode) -> Result<Vec<u8>, TokenError> {
    value.to_der().map_err(|_| TokenError::Malformed("cannot be encoded"))
}

fn is_of(certificate: &Certificate, signer: &SignerIdentifier) -> bool {
    let certificate = &certificate.tbs_certificate;
    match signer {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            certificate.issuer == id.issuer && certificate.serial_number == id.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            let mut extensions = certificate.extensions.iter().flatten();
            let found = extensions.find(|extension| extension.extn_id == SUBJECT_KEY_ID);
            let found =
                found.and_then(|found| SubjectKeyIdentifier::from_der(found.extn_value.as_bytes()).ok());
            found.as_ref() == Some(id)
        }
    }
}

/// The signed attributes as they are signed, after a look at what they say of the `TSTInfo` (RFC 5652 5.4).
fn checked_attributes(signer: &SignerInfo, info: &[u8]) -> Result<Vec<u8>, TokenError> {
    let attributes = signer.signed_attrs.as_ref().ok_or(TokenError::Malformed("nothing is signed"))?;
    let of = |oid, what| single(attributes, oid).ok_or(TokenError::Malformed(what));
    let content_type = of(CONTENT_TYPE, "content type")?;
    if content_type.decode_as::<ObjectIdentifier>() != Ok(TST_INFO) {
        return Err(TokenError::Malformed("content type"));
    }
    let found = of(MESSAGE_DIGEST, "message digest")?;
    let found: OctetStringRef<'_> = found.decode_as().map_err(|_| TokenError::Malformed("message digest"))?;
    let digest = match signer.digest_alg.oid {
        SHA_256 => Sha256::digest(info).to_vec(),
        SHA_384 => Sha384::digest(info).to_vec(),
        SHA_512 => Sha512::digest(info).to_vec(),
        _ => return Err(TokenError::Malformed("digest algorithm")),
    };
    if found.as_bytes() != digest {
        return Err(TokenError::Signature);
    }
    // As a SET, not with the tag that they have in the token.
    to_der(attributes)
}

/// The value of an attribute that is there once with one value.
fn single(attributes: &Attributes, oid: ObjectIdentifier) -> Option<&der::Any> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
    let (Some(attribute), None) = (found.next(), found.next()) else { return None };
    if attribute.values.len() == 1 { attribute.values.get(0) } else { None }
}

/// What a token says. Nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TstInfo {
    /// SHA-256 of the message.
    pub(super) imprint: [u8; 32],
    /// Unix milliseconds.
    pub(super) time_ms: i64,
    pub(super) nonce: Option<u64>,
}

impl TstInfo {
    /// Reads a token without checking its signature.
    pub(super) fn of_token(token: &[u8]) -> Result<TstInfo, TokenError> {
        TstInfo::parse(&Signed::parse(token)?.info).ok_or(TokenError::Malformed("TSTInfo"))
    }

    /// `TSTInfo` of RFC 3161 2.4.2: version, policy, imprint, serial number, time, then accuracy, ordering, nonce and
    /// more, each of which may be missing.
    fn parse(der: &[u8]) -> Option<TstInfo> {
        let mut reader = SliceReader::new(content(der)?).ok()?;
        if u8::decode(&mut reader).ok()? != 1 {
            return None;
        }
        ObjectIdentifier::decode(&mut reader).ok()?;
        let imprint = imprint(reader.tlv_bytes().ok()?)?;
        let serial = AnyRef::decode(&mut reader).ok()?;
        let time = AnyRef::decode(&mut reader).ok()?;
        if serial.tag() != Tag::Integer || time.tag() != Tag::GeneralizedTime {
            return None;
        }
        let time_ms = generalized_time_ms(std::str::from_utf8(time.value()).ok()?)?;
        let mut nonce = None;
        while !reader.is_finished() {
            let rest = AnyRef::decode(&mut reader).ok()?;
            if rest.tag() == Tag::Integer {
                // One that is too long for us is not ours.
                nonce = rest.decode_as().ok();
            }
        }
        Some(TstInfo { imprint, time_ms, nonce })
    }
}

fn imprint(der: &[u8]) -> Option<[u8; 32]> {
    let mut reader = SliceReader::new(content(der)?).ok()?;
    let mut algorithm = SliceReader::new(content(reader.tlv_bytes().ok()?)?).ok()?;
    if ObjectIdentifier::decode(&mut algorithm).ok()? != SHA_256 {
        return None;
    }
    let hash = OctetStringRef::decode(&mut reader).ok()?;
    hash.as_bytes().try_into().ok()
}

/// `YYYYMMDDhhmmss[.fraction]Z`: DER's form, of which libraries mostly refuse the fraction.
fn generalized_time_ms(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z')?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if seconds.len() != 14 || !all_digits(seconds) || !all_digits(fraction) {
        return None;
    }
    let (date, time) = seconds.split_at(8);
    let moment: jiff::civil::DateTime = format!("{date}T{time}").parse().ok()?;
    let whole = moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().ok()?;
    Some(whole + millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_and_without_a_fraction() {
        assert_eq!(generalized_time_ms("19700101000001Z"), Some(1000));
        assert_eq!(generalized_time_ms("20261121071500Z"), Some(1_795_245_300_000));
        assert_eq!(generalized_time_ms("20261121071500.5Z"), Some(1_795_245_300_500));
        assert_eq!(generalized_time_ms("20261121071500.1239Z"), Some(1_795_245_300_123));
        for bad in
            ["20261121071500", "2026112107150Z", "20261321071500Z", "20261121071500.Z", "20261121071500+0100"]
        {
            assert_eq!(generalized_time_ms(bad), None, "{bad}");
        }
    }

    /// Made with `openssl ts`; its certificate was valid for two days, which is no matter.
    #[test]
    fn an_old_token_is_good_for_ever() {
        let token = include_bytes!("../../testdata/token.der");
        let roots = TrustedRoots::from_pem(include_str!("../../testdata/root.pem")).unwrap();
        let message = include_bytes!("../../testdata/message.txt");
        assert_eq!(verify_token(token, message, &roots), Ok(1_795_246_699_000));
    }

    #[test]
    fn garbage_is_no_token() {
        let roots = TrustedRoots::default();
        for bytes in [&b""[..], b"\x30\x00", b"\x30\x80", &[0xff; 100]] {
            assert!(matches!(verify_token(bytes, b"", &roots), Err(TokenError::Malformed(_))));
        }
    }
}
