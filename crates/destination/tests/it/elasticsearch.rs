//! OpenSearch's bulk interface: a server in memory, Tenzir's receiver, and a strict one of our own for what neither
//! does.

use serde_json::{Value, json};
use tallystick_destination::Outcome;
use tallystick_receivers::{Osmem, Receiver as _, Tenzir};

use crate::batches::{batch, batch_from, batch_with};
use crate::components::{eventually, open, try_open};
use crate::fakes::{Fake, Reply};

#[tokio::test]
async fn events_arrive_once_however_often_they_are_sent() {
    let mut osmem = Osmem::start();
    let url = osmem.url();
    let destination = open("elasticsearch", json!({ "url": url, "index": "audit-{org}" }));
    let answer = destination.check().await.unwrap();
    assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(400)), "{}", answer.detail);
    let first = batch(1000);
    let answer = destination.send(&first).await;
    assert_eq!((answer.outcome, answer.detail.as_str()), (Outcome::Delivered, "1000 created"));
    let answer = destination.send(&first).await;
    assert_eq!((answer.outcome, answer.detail.as_str()), (Outcome::Delivered, "1000 there already"));
    assert_eq!(destination.send(&batch_from(990, 20)).await.outcome, Outcome::Delivered);
    let found = osmem.documents("audit-acme");
    let seqs: Vec<u64> = found.iter().map(|hit| hit["_source"]["seq"].as_u64().unwrap()).collect();
    assert_eq!(seqs, (0..1010).collect::<Vec<_>>());
    let (document, sent) = (&found[0], &first.records[0]);
    assert_eq!(document["_id"], sent.event_id);
    let mut source = document["_source"].clone();
    assert!(source.as_object_mut().unwrap().remove("@timestamp").unwrap().is_string());
    assert_eq!(source, serde_json::from_slice::<Value>(&sent.bytes).unwrap());
    osmem.stop();
    assert_eq!(destination.send(&first).await.outcome, Outcome::Retry { after: None });
}

#[tokio::test]
async fn an_event_that_does_not_fit_is_refused_alone() {
    let osmem = Osmem::start();
    osmem.make_index("strict", &json!({ "metadata": { "properties": { "n": { "type": "long" } } } }));
    let url = osmem.url();
    let destination = open("elasticsearch", json!({ "url": url, "index": "strict" }));
    let batch = batch_with(0, 5, |seq| if seq == 3 { json!({ "n": "three" }) } else { json!({ "n": seq }) });
    let answer = destination.send(&batch).await;
    let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{:?}", answer.outcome) };
    assert_eq!((rejected.len(), rejected[0].index, again), (1, 3, vec![]));
    assert!(rejected[0].reason.contains("mapper_parsing_exception"), "{}", rejected[0].reason);
    assert!(answer.detail.starts_with("4 created, 1 refused; "), "{}", answer.detail);
    assert_eq!(osmem.documents("strict").len(), 4);
}

#[tokio::test]
async fn a_receiver_that_answers_once_for_all_gets_them_in_order() {
    let tenzir = Tenzir::bulk();
    let destination = open("elasticsearch", tenzir.settings());
    let answer = destination.send(&batch(300)).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{}", answer.detail);
    let taken = async || Some(tenzir.events()).filter(|events| events.len() >= 300);
    let seqs: Vec<u64> = eventually("the events", taken).await.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (0..300).collect::<Vec<_>>());
}

/// A cluster that lets in who has this key, to this index and this pipeline.
async fn cluster() -> Fake {
    Fake::start(|seen| {
        if seen.uri.path() != "/es/_bulk" || seen.header("content-type") != "application/x-ndjson" {
            return Err(format!("{} with {} is no bulk call", seen.uri, seen.header("content-type")));
        }
        if !seen.uri.query().unwrap().contains("pipeline=audit") {
            return Err("the pipeline is missing".to_owned());
        }
        if seen.header("authorization") != "Basic dGFsbHlzdGljazpwYXNzIHdvcmQ=" {
            let error = json!({ "error": { "type": "security_exception", "reason": "no" }, "status": 401 });
            return Ok(Reply::new(401, error.to_string()));
        }
        if seen.body.last() != Some(&b'\n') {
            return Err("the last line does not end".to_owned());
        }
        let lines: Vec<Value> = seen
            .body
            .split(|b| *b == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        let items: Vec<Value> = lines
            .chunks(2)
            .map(|pair| {
                let is_fine = pair[0]["create"]["_index"] == "audit" && pair[1]["@timestamp"].is_string();
                let error = json!({ "type": "index_not_found_exception", "reason": "no such index" });
                if is_fine {
                    json!({ "create": { "status": 201 } })
                } else {
                    json!({ "create": { "status": 404, "error": error } })
                }
            })
            .collect();
        Ok(Reply::new(200, json!({ "errors": false, "items": items }).to_string()))
    })
    .await
}

#[tokio::test]
async fn who_may_not_write_is_told_so_without_the_password() {
    let fake = cluster().await;
    let settings = |index: &str, password: &str| {
        json!({ "url": format!("{}/es/", fake.url), "index": index, "username": "tallystick", "password": password,
            "pipeline": "audit" })
    };
    let good = open("elasticsearch", settings("audit", "pass word"));
    assert_eq!(good.send(&batch(3)).await.outcome, Outcome::Delivered);
    let nowhere = open("elasticsearch", settings("elsewhere", "pass word")).send(&batch(3)).await;
    assert_eq!(nowhere.outcome, Outcome::Misconfigured);
    assert!(nowhere.detail.contains("3 not let in; index_not_found_exception"), "{}", nowhere.detail);
    let stranger = open("elasticsearch", settings("audit", "another word"));
    for answer in [stranger.send(&batch(1)).await, stranger.check().await.unwrap()] {
        assert_eq!((answer.outcome, answer.status), (Outcome::Misconfigured, Some(401)));
    }
    let after = Some(std::time::Duration::from_secs(4));
    for (reply, outcome) in [
        (Reply::new(413, "too large"), Outcome::Split),
        (
            Reply::new(429, "es_rejected_execution_exception").with("retry-after", "4"),
            Outcome::Retry { after },
        ),
        (Reply::new(401, "dGFsbHlzdGljazpwYXNzIHdvcmQ= or pass word"), Outcome::Misconfigured),
        (Reply::new(200, "<html>"), Outcome::Misconfigured),
    ] {
        fake.next(reply);
        let answer = good.send(&batch(1)).await;
        assert_eq!(answer.outcome, outcome);
        assert!(
            !answer.detail.contains("dGFsbH") && !answer.detail.contains("pass word"),
            "{}",
            answer.detail
        );
    }
}

#[test]
fn settings_that_cannot_work_are_not_taken() {
    for (settings, field) in [
        (json!({}), "url"),
        (json!({ "url": "https://es.example", "index": "Upper" }), "index"),
        (json!({ "url": "https://es.example", "username": "u" }), "password"),
        (json!({ "url": "https://es.example", "api_key": "k", "username": "u", "password": "p" }), "api_key"),
    ] {
        assert_eq!(try_open("elasticsearch", settings).err().unwrap().field, field);
    }
}
