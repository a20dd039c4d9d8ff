//! Sessions over HTTP: what signing in gives, what other sites cannot do with it, how it ends, and what is recorded.

use reqwest::Method;
use serde_json::{Value, json};
use tallystick_server::ServerOptions;

use crate::{
    harness::{Answer, ROOT, Server},
    people::{PASSWORD, Person, cookie_of},
};

async fn acme() -> Server {
    let server = Server::start().await;
    server.org("acme").await;
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let answer = server.sign_in(&json!({ "email": "ANA@acme.example", "password": PASSWORD })).await;
    let set = answer.header("set-cookie").to_owned();
    for part in ["tallystick=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
        assert!(set.contains(part), "{part}: {set}");
    }
    assert!(!set.contains("Secure") && !set.contains("Domain"), "{set}");
    let fresh = Person { email: ana.email.clone(), cookie: cookie_of(&answer) };
    let user = &answer.ok()["user"];
    assert_eq!((&user["email"], &user["operator"]), (&json!("ana@acme.example"), &json!(false)));
    let who = server.get_of(&fresh, "/v1/session").await.ok();
    assert_eq!((&who["user"]["name"], &who["totp"]), (&json!("Ana Ruiz"), &json!(false)));

    // A session that was there before signing in is not gone on with, and ends: nobody can plant one.
    let request = server.request_of(&ana, Method::POST, "/v1/session");
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD });
    let again = Answer::of(request.json(&body).send().await.unwrap()).await;
    assert_ne!(cookie_of(&again), ana.cookie);
    assert_eq!(server.get_of(&ana, "/v1/session").await.problem(), (401, "unauthenticated"));
    let planted = Person { email: String::new(), cookie: format!("tallystick={}", "A".repeat(43)) };
    let request = server.request_of(&planted, Method::POST, "/v1/session").json(&body);
    let got = cookie_of(&Answer::of(request.send().await.unwrap()).await);
    assert_ne!(got, planted.cookie);
    assert_eq!(server.get_of(&planted, "/v1/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_change_nothing() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let url = format!("{}/v1/roles", server.base);
    let body = r#"{"name":"x","permissions":["audit_logs.read"]}"#;
    let host = server.base.strip_prefix("http://").unwrap();
    let origin = format!("http://{host}");
    let json_type = ("content-type", "application/json");
    for headers in [
        vec![json_type],
        vec![json_type, ("sec-fetch-site", "cross-site")],
        vec![json_type, ("sec-fetch-site", "same-site")],
        vec![json_type, ("origin", "https://evil.example")],
        vec![("content-type", "text/plain"), ("sec-fetch-site", "same-origin")],
    ] {
        let mut request = server.http.post(&url).header("cookie", &ana.cookie).body(body);
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.problem(), (403, "cross_site"), "{headers:?}");
    }
    let own = server.http.post(&url).header("cookie", &ana.cookie).header("origin", &origin);
    let own = own.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(own.status(), 201, "an older browser on our own page");
    // Signing somebody in to an account of one's own is a change too.
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD });
    let request = server.http.post(format!("{}/v1/session", server.base)).json(&body);
    let answer = Answer::of(request.header("sec-fetch-site", "cross-site").send().await.unwrap()).await;
    assert_eq!(answer.problem(), (403, "cross_site"));
    // With both, the key counts, as it cannot be sent by another site.
    let both = server.request(Method::POST, "/v1/orgs", ROOT).header("cookie", &ana.cookie);
    assert_eq!(both.json(&json!({ "id": "new" })).send().await.unwrap().status(), 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_do_not_tell_who_has_an_account() {
    let server = acme().await;
    server.person("acme", "ana@acme.example", "owner").await;
    let mut answers = Vec::new();
    for email in ["ana@acme.example", "nobody@acme.example"] {
        let mut seen = Vec::new();
        for _ in 0..7 {
            let answer = server.sign_in(&json!({ "email": email, "password": "wrong wrong wrong" })).await;
            let problem = (answer.status, answer.json["code"].clone(), answer.json["detail"].clone());
            seen.push((problem, answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>()));
        }
        answers.push(seen);
    }
    // Ana signed in from this address a moment ago, so she may be wrong more often; the refusals are the same.
    assert_eq!(answers[0][..5], answers[1][..5]);
    assert_eq!((answers[1][5].0.0, &answers[1][5].0.1), (429, &json!("too_many_attempts")));
    let body = json!({ "email": "ana@acme.example", "password": PASSWORD });
    assert_eq!(server.sign_in(&body).await.status, 200, "nobody else's failures keep her out");

    let failed = server.recorded_in_the_end("acme", "user.sign_in_failed", 7).await;
    assert_eq!(failed.len(), 7);
    assert_eq!((&failed[0]["outcome"], &failed[0]["reason"]), (&json!("failure"), &json!("wrong password")));
    assert_eq!(failed[0]["targets"][0]["name"], "Ana Ruiz");
    let unknown = server.recorded_in_the_end("instance", "user.sign_in_failed", 5).await;
    assert_eq!((unknown.len(), &unknown[0]["targets"][0]["id"]), (5, &json!("nobody@acme.example")));
    assert!(server.recorded("acme", "user.locked_out").await.is_empty(), "she is not");
    // What may be a password in the wrong field is not kept.
    server.sign_in(&json!({ "email": "my secret passphrase", "password": "x" })).await;
    let unknown = server.recorded_in_the_end("instance", "user.sign_in_failed", 6).await;
    assert_eq!(unknown.len(), 6);
    assert!(unknown.iter().all(|event| !event.to_string().contains("passphrase")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn failures_are_counted_by_whom_a_trusted_proxy_speaks_for() {
    let trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    let server = Server::start_with(ServerOptions { trusted_proxies, ..ServerOptions::default() }).await;
    server.org("acme").await;
    server.person("acme", "ana@acme.example", "owner").await;
    let attempt = |from: &'static str, password: &'static str| {
        let body = json!({ "email": "ana@acme.example", "password": password });
        let request = server.http.post(format!("{}/v1/session", server.base)).json(&body);
        async move { Answer::of(request.header("x-forwarded-for", from).send().await.unwrap()).await.status }
    };
    for _ in 0..5 {
        assert_eq!(attempt("203.0.113.7", "wrong wrong wrong").await, 401);
    }
    assert_eq!(attempt("203.0.113.7", PASSWORD).await, 429);
    assert_eq!(attempt("192.0.2.1, 203.0.113.7", PASSWORD).await, 429, "what a client adds is not believed");
    assert_eq!(attempt("203.0.113.8", PASSWORD).await, 200);
    let locked = server.recorded_in_the_end("acme", "user.locked_out", 1).await;
    assert_eq!((locked.len(), &locked[0]["context"]["ip"]), (1, &json!("203.0.113.7")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_are_listed_and_ended_at_rest_by_hand_and_after_a_week() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let bob = server.person("acme", "bob@acme.example", "member").await;
    let other = server.again(&ana).await;
    let list = server.get_of(&ana, "/v1/sessions").await.ok();
    let sessions = list["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let current = sessions.iter().filter(|session| session["current"] == true).count();
    assert_eq!((current, &sessions[0]["ip"]), (1, &json!("127.0.0.1")));
    let theirs = sessions.iter().find(|session| session["current"] == false).unwrap();
    let path = format!("/v1/sessions/{}", theirs["id"].as_str().unwrap());
    let unknown = server.send_of(&bob, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(unknown.problem(), (404, "session_not_found"));
    assert_eq!(server.send_of(&ana, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(server.get_of(&other, "/v1/session").await.problem(), (401, "unauthenticated"));
    assert_eq!(server.send_of(&ana, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(server.recorded("acme", "session.revoked").await.len(), 1, "it had ended");

    let out = server.send_of(&bob, Method::DELETE, "/v1/session", &Value::Null).await;
    assert_eq!(out.status, 204);
    assert!(
        out.header("set-cookie").contains("tallystick=; ") && out.header("set-cookie").contains("Max-Age=0")
    );
    assert_eq!(server.get_of(&bob, "/v1/session").await.status, 401);
    assert_eq!(server.recorded("acme", "user.signed_out").await.len(), 1);

    server.clock.advance(43_200_000 - 1);
    assert_eq!(server.get_of(&ana, "/v1/session").await.status, 200);
    server.clock.advance(43_200_000);
    assert_eq!(server.get_of(&ana, "/v1/session").await.status, 401, "twelve hours at rest");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_people_read_is_recorded_once_in_a_while() {
    let server = acme().await;
    server.fill("acme", 0, 3).await;
    let ana = server.person("acme", "ana@acme.example", "auditor").await;
    for _ in 0..3 {
        server.get_of(&ana, "/v1/events?q=action:user.login").await.ok();
        server.get_of(&ana, "/v1/histogram?q=action:user.login").await.ok();
        server.get_of(&ana, "/v1/facets?field=action").await.ok();
    }
    let found = server.get_of(&ana, "/v1/events?q=-action:audit_log.searched&limit=1").await.ok();
    let next = found["next_cursor"].as_str().unwrap();
    server.get_of(&ana, &format!("/v1/events?q=-action:audit_log.searched&limit=1&cursor={next}")).await.ok();
    let searched = server.recorded("acme", "audit_log.searched").await;
    assert_eq!(searched.len(), 2, "each search once, not each page");
    assert_eq!(searched[1]["metadata"]["query"], "action:user.login");
    assert_eq!(
        (&searched[1]["actor"]["type"], &searched[1]["actor"]["email"]),
        (&json!("user"), &json!(ana.email))
    );
    assert!(searched[1]["context"]["session_id"].as_str().unwrap().starts_with("ses_"));
    let id = found["events"][0]["id"].as_str().unwrap();
    server.get_of(&ana, &format!("/v1/events/{id}")).await.ok();
    server.get_of(&ana, &format!("/v1/events/{id}")).await.ok();
    let viewed = server.recorded("acme", "audit_log.event_viewed").await;
    assert_eq!((viewed.len(), &viewed[0]["targets"][0]["id"]), (1, &json!(id)));
    server.clock.advance(tallystick_server::reads::SAME_READ_MS);
    server.get_of(&ana, &format!("/v1/events/{id}")).await.ok();
    assert_eq!(server.recorded("acme", "audit_log.event_viewed").await.len(), 2);
    // A program is not a person.
    let key = server.key(Some("acme"), &["events:read"]).await;
    server.get_as(&key, "/v1/events").await.ok();
    assert_eq!(server.recorded("acme", "audit_log.searched").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_search_of_a_person_goes_unrecorded() {
    let server = acme().await;
    server.fill("acme", 0, 3).await;
    let ana = server.person("acme", "ana@acme.example", "auditor").await;
    let elsewhere =
        server.get("/v1/events?org=acme&q=action:invoice.updated OR action:user.login&limit=1").await;
    let cursor = elsewhere.ok()["next_cursor"].as_str().unwrap().to_owned();
    // With a cursor of another search it is no page of one's own.
    let found = server.get_of(&ana, &format!("/v1/events?q=action:*&cursor={cursor}")).await.ok();
    assert!(!found["events"].as_array().unwrap().is_empty());
    assert_eq!(server.recorded("acme", "audit_log.searched").await.len(), 1);
    for range in
        ["&from=2026-11-20", "&from=2026-11-20&to=2026-11-20", "&from=2026-11-20&tz=Asia/Tokyo", "&to=now"]
    {
        for _ in 0..2 {
            server.get_of(&ana, &format!("/v1/events?q=action:*{range}")).await.ok();
        }
    }
    assert_eq!(server.recorded("acme", "audit_log.searched").await.len(), 5, "each range once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_ends_the_session_of_a_member_is_told_to_their_organization_only() {
    let server = acme().await;
    server.org("other").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let bob = server.person("acme", "bob@acme.example", "member").await;
    let list = server.get_of(&bob, "/v1/sessions").await.ok();
    let (id, user) = (list["sessions"][0]["id"].as_str().unwrap(), &list["sessions"][0]["user"]);
    for who in [user.clone(), server.get_of(&ana, "/v1/session").await.ok()["user"]["id"].clone()] {
        let member = json!({ "user": who, "role": "owner" });
        server.send(Method::POST, "/v1/members?org=other", &member).await.ok();
    }
    let path = format!("/v1/sessions/{id}");
    assert_eq!(server.send_of(&ana, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(server.get_of(&bob, "/v1/session").await.status, 401);
    assert_eq!(server.recorded("acme", "session.revoked").await.len(), 1);
    assert!(server.recorded("other", "session.revoked").await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boot_tells_what_one_may() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "auditor").await;
    let boot = server.get_of(&ana, "/v1/ui/boot").await.ok();
    assert_eq!(boot["organization"], json!({ "id": "acme", "name": "acme" }));
    assert_eq!(
        (&boot["role"], &boot["user"]["name"], &boot["key"]),
        (&json!("auditor"), &json!("Ana Ruiz"), &Value::Null)
    );
    let held = boot["permissions"].as_array().unwrap();
    assert!(held.contains(&json!("audit_logs.export")) && !held.contains(&json!("members.manage")));
    assert_eq!(boot["limits"]["search_page_events_max"], 1_000);
    assert_eq!(server.get_of(&ana, "/v1/ui/boot?org=other").await.problem(), (403, "wrong_org"));

    let olga = server.operator("olga@ops.example").await;
    let boot = server.get_of(&olga, "/v1/ui/boot").await.ok();
    assert_eq!((&boot["role"], &boot["organization"]["id"]), (&json!("operator"), &json!("instance")));
    assert_eq!(boot["organizations"].as_array().unwrap().len(), 2);
    let boot = server.get_of(&olga, "/v1/ui/boot?org=acme").await.ok();
    assert!(!boot["permissions"].as_array().unwrap().contains(&json!("audit_logs.read")));
    let key = server.get("/v1/ui/boot").await.ok();
    assert_eq!((&key["user"], &key["key"]["id"]), (&Value::Null, &json!("root")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_change_with_the_password_only() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let post = |path: &'static str, body: Value| {
        let (server, ana) = (&server, &ana);
        async move { server.send_of(ana, Method::POST, path, &body).await }
    };
    let wrong = post("/v1/account/totp", json!({ "password": "wrong" })).await;
    assert_eq!(wrong.problem(), (403, "verification_failed"));
    let begun = post("/v1/account/totp", json!({ "password": PASSWORD })).await.ok();
    assert!(begun["url"].as_str().unwrap().starts_with("otpauth://totp/"));
    assert_eq!(begun["secret"].as_str().unwrap().len(), 32);
    let wrong = post("/v1/account/totp/confirm", json!({ "code": "000000" })).await;
    assert_eq!(wrong.problem(), (403, "verification_failed"));
    let weak = json!({ "password": PASSWORD, "new_password": "password1234" });
    let weak = post("/v1/account/password", weak).await;
    assert_eq!(
        (weak.problem(), &weak.json["errors"][0]["path"]),
        ((400, "invalid_body"), &json!("/password"))
    );
    let new = json!({ "password": PASSWORD, "new_password": "four tall ticks in a row" });
    let done = post("/v1/account/password", new).await;
    let ana = Person { cookie: cookie_of(&done), ..ana.clone() };
    assert_eq!(done.ok()["sessions_ended"], 0);
    let changed = server.recorded("acme", "password.changed").await;
    assert!(changed.len() == 1 && !changed[0].to_string().contains("ticks"));
    let name =
        server.send_of(&ana, Method::PATCH, "/v1/account", &json!({ "time_zone": "Mars/Olympus" })).await;
    assert_eq!(name.problem(), (400, "invalid_body"));
    let name = json!({ "name": "Ana R.", "time_zone": "Europe/Madrid" });
    assert_eq!(server.send_of(&ana, Method::PATCH, "/v1/account", &name).await.ok()["name"], "Ana R.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_come_change_and_go_with_a_record_of_it() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let invited = json!({ "email": "bob@acme.example", "role": "auditor" });
    let made = server.send_of(&ana, Method::POST, "/v1/invitations", &invited).await.ok();
    assert_eq!(
        server.get_of(&ana, "/v1/invitations").await.ok()["invitations"][0]["email"],
        "bob@acme.example"
    );
    let fields = [("name", "Bob"), ("password", PASSWORD), ("time_zone", "UTC")];
    let joined = server.submit(made["url"].as_str().unwrap(), "", &fields).await;
    let bob = Person { email: "bob@acme.example".into(), cookie: cookie_of(&joined) };
    let members = server.get_of(&ana, "/v1/members").await.ok();
    let members = members["members"].as_array().unwrap();
    let id = members.iter().find(|one| one["name"] == "Bob").unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{id}");
    let promoted = server.send_of(&ana, Method::PATCH, &path, &json!({ "role": "admin" })).await.ok();
    assert_eq!(promoted["role_name"], "admin");
    let own = members.iter().find(|one| one["name"] == "Ana Ruiz").unwrap()["id"].as_str().unwrap();
    let last = server.send_of(&ana, Method::DELETE, &format!("/v1/members/{own}"), &Value::Null).await;
    assert_eq!(last.problem(), (409, "last_owner"));
    let unknown = server.send_of(&ana, Method::PATCH, &path, &json!({ "role": "emperor" })).await;
    assert_eq!(unknown.problem(), (400, "invalid_body"));
    assert_eq!(server.send_of(&ana, Method::DELETE, &path, &Value::Null).await.status, 204);
    let accepted = format!("/v1/invitations/{}", made["id"].as_str().unwrap());
    assert_eq!(server.send_of(&ana, Method::DELETE, &accepted, &Value::Null).await.status, 204);
    assert!(
        server.recorded("acme", "user.invitation_revoked").await.is_empty(),
        "there was nothing to revoke"
    );
    let open = json!({ "email": "cy@acme.example", "role": "auditor" });
    let open = server.send_of(&ana, Method::POST, "/v1/invitations", &open).await.ok();
    let open = format!("/v1/invitations/{}", open["id"].as_str().unwrap());
    for _ in 0..2 {
        assert_eq!(server.send_of(&ana, Method::DELETE, &open, &Value::Null).await.status, 204);
    }
    assert_eq!(server.recorded("acme", "user.invitation_revoked").await.len(), 1);
    assert_eq!(
        server.get_of(&bob, "/v1/events").await.problem(),
        (403, "forbidden"),
        "from the next request on"
    );
    let assigned = server.recorded("acme", "user.role_assigned").await;
    let change = &assigned[0]["changes"][0];
    assert_eq!((&change["old"], &change["new"]), (&json!("auditor"), &json!("admin")));
    for action in ["user.invited", "user.created", "user.invitation_accepted", "user.role_removed"] {
        assert!(!server.recorded("acme", action).await.is_empty(), "{action}");
    }
}
