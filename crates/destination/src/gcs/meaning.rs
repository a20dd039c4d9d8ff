//! What Cloud Storage means by an answer: <https://cloud.google.com/storage/docs/json_api/v1/status-codes>.

use crate::Outcome;
use crate::http::Response;

/// What an answer means. An object is bytes to a store: nothing in an event makes it refuse one.
pub(super) fn meaning(response: &Response) -> Outcome {
    let retry = Outcome::Retry { after: response.retry_after };
    match response.status {
        200..=299 => Outcome::Delivered,
        413 => Outcome::Split,
        408 | 429 | 500.. => retry,
        403 if is_too_fast(response) => retry,
        _ => Outcome::Misconfigured,
    }
}

/// Limits of rates come as 403, too.
fn is_too_fast(response: &Response) -> bool {
    matches!(reason(response).as_deref(), Some("rateLimitExceeded" | "userRateLimitExceeded"))
}

/// The reason of the first error; none if the answer has none.
fn reason(response: &Response) -> Option<String> {
    let error = response.json()?;
    error["error"]["errors"][0]["reason"].as_str().map(str::to_owned)
}

/// What is shown of an answer; none if it is not one of Google's. Not yet without secrets.
pub(super) fn detail(response: &Response) -> Option<String> {
    let error = response.json()?;
    let message = error["error"]["message"].as_str()?;
    let reason = reason(response).unwrap_or_else(|| response.status.to_string());
    let hint = match response.status {
        401 => "; the key of the service account may be deleted or disabled",
        403 if !is_too_fast(response) => {
            "; the service account needs storage.objects.create on the bucket, as in Storage Object Creator"
        }
        404 => "; check the bucket's name",
        _ => "",
    };
    Some(format!("{reason}: {message}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, reason: &str) -> Response {
        let error = serde_json::json!({ "error": { "code": status, "message": "So it is.", "errors": [{ "reason":
            reason }] } });
        Response { status, body: error.to_string().into(), ..Response::default() }
    }

    #[test]
    fn statuses_mean_what_google_says() {
        let retry = Outcome::Retry { after: None };
        for (status, reason, expected) in [
            (200, "", Outcome::Delivered),
            (408, "", retry.clone()),
            (429, "rateLimitExceeded", retry.clone()),
            (403, "userRateLimitExceeded", retry.clone()),
            (503, "backendError", retry),
            (413, "uploadTooLarge", Outcome::Split),
            (400, "invalid", Outcome::Misconfigured),
            (401, "authError", Outcome::Misconfigured),
            (403, "forbidden", Outcome::Misconfigured),
            (404, "notFound", Outcome::Misconfigured),
        ] {
            assert_eq!(meaning(&response(status, reason)), expected, "{status} {reason}");
        }
        assert!(detail(&response(403, "forbidden")).unwrap().contains("storage.objects.create"));
        assert_eq!(detail(&Response { status: 502, body: "oops".into(), ..Response::default() }), None);
    }
}
