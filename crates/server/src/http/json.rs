//! Small JSON bodies of administrative calls: unknown and repeated members are errors that name the remedy.

use axum::{Json, extract::Request, http::header};
use serde::de::DeserializeOwned;

use super::body;
use crate::{
    error::{ApiError, ErrorCode, ErrorDetail},
    state::AppState,
};

/// Bytes of such a body at most.
pub const JSON_BODY_BYTES_MAX: usize = 64 << 10;
/// From which likeness on a name is offered instead of an unknown one.
pub const LIKENESS_MIN: f64 = 0.7;

/// A body that is read with [`Body`]. The type must deny unknown fields.
pub trait Members: DeserializeOwned {
    /// The names of its members.
    const MEMBERS: &'static [&'static str];
}

/// The body of the request.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: Members> Body<T> {
    /// Reads it. Not an extractor: who may not ask is told so before the body is looked at.
    pub async fn read(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        if let Some(kind) = parts.headers.get(header::CONTENT_TYPE) {
            let kind = String::from_utf8_lossy(kind.as_bytes());
            if media_type(&kind) != "application/json" {
                return Err(ApiError::new(
                    ErrorCode::UnsupportedMediaType,
                    format!("content type \"{kind}\" is not taken here; send Content-Type: application/json"),
                ));
            }
        }
        let encoding = body::Encoding::of(&parts.headers)?;
        let bytes = body::read(state, &parts.headers, body, JSON_BODY_BYTES_MAX).await?;
        parse(&encoding.decode(bytes, JSON_BODY_BYTES_MAX)?).map(Body)
    }
}

/// The media type without its parameters, in lower case.
pub fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The word of `known` that `word` is most probably meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |name: &str| strsim::jaro(name, word);
    let near = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(near) > LIKENESS_MIN).then_some(near)
}

fn parse<T: Members>(bytes: &[u8]) -> Result<T, ApiError> {
    Json::<T>::from_bytes(bytes).map(|Json(body)| body).map_err(|rejection| {
        // What axum says first names no place; what serde says does.
        let text =
            std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
        explain::<T>(&text)
    })
}

fn explain<T: Members>(text: &str) -> ApiError {
    let quoted = |start: &str| text.split_once(start).and_then(|(_, rest)| rest.split('`').next());
    let (path, code, message) = if let Some(name) = quoted("unknown field `") {
        let hint = match nearest(name, T::MEMBERS.iter().copied()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("known are {}", T::MEMBERS.join(", ")),
        };
        (format!("/{name}"), "unknown_field", format!("there is no member \"{name}\"; {hint}"))
    } else if let Some(name) = quoted("duplicate field `") {
        (format!("/{name}"), "duplicate_member", format!("\"{name}\" is there twice"))
    } else if let Some(name) = quoted("missing field `") {
        (format!("/{name}"), "missing_field", format!("\"{name}\" is required"))
    } else if let Some((path, rest)) = text.split_once(": invalid type") {
        (
            format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
            "wrong_type",
            format!("invalid type{rest}"),
        )
    } else {
        (String::new(), "bad_json", text.to_owned())
    };
    let detail = ErrorDetail::new(path, code, message.clone());
    ApiError::new(ErrorCode::InvalidBody, message).with_errors(vec![detail])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        name: String,
        #[serde(default)]
        tags: Vec<String>,
    }

    impl Members for Sample {
        const MEMBERS: &'static [&'static str] = &["name", "tags"];
    }

    #[test]
    fn mistakes_are_named_with_their_remedy() {
        let good: Sample = parse(br#"{"name": "a", "tags": ["b"]}"#).unwrap();
        assert_eq!((good.name.as_str(), good.tags.len()), ("a", 1));
        for (body, path, code, part) in [
            (r#"{"nmae": "a"}"#, "/nmae", "unknown_field", "did you mean \"name\""),
            (r#"{"name": "a", "zzz": 1}"#, "/zzz", "unknown_field", "known are name, tags"),
            (r#"{"name": "a", "name": "b"}"#, "/name", "duplicate_member", "twice"),
            ("{}", "/name", "missing_field", "required"),
            (r#"{"name": 5}"#, "/name", "wrong_type", "string"),
            (r#"{"name": "a", "#, "", "bad_json", "EOF"),
            (r#"{"name": "\ud800"}"#, "", "bad_json", "hex escape"),
        ] {
            let error = parse::<Sample>(body.as_bytes()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidBody, "{body}");
            let found = &error.errors()[0];
            assert_eq!((found.path.as_str(), found.code.as_str()), (path, code), "{body}: {found:?}");
            assert!(found.message.contains(part), "{body}: {}", found.message);
        }
    }
}
