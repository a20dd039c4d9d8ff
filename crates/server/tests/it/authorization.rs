//! Every operation without a key, with a wrong one, without its scope, and with the key of another organization.

use std::{
    collections::HashSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_auth::{Bound, Operation, Scope};

use crate::{
    harness::{Answer, ROOT, Server, event},
    people::{PASSWORD, Person},
    schedules,
};

/// One that nobody has.
const NO_PASSKEY: &str = "/v1/account/passkeys/pk_00000000000000000000";

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1/hook";

/// A call that carries out an operation on organization `acme`, and a body for it.
pub(crate) fn call(operation: Operation) -> (Method, &'static str, Value) {
    let event = event("acme", 1);
    match operation {
        Operation::WriteEvents => (Method::POST, "/v1/events", event),
        Operation::ReadEvents => (Method::GET, "/v1/events?org=acme", Value::Null),
        Operation::GetEvent => (Method::GET, "/v1/events/{event}", Value::Null),
        Operation::CountEvents => (Method::GET, "/v1/count?org=acme", Value::Null),
        Operation::HistogramEvents => (Method::GET, "/v1/histogram?org=acme", Value::Null),
        Operation::FacetEvents => (Method::GET, "/v1/facets?org=acme&field=action", Value::Null),
        Operation::TailEvents => (Method::GET, "/v1/tail?org=acme", Value::Null),
        Operation::ExplainQuery => (Method::GET, "/v1/query/explain?org=acme", Value::Null),
        Operation::RelatedEvents => (Method::GET, "/v1/events/{event}/related", Value::Null),
        Operation::ParseQuery => (Method::POST, "/v1/query/parse", json!({ "q": "outc" })),
        Operation::CreateOrg => (Method::POST, "/v1/orgs", json!({})),
        Operation::ListOrgs => (Method::GET, "/v1/orgs", Value::Null),
        Operation::GetOrg => (Method::GET, "/v1/orgs/acme", Value::Null),
        Operation::UpdateOrg => (Method::PATCH, "/v1/orgs/acme", json!({ "name": "x" })),
        Operation::ArchiveOrg => (Method::PATCH, "/v1/orgs/acme", json!({ "state": "active" })),
        Operation::DeleteOrg => (Method::DELETE, "/v1/orgs/acme", Value::Null),
        Operation::CreateKey => {
            (Method::POST, "/v1/keys", json!({ "name": "x", "org": "acme", "scopes": ["orgs:read"] }))
        }
        Operation::ListKeys => (Method::GET, "/v1/keys?org=acme", Value::Null),
        Operation::GetKey => (Method::GET, "/v1/keys/{key}", Value::Null),
        Operation::RevokeKey => (Method::DELETE, "/v1/keys/{key}", Value::Null),
        Operation::GetCheckpoint => (Method::GET, "/v1/logs/acme/checkpoint", Value::Null),
        Operation::GetTile => (Method::GET, "/v1/logs/acme/tile/entries/000.p/1", Value::Null),
        Operation::GetConsistency => (Method::GET, "/v1/logs/acme/consistency?from=0", Value::Null),
        Operation::GetLogDirectory => (Method::GET, "/v1/logs/acme/directory", Value::Null),
        Operation::ListAnchors => (Method::GET, "/v1/logs/acme/anchors", Value::Null),
        Operation::ReadRange => (Method::GET, "/v1/logs/acme/range?from=0", Value::Null),
        Operation::ExportEvidence => (Method::GET, "/v1/evidence?org=acme", Value::Null),
        Operation::GetIntegrity => (Method::GET, "/v1/logs/acme/integrity", Value::Null),
        Operation::ProveEvent => (Method::GET, "/v1/events/{event}/proof", Value::Null),
        Operation::GetDirectoryCheckpoint => (Method::GET, "/v1/directory/checkpoint", Value::Null),
        Operation::GetDirectoryTile => (Method::GET, "/v1/directory/tile/0/000.p/1", Value::Null),
        Operation::GetDirectoryConsistency => (Method::GET, "/v1/directory/consistency?from=0", Value::Null),
        Operation::RotateLogKeys => (Method::POST, "/v1/log-keys/rotate", Value::Null),
        Operation::GetLimits => (Method::GET, "/v1/limits", Value::Null),
        Operation::GetMasking => (Method::GET, "/v1/masking", Value::Null),
        Operation::CheckMasking => (Method::POST, "/v1/masking/check?org=acme", event),
        Operation::GetMetrics => (Method::GET, "/metrics", Value::Null),
        operation => call_of_finding(operation)
            .or_else(|| call_of_viewers(operation))
            .or_else(|| call_of_exports(operation))
            .or_else(|| schedules::call(operation))
            .or_else(|| call_of_streams(operation))
            .unwrap_or_else(|| call_of_people(operation)),
    }
}

/// Those about searches that are kept, short links and shared events.
fn call_of_finding(operation: Operation) -> Option<(Method, &'static str, Value)> {
    Some(match operation {
        Operation::ListSearches => (Method::GET, "/v1/searches?org=acme", Value::Null),
        Operation::CreateSearch => (Method::POST, "/v1/searches?org=acme", json!({ "name": "{name}" })),
        Operation::GetSearch => (Method::GET, "/v1/searches/{search}", Value::Null),
        Operation::UpdateSearch => (Method::PATCH, "/v1/searches/{own_search}", json!({ "query": "x" })),
        Operation::DeleteSearch => (Method::DELETE, "/v1/searches/{own_search}", Value::Null),
        Operation::ManageSharedSearch => (Method::PATCH, "/v1/searches/{search}", json!({ "query": "x" })),
        Operation::CreateShortLink => {
            (Method::POST, "/v1/short-links?org=acme", json!({ "path": "/events?q=x" }))
        }
        Operation::GetShortLink => (Method::GET, "/v1/short-links/{short_link}", Value::Null),
        Operation::CreateShare => (Method::POST, "/v1/events/{event}/shares", json!({})),
        Operation::ListShares => (Method::GET, "/v1/shares?org=acme", Value::Null),
        Operation::RevokeShare => (Method::DELETE, "/v1/shares/{share}", Value::Null),
        _ => return None,
    })
}

/// Those about viewer tokens.
fn call_of_viewers(operation: Operation) -> Option<(Method, &'static str, Value)> {
    Some(match operation {
        Operation::CreateViewerToken => (
            Method::POST,
            "/v1/viewer-tokens",
            json!({ "org": "acme", "actor": { "id": "u_7" }, "origins": ["https://app.example.com"] }),
        ),
        Operation::ListViewerTokens => (Method::GET, "/v1/viewer-tokens?org=acme", Value::Null),
        Operation::RevokeViewerToken => (Method::DELETE, "/v1/viewer-tokens/{viewer_token}", Value::Null),
        Operation::RevokeViewerTokens => (Method::DELETE, "/v1/viewer-tokens?org=acme", Value::Null),
        Operation::GetViewer => (Method::GET, "/v1/viewer", Value::Null),
        _ => return None,
    })
}

/// Those about exports.
fn call_of_exports(operation: Operation) -> Option<(Method, &'static str, Value)> {
    Some(match operation {
        Operation::CreateExport => {
            (Method::POST, "/v1/exports", json!({ "org": "acme", "format": "csv", "name": "{name}" }))
        }
        Operation::ListExports => (Method::GET, "/v1/exports?org=acme", Value::Null),
        Operation::GetExport => (Method::GET, "/v1/exports/{export}", Value::Null),
        Operation::FollowExport => (Method::GET, "/v1/exports/{export}/progress", Value::Null),
        Operation::CancelExport => (Method::POST, "/v1/exports/{export}/cancel", Value::Null),
        Operation::RetryExport => (Method::POST, "/v1/exports/{export}/retry", Value::Null),
        Operation::DeleteExport => (Method::DELETE, "/v1/exports/{export}", Value::Null),
        Operation::DownloadExport => (Method::GET, "/v1/exports/{export}/download", Value::Null),
        Operation::GetExportManifest => (Method::GET, "/v1/exports/{export}/manifest", Value::Null),
        Operation::CreateExportUrl => (Method::POST, "/v1/exports/{export}/url", json!({})),
        _ => return None,
    })
}

/// Those about streams.
fn call_of_streams(operation: Operation) -> Option<(Method, &'static str, Value)> {
    let new = || {
        json!({ "organization_id": "acme", "name": "SIEM", "kind": "webhook", "settings": { "url": NOWHERE
            } })
    };
    Some(match operation {
        Operation::ListStreamKinds => (Method::GET, "/v1/stream_kinds", Value::Null),
        Operation::ListStreams => (Method::GET, "/v1/streams?organization_id=acme", Value::Null),
        Operation::CreateStream => {
            let mut new = new();
            new["paused"] = json!(true);
            (Method::POST, "/v1/streams", new)
        }
        Operation::TestStreamDraft => (Method::POST, "/v1/streams/test", new()),
        Operation::GetStream => (Method::GET, "/v1/streams/{stream}", Value::Null),
        Operation::UpdateStream => (Method::PATCH, "/v1/streams/{stream}", json!({ "query": "x" })),
        Operation::DeleteStream => (Method::DELETE, "/v1/streams/{stream}", Value::Null),
        Operation::PauseStream => (Method::POST, "/v1/streams/{stream}/pause", Value::Null),
        Operation::ResumeStream => (Method::POST, "/v1/streams/{stream}/resume", Value::Null),
        Operation::RewindStream => {
            (Method::POST, "/v1/streams/{stream}/rewind", json!({ "to": "beginning" }))
        }
        Operation::TestStream => (Method::POST, "/v1/streams/{stream}/test", Value::Null),
        Operation::ListStreamAttempts => (Method::GET, "/v1/streams/{stream}/attempts", Value::Null),
        Operation::ListDeadLetters => (Method::GET, "/v1/streams/{stream}/dead_letters", Value::Null),
        Operation::ReplayDeadLetters => {
            (Method::POST, "/v1/streams/{stream}/dead_letters/replay", json!({ "all": true }))
        }
        Operation::ListStreamGaps => (Method::GET, "/v1/streams/{stream}/gaps", Value::Null),
        Operation::ManageInstanceStreams => (Method::GET, "/v1/streams/{instance_stream}", Value::Null),
        _ => return None,
    })
}

/// Those about people.
fn call_of_people(operation: Operation) -> (Method, &'static str, Value) {
    match operation {
        Operation::GetSession => (Method::GET, "/v1/session", Value::Null),
        Operation::EndSession => (Method::DELETE, "/v1/session", Value::Null),
        Operation::ListSessions => (Method::GET, "/v1/sessions", Value::Null),
        Operation::RevokeSession => (Method::DELETE, "/v1/sessions/{own_session}", Value::Null),
        Operation::ListMemberSessions => (Method::GET, "/v1/sessions?user={user}", Value::Null),
        Operation::RevokeMemberSession => (Method::DELETE, "/v1/sessions/{session}", Value::Null),
        Operation::ChangePassword => (
            Method::POST,
            "/v1/account/password",
            json!({ "password": PASSWORD, "new_password": "four tall ticks in a row" }),
        ),
        Operation::ChangeEmail => (
            Method::POST,
            "/v1/account/email",
            json!({ "password": PASSWORD, "email": "{name}@acme.example" }),
        ),
        Operation::UpdateAccount => (Method::PATCH, "/v1/account", json!({ "name": "Somebody" })),
        Operation::BeginTotp => (Method::POST, "/v1/account/totp", json!({ "password": PASSWORD })),
        Operation::ConfirmTotp => (Method::POST, "/v1/account/totp/confirm", json!({ "code": "000000" })),
        Operation::RemoveTotp => (Method::DELETE, "/v1/account/totp", json!({ "password": PASSWORD })),
        Operation::ListPasskeys => (Method::GET, "/v1/account/passkeys", Value::Null),
        Operation::BeginPasskey => {
            (Method::POST, "/v1/account/passkeys/begin", json!({ "password": PASSWORD }))
        }
        Operation::AddPasskey => {
            (Method::POST, "/v1/account/passkeys", json!({ "name": "Phone", "credential": {} }))
        }
        Operation::RenamePasskey => (Method::PATCH, NO_PASSKEY, json!({ "name": "Phone" })),
        Operation::RemovePasskey => (Method::DELETE, NO_PASSKEY, json!({ "password": PASSWORD })),
        Operation::ListMembers => (Method::GET, "/v1/members?org=acme", Value::Null),
        Operation::AddMember => {
            (Method::POST, "/v1/members?org=acme", json!({ "user": "{stranger}", "role": "member" }))
        }
        Operation::UpdateMember => {
            (Method::PATCH, "/v1/members/{user}?org=acme", json!({ "role": "member" }))
        }
        Operation::RemoveMember => (Method::DELETE, "/v1/members/{user}?org=acme", Value::Null),
        Operation::ResetMemberPassword => {
            (Method::POST, "/v1/members/{user}/password-reset?org=acme", Value::Null)
        }
        Operation::RemoveMemberTotp => (Method::DELETE, "/v1/members/{user}/totp?org=acme", Value::Null),
        Operation::SuspendMember => (Method::POST, "/v1/members/{user}/suspend?org=acme", Value::Null),
        Operation::ResumeMember => (Method::POST, "/v1/members/{user}/resume?org=acme", Value::Null),
        Operation::CreateInvitation => {
            (Method::POST, "/v1/invitations?org=acme", json!({ "email": "new@x.example", "role": "member" }))
        }
        Operation::ListInvitations => (Method::GET, "/v1/invitations?org=acme", Value::Null),
        Operation::RevokeInvitation => (Method::DELETE, "/v1/invitations/{invitation}", Value::Null),
        Operation::ListRoles => (Method::GET, "/v1/roles?org=acme", Value::Null),
        Operation::CreateRole => (
            Method::POST,
            "/v1/roles?org=acme",
            json!({ "name": "{name}", "permissions": ["audit_logs.read"] }),
        ),
        Operation::UpdateRole => (Method::PATCH, "/v1/roles/{role}", json!({ "filter": "action:*" })),
        Operation::DeleteRole => (Method::DELETE, "/v1/roles/{role}", Value::Null),
        Operation::GetSso => (Method::GET, "/v1/sso?org=acme", Value::Null),
        Operation::PutSso => (
            Method::PUT,
            "/v1/sso?org=acme",
            json!({ "issuer": "https://127.0.0.1:1", "client_id": "c", "domains": ["acme.example"] }),
        ),
        Operation::DeleteSso => (Method::DELETE, "/v1/sso?org=acme", Value::Null),
        Operation::TestSso => (Method::POST, "/v1/sso/test?org=acme", Value::Null),
        Operation::EnforceSso => (Method::PUT, "/v1/sso/enforcement?org=acme", json!({ "enforced": false })),
        Operation::GetBoot => (Method::GET, "/v1/ui/boot", Value::Null),
        other => panic!("{other:?} has no call"),
    }
}

pub(crate) struct Doors {
    pub(crate) server: Server,
    event: String,
    made: AtomicUsize,
}

impl Doors {
    pub(crate) async fn open() -> Self {
        let options = tallystick_server::ServerOptions::default();
        let server = Server::start_with(options).await;
        server.org("acme").await;
        server.org("other").await;
        let stored = server.send(Method::POST, "/v1/events", &event("acme", 0)).await.ok();
        server.publish("acme").await;
        let event = stored["events"][0]["id"].as_str().unwrap().to_owned();
        Self { event, made: AtomicUsize::new(0), server }
    }

    /// The call with something of acme in place of each `{...}`, made for it.
    pub(crate) async fn filled(
        &self,
        operation: Operation,
        person: Option<&Person>,
    ) -> (Method, String, Value) {
        let (method, path, body) = call(operation);
        let (mut path, mut body) = (path.replace("{event}", &self.event), body.to_string());
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        body = body.replace("{name}", &format!("role{number}"));
        let server = &self.server;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        if path.contains("{key}") {
            let key = json!({ "name": "found by others", "org": "acme", "scopes": ["events:read"] });
            let key = server.send(Method::POST, "/v1/keys", &key).await.ok();
            path = path.replace("{key}", &text(&key["id"]));
        }
        if path.contains("{user}") || path.contains("{session}") {
            let made = server.person("acme", &format!("found{number}@acme.example"), "member").await;
            let session = server.get_of(&made, "/v1/session").await.ok();
            path = path.replace("{user}", &text(&session["user"]["id"]));
            path = path.replace("{session}", &text(&session["session"]));
        }
        if path.contains("{own_session}") {
            let own = match person {
                Some(person) => server.again(person).await,
                None => server.person("acme", &format!("own{number}@acme.example"), "member").await,
            };
            let session = server.get_of(&own, "/v1/session").await.ok();
            path = path.replace("{own_session}", &text(&session["session"]));
        }
        if body.contains("{stranger}") {
            let made = server.person("other", &format!("stranger{number}@x.example"), "member").await;
            let session = server.get_of(&made, "/v1/session").await.ok();
            body = body.replace("{stranger}", &text(&session["user"]["id"]));
        }
        if path.contains("{invitation}") {
            let new = json!({ "email": format!("invited{number}@x.example"), "role": "member" });
            let made = server.send(Method::POST, "/v1/invitations?org=acme", &new).await.ok();
            path = path.replace("{invitation}", &text(&made["id"]));
        }
        if path.contains("{viewer_token}") {
            let (_, _, new) = call(Operation::CreateViewerToken);
            let made = server.send(Method::POST, "/v1/viewer-tokens", &new).await.ok();
            path = path.replace("{viewer_token}", &text(&made["id"]));
        }
        if path.contains("{role}") {
            let new = json!({ "name": format!("Found {number}"), "permissions": ["audit_logs.read"] });
            let made = server.send(Method::POST, "/v1/roles?org=acme", &new).await.ok();
            path = path.replace("{role}", &text(&made["id"]));
        }
        path = self.found(path, number, person).await;
        (method, path, serde_json::from_str(&body).unwrap())
    }

    /// The path with what people find and hand over.
    async fn found(&self, mut path: String, number: usize, person: Option<&Person>) -> String {
        let server = &self.server;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        if path.contains("{search}") {
            let new = json!({ "name": format!("Shared {number}"), "shared": true });
            let made = server.send(Method::POST, "/v1/searches?org=acme", &new).await.ok();
            path = path.replace("{search}", &text(&made["id"]));
        }
        if path.contains("{own_search}") {
            let (call, new) = ("/v1/searches?org=acme", json!({ "name": format!("Own {number}") }));
            let own = match person {
                Some(person) => server.send_of(person, Method::POST, call, &new).await,
                None => server.send(Method::POST, call, &new).await,
            };
            // Who may keep none cannot have one; that of somebody else is not there for them.
            let own = if own.status == 201 { own } else { server.send(Method::POST, call, &new).await };
            path = path.replace("{own_search}", &text(&own.ok()["id"]));
        }
        if path.contains("{short_link}") {
            let new = json!({ "path": "/events?q=found" });
            let made = server.send(Method::POST, "/v1/short-links?org=acme", &new).await.ok();
            path = path.replace("{short_link}", &text(&made["id"]));
        }
        if path.contains("{export}") {
            let new = json!({ "org": "acme", "format": "ndjson" });
            let made = server.send(Method::POST, "/v1/exports", &new).await.ok();
            path = path.replace("{export}", &text(&made["id"]));
            server.export_ended(&text(&made["id"])).await;
        }
        path = server.found_schedules(path).await;
        for (place, org) in [("{stream}", json!("acme")), ("{instance_stream}", Value::Null)] {
            if path.contains(place) {
                let (_, _, mut new) = call(Operation::CreateStream);
                new["organization_id"] = org;
                let made = server.send(Method::POST, "/v1/streams", &new).await.ok();
                path = path.replace(place, &text(&made["id"]));
            }
        }
        if path.contains("{share}") {
            let made = format!("/v1/events/{}/shares", self.event);
            let made = server.send(Method::POST, &made, &json!({})).await.ok();
            path = path.replace("{share}", &text(&made["id"]));
        }
        path
    }

    async fn knock(&self, operation: Operation, token: Option<&str>) -> Answer {
        let (method, path, body) = self.filled(operation, None).await;
        let mut request = self.server.http.request(method, format!("{}{path}", self.server.base));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        Answer::of(request.send().await.unwrap()).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_key_nothing_opens() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        let answer = doors.knock(*operation, None).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{operation:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    for token in ["nonsense", &format!("tsk_{}", "0".repeat(40))] {
        let answer = doors.knock(Operation::ReadEvents, Some(token)).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{token}");
    }
    for header in ["", "Bearer", "Bearer ", "Basic cm9vdDpyb290"] {
        let request = doors.server.http.get(format!("{}/v1/events", doors.server.base));
        let answer = Answer::of(request.header("authorization", header).send().await.unwrap()).await;
        assert_eq!(answer.problem(), (401, "unauthenticated"), "{header:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_scope_it_does_not_open() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        let Some(need) = operation.rule().scope() else { continue };
        let others: Vec<&str> =
            Scope::ALL.iter().filter(|s| **s != need && **s != Scope::Admin).map(|s| s.as_str()).collect();
        let token = doors.server.key(None, &others).await;
        let answer = doors.knock(*operation, Some(&token)).await;
        assert_eq!(answer.problem(), (403, "forbidden"), "{operation:?}: {}", answer.text);
        assert!(
            answer.text.contains(need.as_str()),
            "{operation:?} does not name the scope: {}",
            answer.text
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_key_of_another_organization_does_not_open_it() {
    let doors = Doors::open().await;
    let before =
        doors.server.get("/v1/count?org=acme&q=action:user.login").await.ok()["count"].as_u64().unwrap();
    let token = doors.server.key(Some("other"), &["admin"]).await;
    for operation in Operation::ALL {
        let answer = doors.knock(*operation, Some(&token)).await;
        let expected = match (operation, operation.rule().bound) {
            // It is one call for both, and this key manages members: of its own organization.
            (Operation::RevokeSession | Operation::RevokeMemberSession, _) => {
                Some((404, "session_not_found"))
            }
            (_, Bound::Person) => Some((403, "forbidden")),
            (Operation::ListMemberSessions, _) => Some((404, "user_not_found")),
            (
                Operation::GetSearch
                | Operation::UpdateSearch
                | Operation::DeleteSearch
                | Operation::ManageSharedSearch,
                _,
            ) => Some((404, "search_not_found")),
            (Operation::GetShortLink, _) => Some((404, "not_found")),
            (Operation::RelatedEvents | Operation::CreateShare, _) => Some((404, "event_not_found")),
            (Operation::RevokeShare, _) => Some((404, "share_not_found")),
            (operation, _)
                if operation.rule().name.starts_with("exports.")
                    && !matches!(operation, Operation::CreateExport | Operation::ListExports) =>
            {
                Some((404, "export_not_found"))
            }
            (operation, _) if schedules::is_of_one(*operation) => Some((404, "export_schedule_not_found")),
            (Operation::ListStreamKinds, _) => continue,
            (operation, _) if operation.rule().name.starts_with("streams.") && is_by_id(*operation) => {
                Some((404, "stream_not_found"))
            }
            (Operation::RevokeInvitation, _) => Some((404, "invitation_not_found")),
            (Operation::UpdateRole | Operation::DeleteRole, _) => Some((404, "role_not_found")),
            (Operation::RevokeViewerToken, _) => Some((404, "viewer_token_not_found")),
            (_, Bound::Viewer) => Some((403, "forbidden")),
            (_, Bound::Never) if *operation != Operation::ArchiveOrg => Some((403, "forbidden")),
            (Operation::GetEvent | Operation::ProveEvent, _) => Some((404, "event_not_found")),
            (Operation::GetKey | Operation::RevokeKey, _) => Some((404, "key_not_found")),
            // Answers with what is its own.
            (
                Operation::ListOrgs
                | Operation::GetLimits
                | Operation::GetMasking
                | Operation::GetBoot
                | Operation::ParseQuery,
                _,
            ) => None,
            // By pseudonyms, the same for all.
            (
                Operation::GetDirectoryCheckpoint
                | Operation::GetDirectoryTile
                | Operation::GetDirectoryConsistency,
                _,
            ) => {
                assert_eq!(answer.status, 200, "{operation:?}: {}", answer.text);
                assert!(!answer.text.contains("acme"));
                continue;
            }
            _ => Some((403, "wrong_org")),
        };
        if let Some(expected) = expected {
            assert_eq!(answer.problem(), expected, "{operation:?}: {}", answer.text);
        } else {
            let text = answer.ok().to_string();
            assert!(!text.contains("acme"), "{operation:?}: {text}");
        }
    }
    let written = "/v1/count?org=acme&q=action:user.login";
    assert_eq!(doors.server.get(written).await.ok()["count"].as_u64().unwrap(), before);
    renames_its_own_and_does_not_stop_it(&doors, &token).await;
}

/// A bound administrator may rename its own organization, but not stop its audit.
async fn renames_its_own_and_does_not_stop_it(doors: &Doors, token: &str) {
    let path = "/v1/orgs/other";
    doors.server.send_as(token, Method::PATCH, path, &json!({ "name": "New" })).await.ok();
    let archive = doors.server.send_as(token, Method::PATCH, path, &json!({ "state": "archived" })).await;
    assert_eq!(archive.problem(), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_right_key_every_door_opens() {
    let doors = Doors::open().await;
    for operation in Operation::ALL {
        // It would never end; the tail's own tests open it. acme has events and cannot be deleted.
        if matches!(operation, Operation::TailEvents | Operation::DeleteOrg) {
            continue;
        }
        let answer = doors.knock(*operation, Some(ROOT)).await;
        if operation.rule().bound == Bound::Person && *operation != Operation::RevokeSession {
            assert_eq!(answer.problem(), (403, "forbidden"), "{operation:?} is about a person's own account");
            continue;
        }
        if operation.rule().bound == Bound::Viewer {
            assert_eq!(answer.problem(), (403, "forbidden"), "{operation:?} is about a viewer's own token");
            continue;
        }
        // What has ended is neither stopped nor run again; whoever may is told so.
        if matches!(operation, Operation::CancelExport | Operation::RetryExport) {
            assert_eq!(answer.problem(), (409, "export_state"), "{operation:?}");
            continue;
        }
        // There is no provider to be asked here; they are let in all the same.
        if operation.rule().name.starts_with("sso.") {
            assert!(![401, 403].contains(&answer.status), "{operation:?}: {}", answer.text);
            continue;
        }
        assert!((200..300).contains(&answer.status), "{operation:?}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_and_good_keys_are_not() {
    let doors = Doors::open().await;
    let mut codes = HashSet::new();
    for guess in 0..40 {
        let answer = doors.knock(Operation::ReadEvents, Some(&format!("tsk_{guess}"))).await;
        codes.insert(answer.problem().0);
        if answer.status == 429 {
            assert_eq!(answer.json["code"], "too_many_failures");
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(codes, HashSet::from([401, 429]));
    assert_eq!(doors.knock(Operation::ReadEvents, Some(ROOT)).await.status, 200);
}

/// The route behind a call, as the document writes it.
pub(crate) fn route(operation: Operation) -> (Method, String) {
    let (method, path, _) = call(operation);
    let mut path = path.split('?').next().unwrap().to_owned();
    path = path.replace("pk_00000000000000000000", "{id}");
    let names = ["{event}", "{key}", "{user}", "{session}", "{own_session}", "{invitation}", "{role}"];
    for name in names.into_iter().chain([
        "{search}",
        "{own_search}",
        "{short_link}",
        "{share}",
        "{viewer_token}",
        "{export}",
        "{stream}",
        "{instance_stream}",
    ]) {
        path = path.replace(name, "{id}");
    }
    let path =
        schedules::by_id(path).replace("/orgs/acme", "/orgs/{id}").replace("/logs/acme", "/logs/{log}");
    let path = path.split_once("/tile/").map_or(path.clone(), |(log, _)| format!("{log}/tile/{{*path}}"));
    (method, path)
}

/// Whether the call names what it is about by an id in its path.
fn is_by_id(operation: Operation) -> bool {
    route(operation).1.contains("{id}")
}

/// A route that the walk above does not know would be open without anybody having looked.
#[test]
fn the_walk_knows_every_route() {
    let (_, document) = tallystick_server::http::router::api();
    let document = serde_json::to_value(document).unwrap();
    let mut walked: HashSet<String> = Operation::ALL
        .iter()
        .map(|operation| {
            let (method, path) = route(*operation);
            format!("{} {path}", method.as_str().to_lowercase())
        })
        .collect();
    let open = [
        "get /healthz",
        "get /readyz",
        "get /.well-known/tallystick-keys.json",
        "post /v1/session",
        "post /v1/session/passkey",
        "post /v1/session/passkey/begin",
    ];
    walked.extend(open.map(str::to_owned));
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            assert!(walked.remove(&format!("{method} {path}")), "{method} {path} is not walked");
        }
    }
    assert!(walked.is_empty(), "not in the document: {walked:?}");
}
