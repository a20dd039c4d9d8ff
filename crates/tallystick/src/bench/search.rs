//! Searches: what is asked, how long the answers take, and what they were, so that other engines can be held to the
//! same answers.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use super::{
    generate::{QUERY_KINDS, QueryKind, Workload, WorkloadQuery},
    http::Connection,
    samples::Samples,
};

/// Events on a page.
pub(crate) const PAGE_EVENTS: usize = 50;
/// The filter with many matches.
const MANY: &str = "outcome:success";
/// Rounds of a warm measurement at most.
const ROUNDS_MAX: usize = 20;
/// Time for the warm measurement of one question; at least one round is made.
const ROUNDS_TIME_MAX: Duration = Duration::from_secs(4);

/// One row of the report: something that is asked in several variants.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    /// Its name in files and in JSON.
    pub(crate) name: &'static str,
    /// Its name for people.
    pub(crate) label: &'static str,
    /// The calls of each variant; those of one variant are timed together.
    pub(crate) variants: Vec<Vec<String>>,
}

/// How a kind of search is called, in files and for people.
pub(crate) fn names(kind: QueryKind) -> (&'static str, &'static str) {
    match kind {
        QueryKind::Newest => ("newest", "newest 50 of an org"),
        QueryKind::Action => ("action", "one action of an org"),
        QueryKind::RareActor => ("rare_actor", "a rare actor, all orgs"),
        QueryKind::BusyActor => ("busy_actor", "a busy actor of an org"),
        QueryKind::Target => ("target", "one target, all orgs"),
        QueryKind::Request => ("request", "needle: one request"),
        QueryKind::Session => ("session", "one session"),
        QueryKind::ThreeWords => ("three_words", "three words, all orgs"),
        QueryKind::Denied => ("denied", "denied, of an org"),
        QueryKind::Changed => ("changed", "changed owner, of an org"),
        QueryKind::Number => ("number", "number above, of an org"),
        QueryKind::Network => ("network", "network /24, all orgs"),
        QueryKind::Hour => ("hour", "an hour of an org"),
    }
}

/// Everything that is asked, in the order of the report.
pub(crate) fn questions(workload: &Workload) -> Vec<Question> {
    let mut questions: Vec<Question> = QUERY_KINDS
        .iter()
        .map(|&kind| {
            let (name, label) = names(kind);
            let of_kind = workload.queries.iter().filter(|query| query.kind == kind);
            Question { name, label, variants: of_kind.map(|query| vec![events_path(query)]).collect() }
        })
        .collect();
    let one = |name, label, paths| Question { name, label, variants: vec![paths] };
    let facet = |field| path("/v1/facets", &[("q", MANY), ("field", field)]);
    let count = path("/v1/count", &[("q", MANY)]);
    questions.push(one("count", "count, most events match", vec![count.clone()]));
    questions.push(one(
        "overview",
        "count + histogram + 2 facets, most match",
        vec![
            count,
            path("/v1/histogram", &[("q", MANY), ("by", "outcome")]),
            facet("action"),
            facet("actor"),
        ],
    ));
    let by_action = path("/v1/facets", &[("field", "action"), ("limit", "1000")]);
    questions.push(one("by_action", "count by action", vec![by_action]));
    questions
}

/// A call that does nothing but is answered.
pub(crate) fn empty_call() -> Question {
    let variants = vec![vec!["/healthz".to_owned()]; PAGE_EVENTS];
    Question { name: "empty_call", label: "an empty call", variants }
}

fn events_path(query: &WorkloadQuery) -> String {
    let limit = PAGE_EVENTS.to_string();
    let mut pairs = vec![("limit", limit.as_str())];
    pairs.extend(query.org.as_deref().map(|org| ("org", org)));
    if !query.text.is_empty() {
        pairs.push(("q", &query.text));
    }
    path("/v1/events", &pairs)
}

fn path(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut url = reqwest::Url::parse("http://host/").expect("it is one");
    url.set_path(path);
    url.query_pairs_mut().extend_pairs(pairs);
    format!("{}?{}", url.path(), url.query().unwrap_or_default())
}

/// Times a question that was asked before: one round that does not count, then rounds until there are enough.
pub(crate) async fn warm(connection: &mut Connection, question: &Question) -> anyhow::Result<Samples> {
    let mut samples = Samples::default();
    for variant in &question.variants {
        ask(connection, variant).await?;
    }
    let started = Instant::now();
    for _ in 0..ROUNDS_MAX {
        for variant in &question.variants {
            samples.push(ask(connection, variant).await?);
        }
        if started.elapsed() > ROUNDS_TIME_MAX {
            break;
        }
    }
    Ok(samples)
}

/// Asks one variant and returns how long the answer took.
pub(crate) async fn ask(connection: &mut Connection, variant: &[String]) -> anyhow::Result<Duration> {
    let started = Instant::now();
    for path in variant {
        connection.get(path).await?;
    }
    Ok(started.elapsed())
}

/// What the peers are asked, and what they must answer.
#[derive(Debug, Serialize)]
pub(crate) struct Answers {
    queries: Vec<AnsweredQuery>,
    /// Events with the outcome `success`.
    count: u64,
    /// Events by action.
    by_action: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize)]
