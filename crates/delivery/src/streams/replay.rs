//! Dead letters that somebody wants to have sent again. They go out of order, when nothing else of the stream is on its
//! way.

use std::sync::Arc;

use tallystick_catalog::{DeadLetter, NewDeadLetter, ReplayEnd, StreamHealthChange, StreamState};
use tallystick_destination::{Answer, Batch, Outcome};
use tallystick_event::OrgId;

use super::{
    limits::REPLAY_EVENTS_MAX,
    piece::{Piece, outcome_name},
    reader::Scan,
    send::{Halt, Pause, Work},
};

/// Why an event is a dead letter that is not in its log any more.
const MISSING: &str = "missing";

/// Sends all that wait again. What fails for now is tried again as everything else is.
pub(crate) async fn replay(work: &Work) -> Result<(), Halt> {
    loop {
        let id = &work.plan.stream.id;
        let waiting = work.insist(|| work.catalog().dead_letters_to_replay(id, REPLAY_EVENTS_MAX)).await?;
        let Some(org) = waiting.first().map(|letter| letter.org.clone()) else { return Ok(()) };
        let of_one: Vec<DeadLetter> = waiting.into_iter().take_while(|letter| letter.org == org).collect();
        let most = work.plan.kind.shape.events_max.max(1);
        for letters in of_one.chunks(most) {
            one(work, &org, letters).await?;
        }
    }
}

async fn one(work: &Work, org: &OrgId, letters: &[DeadLetter]) -> Result<(), Halt> {
    let key: Arc<[u8]> = work.mask_key(org).await?;
    let seqs: Vec<u64> = letters.iter().map(|letter| letter.letter.seq).collect();
    let wanted = seqs.clone();
    let scan = match work.read(org, &key, move |reader| reader.singles(&wanted)).await {
        Ok(scan) => scan,
        // They wait until the log can be read: its lane says so.
        Err(error) => {
            let fault = work.fault("log_unreadable", None, format!("the log of {org}: {error}"));
            work.failed(StreamState::Error, fault, Pause::Mend).await?;
            return work.wait_for_turn().await;
        }
    };
    let mut refused = refused_already(&scan, letters);
    let log = work.engine.log_of(org).map(|log| work.engine.proofs().origin(log)).unwrap_or_default();
    let mut waiting = split_by_size(work, scan, org, &log);
    if waiting.is_empty() {
        let empty = Piece::of(Scan::from(seqs[0]), &work.plan, org.as_str(), log);
        let tried = empty.tried(&Answer::plain(Outcome::Refused), work.now_ms(), 0);
        return end(work, ReplayEnd { refused, ..replay_end(work, org, tried) }).await;
    }
    while let Some(mut piece) = waiting.pop() {
        work.wait_for_turn().await?;
        let (answer, started_ms, took_ms) = work.exchange(&mut piece.batch).await;
        let tried = piece.tried(&answer, started_ms, took_ms);
        let mut over = ReplayEnd { refused: std::mem::take(&mut refused), ..replay_end(work, org, tried) };
        let seqs = |batch: &Batch| batch.records.iter().map(|record| record.seq).collect::<Vec<u64>>();
        match &answer.outcome {
            Outcome::Delivered => over.arrived = seqs(&piece.batch),
            Outcome::Partial { rejected, again } => {
                over.refused.extend(piece.refused(rejected, answer.status));
                let all = seqs(&piece.batch);
                let is_over =
                    |index: &usize| !again.contains(index) && rejected.iter().all(|one| one.index != *index);
                over.arrived = (0..all.len()).filter(is_over).map(|index| all[index]).collect();
                if again.len() >= all.len() {
                    over.health = Some(failure(work, &answer).await);
                }
            }
            Outcome::Split | Outcome::Refused if piece.batch.records.len() > 1 => {
                let (left, right) = halves(work, piece);
                waiting.extend([right, left]);
            }
            Outcome::Split | Outcome::Refused => over.refused.extend(piece.last_one_refused(&answer)),
            Outcome::Retry { .. } | Outcome::Misconfigured | Outcome::Gone => {
                over.health = Some(failure(work, &answer).await);
                waiting.push(piece);
            }
        }
        if !over.arrived.is_empty() {
            over.health = Some(StreamHealthChange::Well);
        }
        end(work, over).await?;
        if answer.outcome == Outcome::Gone {
            return Err(Halt::Gone);
        }
    }
    Ok(())
}

