//! Schedules of exports over HTTP: made, run, changed, paused, and whose rights they have.

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_auth::Operation;

use crate::harness::{PATIENCE, Server};

const HOUR_MS: i64 = 3_600_000;

/// A store where nobody listens.
fn nowhere() -> Value {
    json!({ "kind": "s3", "settings": { "bucket": "audit", "endpoint": "http://127.0.0.1:1", "access_key_id": "AKIA",
        "secret_access_key": "s3cr3t" } })
}

fn daily(name: &str) -> Value {
    json!({ "org": "acme", "name": name, "format": "ndjson", "query": "action:user.login", "order": "asc",
        "timing": { "repeat": "daily", "at": "12:00" } })
}

/// A call that carries out an operation on schedules of `acme`, and a body for it.
pub(crate) fn call(operation: Operation) -> Option<(Method, &'static str, Value)> {
    let mut new = daily("{name}");
    new["paused"] = json!(true);
    Some(match operation {
        Operation::ListExportSchedules => (Method::GET, "/v1/export-schedules?org=acme", Value::Null),
        Operation::CreateExportSchedule => (Method::POST, "/v1/export-schedules", new),
        Operation::GetExportSchedule => (Method::GET, "/v1/export-schedules/{schedule}", Value::Null),
        Operation::UpdateExportSchedule => {
            (Method::PATCH, "/v1/export-schedules/{schedule}", json!({ "query": "x" }))
        }
        Operation::DeleteExportSchedule => (Method::DELETE, "/v1/export-schedules/{schedule}", Value::Null),
        Operation::PauseExportSchedule => {
            (Method::POST, "/v1/export-schedules/{schedule}/pause", Value::Null)
        }
        Operation::ResumeExportSchedule => {
            (Method::POST, "/v1/export-schedules/{schedule}/resume", Value::Null)
        }
        Operation::RunExportSchedule => (Method::POST, "/v1/export-schedules/{schedule}/run", Value::Null),
        Operation::ListExportScheduleRuns => {
            (Method::GET, "/v1/export-schedules/{schedule}/runs", Value::Null)
        }
        Operation::DeliverExportSchedule => {
            (Method::POST, "/v1/export-schedules/{ran_schedule}/deliver", json!({ "run": 1 }))
        }
        Operation::SendExportSchedule => {
            (Method::POST, "/v1/export-schedules/{sending_schedule}/resume", Value::Null)
        }
        _ => return None,
    })
}

/// Whether an operation is one on a schedule that there is.
pub(crate) fn is_of_one(operation: Operation) -> bool {
    operation.rule().name.starts_with("export_schedules.")
        && !matches!(operation, Operation::CreateExportSchedule | Operation::ListExportSchedules)
}

/// What stands in for the id of a schedule in a path.
const PLACES: [&str; 3] = ["{schedule}", "{sending_schedule}", "{ran_schedule}"];

/// The path of the route.
pub(crate) fn by_id(path: String) -> String {
    PLACES.into_iter().fold(path, |path, place| path.replace(place, "{id}"))
}

impl Server {
    async fn schedule(&self, body: &Value) -> Value {
        self.send(Method::POST, "/v1/export-schedules", body).await.ok()
    }

    /// The path with schedules that there are.
    pub(crate) async fn found_schedules(&self, mut path: String) -> String {
        for place in PLACES {
            if !path.contains(place) {
                continue;
            }
            self.make_room().await;
            let mut new = daily("found");
            new["paused"] = json!(true);
            if place == "{sending_schedule}" {
                new["store"] = nowhere();
            }
            let made = self.schedule(&new).await;
            let id = made["id"].as_str().unwrap();
            if place == "{ran_schedule}" {
                self.send(Method::POST, &format!("/v1/export-schedules/{id}/run"), &Value::Null).await.ok();
                self.run_over(id, 1).await;
            }
            path = path.replace(place, id);
        }
        path
    }

    /// Deletes the schedules that others have used up, before there are too many.
    async fn make_room(&self) {
        let there = self.get("/v1/export-schedules?org=acme").await.ok();
        let there = there["schedules"].as_array().unwrap();
        if (there.len() as u64) < tallystick_catalog::EXPORT_SCHEDULES_MAX {
            return;
        }
        for one in there {
            let path = format!("/v1/export-schedules/{}", one["id"].as_str().unwrap());
            assert!(self.send(Method::DELETE, &path, &Value::Null).await.status < 300);
        }
    }

