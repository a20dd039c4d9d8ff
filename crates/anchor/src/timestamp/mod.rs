//! Timestamps (RFC 3161): somebody with a clock and a certificate signs that a message was there at a time. Unlike a
//! cosignature that counts with courts, and it can be checked long after our own keys are gone.

mod message;
mod token;
mod trust;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use sha2::{Digest as _, Sha256};
use tallystick_outbound::{HeaderMap, HeaderValue, Method, Outbound, OutboundError, Url};

pub use self::token::verify_token;
pub use self::trust::TrustedRoots;

use self::message::Response;
use self::token::TstInfo;
use crate::limits::TIMESTAMP_BYTES_MAX;

/// A timestamp authority.
#[derive(Debug, Clone)]
pub struct TimestampClient {
    outbound: Outbound,
    url: Url,
}

/// Why there is no timestamp.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// The call failed.
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    /// The authority answers with a status other than 200.
    #[error("the authority answers with status {status}")]
    Status {
        /// The status.
        status: u16,
    },
    /// The authority does not want to: `PKIStatus` is neither granted nor granted with modifications.
    #[error("the authority refuses with PKI status {status}")]
    Rejected {
        /// `PKIStatus` of RFC 3161.
        status: u8,
    },
    /// The answer is no timestamp of what was asked for.
    #[error("the authority gives a bad answer")]
    BadAnswer(#[source] TokenError),
}

/// What is wrong with a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is not the DER of an answer or a token, or has parts that are not understood here.
    #[error("it is no token that is understood here: {0}")]
    Malformed(&'static str),
    /// It is of another message.
    #[error("it is of another message")]
    OtherMessage,
    /// It answers another request.
    #[error("it answers another request")]
    OtherNonce,
    /// Its signature does not hold.
    #[error("its signature does not hold")]
    Signature,
    /// The certificate of its signer is not in it.
    #[error("the signer's certificate is not in it")]
    NoCertificate,
    /// The certificate does not lead to a trusted root, was not valid at the time, or is not for timestamps.
    #[error("the signer's certificate is not trusted: {0}")]
    Untrusted(String),
}

impl TimestampClient {
    /// A client of the authority at this URL.
    ///
    /// # Errors
    /// If the URL may not be asked.
    pub fn new(outbound: Outbound, url: Url) -> Result<TimestampClient, OutboundError> {
        outbound.check(&url)?;
        Ok(TimestampClient { outbound, url })
    }

    /// Gets a token (DER of the CMS `ContentInfo`) for a message: `openssl ts -verify -token_in` reads it. `nonce` must
    /// be random. Checked is that the token is of this message and answers this request; who signed it is checked by
    /// [`verify_token`], which needs the authority's root.
    ///
    /// # Errors
    /// If there is none.
    pub async fn stamp(&self, message: &[u8], nonce: u64) -> Result<Vec<u8>, TimestampError> {
        let imprint: [u8; 32] = Sha256::digest(message).into();
        let request = message::request(&imprint, nonce);
        let headers = HeaderMap::from_iter([
            (CONTENT_TYPE, HeaderValue::from_static("application/timestamp-query")),
            (ACCEPT, HeaderValue::from_static("application/timestamp-reply")),
        ]);
        let (url, body) = (self.url.clone(), Bytes::from(request));
        let answer = self.outbound.call(Method::POST, url, headers, body, TIMESTAMP_BYTES_MAX).await?;
        if answer.status != 200 {
            return Err(TimestampError::Status { status: answer.status });
        }
        let malformed = |what| TimestampError::BadAnswer(TokenError::Malformed(what));
        let response = Response::parse(&answer.body).ok_or_else(|| malformed("the answer"))?;
        // 0: granted, 1: granted with modifications.
        if response.status > 1 {
            return Err(TimestampError::Rejected { status: response.status });
        }
        let token = response.token.ok_or_else(|| malformed("there is no token"))?;
        let info = TstInfo::of_token(token).map_err(TimestampError::BadAnswer)?;
        if info.imprint != imprint {
            return Err(TimestampError::BadAnswer(TokenError::OtherMessage));
        }
        if info.nonce != Some(nonce) {
            return Err(TimestampError::BadAnswer(TokenError::OtherNonce));
        }
        Ok(token.to_vec())
    }
}
