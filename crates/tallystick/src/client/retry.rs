//! When a call is made again, and how long to wait before.

use std::{future::Future, time::Duration};

use tallystick_event::Random as _;

use super::ClientError;
use crate::system::OsRandom;

/// Times a call is made at most.
const ATTEMPTS_MAX: u32 = 8;
/// The first wait; each next one is twice as long.
const WAIT_MIN: Duration = Duration::from_millis(100);
/// The longest wait that we choose ourselves.
const WAIT_MAX: Duration = Duration::from_secs(5);
/// The longest wait that we let the service choose.
const WAIT_ASKED_MAX: Duration = Duration::from_secs(30);

/// Makes a call until it succeeds, cannot succeed, or was made often enough.
pub(super) async fn repeatedly<T, F>(is_repeatable: bool, call: impl Fn() -> F) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    with_waits(is_repeatable, wait, call).await
}

async fn with_waits<T, F>(
    is_repeatable: bool,
    wait: impl Fn(u32, &ClientError) -> Duration,
    call: impl Fn() -> F,
) -> Result<T, ClientError>
where
    F: Future<Output = Result<T, ClientError>>,
{
    let mut attempt = 0;
    loop {
        attempt += 1;
        match call().await {
            Err(error) if attempt < ATTEMPTS_MAX && may_help(&error, is_repeatable) => {
                tokio::time::sleep(wait(attempt, &error)).await;
            }
            result => return result,
        }
    }
}

fn may_help(error: &ClientError, is_repeatable: bool) -> bool {
    match error {
        // A connection that was never made has done nothing.
        ClientError::Unreachable { source, .. } => is_repeatable && !source.is_connect(),
        ClientError::Refused(problem) => match problem.code.as_str() {
            // Nothing was done in these cases.
            "overloaded" | "request_timeout" | "too_many_failures" => true,
            "catalog_unavailable" => is_repeatable,
            _ => false,
        },
        ClientError::Foreign { status, .. } => is_repeatable && matches!(status.as_u16(), 502..=504),
        ClientError::Answer { .. } => false,
    }
}

/// Twice as long each time, as long as the service asks for at least, and a little different for each caller, so
/// that those who were refused together do not come back together.
fn wait(attempt: u32, error: &ClientError) -> Duration {
    let ours = WAIT_MIN.saturating_mul(1 << (attempt - 1).min(16)).min(WAIT_MAX);
    let asked = match error {
        ClientError::Refused(problem) => problem.retry_after.unwrap_or_default().min(WAIT_ASKED_MAX),
        _ => Duration::ZERO,
    };
    let mut dice = [0; 1];
    OsRandom.fill(&mut dice);
    ours.max(asked).mul_f64(1.0 + f64::from(dice[0]) / 512.0)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::client::Problem;

    fn refused(code: &str) -> ClientError {
        let json = serde_json::json!({"title": "t", "status": 503, "code": code});
        ClientError::Refused(Box::new(serde_json::from_value::<Problem>(json).unwrap()))
    }

    #[tokio::test]
    async fn calls_are_repeated_while_it_may_help() {
        for (code, repeatable, expected) in [
            ("overloaded", false, ATTEMPTS_MAX),
            ("catalog_unavailable", true, ATTEMPTS_MAX),
            ("catalog_unavailable", false, 1),
            ("log_halted", true, 1),
            ("forbidden", true, 1),
        ] {
            let made = AtomicU32::new(0);
            let outcome: Result<(), _> = with_waits(
                repeatable,
                |_, _| Duration::ZERO,
                || async {
                    made.fetch_add(1, Ordering::Relaxed);
                    Err(refused(code))
                },
            )
            .await;
            assert!(outcome.is_err());
            assert_eq!(made.load(Ordering::Relaxed), expected, "{code}");
        }
    }

    #[test]
    fn waits_grow_up_to_a_bound_and_follow_the_service() {
        let mut error = refused("overloaded");
        assert!(wait(1, &error) < wait(3, &error));
        assert!(wait(60, &error) <= WAIT_MAX.mul_f64(1.5));
        if let ClientError::Refused(problem) = &mut error {
            problem.retry_after = Some(Duration::from_secs(7));
        }
        assert!(wait(1, &error) >= Duration::from_secs(7));
    }
}
