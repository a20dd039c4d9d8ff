//! Query parameters: unknown names and malformed values are errors that name the parameter and the remedy.

use std::str::FromStr;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::json::nearest;
use crate::error::{ApiError, ErrorCode, ErrorDetail};

/// The raw query parameters of a request, taken out one by one; [`Params::end`] refuses what is left.
#[derive(Debug, Clone, Default)]
pub struct Params {
    left: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let left = serde_urlencoded::from_str(query).map_err(|error| {
            ApiError::new(ErrorCode::InvalidParameter, format!("the query string is malformed: {error}"))
        })?;
        Ok(Self { left, known: Vec::new() })
    }
}

impl Params {
    /// The value of a parameter; an empty one counts as absent. A parameter may be given once.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, ApiError> {
        self.known.push(name);
        let mut found = None;
        let mut twice = false;
        self.left.retain_mut(|(key, value)| {
            if key != name {
                return true;
            }
            twice |= found.is_some();
            found = Some(std::mem::take(value));
            false
        });
        if twice {
            return Err(invalid(name, "it is given more than once"));
        }
        Ok(found.filter(|value| !value.is_empty()))
    }

    /// The value of a parameter that somebody else will take.
    pub fn peek(&self, name: &str) -> Option<String> {
        self.left.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }

    /// A parameter with a type.
    pub fn parse<T: FromStr>(&mut self, name: &'static str, expected: &str) -> Result<Option<T>, ApiError> {
        match self.text(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(invalid(name, &format!("\"{text}\" is not {expected}"))),
            },
        }
    }

    /// A number within bounds, with a default.
    pub fn number(&mut self, name: &'static str, default: usize, max: usize) -> Result<usize, ApiError> {
        let expected = format!("a number from 1 to {max}");
        match self.parse::<usize>(name, &expected)? {
            None => Ok(default),
            Some(number) if (1..=max).contains(&number) => Ok(number),
            Some(number) => Err(invalid(name, &format!("{number} is not {expected}"))),
        }
    }

    /// A switch: `true` or `false`.
    pub fn switch(&mut self, name: &'static str) -> Result<bool, ApiError> {
        Ok(self.parse::<bool>(name, "true or false")?.unwrap_or(false))
    }

    /// Refuses parameters that nobody asked for: a mistyped `limti` must not be ignored.
    pub fn end(&self) -> Result<(), ApiError> {
        let Some((name, _)) = self.left.first() else { return Ok(()) };
        let hint = match nearest(name, self.known.iter().copied()) {
            Some(near) => format!("; did you mean \"{near}\"?"),
            _ if self.known.is_empty() => "; this call takes no parameters".to_owned(),
            _ => format!("; known are {}", self.known.join(", ")),
        };
        Err(invalid(name, &format!("there is no such parameter{hint}")))
    }
}

/// A parameter is wrong.
pub fn invalid(name: &str, why: &str) -> ApiError {
    ApiError::new(ErrorCode::InvalidParameter, format!("{name}: {why}")).with_errors(vec![ErrorDetail::new(
        name,
        ErrorCode::InvalidParameter.as_str(),
        why,
    )])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(pairs: &[(&str, &str)]) -> Params {
        let left = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Params { left, known: Vec::new() }
    }

    #[test]
    fn values_are_typed_and_bounded() {
        let mut good = params(&[("limit", "7"), ("q", ""), ("partial", "true")]);
        assert_eq!(good.number("limit", 50, 1_000).unwrap(), 7);
        assert_eq!(good.text("q").unwrap(), None);
        assert!(good.switch("partial").unwrap());
        good.end().unwrap();
        for bad in ["0", "1001", "-1", "x", "1.5"] {
            let error = params(&[("limit", bad)]).number("limit", 50, 1_000).unwrap_err();
            assert_eq!(error.code(), ErrorCode::InvalidParameter, "{bad}");
        }
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused_with_a_hint() {
        let mut mistyped = params(&[("limti", "7")]);
        assert_eq!(mistyped.number("limit", 50, 1_000).unwrap(), 50);
        let error = mistyped.end().unwrap_err();
        assert!(error.errors()[0].message.contains("did you mean \"limit\""), "{error:?}");
        assert!(params(&[("q", "a"), ("q", "b")]).text("q").is_err());
    }
}
