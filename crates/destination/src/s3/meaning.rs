//! What S3 means by an answer. Codes as in Amazon's list of error responses; other stores use the same.

use crate::Outcome;
use crate::http::Response;
use crate::object::{element, said};

/// Whether there is an object of that key, and nothing was written.
pub(super) fn is_there(response: &Response) -> bool {
    response.status == 412
}

/// Whether the store does not know what a header asks for.
pub(super) fn is_not_implemented(response: &Response) -> bool {
    response.status == 501
}

/// What an answer means. An object is bytes to a store: nothing in an event makes it refuse one.
pub(super) fn meaning(response: &Response) -> Outcome {
    let retry = Outcome::Retry { after: response.retry_after };
    let code = said(response).map(|(code, _)| code).unwrap_or_default();
    match (response.status, code.as_str()) {
        (200..=299, _) => Outcome::Delivered,
        (
            _,
            "SlowDown"
            | "ServiceUnavailable"
            | "InternalError"
            | "RequestTimeout"
            | "RequestLimitExceeded"
            | "TooManyRequests"
            | "ThrottlingException"
            | "OperationAborted"
            | "ConditionalRequestConflict"
            // Bytes were changed on their way.
            | "BadDigest"
            | "XAmzContentChecksumMismatch"
            | "IncompleteBody",
        )
        // 501 stays as it is however often it is asked.
        | (408 | 425 | 429 | 500 | 502.., _)
        | (409, "") => retry,
        (413, _) | (_, "EntityTooLarge") => Outcome::Split,
        _ => Outcome::Misconfigured,
    }
}

/// What is shown of an answer; none if it says nothing that S3 would say. Not yet without secrets.
pub(super) fn detail(response: &Response) -> Option<String> {
    let (code, message) = said(response)?;
    let hint = match code.as_str() {
        "AccessDenied" => {
            "; the key needs s3:PutObject on the objects, for a KMS key also kms:GenerateDataKey, with \
                           Object Lock also s3:PutObjectRetention"
        }
        "NoSuchBucket" => "; check the bucket's name and the endpoint",
        "InvalidAccessKeyId" => "; the access key id is not known there",
        "SignatureDoesNotMatch" => "; the secret access key does not belong to the access key id",
        "ExpiredToken" | "InvalidToken" | "TokenRefreshRequired" => "; the session token is over",
        "RequestTimeTooSkewed" | "RequestExpired" => "; the clock of this machine is wrong",
        _ => "",
    };
    let region =
        region(response).map(|region| format!("; the bucket's region is {region}")).unwrap_or_default();
    Some(format!("{code}: {message}{hint}{region}"))
}

/// The region that the store would have expected; none if it does not say or it was right.
fn region(response: &Response) -> Option<String> {
    if !matches!(response.status, 301 | 307 | 400) {
        return None;
    }
    let header = response.headers.get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    header.map(str::to_owned).or_else(|| element(&String::from_utf8_lossy(&response.body), "Region"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn response(status: u16, code: &str) -> Response {
        let body =
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>So it is.</Message></Error>");
        let retry_after = (status == 503).then_some(Duration::from_secs(7));
        Response { status, body: body.into(), retry_after, ..Response::default() }
    }

    #[test]
    fn codes_mean_what_amazon_says() {
        let retry = Outcome::Retry { after: None };
        for (status, code, expected) in [
            (200, "", Outcome::Delivered),
            (503, "SlowDown", Outcome::Retry { after: Some(Duration::from_secs(7)) }),
            (500, "InternalError", retry.clone()),
            (400, "RequestTimeout", retry.clone()),
            (400, "BadDigest", retry.clone()),
            (409, "ConditionalRequestConflict", retry.clone()),
            (429, "", retry),
            (400, "EntityTooLarge", Outcome::Split),
            (413, "", Outcome::Split),
            (403, "AccessDenied", Outcome::Misconfigured),
            (403, "InvalidAccessKeyId", Outcome::Misconfigured),
            (400, "ExpiredToken", Outcome::Misconfigured),
            (404, "NoSuchBucket", Outcome::Misconfigured),
            (301, "PermanentRedirect", Outcome::Misconfigured),
            (409, "InvalidBucketState", Outcome::Misconfigured),
            (501, "NotImplemented", Outcome::Misconfigured),
        ] {
            assert_eq!(meaning(&response(status, code)), expected, "{status} {code}");
        }
        assert!(is_there(&response(412, "PreconditionFailed")) && !is_there(&response(409, "")));
    }

    #[test]
    fn a_wrong_region_is_named() {
        let mut wrong = response(301, "PermanentRedirect");
        wrong.headers.insert("x-amz-bucket-region", "eu-west-1".parse().unwrap());
        let shown = detail(&wrong).unwrap();
        assert_eq!(shown, "PermanentRedirect: So it is.; the bucket's region is eu-west-1");
        assert!(
            detail(&response(403, "SignatureDoesNotMatch"))
                .unwrap()
                .contains("secret access key does not belong")
        );
        assert_eq!(detail(&Response { status: 502, body: "oops".into(), ..Response::default() }), None);
    }
}
