//! One log of one stream: from what is read to what has arrived, batch by batch.

use std::sync::Arc;

use tallystick_catalog::{
    NewDeadLetter, StreamCursor, StreamGap, StreamHealthChange, StreamState, StreamStep, TriedBatch,
};
use tallystick_destination::{Answer, Outcome};
use tallystick_engine::ReadError;
use tallystick_event::OrgId;
use tokio_util::task::AbortOnDropHandle;

use super::{
    backoff,
    host::{ACTION_PREFIX, Happening},
    limits::{LINGER_LOOK_MS, SKIP_NOTE_MS, TURN_BATCHES},
    piece::{Piece, outcome_name},
    reader::Scan,
    send::{Halt, Pause, Work},
};

/// Where a stream is in one log. Outside of steps it agrees with the catalog.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) org: OrgId,
    next_seq: u64,
    in_flight_last: Option<u64>,
    /// What was found behind the cursor and is not ripe.
    pending: Option<Scan>,
    /// When the cursor was last moved over events that do not match.
    skip_noted_ms: i64,
    key: Option<Arc<[u8]>>,
    /// How often in a row the log could not be read.
    pub(crate) unreadable: u64,
}

/// How a turn ended.
#[derive(Debug)]
pub(crate) enum Rest {
    /// There is nothing to do until the log grows, or until then.
    Idle(Option<i64>),
    /// There may be more.
    More,
}

enum Ripe {
    Ready(Scan),
    Wait(Option<i64>),
}

/// What an answer means for a piece.
enum Settled {
    /// It goes out again, or what is left of it.
    Again(Piece),
    /// It goes out in two halves.
    Cut(Piece, Piece),
    /// It is over.
    Done(Arrived),
}

/// What became of a piece.
#[derive(Default)]
struct Arrived {
    attempt: Option<TriedBatch>,
    delivered: u64,
    letters: Vec<NewDeadLetter>,
    /// Something has arrived.
    is_well: bool,
    /// Of `letters`, those that are told of.
    told: u64,
}

type Ahead = AbortOnDropHandle<Result<Scan, ReadError>>;

impl Lane {
    pub(crate) fn at(cursor: StreamCursor) -> Self {
        Self {
            org: cursor.org,
            next_seq: cursor.next_seq,
            in_flight_last: cursor.in_flight_last,
            pending: None,
            skip_noted_ms: 0,
            key: None,
            unreadable: 0,
        }
    }

    /// Whether there may be something to do in a log of this size.
    pub(crate) fn is_behind(&self, log_size: u64) -> bool {
        self.in_flight_last.is_some() || self.next_seq < log_size
    }

    /// Sends batches until there is no more, or until others have their turn.
    pub(crate) async fn turn(&mut self, work: &Arc<Work>, is_alone: bool) -> Result<Rest, Halt> {
        let key = match &self.key {
            Some(key) => Arc::clone(key),
            None => work.mask_key(&self.org).await?,
        };
        self.key = Some(Arc::clone(&key));
        let mut next = None;
        if let Some(last) = self.in_flight_last {
            let first = self.next_seq;
            let range = work.read(&self.org, &key, move |reader| reader.range(first, last)).await;
            let mut range = range.map_err(Halt::Unreadable)?;
            match range.gap.take() {
                // What is left of it goes out as a batch of its own.
                Some(gap) => self.leave_out(work, gap).await?,
                None => next = Some(range),
            }
        }
        let mut batches = 0;
        loop {
            let scan = match next.take() {
                Some(scan) => scan,
                None => match self.ripe(work, &key).await? {
                    Ripe::Ready(scan) => scan,
                    Ripe::Wait(wake_ms) => return Ok(Rest::Idle(wake_ms)),
                },
            };
            self.unreadable = 0;
            batches += 1;
            let has_turn = is_alone || batches < TURN_BATCHES;
            next = self.deliver(work, &key, scan, has_turn).await?;
            if next.is_none() && !has_turn {
                return Ok(Rest::More);
            }
        }
    }