    /// A run once it is over.
    async fn run_over(&self, id: &str, number: u64) -> Value {
        let started = std::time::Instant::now();
        loop {
            let found = self.get(&format!("/v1/export-schedules/{id}/runs")).await.ok();
            let runs = found["runs"].as_array().unwrap();
            let over = runs.iter().find(|run| {
                run["number"] == number && matches!(run["status"].as_str(), Some("done" | "failed"))
            });
            if let Some(run) = over {
                return run.clone();
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {found}");
            self.state.schedules.look();
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }

    async fn lines(&self, run: &Value) -> Vec<Value> {
        let file = self.get(&format!("/v1/exports/{}/download", run["export_id"].as_str().unwrap())).await;
        assert_eq!(file.status, 200, "{}", file.text);
        file.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_runs_when_it_is_due_and_when_somebody_asks() {
    let server = Server::start().await;
    server.org("acme").await;
    let made = server.schedule(&daily("Sign-ins")).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(
        (&made["status"], &made["runs"], &made["last_run"]),
        (&json!("active"), &json!(0), &Value::Null)
    );
    assert_eq!((&made["covers"], &made["owner"]["id"]), (&json!("received"), &json!("root")));
    assert_eq!(made["timing"], json!({ "repeat": "daily", "at": "12:00" }));
    assert_eq!(made["next_run_at"], "2026-11-20T12:00:00.000Z", "it is 10:00");
    assert_eq!(made["covered_until"], "2026-11-19T12:00:00.000Z", "the first run is of the period before");
    server.fill("acme", 0, 10).await;
    server.clock.advance(2 * HOUR_MS);
    let first = server.run_over(id, 1).await;
    assert_eq!(
        (&first["status"], &first["why"], &first["email"]),
        (&json!("done"), &json!("due"), &Value::Null)
    );
    assert_eq!(server.lines(&first).await.len(), 5);
    server.clock.advance(1);
    server.fill("acme", 10, 4).await;
    server.clock.advance(1);
    server.send(Method::POST, &format!("/v1/export-schedules/{id}/run"), &Value::Null).await.ok();
    let second = server.run_over(id, 2).await;
    let numbers: Vec<_> =
        server.lines(&second).await.iter().map(|event| event["metadata"]["number"].clone()).collect();
    assert_eq!(numbers, [10, 12]);
    assert_eq!((&second["why"], &second["first_seq"]), (&json!("asked"), &first["log_size"]));
    let export = server.get(&format!("/v1/exports/{}", second["export_id"].as_str().unwrap())).await.ok();
    assert_eq!((&export["schedule"]["id"], &export["schedule"]["run"]), (&json!(id), &json!(2)));
    assert_eq!(export["schedule"]["received_from"], "2026-11-20T12:00:00.000Z");
    for (act, count) in [("created", 1), ("ran", 2), ("run_requested", 1)] {
        let action = format!("audit_export_schedule.{act}");
        let recorded = server.recorded_in_the_end("acme", &action, count).await;
        assert_eq!(recorded.len(), count, "{action}");
        assert_eq!(recorded[0]["targets"][0]["id"], id, "{action}");
    }
    let ran = server.recorded("acme", "audit_export_schedule.ran").await;
    assert_eq!(ran[0]["actor"]["on_behalf_of"][0]["id"], "root");
    let list = server.get("/v1/export-schedules?org=acme").await.ok();
    assert_eq!(list["schedules"][0]["last_run"]["number"], 2);
    assert_eq!(list["email_available"], false);
    // Its exports stay when it goes.
    assert_eq!(
        server.send(Method::DELETE, &format!("/v1/export-schedules/{id}"), &Value::Null).await.status,
        204
    );
    let gone = server.get(&format!("/v1/export-schedules/{id}")).await;
    assert_eq!(gone.problem(), (404, "export_schedule_not_found"));
    assert_eq!(server.lines(&second).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_has_the_rights_of_whoever_changed_it_last() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "auditor").await;
    let olga = server.person("acme", "olga@acme.example", "owner").await;
    let made = server.send_of(&ana, Method::POST, "/v1/export-schedules", &daily("Hers")).await.ok();
    let path = format!("/v1/export-schedules/{}", made["id"].as_str().unwrap());
    let id_of = async |person| server.get_of(person, "/v1/session").await.ok()["user"]["id"].clone();
    let (ana_id, olga_id) = (id_of(&ana).await, id_of(&olga).await);
    assert_eq!(made["owner"]["id"], ana_id);
    // An auditor may export, and not send events out for good.
    let store = json!({ "store": nowhere() });
    let refused = server.send_of(&ana, Method::PATCH, &path, &store).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    assert!(refused.text.contains("streams.manage"), "{}", refused.text);

    // She becomes a member, who may not export at all.
    let member = format!("/v1/members/{}?org=acme", ana_id.as_str().unwrap());
    server.send(Method::PATCH, &member, &json!({ "role": "member" })).await.ok();
    server.clock.advance(3 * HOUR_MS);
    let recorded = server.recorded_in_the_end("acme", "audit_export_schedule.paused", 1).await;
    assert_eq!((&recorded[0]["outcome"], &recorded[0]["reason"]), (&json!("failure"), &json!("not_allowed")));
    let held = server.get(&path).await.ok();
    assert_eq!((&held["status"], &held["error"]["code"]), (&json!("paused"), &json!("not_allowed")));
    assert!(
        held["error"]["message"].as_str().unwrap().starts_with("Ana Ruiz may no longer export"),
        "{held}"
    );
    assert_eq!((&held["runs"], &held["next_run_at"]), (&json!(0), &Value::Null));
    assert_eq!(server.send_of(&ana, Method::POST, &format!("{path}/resume"), &Value::Null).await.status, 403);
    let resumed = server.send_of(&olga, Method::POST, &format!("{path}/resume"), &Value::Null).await.ok();
    assert_eq!((&resumed["owner"]["id"], &resumed["error"]), (&olga_id, &Value::Null));
    server.fill("acme", 0, 2).await;
    server.clock.advance(24 * HOUR_MS);
    let run = server.run_over(made["id"].as_str().unwrap(), 1).await;
    assert_eq!(server.lines(&run).await.len(), 1, "what it could not export meanwhile, too");

    // With a store it is for those who manage streams; of the secret nothing is shown or recorded.
    let changed = server.send(Method::PATCH, &path, &store).await.ok();
    assert_eq!(changed["store"]["settings"]["secret_access_key"], true);
    let recorded = server.recorded("acme", "audit_export_schedule.updated").await;
    assert!(recorded[0].to_string().contains("/store") && !recorded[0].to_string().contains("s3cr3t"));
    server.clock.advance(24 * HOUR_MS);
    let started = std::time::Instant::now();
    loop {
        let found = server.get(&format!("{path}/runs")).await.ok();
        let store = &found["runs"][0]["store"];
        if store["attempts"].as_u64().is_some_and(|attempts| attempts > 0) {
            assert_eq!(store["status"], "waiting", "{store}");
            assert!(!found.to_string().contains("s3cr3t"), "{found}");
            break;
        }
        assert!(started.elapsed() < PATIENCE, "{found}");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_run_can_be_an_evidence_pack() {
    let server = Server::start().await;
    server.org("acme").await;
    let new = json!({ "org": "acme", "name": "Proven", "format": "evidence", "paused": true,
        "timing": { "repeat": "monthly" } });
    let made = server.schedule(&new).await;
    assert_eq!(
        (&made["order"], &made["compression"], &made["columns"]),
        (&json!("asc"), &json!("none"), &Value::Null)
    );
    let (id, mut from) = (made["id"].as_str().unwrap(), Value::Null);
    for number in 1..=2 {
        server.fill("acme", number * 10, 10).await;
        server.clock.advance(1);
        server.send(Method::POST, &format!("/v1/export-schedules/{id}/run"), &Value::Null).await.ok();
        let run = server.run_over(id, number).await;
        assert_eq!(run["status"], "done", "{run}");
        let path = format!("/v1/exports/{}", run["export_id"].as_str().unwrap());
        let export = server.get(&path).await.ok();
        // All of the log since the run before, what was recorded of that among it.
        let count = run["log_size"].as_u64().unwrap() - run["first_seq"].as_u64().unwrap();
        assert_eq!((&export["rows"], &export["format"]), (&json!(count), &json!("evidence")));
        assert!(export["file_name"].as_str().unwrap().ends_with(".tallystick-pack.tar"), "{export}");
        assert!(from.is_null() || from == run["first_seq"], "{run}");
        from = run["log_size"].clone();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_me_is_stays_when_somebody_else_changes_something_else() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "auditor").await;
    let mut new = daily("Mine");
    new["query"] = json!("actor:@me");
    let made = server.send_of(&ana, Method::POST, "/v1/export-schedules", &new).await.ok();
    let path = format!("/v1/export-schedules/{}", made["id"].as_str().unwrap());
    let changed = server.send(Method::PATCH, &path, &json!({ "name": "Hers" })).await.ok();
    assert_eq!((&changed["query"], &changed["owner"]["id"]), (&json!("actor:@me"), &json!("root")));
    let refused = server.send(Method::PATCH, &path, &json!({ "query": "actor:@me -outcome:success" })).await;
    assert_eq!(refused.status, 400, "whoever has no session is nobody: {}", refused.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_named_with_their_place() {
    let server = Server::start().await;
    server.org("acme").await;
    let made = server.schedule(&daily("x")).await;
    let path = format!("/v1/export-schedules/{}", made["id"].as_str().unwrap());
    for (body, at) in [
        (json!({ "timing": { "repeat": "hourly" } }), "/timing/repeat"),
        (json!({ "timing": { "repeat": "daily", "at": "25:00" } }), "/timing/at"),
        (json!({ "timing": { "repeat": "monthly", "day": 31 } }), "/timing/day"),
        (json!({ "timing": { "repeat": "cron", "cron": "* * * * *" } }), "/timing/cron"),
        (json!({ "timing": { "repeat": "daily", "time_zone": "Mars/Olympus" } }), "/timing/time_zone"),
        (json!({ "covers": "both" }), "/covers"),
        (json!({ "query": "outcome:(" }), "/query"),
        (json!({ "format": "xlsx" }), "/format"),
        (json!({ "columns": ["seq"] }), "/columns"),
        (json!({ "format": "evidence", "order": "desc" }), "/order"),
        (json!({ "format": "evidence", "compression": "gzip" }), "/compression"),
        (json!({ "keep_days": 0 }), "/keep_days"),
        (json!({ "name": " " }), "/name"),
        (json!({ "email": { "to": ["a@b.example"] } }), "/email/to"),
        (json!({ "store": { "kind": "ftp" } }), "/store/kind"),
        (json!({ "store": { "kind": "s3", "settings": {} } }), "/store/settings/bucket"),
    ] {
        let refused = server.send(Method::PATCH, &path, &body).await;
        assert_eq!(refused.status, 400, "{body}: {}", refused.text);
        assert_eq!(refused.json["errors"][0]["path"], at, "{}", refused.text);
    }
    let changed =
        server.send(Method::PATCH, &path, &json!({ "format": "csv", "columns": ["seq"] })).await.ok();
    assert_eq!((&changed["columns"], &changed["version"]), (&json!(["seq"]), &json!(2)));
    let changed = server.send(Method::PATCH, &path, &json!({ "format": "parquet" })).await.ok();
    assert_eq!((&changed["format"], &changed["columns"]), (&json!("parquet"), &Value::Null));
    let zipped = json!({ "format": "json", "compression": "gzip", "order": "desc" });
    server.send(Method::PATCH, &path, &zipped).await.ok();
    let changed = server.send(Method::PATCH, &path, &json!({ "format": "evidence" })).await.ok();
    assert_eq!((&changed["compression"], &changed["order"]), (&json!("none"), &json!("asc")));
    let bad = server.send(Method::POST, &format!("{path}/deliver"), &json!({ "run": 7 })).await;
    assert_eq!(bad.problem(), (404, "export_run_not_found"));
    let limits = server.get("/v1/limits").await.ok();
    assert_eq!(limits["export_schedules_max"], 50);
}
