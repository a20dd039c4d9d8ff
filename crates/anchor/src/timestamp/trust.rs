//! Who may sign timestamps: certificates, checked by the library that checks those of TLS.

use std::time::Duration;

use der::asn1::ObjectIdentifier;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert, ring};

use super::TokenError;

/// `id-kp-timeStamping`, 1.3.6.1.5.5.7.3.8, without tag and length.
const TIME_STAMPING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x08];

type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// What a signature with a digest may be made with; which one it is follows from the certificate's key.
const WITH_SHA_256: Algorithms = &[
    ring::ECDSA_P256_SHA256,
    ring::ECDSA_P384_SHA256,
    ring::RSA_PKCS1_2048_8192_SHA256,
    ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
];
const WITH_SHA_384: Algorithms = &[
    ring::ECDSA_P256_SHA384,
    ring::ECDSA_P384_SHA384,
    ring::RSA_PKCS1_2048_8192_SHA384,
    ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
];
const WITH_SHA_512: Algorithms =
    &[ring::RSA_PKCS1_2048_8192_SHA512, ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY, ring::ED25519];

/// Whether the key of a certificate has signed a message.
pub(super) fn is_signed(
    certificate: &[u8],
    digest: &ObjectIdentifier,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let algorithms = match digest.to_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => WITH_SHA_256,
        "2.16.840.1.101.3.4.2.2" => WITH_SHA_384,
        "2.16.840.1.101.3.4.2.3" => WITH_SHA_512,
        _ => return false,
    };
    let certificate = CertificateDer::from(certificate);
    let Ok(certificate) = EndEntityCert::try_from(&certificate) else { return false };
    algorithms.iter().any(|algorithm| certificate.verify_signature(*algorithm, message, signature).is_ok())
}

/// Root certificates of timestamp authorities that are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedRoots(Vec<CertificateDer<'static>>);

impl TrustedRoots {
    /// The certificates of a text in PEM, one or more.
    ///
    /// # Errors
    /// If there is none, or one is malformed.
    pub fn from_pem(text: &str) -> Result<TrustedRoots, TokenError> {
        let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let roots = roots.map_err(|error| TokenError::Untrusted(error.to_string()))?;
        let is_good = !roots.is_empty() && roots.iter().all(|root| anchor_from_trusted_cert(root).is_ok());
        if is_good {
            Ok(TrustedRoots(roots))
        } else {
            Err(TokenError::Untrusted("no root certificate".to_owned()))
        }
    }

    /// Whether a certificate is for timestamps and leads to a root, by way of `others`, at a time (Unix milliseconds).
    pub(super) fn check(
        &self,
        certificate: &[u8],
        others: &[Vec<u8>],
        time_ms: i64,
    ) -> Result<(), TokenError> {
        let untrusted = |error: webpki::Error| TokenError::Untrusted(error.to_string());
        let certificate = CertificateDer::from(certificate);
        let certificate = EndEntityCert::try_from(&certificate).map_err(untrusted)?;
        let anchors: Result<Vec<_>, _> = self.0.iter().map(anchor_from_trusted_cert).collect();
        let others: Vec<CertificateDer<'_>> =
            others.iter().map(|other| CertificateDer::from(other.as_slice())).collect();
        let since = Duration::from_millis(u64::try_from(time_ms).unwrap_or(0));
        certificate
            .verify_for_usage(
                ALL_VERIFICATION_ALGS,
                &anchors.map_err(untrusted)?,
                &others,
                UnixTime::since_unix_epoch(since),
                KeyUsage::required(TIME_STAMPING),
                None,
                None,
            )
            .map(drop)
            .map_err(untrusted)
    }
}