    /// What is next, made durable as what is on its way.
    async fn ripe(&mut self, work: &Work, key: &Arc<[u8]>) -> Result<Ripe, Halt> {
        loop {
            let mut scan = self.pending.take().unwrap_or_else(|| Scan::from(self.next_seq));
            if !scan.is_full {
                let extended = work.read(&self.org, key, move |reader| reader.extend(scan)).await;
                scan = extended.map_err(Halt::Unreadable)?;
            }
            if let Some(gap) = scan.gap.take() {
                self.leave_out(work, gap).await?;
            }
            // What was found and waits for company has not arrived: only what lies before it is done with.
            let done = scan.records.first().map_or(scan.end_seq, |record| record.seq);
            work.progress.seen(&work.plan.stream.id, &self.org, done);
            if scan.records.is_empty() {
                let is_at_end = scan.is_at_end;
                let wake_ms = self.skip(work, scan).await?;
                if is_at_end {
                    return Ok(Ripe::Wait(wake_ms));
                }
                if work.stop.is_cancelled() {
                    return Err(Halt::Stopped);
                }
                continue;
            }
            let (now, ripe_ms) = (work.now_ms(), scan.ripe_ms(&work.plan));
            if ripe_ms > now {
                self.pending = Some(scan);
                return Ok(Ripe::Wait(Some(ripe_ms.min(now + LINGER_LOOK_MS))));
            }
            self.move_to(work, scan.first_seq, Some(scan.last_seq()), Arrived::default()).await?;
            return Ok(Ripe::Ready(scan));
        }
    }

    /// Notes events that are not there any more.
    async fn leave_out(&mut self, work: &Work, gap: StreamGap) -> Result<(), Halt> {
        let next_seq = gap.last_seq + 1;
        let happening = Happening::Gap(gap.clone());
        let step = StreamStep { gaps: vec![gap], ..self.step(work, next_seq, None) };
        work.step(&step).await?;
        (self.next_seq, self.in_flight_last) = (next_seq, None);
        work.tell(&happening).await;
        Ok(())
    }

    /// Goes past events that do not match; when to look again so that it becomes durable.
    async fn skip(&mut self, work: &Work, scan: Scan) -> Result<Option<i64>, Halt> {
        let (now, end) = (work.now_ms(), scan.end_seq);
        self.pending = Some(Scan::from(end));
        if !scan.letters.is_empty() {
            let told = scan.letters.len() as u64;
            let arrived = Arrived { letters: scan.letters, told, ..Arrived::default() };
            self.move_to(work, end, None, arrived).await?;
            return Ok(None);
        }
        if end <= self.next_seq {
            return Ok(None);
        }
        let due_ms = self.skip_noted_ms + SKIP_NOTE_MS;
        if now < due_ms {
            return Ok(Some(due_ms));
        }
        self.skip_noted_ms = now;
        self.move_to(work, end, None, Arrived::default()).await?;
        Ok(None)
    }

    /// Sends a batch until all of it has arrived or is a dead letter; what goes next, if that is durable by now.
    async fn deliver(
        &mut self,
        work: &Arc<Work>,
        key: &Arc<[u8]>,
        scan: Scan,
        reads_ahead: bool,
    ) -> Result<Option<Scan>, Halt> {
        let mut ahead = reads_ahead.then(|| read_ahead(work, &self.org, key, scan.last_seq() + 1));
        let log = work.engine.proofs().place(&self.org, scan.first_seq).map(|place| place.log);
        let log = log.or_else(|| work.engine.log_of(&self.org));
        let origin = log.map(|log| work.engine.proofs().origin(log)).unwrap_or_default();
        let mut piece = Piece::of(scan, &work.plan, self.org.as_str(), origin);
        let mut waiting: Vec<Piece> = Vec::new();
        loop {
            let last_seq = piece.batch.last_seq;
            match self.attempt(work, piece).await? {
                Settled::Again(again) => piece = again,
                Settled::Cut(left, right) => {
                    piece = left;
                    waiting.push(right);
                }
                Settled::Done(arrived) => {
                    let Some(next) = waiting.pop() else {
                        return self.go_on(work, last_seq + 1, arrived, ahead.take()).await;
                    };
                    self.move_to(work, last_seq + 1, Some(next.batch.last_seq), arrived).await?;
                    piece = next;
                }
            }
        }
    }

