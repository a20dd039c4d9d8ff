//! Passkeys over HTTP: what is set, what is recorded, what other sites and other addresses get, and that no refusal
//! opens a session.

use reqwest::{Method, header::SET_COOKIE};
use serde_json::{Value, json};
use tallystick_server::ServerOptions;
use tallystick_testkit::Authenticator;

use crate::{
    harness::{Answer, Server},
    people::{PASSWORD, Person, cookie_of},
};

const ORIGIN: &str = "https://audit.example.com";

async fn acme() -> Server {
    let public_url = Some(ORIGIN.to_owned());
    let server = Server::start_with(ServerOptions { public_url, ..ServerOptions::default() }).await;
    server.org("acme").await;
    server
}

/// The cookies that an answer sets, as they are sent back, without those that it takes away.
fn cookies_of(answer: &Answer) -> Vec<String> {
    let set = answer.headers.get_all(SET_COOKIE).iter().map(|value| value.to_str().unwrap());
    let pairs = set.map(|value| value.split(';').next().unwrap());
    pairs.filter(|pair| !pair.ends_with('=')).map(str::to_owned).collect()
}

async fn call(server: &Server, path: &str, cookies: &[&str], body: &Value) -> Answer {
    let request = server.http.post(format!("{}{path}", server.base));
    let request = request.header("cookie", cookies.join("; ")).header("sec-fetch-site", "same-origin");
    Answer::of(request.json(body).send().await.unwrap()).await
}

/// Adds the passkey of a device to somebody's account.
async fn add(server: &Server, person: &mut Person, device: &mut Authenticator) -> Answer {
    let password = json!({ "password": PASSWORD });
    let begun = call(server, "/v1/account/passkeys/begin", &[&person.cookie], &password).await;
    let kept = cookies_of(&begun);
    let credential = device.make(&begun.ok()["options"]);
    let body = json!({ "name": "Work phone", "credential": credential });
    let answer = call(server, "/v1/account/passkeys", &[&person.cookie, &kept[0]], &body).await;
    if answer.status == 201 {
        let before = std::mem::replace(&mut person.cookie, cookies_of(&answer).remove(0));
        let stale = Person { cookie: before, ..person.clone() };
        assert_eq!(server.get_of(&stale, "/v1/session").await.status, 401, "the session has another token");
    }
    answer
}

/// What a browser keeps of a challenge, and the challenge.
async fn challenge(server: &Server) -> (String, Value) {
    let begun = call(server, "/v1/session/passkey/begin", &[], &Value::Null).await;
    (cookies_of(&begun).remove(0), begun.ok()["options"].clone())
}

async fn show(server: &Server, kept: &str, credential: &Value) -> Answer {
    call(server, "/v1/session/passkey", &[kept], &json!({ "credential": credential })).await
}

