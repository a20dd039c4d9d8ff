//! Batches to the service, a few at a time, and what becomes of each event to the report.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _, future::BoxFuture, stream};
use tokio::sync::mpsc;

use super::{batch::Batch, report::Report};
use crate::client::{Accepted, Call, Client, ClientError, Problem, Written};

/// Calls under way at the same time. One would leave the service idle while its answer travels.
const CALLS_MAX: usize = 4;
/// Batches that wait to be sent.
pub(super) const BATCHES_WAITING_MAX: usize = 4;
/// Events of a call whose every refusal fits into one answer.
const LISTED_EVENTS_MAX: usize = 20;

/// Why uploading ended early.
enum Failure {
    Client(ClientError),
    /// A bad record under `--strict`; it is listed.
    Strict,
}

/// Sends everything that comes.
pub(super) async fn upload(
    client: &Client,
    batches: mpsc::Receiver<Batch>,
    report: &Arc<Report>,
) -> anyhow::Result<()> {
    let incoming = stream::unfold(batches, |mut batches| async move {
        let batch = batches.recv().await?;
        Some((Ok(batch), batches))
    });
    let sent = incoming
        .map(|batch: Result<Batch, Failure>| async move { send(client, batch?, report).await })
        .buffered(CALLS_MAX)
        .try_for_each(|()| async { Ok(()) })
        .await;
    match sent {
        Ok(()) | Err(Failure::Strict) => Ok(()),
        Err(Failure::Client(error)) => Err(error.into()),
    }
}

/// Sends one batch; in smaller pieces where the service cannot answer for it as a whole. Boxed because it calls itself.
fn send<'a>(client: &'a Client, batch: Batch, report: &'a Arc<Report>) -> BoxFuture<'a, Result<(), Failure>> {
    Box::pin(async move {
        // Every event has an idempotency key, so a repeated call stores nothing twice.
        let call = Call::post("/v1/events", batch.body())
            .header("content-type", "application/x-ndjson")
            .query("partial", "true")
            .repeatable();
        let pieces = match client.json::<Accepted>(&call).await {
            Ok(accepted) => return tell(&batch, &accepted.events, report),
            Err(ClientError::Refused(problem)) => match problem.code.as_str() {
                "body_too_large" | "too_many_events" if batch.len() > 1 => {
                    batch.split(batch.len().div_ceil(2))
                }
                "invalid_event" if concerns_all(&problem) => {
                    return Err(Failure::Client(ClientError::Refused(problem)));
                }
                // None of the events could be stored. Few enough of them, and the answer has every reason.
                "invalid_event" if batch.len() <= LISTED_EVENTS_MAX => {
                    return tell_refused(&batch, &problem, report);
                }
                "invalid_event" => batch.split(LISTED_EVENTS_MAX),
                "body_too_large" => return tell_refused(&batch, &problem, report),
                _ => return Err(Failure::Client(ClientError::Refused(problem))),
            },
            Err(error) => return Err(Failure::Client(error)),
        };
        for piece in pieces {
            send(client, piece, report).await?;
        }
        Ok(())
    })
}

/// Whether the reason has nothing to do with the records: it would be the same for all that follow.
fn concerns_all(problem: &Problem) -> bool {
    let about_org =
        |code: &str| matches!(code, "org_not_found" | "org_archived" | "org_reserved" | "wrong_org");
    !problem.errors.is_empty() && problem.errors.iter().all(|detail| about_org(&detail.code))
}

fn tell(batch: &Batch, written: &[Written], report: &Report) -> Result<(), Failure> {
    let duplicates = written.iter().filter(|one| one.duplicate).count();
    let refused = written.iter().filter(|one| one.error.is_some()).count();
    report.written((written.len() - refused - duplicates) as u64, duplicates as u64);
    for (one, place) in written.iter().zip(batch.places()) {
        let Some(error) = &one.error else { continue };
        let reasons: Vec<_> = error.errors.iter().map(ToString::to_string).collect();
        let why = if reasons.is_empty() { error.code.clone() } else { reasons.join("; ") };
        report.bad(place, &why).map_err(|_| Failure::Strict)?;
    }
    Ok(())
}

fn tell_refused(batch: &Batch, problem: &Problem, report: &Report) -> Result<(), Failure> {
    for (index, place) in batch.places().iter().enumerate() {
        let start = format!("/{index}/");
        let whole = format!("/{index}");
        let reasons: Vec<_> = problem
            .errors
            .iter()
            .filter(|detail| detail.path.starts_with(&start) || detail.path == whole)
            .map(|detail| {
                let path = detail.path.strip_prefix(&whole).unwrap_or_default();
                format!("{path}: {} ({})", detail.message, detail.code)
            })
            .collect();
        let why = if reasons.is_empty() { problem.detail.clone() } else { reasons.join("; ") };
        report.bad(place, why.trim_start_matches(": ")).map_err(|_| Failure::Strict)?;
    }
    Ok(())
}
