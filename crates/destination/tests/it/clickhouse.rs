//! ClickHouse: its engine behind its HTTP interface, and one of our own for what a
//! server or a proxy may answer.

use std::time::Duration;

use serde_json::{Value, json};
use tallystick_destination::{Destination, Outcome};
use tallystick_receivers::{ClickHouse, Receiver as _};

use crate::batches::{batch, batch_from, batch_with};
use crate::components::{open, try_open};
use crate::fakes::{Fake, Reply};

struct Server(ClickHouse);

impl Server {
    fn start() -> Server {
        Server(ClickHouse::start())
    }

    fn run(&self, statement: &str) -> String {
        self.0.run(statement)
    }

    fn open(&self, change: &Value) -> Box<dyn Destination> {
        let mut settings = self.0.settings();
        for (name, value) in change.as_object().unwrap() {
            settings[name] = value.clone();
        }
        open("clickhouse", settings)
    }
}

#[tokio::test]
async fn each_event_arrives_once_in_order_however_often_it_is_sent() {
    let server = Server::start();
    let destination = server.open(&json!({}));
    assert_eq!(destination.check().await.unwrap().outcome, Outcome::Delivered);
    let batches = [batch(3), batch_from(3, 5_000)];
    for batch in [&batches[0], &batches[0], &batches[1], &batches[1], &batches[0]] {
        let answer = destination.send(batch).await;
        assert_eq!((answer.outcome, answer.status), (Outcome::Delivered, Some(200)), "{}", answer.detail);
    }
    let count = server.run("SELECT count() FROM default.audit_events");
    assert_eq!(count, "5003\n");
    let columns = "seq, id, org, action, outcome, actor_name, target_ids, ip, leaf_hash, event, \
                   toUnixTimestamp64Milli(occurred_at) AS occurred, toUnixTimestamp64Milli(received_at) AS received";
    let format = "FORMAT JSONEachRow SETTINGS output_format_json_quote_64bit_integers = 0";
    let rows =
        server.run(&format!("SELECT {columns} FROM default.audit_events ORDER BY seq LIMIT 100 {format}"));
    let sent = batches.iter().flat_map(|batch| &batch.records);
    for (row, sent) in rows.lines().zip(sent) {
        let row: Value = serde_json::from_str(row).unwrap();
        assert_eq!(row["seq"], sent.seq);
        assert_eq!(row["id"], sent.event_id);
        assert_eq!(row["event"].as_str().unwrap().as_bytes(), &sent.bytes[..]);
        assert_eq!(
            (&row["occurred"], &row["received"]),
            (&json!(sent.occurred_ms), &json!(sent.received_ms))
        );
        assert_eq!(row["outcome"], if sent.is_failure { "failure" } else { "success" });
        assert_eq!(row["actor_name"], "Zoë \"Z\" Ångström");
        assert_eq!(row["target_ids"], json!([format!("u_{}", sent.seq)]));
        assert_eq!(row["leaf_hash"], hex::encode(sent.leaf_hash));
        assert_eq!((&row["org"], &row["ip"]), (&json!("acme"), &json!("203.0.113.9")));
    }
    assert_eq!(rows.lines().count(), 100);
}

#[tokio::test]
async fn what_a_person_has_to_mend_is_told_without_secrets() {
    let server = Server::start();
    for (change, code) in [
        (json!({ "password": "battery staple" }), "Code: 516."),
        (json!({ "user": "nobody" }), "Code: 516."),
        (json!({ "table": "nowhere" }), "Code: 60."),
        (json!({ "database": "no`where" }), "Code: 81."),
    ] {
        let destination = server.open(&change);
        for answer in [destination.check().await.unwrap(), destination.send(&batch(2)).await] {
            assert_eq!(answer.outcome, Outcome::Misconfigured, "{change}: {}", answer.detail);
            assert!(answer.detail.contains(code), "{change}: {}", answer.detail);
            assert!(
                !answer.detail.contains("battery") && !answer.detail.contains("horse"),
                "{}",
                answer.detail
            );
        }
    }
    let error = try_open("clickhouse", json!({ "url": "http://127.0.0.1:1/?user=x" })).err().unwrap();
    assert_eq!(error.field, "url");
}

#[tokio::test]
async fn what_a_table_does_not_take_is_refused_and_what_it_does_not_have_is_left_out() {
    let server = Server::start();
    server.run(
        "CREATE TABLE default.few (seq UInt64, event String, own UInt8 DEFAULT 7, \
             CONSTRAINT short CHECK length(event) < 1000) ENGINE = MergeTree ORDER BY seq \
             SETTINGS non_replicated_deduplication_window = 100",
    );
    let destination = server.open(&json!({ "table": "few" }));
    assert_eq!(destination.send(&batch(3)).await.outcome, Outcome::Delivered);
    let poisoned =
        batch_with(3, 3, |seq| if seq == 4 { json!({ "pad": "x".repeat(1_000) }) } else { Value::Null });
    let answer = destination.send(&poisoned).await;
    assert_eq!(answer.outcome, Outcome::Refused, "{}", answer.detail);
    assert!(answer.detail.contains("Code: 469."), "{}", answer.detail);
    assert_eq!(server.run("SELECT count(), sum(own) FROM default.few"), "3\t21\n");

    server.run("CREATE TABLE default.typed (seq UInt64, action UInt8) ENGINE = MergeTree ORDER BY seq");
    let answer = server.open(&json!({ "table": "typed" })).send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Refused, "{}", answer.detail);
}

#[tokio::test]
async fn a_server_that_is_down_is_asked_again() {
    let mut server = Server::start();
    let destination = server.open(&json!({}));
    server.0.stop();
    let answer = destination.send(&batch(1)).await;
    assert_eq!((answer.outcome, answer.status), (Outcome::Retry { after: None }, None));
}

#[tokio::test]
async fn codes_and_proxies_are_understood() {
    let fake = Fake::start(|seen| match seen.header("content-encoding") {
        "gzip" if seen.method == "POST" && !seen.header("x-clickhouse-user").is_empty() => {
            Ok(Reply::new(200, ""))
        }
        _ => Err(format!("{} {:?}", seen.method, seen.headers)),
    })
    .await;
    let destination = open("clickhouse", json!({ "url": fake.url, "password": "sesame-street" }));
    let after = Some(Duration::from_secs(5));
    let code = "x-clickhouse-exception-code";
    for (reply, expected) in [
        (
            Reply::new(500, "Code: 252. DB::Exception").with(code, "252").with("retry-after", "5"),
            Outcome::Retry { after },
        ),
        (Reply::new(200, "Code: 241. DB::Exception: late"), Outcome::Retry { after: None }),
        (Reply::new(503, "<html>").with("retry-after", "5"), Outcome::Retry { after }),
        (Reply::new(429, "").with("retry-after", "5"), Outcome::Retry { after }),
        (Reply::new(413, "<html>"), Outcome::Split),
        (Reply::new(403, "").with(code, "497"), Outcome::Misconfigured),
    ] {
        fake.next(reply.clone());
        assert_eq!(destination.send(&batch(2)).await.outcome, expected, "{reply:?}");
    }
    fake.next(Reply::new(403, "key sesame-street is not good").with(code, "516"));
    assert_eq!(destination.send(&batch(2)).await.detail, "key [secret] is not good");
    let seen = fake.seen();
    assert!(seen.windows(2).all(|pair| (&pair[0].raw, &pair[0].uri) == (&pair[1].raw, &pair[1].uri)));
    let token = format!("insert_deduplication_token={}", batch(2).id);
    assert!(seen[0].uri.query().unwrap().contains(&token));
}
