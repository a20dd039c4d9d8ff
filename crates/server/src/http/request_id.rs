//! Request ids: taken from the caller if sane, else made here; in every answer, every error and the log.

use std::{future::Future, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

use crate::state::AppState;

/// The header, in both directions.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Characters of a caller's request id at most; longer ones are replaced.
pub const REQUEST_ID_CHARS_MAX: usize = 128;

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// The id of the request being answered, or `-` outside of one.
pub fn current() -> String {
    CURRENT.try_with(ToString::to_string).unwrap_or_else(|_| "-".to_owned())
}

/// Takes the id along into a task that goes on by itself.
pub fn carried<F: Future>(future: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(current().into(), future)
}

/// Gives the request its id and the answer its header.
pub async fn layer(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let given = request.headers().get(&HEADER).and_then(|value| value.to_str().ok()).filter(|id| is_sane(id));
    let id: Arc<str> = match given {
        Some(id) => id.into(),
        None => state.new_request_id().into(),
    };
    let mut response = CURRENT.scope(Arc::clone(&id), next.run(request)).await;
    let value = HeaderValue::from_str(&id).expect("printable ASCII, by is_sane or as made");
    response.headers_mut().insert(HEADER, value);
    response
}

fn is_sane(id: &str) -> bool {
    !id.is_empty() && id.len() <= REQUEST_ID_CHARS_MAX && id.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_printable_ids_are_taken_over() {
        assert!(is_sane("req_01-a/b:c"));
        for bad in ["", "a b", "a\nb", "ä", &"x".repeat(REQUEST_ID_CHARS_MAX + 1)] {
            assert!(!is_sane(bad), "{bad}");
        }
    }
}
