//! The only place where an error becomes an answer. What is for the caller and what is for the log are separate
//! fields, so that internals cannot leak by accident.

mod codes;
pub(crate) mod convert;

pub use codes::ErrorCode;

use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::http::request_id;

/// One place in the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ErrorDetail {
    /// JSON pointer into the body, or the name of the parameter.
    pub path: String,
    /// Stable code.
    pub code: String,
    /// What is wrong and what to do.
    pub message: String,
    /// For a query: start and end of the place, in UTF-16 code units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<[usize; 2]>,
    /// For a query: a change of the text that repairs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub fix: Option<serde_json::Value>,
}

impl ErrorDetail {
    /// A detail without span and fix.
    pub fn new(path: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), code: code.into(), message: message.into(), span: None, fix: None }
    }
}

/// `application/problem+json` (RFC 9457).
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same for every occurrence of the code.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// Stable code.
    pub code: String,
    /// What was wrong this time, and what to do.
    pub detail: String,
    /// If the stored log is not what was signed: how. `TAMPERED`, `MISSING` or `FORKED`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// The places that are wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<ErrorDetail>,
    /// Of this request; also in the answer's header and in the log.
    pub request_id: String,
}

/// An error on its way to the caller.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    detail: String,
    verdict: Option<&'static str>,
    errors: Vec<ErrorDetail>,
    /// Seconds after which it may be worth trying again, if it is at all.
    retry_after_s: u64,
    /// For the log only.
    internal: Option<String>,
}

impl ApiError {
    /// An error with a message for the caller.
    pub fn new(code: ErrorCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            verdict: None,
            errors: Vec::new(),
            retry_after_s: 1,
            internal: None,
        }
    }

    /// A fault of ours: the caller sees a fixed text, the log the cause.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        let told = "something went wrong on our side; the request id finds it in the service's log";
        Self::new(ErrorCode::Internal, told).caused_by(cause)
    }

    /// Adds the places that are wrong.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<ErrorDetail>) -> Self {
        self.errors = errors;
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = seconds;
        self
    }

    /// Says how the stored log is not what was signed.
    #[must_use]
    pub fn with_verdict(mut self, verdict: &'static str) -> Self {
        self.verdict = Some(verdict);
        self
    }

    /// Adds a cause for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.internal = Some(cause.to_string());
        self
    }

    /// The code.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Seconds after which it may be worth trying again, if it is at all.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.code.retryable().then_some(self.retry_after_s)
    }

    /// The sentence for the caller.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The error of the only entry of a list as that of the entry itself.
    #[must_use]
    pub fn of_only_entry(mut self) -> Self {
        for one in &mut self.errors {
            if let Some(rest) = one.path.strip_prefix("/0") {
                one.path = rest.to_owned();
            }
        }
        self
    }

    /// Its places as those of entry `index` of a list; one without places gets the entry itself.
    pub fn details_at(&self, index: usize) -> Vec<ErrorDetail> {
        let place = |one: &ErrorDetail| ErrorDetail { path: format!("/{index}{}", one.path), ..one.clone() };
        if self.errors.is_empty() {
            return vec![ErrorDetail::new(format!("/{index}"), self.code.as_str(), self.detail.clone())];
        }
        self.errors.iter().map(place).collect()
    }

    /// The places that are wrong.
    pub fn errors(&self) -> &[ErrorDetail] {
        &self.errors
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.code.status();
        let request_id = request_id::current();
        if let Some(cause) = &self.internal {
            tracing::error!(code = self.code.as_str(), %request_id, %cause, "request failed");
        }
        let problem = Problem {
            kind: format!("/docs/errors#{}", self.code.as_str()),
            title: self.code.title().to_owned(),
            status: status.as_u16(),
            code: self.code.as_str().to_owned(),
            detail: self.detail,
            verdict: self.verdict.map(str::to_owned),
            errors: self.errors,
            request_id,
        };
        let body = serde_json::to_vec(&problem).expect("a problem is plain data");
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        match self.code {
            ErrorCode::Unauthenticated | ErrorCode::ViewerTokenEnded => {
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            code if code.retryable() => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(self.retry_after_s));
            }
            _ => {}
        }
        response
    }
}
