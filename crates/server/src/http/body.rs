//! Bodies on their way in: bounded in size, also after decompression, and in time.

use std::{io::Read, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;

use crate::{
    error::{ApiError, ErrorCode, convert::of_status},
    state::AppState,
};

/// Pause between two pieces of a body after which the sender counts as gone.
pub const BODY_PAUSE_MAX: Duration = Duration::from_secs(15);
/// Time for a whole body to arrive.
pub const BODY_TIME_MAX: Duration = Duration::from_mins(2);
/// What is read and thrown away of a body that is too large, in multiples of the limit: a sender that is cut off
/// in the middle sees a broken connection and not the answer.
const DISCARD_FACTOR: usize = 4;
/// Largest window of a zstd frame, as a power of two: 16 MiB. A larger one is a way to make us allocate memory.
const ZSTD_WINDOW_LOG_MAX: u32 = 24;

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// gzip (RFC 1952), also of several members.
    Gzip,
    /// Zstandard (RFC 8878).
    Zstd,
}

impl Encoding {
    /// From the `Content-Encoding` header.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let text = match (values.next(), values.next()) {
            (None, _) => return Ok(Self::Identity),
            (Some(value), None) => String::from_utf8_lossy(value.as_bytes()).trim().to_ascii_lowercase(),
            (Some(_), Some(_)) => "more than one encoding".to_owned(),
        };
        match text.as_str() {
            "" | "identity" => Ok(Self::Identity),
            "gzip" | "x-gzip" => Ok(Self::Gzip),
            "zstd" => Ok(Self::Zstd),
            _ => Err(ApiError::new(
                ErrorCode::UnsupportedEncoding,
                format!("content encoding \"{text}\" is not known here; send gzip, zstd or no compression"),
            )),
        }
    }

    /// Undoes the compression. A result beyond `max` bytes is an error as soon as it is reached, however much
    /// more would follow. Computes; call it off the async threads for large bodies.
    pub fn decode(self, body: Bytes, max: usize) -> Result<Bytes, ApiError> {
        match self {
            Self::Identity => Ok(body),
            Self::Gzip => bounded(flate2::read::MultiGzDecoder::new(&body[..]), body.len(), max, "gzip"),
            Self::Zstd => {
                let mut decoder =
                    zstd::stream::read::Decoder::with_buffer(&body[..]).map_err(ApiError::internal)?;
                decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(ApiError::internal)?;
                bounded(decoder, body.len(), max, "zstd")
            }
        }
    }
}

fn bounded(decoder: impl Read, compressed: usize, max: usize, name: &str) -> Result<Bytes, ApiError> {
    let mut decoded = Vec::with_capacity(compressed.saturating_mul(4).min(max));
    decoder.take(max as u64 + 1).read_to_end(&mut decoded).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidBody,
            format!("the {name} compression of the body is damaged: {error}"),
        )
    })?;
    if decoded.len() > max {
        return Err(too_large(max, " after decompression"));
    }
    Ok(decoded.into())
}

/// Reads a body of at most `max` bytes.
pub async fn read(state: &AppState, headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, ApiError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|bytes: usize| bytes > max.saturating_mul(DISCARD_FACTOR)) {
        return Err(too_large(max, ""));
    }
    let _room = state.body_room(announced.unwrap_or(max).min(max)).await?;
    let collected = tokio::time::timeout(BODY_TIME_MAX, collect(body, max)).await;
    collected.unwrap_or_else(|_| Err(of_status(axum::http::StatusCode::REQUEST_TIMEOUT)))
}

async fn collect(body: Body, max: usize) -> Result<Bytes, ApiError> {
    let mut pieces = body.into_data_stream();
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    let mut seen = 0;
    loop {
        let next = tokio::time::timeout(BODY_PAUSE_MAX, pieces.next()).await;
        let next = next.map_err(|_| of_status(axum::http::StatusCode::REQUEST_TIMEOUT))?;
        let Some(piece) = next else { break };
        let piece = piece.map_err(|error| {
            ApiError::new(ErrorCode::InvalidBody, "the body ended early").caused_by(error)
        })?;
        seen += piece.len();
        if seen > max.saturating_mul(DISCARD_FACTOR) {
            break;
        }
        // Small bodies arrive in one piece and need no copy.
        if seen == piece.len() {
            first = piece;
        } else if seen <= max {
            if all.is_empty() {
                all.extend_from_slice(&first);
            }
            all.extend_from_slice(&piece);
        }
    }
    if seen > max {
        return Err(too_large(max, ""));
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

fn too_large(max: usize, when: &str) -> ApiError {
    ApiError::new(
        ErrorCode::BodyTooLarge,
        format!(
            "the body is larger than {max} bytes{when}, which is the limit of one call; nothing of it was stored"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Bytes {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap().into()
    }

    #[test]
    fn both_compressions_are_undone_also_of_several_frames() {
        let text = b"{\"action\":\"a.b\"}\n".repeat(100);
        let two = [&gzip(&text[..50])[..], &gzip(&text[50..])].concat();
        assert_eq!(Encoding::Gzip.decode(two.into(), 10_000).unwrap(), text);
        let two =
            [zstd::encode_all(&text[..50], 3).unwrap(), zstd::encode_all(&text[50..], 3).unwrap()].concat();
        assert_eq!(Encoding::Zstd.decode(two.into(), 10_000).unwrap(), text);
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let zeros = vec![b' '; 10_000_000];
        for (encoding, bomb) in [
            (Encoding::Gzip, gzip(&zeros)),
            (Encoding::Zstd, zstd::encode_all(&zeros[..], 19).unwrap().into()),
        ] {
            assert!(bomb.len() < 20_000, "{encoding:?}");
            assert_eq!(encoding.decode(bomb.clone(), 999_999).unwrap_err().code(), ErrorCode::BodyTooLarge);
            assert_eq!(encoding.decode(bomb, 10_000_000).unwrap().len(), 10_000_000);
        }
    }

    #[test]
    fn damage_is_an_error_of_the_body() {
        let whole = gzip(b"hello hello hello");
        for damaged in [whole.slice(..whole.len() - 3), Bytes::from_static(b"not gzip at all")] {
            let error = Encoding::Gzip.decode(damaged.clone(), 1_000).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidBody);
            assert_eq!(Encoding::Zstd.decode(damaged, 1_000).unwrap_err().code(), ErrorCode::InvalidBody);
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        let mut headers = HeaderMap::new();
        assert_eq!(Encoding::of(&headers).unwrap(), Encoding::Identity);
        for (text, expected) in [("GZIP", Some(Encoding::Gzip)), ("zstd", Some(Encoding::Zstd)), ("br", None)]
        {
            headers.insert(header::CONTENT_ENCODING, text.parse().unwrap());
            assert_eq!(Encoding::of(&headers).ok(), expected, "{text}");
        }
        headers.append(header::CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(Encoding::of(&headers).unwrap_err().code(), ErrorCode::UnsupportedEncoding);
    }
}