/// What cannot be sent: what no format can hold, and what is not in the log any more.
fn refused_already(scan: &Scan, letters: &[DeadLetter]) -> Vec<NewDeadLetter> {
    let mut refused = scan.letters.clone();
    for letter in letters {
        let is_there = scan.records.iter().any(|record| record.seq == letter.letter.seq)
            || refused.iter().any(|one| one.seq == letter.letter.seq);
        if !is_there {
            let (reason, excerpt) = (MISSING.to_owned(), String::new());
            refused.push(NewDeadLetter { reason, status: None, excerpt, ..letter.letter.clone() });
        }
    }
    refused
}

fn replay_end<'a>(work: &'a Work, org: &'a OrgId, attempt: tallystick_catalog::TriedBatch) -> ReplayEnd<'a> {
    ReplayEnd {
        stream: &work.plan.stream.id,
        generation: work.plan.stream.generation,
        org,
        attempt,
        arrived: Vec::new(),
        refused: Vec::new(),
        health: None,
    }
}

async fn end(work: &Work, end: ReplayEnd<'_>) -> Result<(), Halt> {
    if !work.insist(|| work.catalog().end_replay(&end)).await? {
        return Err(Halt::Stale);
    }
    work.host.tried(&work.plan.stream, &end.attempt);
    if end.health == Some(StreamHealthChange::Well)
        && let Some(happening) = work.hold.well()
    {
        work.tell(&happening).await;
    }
    work.progress.changed();
    Ok(())
}

async fn failure(work: &Work, answer: &Answer) -> StreamHealthChange {
    let (state, pause) = match answer.outcome {
        Outcome::Misconfigured => (StreamState::Invalid, Pause::Mend),
        Outcome::Gone => (StreamState::Inactive, Pause::Never),
        Outcome::Retry { after } => (StreamState::Error, Pause::Retry(after)),
        _ => (StreamState::Error, Pause::Retry(None)),
    };
    let fault = work.fault(outcome_name(&answer.outcome), answer.status, answer.detail.clone());
    work.failure(state, fault, pause).await
}

/// Single events as pieces, the first one last, none with more bytes than the destination takes.
fn split_by_size(work: &Work, scan: Scan, org: &OrgId, log: &str) -> Vec<Piece> {
    let mut pieces: Vec<Scan> = Vec::new();
    for record in scan.records {
        let size = record.bytes.len();
        match pieces.last_mut() {
            Some(last) if last.bytes + size <= work.plan.kind.shape.bytes_max => {
                last.bytes += size;
                last.end_seq = record.seq + 1;
                last.records.push(record);
            }
            _ => {
                let mut one = Scan { bytes: size, ..Scan::from(record.seq) };
                one.end_seq = record.seq + 1;
                one.records.push(record);
                pieces.push(one);
            }
        }
    }
    let piece = |scan: Scan| {
        let mut piece = Piece::of(scan, &work.plan, org.as_str(), log.to_owned());
        piece.batch.id = work.plan.part_id(&piece.batch);
        piece
    };
    pieces.into_iter().rev().map(piece).collect()
}

/// Halves of single events are single events.
fn halves(work: &Work, piece: Piece) -> (Piece, Piece) {
    let (mut left, mut right) = piece.halves(&work.plan);
    for half in [&mut left, &mut right] {
        half.batch.id = work.plan.part_id(&half.batch);
    }
    (left, right)
}