    /// Moves on over what has arrived, to what was read meanwhile.
    async fn go_on(
        &mut self,
        work: &Work,
        next_seq: u64,
        arrived: Arrived,
        ahead: Option<Ahead>,
    ) -> Result<Option<Scan>, Halt> {
        let read = match ahead {
            Some(ahead) if !work.stop.is_cancelled() => ahead.await.ok().and_then(Result::ok),
            _ => None,
        };
        let read = read.filter(|scan| scan.gap.is_none() && !scan.records.is_empty());
        let is_ripe = |scan: &Scan| scan.ripe_ms(&work.plan) <= work.now_ms();
        match read {
            Some(scan) if is_ripe(&scan) => {
                self.move_to(work, next_seq, Some(scan.last_seq()), arrived).await?;
                Ok(Some(scan))
            }
            scan => {
                self.move_to(work, next_seq, None, arrived).await?;
                self.pending = scan;
                if work.stop.is_cancelled() { Err(Halt::Stopped) } else { Ok(None) }
            }
        }
    }

    /// One exchange, when the stream is not left alone.
    async fn attempt(&mut self, work: &Work, mut piece: Piece) -> Result<Settled, Halt> {
        if piece.batch.records.is_empty() {
            let told = piece.letters.len() as u64;
            return Ok(Settled::Done(Arrived { letters: piece.letters, told, ..Arrived::default() }));
        }
        work.wait_for_turn().await?;
        let (answer, started_ms, took_ms) = work.exchange(&mut piece.batch).await;
        let tried = piece.tried(&answer, started_ms, took_ms);
        let name = outcome_name(&answer.outcome);
        match &answer.outcome {
            Outcome::Delivered => {
                let delivered = piece.batch.records.len() as u64;
                Ok(Settled::Done(Self::arrived(piece, tried, delivered, Vec::new())))
            }
            Outcome::Partial { rejected, again } => {
                let (rejected, again) = (rejected.clone(), again.clone());
                self.partial(work, piece, tried, &answer, (&rejected, &again)).await
            }
            Outcome::Split | Outcome::Refused if piece.batch.records.len() > 1 => {
                let (left, right) = piece.halves(&work.plan);
                let arrived = Arrived { attempt: Some(tried), ..Arrived::default() };
                self.move_to(work, self.next_seq, Some(left.batch.last_seq), arrived).await?;
                Ok(Settled::Cut(left, right))
            }
            Outcome::Split | Outcome::Refused => {
                let letters = piece.last_one_refused(&answer);
                Ok(Settled::Done(Self::arrived(piece, tried, 0, letters)))
            }
            Outcome::Retry { after } => {
                let pause = Pause::Retry(*after);
                self.fail(work, (name, StreamState::Error, pause), &answer, tried).await?;
                Ok(Settled::Again(piece))
            }
            Outcome::Misconfigured => {
                self.fail(work, (name, StreamState::Invalid, Pause::Mend), &answer, tried).await?;
                Ok(Settled::Again(piece))
            }
            Outcome::Gone => {
                self.fail(work, (name, StreamState::Inactive, Pause::Never), &answer, tried).await?;
                Err(Halt::Gone)
            }
        }
    }

