//! What Azure means by an answer: <https://learn.microsoft.com/rest/api/storageservices/blob-service-error-codes>.

use crate::Outcome;
use crate::http::Response;
use crate::object::said;

/// The code: in the head, or in the body.
fn code(response: &Response) -> String {
    let header =
        response.headers.get("x-ms-error-code").and_then(|code| code.to_str().ok()).map(str::to_owned);
    header.or_else(|| said(response).map(|(code, _)| code)).unwrap_or_default()
}

/// Whether there is a blob of that name, and nothing was written. Signatures that may only create are told so by 403.
pub(super) fn is_there(response: &Response) -> bool {
    matches!(
        (response.status, code(response).as_str()),
        (409, "BlobAlreadyExists" | "BlobImmutableDueToPolicy")
            | (412, "ConditionNotMet" | "")
            | (403, "UnauthorizedBlobOverwrite")
    )
}

/// What an answer means. An object is bytes to a store: nothing in an event makes it refuse one.
pub(super) fn meaning(response: &Response) -> Outcome {
    let retry = Outcome::Retry { after: response.retry_after };
    match (response.status, code(response).as_str()) {
        (200..=299, _) => Outcome::Delivered,
        (413, _) => Outcome::Split,
        // 501 stays as it is however often it is asked.
        (408 | 429 | 500 | 502.., _)
        // Bytes were changed on their way; somebody deletes the container, and may make it again.
        | (_, "Md5Mismatch" | "OperationTimedOut" | "ContainerBeingDeleted" | "SnapshotOperationRateExceeded") => retry,
        _ => Outcome::Misconfigured,
    }
}

/// Whether that is all that is wrong: who we are is right, and may not do this.
pub(super) fn is_only_forbidden(response: &Response) -> bool {
    let codes = [
        "AuthorizationPermissionMismatch",
        "AuthorizationResourceTypeMismatch",
        "InsufficientAccountPermissions",
    ];
    response.status == 403 && codes.contains(&code(response).as_str())
}

/// What is shown of an answer; none if it is not one of Azure's. Not yet without secrets.
pub(super) fn detail(response: &Response) -> Option<String> {
    let code = code(response);
    if code.is_empty() {
        return None;
    }
    let message = said(response).map(|(_, message)| message).unwrap_or_default();
    // The lines after the first name the request and the time.
    let message = message.lines().next().unwrap_or_default();
    let hint = match code.as_str() {
        "AuthenticationFailed" => {
            "; the SAS token or the account key is wrong or over, or the clock of this machine is"
        }
        "AuthorizationPermissionMismatch" => "; the SAS token needs the permissions Create and Write",
        "AuthorizationFailure" => "; the account's firewall may not let this machine in",
        "KeyBasedAuthenticationNotPermitted" => "; the account allows no account keys",
        "ContainerNotFound" => "; check the container's name",
        _ => "",
    };
    Some(format!("{code}: {message}{hint}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, code: &str) -> Response {
        let mut response = Response { status, ..Response::default() };
        if !code.is_empty() {
            response.headers.insert("x-ms-error-code", code.parse().unwrap());
        }
        response
    }

    #[test]
    fn codes_mean_what_microsoft_says() {
        let retry = Outcome::Retry { after: None };
        for (status, code, expected) in [
            (201, "", Outcome::Delivered),
            (500, "InternalError", retry.clone()),
            (503, "ServerBusy", retry.clone()),
            (500, "OperationTimedOut", retry.clone()),
            (400, "Md5Mismatch", retry.clone()),
            (409, "ContainerBeingDeleted", retry),
            (413, "RequestBodyTooLarge", Outcome::Split),
            (403, "AuthenticationFailed", Outcome::Misconfigured),
            (404, "ContainerNotFound", Outcome::Misconfigured),
            (400, "InvalidHeaderValue", Outcome::Misconfigured),
        ] {
            assert_eq!(meaning(&response(status, code)), expected, "{status} {code}");
        }
        for (status, code) in
            [(409, "BlobAlreadyExists"), (412, "ConditionNotMet"), (403, "UnauthorizedBlobOverwrite")]
        {
            assert!(is_there(&response(status, code)), "{code}");
        }
        assert!(
            !is_there(&response(409, "ContainerBeingDeleted"))
                && !is_there(&response(403, "AuthenticationFailed"))
        );
    }

    #[test]
    fn the_body_says_more_than_the_head() {
        let body = "<Error><Code>ContainerNotFound</Code><Message>It is not \
            there.\nRequestId:1\nTime:2</Message></Error>";
        let answer = Response { status: 404, body: body.into(), ..Response::default() };
        assert_eq!(
            detail(&answer).unwrap(),
            "ContainerNotFound: It is not there.; check the container's name"
        );
        assert_eq!(detail(&response(502, "")), None);
    }
}
