//! The measurements of our own service, phase by phase. The order matters: searches look at the generated events only,
//! so what writes more events comes after them, and the crash comes last.

use std::{path::Path, time::Duration};

use anyhow::Context as _;
use bytes::Bytes;
use serde::Serialize;

use super::{
    Plan,
    events::{Events, Source},
    generate::{GeneratorConfig, Workload},
    http::{Connection, Target},
    live,
    process::{self, Memory},
    proof,
    samples::{Samples, Summary},
    search::{self, Answers, Question},
    server::Server,
    storage::{self, Disk},
    write,
};
use crate::{
    client::Client,
    output::{say, thousands},
};

/// Events that are in memory before the clock starts. More are sent in parts, and making a part stops the clock.
const AHEAD_EVENTS_MAX: u64 = 2_000_000;
/// Writes that live-tail latency is measured with.
const LIVE_EVENTS: usize = 1_000;
/// Events written just before the crash at most: the commit log has them, a segment does not.
const CRASH_EVENTS_MAX: u64 = 100_000;

/// What was measured. `None` where it cannot be, with a service elsewhere.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Ours {
    /// Events a second, acknowledged, over HTTP.
    pub(crate) ingest_rate: f64,
    pub(crate) ingest_seconds: f64,
    /// Time to the acknowledgement of a batch.
    pub(crate) ingest_acks: Option<Summary>,
    /// Answers of "too busy" during ingest.
    pub(crate) ingest_busy: u64,
    /// The service's processor time an event until the last acknowledgement, microseconds.
    pub(crate) cpu_ingest_us: Option<f64>,
    /// The same until everything was sealed and compacted.
    pub(crate) cpu_settled_us: Option<f64>,
    /// The benchmark's own processor time an event while it sent, microseconds.
    pub(crate) client_cpu_us: Option<f64>,
    /// Time to make an event, microseconds; not part of any other number.
    pub(crate) generate_us: f64,
    /// Average JSON of an event, bytes.
    pub(crate) event_bytes: f64,
    /// False if sealing and compacting did not come to an end.
    pub(crate) settled: bool,
    pub(crate) disk: Option<Disk>,
    pub(crate) searches: Vec<SearchTimes>,
    /// A call that does nothing: what HTTP costs in each search.
    pub(crate) empty_call: Option<Summary>,
    /// Whether the operating system's cache was dropped for cold searches, or the service only restarted.
    pub(crate) cold_dropped_cache: Option<bool>,
    /// Memory after the searches.
    pub(crate) memory: Option<Memory>,
    pub(crate) single_rate: f64,
    pub(crate) single_acks: Option<Summary>,
    pub(crate) live: Option<Summary>,
    /// The proof of an event that nobody asked for before, and the same again.
    pub(crate) proof_first: Option<Summary>,
    pub(crate) proof_again: Option<Summary>,
    pub(crate) recovery_seconds: Option<f64>,
    pub(crate) recovery_replayed: Option<u64>,
}

/// How long the answers to one question took.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SearchTimes {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) warm: Option<Summary>,
    pub(crate) cold: Option<Summary>,
}

/// The service under test: a process of ours, or one elsewhere that only calls can reach.
struct Subject {
    server: Option<Server>,
    target: Target,
    client: Client,
}

impl Subject {
    async fn open(plan: &Plan, folder: &Path) -> anyhow::Result<Self> {
        if let Some((url, key)) = &plan.elsewhere {
            let client = Client::with_key(url, Some(key.as_str().into()))?;
            return Ok(Self { server: None, target: Target::new(url, key)?, client });
        }
        Self::of(Server::start(folder).await?)
    }

    fn of(server: Server) -> anyhow::Result<Self> {
        let client = Client::with_key(&server.url, Some(server.key().into()))?;
        Ok(Self { target: server.target.clone(), client, server: Some(server) })
    }

    fn cpu(&self) -> Option<Duration> {
        process::cpu(self.server.as_ref()?.pid())
    }
}

/// Measures everything. Also returns the answers that the peers have to give too.
pub(crate) async fn measure(
    plan: &Plan,
    events: &Events,
    workload: &Workload,
    folder: &Path,
) -> anyhow::Result<(Ours, Option<Answers>)> {
    let mut ours = Ours::default();
    let mut subject = Subject::open(plan, folder).await?;
    let mut connection = Connection::open(&subject.target).await?;
    for org in events.config.org_ids() {
        connection.make_org(&org).await?;
    }
    ingest(plan, events, &subject, &mut ours).await?;
    if let Some(server) = &subject.server {
        ours.disk = Some(Disk::of(&server.data_dir())?);
    }
    let questions = search::questions(workload);
    let answers = searches(plan, &mut subject, &questions, workload, &mut ours).await?;
    proofs(plan, &subject, &mut ours).await?;
    let mut source = events.source_of_others();
    single_writes(plan, &subject, &mut source, &mut ours).await?;
    live_tail(&subject, &mut source, &mut ours).await?;
    crash(plan, subject, &mut source, &mut ours).await?;
    Ok((ours, answers))
}