struct AnsweredQuery {
    kind: &'static str,
    org: Option<String>,
    values: Vec<String>,
    expected: Answer,
}

/// A page, reduced to what does not depend on the order of events of the same time.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Answer {
    /// When its events happened, Unix milliseconds, newest first.
    times: Vec<i64>,
    /// Their requests, sorted; only of a page that is not full, since a full one may end amid events of one time.
    requests: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Page {
    events: Vec<PageEvent>,
}

#[derive(Deserialize)]
struct PageEvent {
    occurred_at: String,
    context: PageContext,
}

#[derive(Deserialize)]
struct PageContext {
    request_id: String,
}

#[derive(Deserialize)]
struct Count {
    count: u64,
    exact: bool,
}

#[derive(Deserialize)]
struct Facets {
    values: Vec<FacetValue>,
    exact: bool,
}

#[derive(Deserialize)]
struct FacetValue {
    value: String,
    count: u64,
}

impl Answers {
    /// Asks everything once more and keeps what was answered.
    pub(crate) async fn collect(connection: &mut Connection, workload: &Workload) -> anyhow::Result<Self> {
        let mut queries = Vec::with_capacity(workload.queries.len());
        for query in &workload.queries {
            let body = connection.get(&events_path(query)).await?;
            let page: Page = serde_json::from_slice(&body).context("a page is not understood")?;
            let (org, values) = (query.org.clone(), query.values.clone());
            queries.push(AnsweredQuery {
                kind: names(query.kind).0,
                org,
                values,
                expected: Answer::of(page)?,
            });
        }
        // The instance's own log tells of the organizations made for this benchmark; the peers know nothing of it.
        let all = count(connection, &[("q", MANY)]).await?;
        let own = count(connection, &[("q", MANY), ("org", "instance")]).await?;
        let mut by_action = by_action(connection, None).await?;
        for (action, count) in by_action_of_instance(connection).await? {
            let left = by_action.get_mut(&action).context("an action of one log is missing in all")?;
            *left -= count;
        }
        by_action.retain(|_, count| *count > 0);
        Ok(Self { queries, count: all - own, by_action })
    }
}

async fn by_action_of_instance(connection: &mut Connection) -> anyhow::Result<BTreeMap<String, u64>> {
    by_action(connection, Some("instance")).await
}

async fn by_action(connection: &mut Connection, org: Option<&str>) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut pairs = vec![("field", "action"), ("limit", "1000")];
    pairs.extend(org.map(|org| ("org", org)));
    let facets: Facets = serde_json::from_slice(&connection.get(&path("/v1/facets", &pairs)).await?)?;
    ensure!(facets.exact, "counting by action took too long to be exact");
    Ok(facets.values.into_iter().map(|one| (one.value, one.count)).collect())
}

async fn count(connection: &mut Connection, pairs: &[(&str, &str)]) -> anyhow::Result<u64> {
    let count: Count = serde_json::from_slice(&connection.get(&path("/v1/count", pairs)).await?)?;
    ensure!(count.exact, "counting took too long to be exact");
    Ok(count.count)
}

impl Answer {
    fn of(page: Page) -> anyhow::Result<Self> {
        let time_ms = |event: &PageEvent| {
            let time: Result<jiff::Timestamp, _> = event.occurred_at.parse();
            time.map(jiff::Timestamp::as_millisecond).context("a time is not understood")
        };
        let times = page.events.iter().map(time_ms).collect::<Result<_, _>>()?;
        let is_whole = page.events.len() < PAGE_EVENTS;
        let mut requests: Vec<String> =
            page.events.into_iter().map(|event| event.context.request_id).collect();
        requests.sort_unstable();
        Ok(Self { times, requests: is_whole.then_some(requests) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::generate::GeneratorConfig;

    #[test]
    fn every_kind_is_asked_in_its_own_variants() {
        let workload = Workload::new(1, &GeneratorConfig::published(5_000, 1_790_812_800_000), 5_000, 3);
        let questions = questions(&workload);
        assert_eq!(questions.len(), QUERY_KINDS.len() + 3);
        assert!(questions.iter().all(|question| !question.variants.is_empty()), "{questions:?}");
        let names: std::collections::BTreeSet<&str> =
            questions.iter().map(|question| question.name).collect();
        assert_eq!(names.len(), questions.len());
        let request = &questions[5].variants[0][0];
        assert!(request.starts_with("/v1/events?limit=50&q=request%3Areq_"), "{request}");
    }

    #[test]
    fn a_full_page_is_compared_by_time_and_a_short_one_by_its_events_too() {
        let page = |count: usize| {
            let event = r#"{"occurred_at":"2026-09-30T23:00:00.250Z","context":{"request_id":"req_1"}}"#;
            let events = vec![event; count].join(",");
            Answer::of(serde_json::from_str(&format!("{{\"events\":[{events}]}}")).unwrap()).unwrap()
        };
        assert_eq!(page(1).requests, Some(vec!["req_1".to_owned()]));
        assert_eq!(page(1).times, [1_790_809_200_250]);
        assert_eq!(page(PAGE_EVENTS).requests, None);
    }
}