    async fn partial(
        &mut self,
        work: &Work,
        mut piece: Piece,
        tried: TriedBatch,
        answer: &Answer,
        (rejected, again): (&[tallystick_destination::Rejection], &[usize]),
    ) -> Result<Settled, Halt> {
        let all = piece.batch.records.len();
        let letters = piece.refused(rejected, answer.status);
        let left =
            (0..all).filter(|index| again.contains(index) && rejected.iter().all(|one| one.index != *index));
        let left = left.count();
        if left == all {
            self.fail(work, ("retry", StreamState::Error, Pause::Retry(None)), answer, tried).await?;
            return Ok(Settled::Again(piece));
        }
        let delivered = (all - left - letters.len()) as u64;
        let told = letters.iter().filter(|letter| !piece.is_about_streams(letter.seq, ACTION_PREFIX)).count();
        if left == 0 {
            return Ok(Settled::Done(Self::arrived(piece, tried, delivered, letters)));
        }
        let arrived = Arrived { attempt: Some(tried), delivered, letters, is_well: true, told: told as u64 };
        self.move_to(work, self.next_seq, self.in_flight_last, arrived).await?;
        piece.keep(&work.plan, rejected, again);
        let pause = backoff::retry_ms(piece.partial, None, &*work.random);
        work.wait_until(work.now_ms() + pause).await?;
        Ok(Settled::Again(piece))
    }

    /// What a piece has come to with an answer that was its last.
    fn arrived(piece: Piece, tried: TriedBatch, delivered: u64, letters: Vec<NewDeadLetter>) -> Arrived {
        let is_told = |letter: &&NewDeadLetter| !piece.is_about_streams(letter.seq, ACTION_PREFIX);
        let told = letters.iter().filter(is_told).count() + piece.letters.len();
        let is_well = delivered > 0 || tried.outcome == "partial";
        let letters = [piece.letters, letters].concat();
        Arrived { attempt: Some(tried), delivered, letters, is_well, told: told as u64 }
    }

    /// Notes that an attempt failed, and holds the stream.
    async fn fail(
        &mut self,
        work: &Work,
        (code, state, pause): (&str, StreamState, Pause),
        answer: &Answer,
        tried: TriedBatch,
    ) -> Result<(), Halt> {
        let fault = work.fault(code, answer.status, answer.detail.clone());
        let health = Some(work.failure(state, fault, pause).await);
        let step = self.step(work, self.next_seq, self.in_flight_last);
        work.step(&StreamStep { attempt: Some(tried), health, ..step }).await
    }

    /// Makes the next place durable, with what has arrived before it.
    async fn move_to(
        &mut self,
        work: &Work,
        next_seq: u64,
        in_flight_last: Option<u64>,
        arrived: Arrived,
    ) -> Result<(), Halt> {
        let told = (arrived.told > 0).then(|| Happening::Rejected {
            org: self.org.clone(),
            events: arrived.letters.len() as u64,
            first_seq: arrived.letters.first().map_or(0, |letter| letter.seq),
            last_seq: arrived.letters.last().map_or(0, |letter| letter.seq),
            reason: arrived.letters.first().map(|letter| letter.reason.clone()).unwrap_or_default(),
        });
        let step = StreamStep {
            attempt: arrived.attempt,
            delivered: arrived.delivered,
            dead_letters: arrived.letters,
            health: arrived.is_well.then_some(StreamHealthChange::Well),
            ..self.step(work, next_seq, in_flight_last)
        };
        work.step(&step).await?;
        self.next_seq = next_seq;
        self.in_flight_last = in_flight_last;
        if let Some(happening) = told {
            work.tell(&happening).await;
        }
        Ok(())
    }

    fn step<'a>(&'a self, work: &'a Work, next_seq: u64, in_flight_last: Option<u64>) -> StreamStep<'a> {
        StreamStep {
            stream: &work.plan.stream.id,
            generation: work.plan.stream.generation,
            org: &self.org,
            from_seq: self.next_seq,
            next_seq,
            in_flight_last,
            attempt: None,
            delivered: 0,
            dead_letters: Vec::new(),
            gaps: Vec::new(),
            health: None,
        }
    }
}

/// Begins to read what comes behind a batch while that is on its way.
fn read_ahead(work: &Arc<Work>, org: &OrgId, key: &Arc<[u8]>, from_seq: u64) -> Ahead {
    let (work, org, key) = (Arc::clone(work), org.clone(), Arc::clone(key));
    let read = async move { work.read(&org, &key, move |reader| reader.extend(Scan::from(from_seq))).await };
    AbortOnDropHandle::new(tokio::spawn(read))
}