async fn ingest(plan: &Plan, events: &Events, subject: &Subject, ours: &mut Ours) -> anyhow::Result<()> {
    let mut source = events.source();
    say(format!("ingest: {} events in batches of {}", thousands(events.count), thousands(plan.batch)));
    let before = subject.cpu();
    let mut written = write::Written::default();
    let mut client_cpu = Duration::ZERO;
    while source.made < events.count {
        let bodies = source.bodies(AHEAD_EVENTS_MAX.min(events.count - source.made), plan.batch);
        let own_before = process::own_cpu();
        let part = write::all(&subject.target, bodies, "application/x-ndjson", plan.connections).await?;
        client_cpu += since(process::own_cpu(), own_before).unwrap_or_default();
        written.add(part);
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / events.count as f64;
    ours.ingest_seconds = written.wall.as_secs_f64();
    ours.ingest_rate = events.count as f64 / ours.ingest_seconds;
    ours.ingest_acks = written.acks.summary();
    ours.ingest_busy = written.busy;
    ours.cpu_ingest_us = since(subject.cpu(), before).map(each);
    ours.client_cpu_us = Some(each(client_cpu));
    ours.generate_us = each(source.took);
    ours.event_bytes = source.bytes as f64 / source.made as f64 - 1.0;
    say(format!("ingest: {} events/s; now it seals and compacts", thousands(ours.ingest_rate as u64)));
    ours.settled = storage::settle(&subject.client, subject.server.as_ref().map(Server::pid)).await?;
    ours.cpu_settled_us = since(subject.cpu(), before).map(each);
    Ok(())
}

fn since(now: Option<Duration>, before: Option<Duration>) -> Option<Duration> {
    Some(now?.saturating_sub(before?))
}

async fn searches(
    plan: &Plan,
    subject: &mut Subject,
    questions: &[Question],
    workload: &Workload,
    ours: &mut Ours,
) -> anyhow::Result<Option<Answers>> {
    let mut connection = Connection::open(&subject.target).await?;
    for question in questions {
        say(format!("search: {}", question.label));
        let Question { name, label, .. } = *question;
        let samples = search::warm(&mut connection, question).await?;
        ours.searches.push(SearchTimes { name, label, warm: samples.summary(), cold: None });
    }
    ours.empty_call = search::warm(&mut connection, &search::empty_call()).await?.summary();
    ours.memory = subject.server.as_ref().and_then(|server| process::memory(server.pid()));
    // A service elsewhere may hold more than what was sent to it now.
    let answers = match subject.server {
        Some(_) => Some(Answers::collect(&mut connection, workload).await?),
        None => None,
    };
    cold(plan, subject, questions, ours).await?;
    Ok(answers)
}

/// Each cold search is the first thing that a restarted service is asked.
async fn cold(
    plan: &Plan,
    subject: &mut Subject,
    questions: &[Question],
    ours: &mut Ours,
) -> anyhow::Result<()> {
    if plan.cold_rounds == 0 {
        return Ok(());
    }
    for (question, times) in questions.iter().zip(&mut ours.searches) {
        let mut samples = Samples::default();
        for round in 0..plan.cold_rounds {
            let Some(server) = subject.server.take() else { return Ok(()) };
            let (server, dropped) = server.restart_cold().await?;
            ours.cold_dropped_cache = Some(dropped);
            *subject = Subject::of(server)?;
            let mut connection = Connection::open(&subject.target).await?;
            let variant = &question.variants[round % question.variants.len()];
            samples.push(search::ask(&mut connection, variant).await?);
        }
        times.cold = samples.summary();
        say(format!("cold search: {}", question.label));
    }
    Ok(())
}

async fn proofs(plan: &Plan, subject: &Subject, ours: &mut Ours) -> anyhow::Result<()> {
    say("proofs of events");
    let mut connection = Connection::open(&subject.target).await?;
    let times = proof::measure(&mut connection, &GeneratorConfig::org_id(0), plan.seed).await?;
    (ours.proof_first, ours.proof_again) = (times.first.summary(), times.again.summary());
    Ok(())
}

async fn single_writes(
    plan: &Plan,
    subject: &Subject,
    source: &mut Source,
    ours: &mut Ours,
) -> anyhow::Result<()> {
    say(format!(
        "single writes: {} over {} connections",
        thousands(plan.single_events),
        plan.single_connections
    ));
    let bodies = source.bodies(plan.single_events, 1);
    let written = write::all(&subject.target, bodies, "application/json", plan.single_connections).await?;
    ours.single_rate = plan.single_events as f64 / written.wall.as_secs_f64();
    ours.single_acks = written.acks.summary();
    Ok(())
}

async fn live_tail(subject: &Subject, source: &mut Source, ours: &mut Ours) -> anyhow::Result<()> {
    say("live tail");
    let org = GeneratorConfig::org_id(0);
    let opening = format!("{{\"org\":\"{org}\"");
    let mut events: Vec<Bytes> = Vec::with_capacity(LIVE_EVENTS);
    while events.len() < LIVE_EVENTS {
        let some = source.bodies(LIVE_EVENTS as u64, 1);
        events.extend(some.into_iter().filter(|event| event.starts_with(opening.as_bytes())));
    }
    events.truncate(LIVE_EVENTS);
    ours.live = live::latency(&subject.target, &subject.client, &org, &events).await?.summary();
    Ok(())
}

async fn crash(plan: &Plan, subject: Subject, source: &mut Source, ours: &mut Ours) -> anyhow::Result<()> {
    let Some(server) = subject.server else { return Ok(()) };
    say("crash and recovery");
    let bodies = source.bodies(CRASH_EVENTS_MAX.min(plan.events / 2), plan.batch);
    write::all(&subject.target, bodies, "application/x-ndjson", plan.connections).await?;
    let (_server, recovery) = server.crash().await.context("the service does not come back after a crash")?;
    ours.recovery_seconds = Some(recovery.took.as_secs_f64());
    ours.recovery_replayed = recovery.replayed;
    Ok(())
}