async fn enter(server: &Server, device: &mut Authenticator) -> Answer {
    let (kept, options) = challenge(server).await;
    show(server, &kept, &device.answer(&options)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_added_used_renamed_and_removed_and_all_of_it_is_recorded() {
    let server = acme().await;
    let mut ana = server.person("acme", "ana@acme.example", "owner").await;
    let mut device = Authenticator::new(ORIGIN, 1);
    let added = add(&server, &mut ana, &mut device).await;
    assert_eq!(added.status, 201, "{}", added.text);
    assert_eq!(cookies_of(&added).len(), 1, "the challenge is taken away");
    let id = added.json["id"].as_str().unwrap().to_owned();
    assert_eq!(add(&server, &mut ana, &mut device).await.problem(), (409, "passkey_exists"));

    let (kept, options) = challenge(&server).await;
    assert!(kept.starts_with("__Host-tallystick-passkey="), "{kept}");
    assert_eq!(options["publicKey"]["allowCredentials"], json!([]), "nothing of any account");
    let answer = show(&server, &kept, &device.answer(&options)).await;
    let set: Vec<_> = answer.headers.get_all(SET_COOKIE).iter().map(|one| one.to_str().unwrap()).collect();
    for part in ["__Host-tallystick=", "HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(set[0].contains(part), "{part}: {set:?}");
    }
    assert!(set[1].starts_with("__Host-tallystick-passkey=;"), "{set:?}");
    let cookie = cookies_of(&answer).remove(0);
    assert_eq!(answer.ok()["user"]["email"], "ana@acme.example");
    let fresh = Person { email: ana.email.clone(), cookie };
    assert_eq!(server.get_of(&fresh, "/v1/session").await.status, 200);

    let listed = server.get_of(&fresh, "/v1/account/passkeys").await.ok();
    assert_eq!((&listed["origin"], &listed["unavailable"]), (&json!(ORIGIN), &Value::Null));
    let one = &listed["passkeys"][0];
    assert_eq!((&one["name"], &one["synced"]), (&json!("Work phone"), &json!(false)));
    assert!(one["used_at"].is_string());
    let path = format!("/v1/account/passkeys/{id}");
    server.send_of(&fresh, Method::PATCH, &path, &json!({ "name": "Old phone" })).await.ok();
    let wrong = server.send_of(&fresh, Method::DELETE, &path, &json!({ "password": "wrong" })).await;
    assert_eq!(wrong.problem(), (403, "verification_failed"));
    let bob = server.person("acme", "bob@acme.example", "owner").await;
    let foreign = server.send_of(&bob, Method::DELETE, &path, &json!({ "password": PASSWORD })).await;
    assert_eq!(foreign.problem(), (404, "passkey_not_found"));
    let removed = server.send_of(&fresh, Method::DELETE, &path, &json!({ "password": PASSWORD })).await;
    assert_eq!(removed.status, 204);
    assert_eq!(enter(&server, &mut device).await.problem(), (401, "sign_in_failed"));

    for (action, name) in [
        ("passkey.registered", "Work phone"),
        ("passkey.renamed", "Old phone"),
        ("passkey.removed", "Old phone"),
    ] {
        let events = server.recorded("acme", action).await;
        let passkey = &events[0]["metadata"]["passkey"];
        assert_eq!(
            (events.len(), &passkey["id"], &passkey["name"]),
            (1, &json!(id), &json!(name)),
            "{action}"
        );
        assert_eq!(events[0]["actor"]["email"], "ana@acme.example");
    }
    let renamed = &server.recorded("acme", "passkey.renamed").await[0];
    assert_eq!(renamed["metadata"]["before"]["name"], "Work phone");
    let all = server.recorded("acme", "user.signed_in").await;
    let signed_in =
        all.iter().find(|event| event["metadata"]["method"] == "passkey").expect("it is recorded");
    let about = &signed_in["metadata"];
    assert_eq!((&about["method"], &about["second_factor"]), (&json!("passkey"), &json!("user_verification")));
    assert_eq!((&about["passkey"]["id"], &about["new_address"]), (&json!(id), &json!(false)));
    assert!(signed_in["context"]["ip"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_refusal_opens_a_session_and_each_is_recorded_with_its_reason() {
    let server = acme().await;
    let mut ana = server.person("acme", "ana@acme.example", "owner").await;
    let mut bob = server.person("acme", "bob@acme.example", "member").await;
    let (mut device, mut bobs) = (Authenticator::new(ORIGIN, 1), Authenticator::new(ORIGIN, 2));
    assert_eq!(add(&server, &mut ana, &mut device).await.status, 201);
    assert_eq!(add(&server, &mut bob, &mut bobs).await.status, 201);
    let mut reasons = Vec::new();
    let mut refused = |answer: Answer, reason: &'static str| {
        assert_eq!(answer.problem(), (401, "sign_in_failed"), "{reason}");
        assert_eq!(cookies_of(&answer), Vec::<String>::new(), "{reason}");
        reasons.push(reason);
    };
    for (mut device, reason) in [
        (
            device.clone().with(|one| one.origin = "https://evil.example".into()),
            "passkey: used at another address",
        ),
        (device.clone().with(|one| one.verifies = false), "passkey: the person was not verified"),
        (
            device.clone().with(|one| one.user_handle.clone_from(&bobs.user_handle)),
            "passkey: of another account",
        ),
    ] {
        refused(enter(&server, &mut device).await, reason);
    }
    let (kept, options) = challenge(&server).await;
    let credential = device.answer(&options);
    assert_eq!(show(&server, &kept, &credential).await.status, 200);
    refused(show(&server, &kept, &credential).await, "passkey: the challenge was answered before");
    refused(show(&server, "a=b", &credential).await, "passkey: no challenge of this browser");
    // What was signed before cannot be shown with a challenge of one's own.
    let (own, _) = challenge(&server).await;
    refused(show(&server, &own, &credential).await, "passkey: another challenge was answered");
    let mut copy = device.clone().with(|one| one.counter = 0);
    refused(enter(&server, &mut copy).await, "passkey: the counter of signatures went back");
    let failed = server.recorded_in_the_end("acme", "user.sign_in_failed", reasons.len()).await;
    let mut recorded: Vec<_> = failed.iter().map(|event| event["reason"].as_str().unwrap()).collect();
    recorded.sort_unstable();
    reasons.sort_unstable();
    assert_eq!(recorded, reasons);
    assert!(failed.iter().all(|event| event["metadata"]["method"] == "passkey"));
    assert!(failed.iter().all(|event| event["targets"][0]["name"] == "Ana Ruiz"));

    let mut unknown = device.clone().with(|one| one.credential_id = vec![9; 32]);
    let answer = enter(&server, &mut unknown).await;
    assert_eq!((answer.problem(), cookies_of(&answer).len()), ((401, "sign_in_failed"), 0));
    let unknown = server.recorded_in_the_end("instance", "user.sign_in_failed", 1).await;
    assert_eq!(unknown[0]["reason"], "passkey: unknown");
    let malformed = show(&server, "a=b", &json!({ "id": 7 })).await;
    assert_eq!(malformed.problem(), (400, "invalid_body"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_get_no_challenge_and_plain_http_has_no_passkeys() {
    let server = acme().await;
    for path in ["/v1/session/passkey/begin", "/v1/session/passkey"] {
        let request = server.http.post(format!("{}{path}", server.base));
        let request = request.json(&json!({ "credential": {} })).header("sec-fetch-site", "cross-site");
        let answer = Answer::of(request.send().await.unwrap()).await;
        assert_eq!(answer.problem(), (403, "cross_site"), "{path}");
    }
    let page = server.page("/sign-in", "").await;
    assert!(page.text.contains("passkey-sign-in.js") && page.text.contains(ORIGIN));
    let policy = page.header("content-security-policy");
    for part in ["script-src 'self'", "connect-src 'self'", "require-trusted-types-for 'script'"] {
        assert!(policy.contains(part), "{policy}");
    }

    // By an address in numbers and without a public one.
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let page = server.page("/sign-in", "").await;
    assert!(!page.text.contains("<script") && !page.header("content-security-policy").contains("script-src"));
    let listed = server.get_of(&ana, "/v1/account/passkeys").await.ok();
    assert_eq!(listed["origin"], Value::Null);
    assert!(listed["unavailable"].as_str().unwrap().contains("https"), "{listed}");
    let password = json!({ "password": PASSWORD });
    let none = call(&server, "/v1/account/passkeys/begin", &[&ana.cookie], &password).await;
    assert_eq!(none.problem(), (409, "passkeys_unavailable"));
    let none = call(&server, "/v1/session/passkey/begin", &[], &Value::Null).await;
    assert_eq!(none.problem(), (409, "passkeys_unavailable"));
    // A host that the request only claims to ask counts for nothing once an address is configured, and here it does.
    let local = server.http.get(format!("{}/sign-in", server.base)).header("host", "localhost:8440");
    let local = Answer::of(local.header("accept", "text/html").send().await.unwrap()).await;
    assert!(local.text.contains("data-origin=\"http://localhost:8440\""), "{}", local.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_removes_passkeys_and_says_so() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let mut bob = server.person("acme", "bob@acme.example", "member").await;
    let mut device = Authenticator::new(ORIGIN, 1);
    assert_eq!(add(&server, &mut bob, &mut device).await.status, 201);
    let id = server.get_of(&bob, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/members/{id}/password-reset?org=acme");
    let link = server.send_of(&ana, Method::POST, &path, &Value::Null).await.ok();
    let url = link["url"].as_str().unwrap().strip_prefix(ORIGIN).unwrap().to_owned();
    let done = server.submit(&url, "", &[("password", "four tall ticks in a row")]).await;
    assert!(done.status == 200 && done.text.contains("Your passkeys were removed"), "{}", done.text);
    assert_eq!(enter(&server, &mut device).await.problem(), (401, "sign_in_failed"));
    let removed = server.recorded("acme", "passkey.removed").await;
    assert_eq!((removed.len(), &removed[0]["targets"][0]["id"]), (1, &json!(id)));
    assert_eq!(removed[0]["metadata"]["because"], "the password was reset");
    let answer = server.sign_in(&json!({ "email": bob.email, "password": "four tall ticks in a row" })).await;
    assert!(cookie_of(&answer).starts_with("__Host-tallystick="));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_suspended_does_not_get_in_with_a_passkey_either() {
    let server = acme().await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let mut bob = server.person("acme", "bob@acme.example", "member").await;
    let mut device = Authenticator::new(ORIGIN, 1);
    assert_eq!(add(&server, &mut bob, &mut device).await.status, 201);
    let id = server.get_of(&bob, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let turn = async |how: &str| {
        let path = format!("/v1/members/{id}/{how}?org=acme");
        let answer = server.send_of(&ana, Method::POST, &path, &Value::Null).await;
        assert!(answer.status < 300, "{}", answer.text);
    };
    turn("suspend").await;
    let answer = enter(&server, &mut device).await;
    assert_eq!((answer.problem(), cookies_of(&answer).len()), ((401, "sign_in_failed"), 0));
    let failed = server.recorded_in_the_end("acme", "user.sign_in_failed", 1).await;
    assert_eq!(failed[0]["reason"], "suspended account");
    turn("resume").await;
    assert_eq!(enter(&server, &mut device).await.status, 200);
}
