//! Accounts that others have to help with: a lost authenticator, a person who must not sign in for a while, another
//! address. What the record says of it, and how far somebody's power over another's account goes.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    harness::Server,
    people::{PASSWORD, Person, cookie_of, totp_code},
};

async fn id_of(server: &Server, person: &Person) -> String {
    server.get_of(person, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned()
}

/// Puts an authenticator in use; the person goes on with the token that comes of it.
async fn enrolled(server: &Server, person: &Person) -> Person {
    let begun =
        server.send_of(person, Method::POST, "/v1/account/totp", &json!({ "password": PASSWORD })).await;
    let code =
        totp_code(begun.ok()["secret"].as_str().unwrap(), tallystick_event::Clock::now_ms(&*server.clock));
    let done =
        server.send_of(person, Method::POST, "/v1/account/totp/confirm", &json!({ "code": code })).await;
    assert_eq!(done.status, 200, "{}", done.text);
    Person { cookie: cookie_of(&done), ..person.clone() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_authenticator_is_removed_by_somebody_with_as_much() {
    let server = Server::start().await;
    for org in ["acme", "other"] {
        server.org(org).await;
    }
    let owner = server.person("acme", "ana@acme.example", "owner").await;
    let admin = server.person("acme", "adam@acme.example", "admin").await;
    let bob = enrolled(&server, &server.person("acme", "bob@acme.example", "member").await).await;
    let path = format!("/v1/members/{}/totp", id_of(&server, &bob).await);
    let sign_in = json!({ "email": bob.email, "password": PASSWORD });
    assert_eq!(server.sign_in(&sign_in).await.problem(), (401, "second_factor_needed"));
    let done = server.send_of(&admin, Method::DELETE, &path, &Value::Null).await;
    assert_eq!(done.status, 204, "{}", done.text);
    assert_eq!(server.sign_in(&sign_in).await.status, 200);
    let removed = server.recorded("acme", "mfa_factor.removed").await;
    assert_eq!((removed.len(), &removed[0]["targets"][0]["name"]), (1, &json!("Ana Ruiz")));
    assert_eq!(removed[0]["actor"]["email"], "adam@acme.example");
    assert_eq!(removed[0]["metadata"], json!({ "factor_type": "totp", "by": "another" }));
    assert_eq!(server.send_of(&admin, Method::DELETE, &path, &Value::Null).await.status, 204);
    assert_eq!(server.recorded("acme", "mfa_factor.removed").await.len(), 1, "there was none");

    // An admin has not what an owner has, and nobody here has what bob has elsewhere.
    let up = format!("/v1/members/{}/totp", id_of(&server, &owner).await);
    assert_eq!(server.send_of(&admin, Method::DELETE, &up, &Value::Null).await.problem(), (403, "forbidden"));
    let add = json!({ "user": id_of(&server, &bob).await, "role": "member" });
    server.send(Method::POST, "/v1/members?org=other", &add).await.ok();
    assert_eq!(
        server.send_of(&owner, Method::DELETE, &path, &Value::Null).await.problem(),
        (403, "forbidden")
    );
    let operator = server.operator("olga@ops.example").await;
    let by_operator =
        server.send_of(&operator, Method::DELETE, &format!("{path}?org=acme"), &Value::Null).await;
    assert_eq!(by_operator.status, 204, "{}", by_operator.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_suspended_person_is_out_at_once_and_comes_back_as_they_were() {
    let server = Server::start().await;
    server.org("acme").await;
    let owner = server.person("acme", "ana@acme.example", "owner").await;
    let bob = server.person("acme", "bob@acme.example", "auditor").await;
    let again = server.again(&bob).await;
    let id = id_of(&server, &bob).await;
    let act = |what: &'static str, of: String| {
        let (server, owner) = (&server, &owner);
        async move {
            let path = format!("/v1/members/{of}/{what}");
            server.send_of(owner, Method::POST, &path, &Value::Null).await
        }
    };
    assert_eq!(act("suspend", id.clone()).await.status, 204);
    for gone in [&bob, &again] {
        assert_eq!(server.get_of(gone, "/v1/events").await.problem(), (401, "unauthenticated"));
    }
    let sign_in = json!({ "email": bob.email, "password": PASSWORD });
    assert_eq!(server.sign_in(&sign_in).await.problem(), (401, "sign_in_failed"));
    let failed = server.recorded_in_the_end("acme", "user.sign_in_failed", 1).await;
    assert_eq!(failed[0]["reason"], "suspended account");
    // A link for a new password is not a way back.
    let link =
        server.send_of(&owner, Method::POST, &format!("/v1/members/{id}/password-reset"), &Value::Null).await;
    let link = link.ok()["url"].as_str().unwrap().to_owned();
    assert_eq!(server.submit(&link, "", &[("password", PASSWORD)]).await.status, 200);
    assert_eq!(server.sign_in(&sign_in).await.problem(), (401, "sign_in_failed"));

    let members = server.get_of(&owner, "/v1/members").await.ok();
    let listed = members["members"].as_array().unwrap().iter().find(|one| one["id"] == id.as_str()).unwrap();
    assert!(listed["suspended_at"].is_string() && listed["role"] == "auditor", "{listed}");
    let own = act("suspend", id_of(&server, &owner).await).await;
    assert_eq!(own.problem(), (403, "forbidden"), "{}", own.text);
    let last = format!("/v1/members/{}/suspend?org=acme", id_of(&server, &owner).await);
    assert_eq!(server.send(Method::POST, &last, &Value::Null).await.problem(), (409, "last_owner"));

    assert_eq!(act("suspend", id.clone()).await.status, 204);
    assert_eq!(act("resume", id.clone()).await.status, 204);
    assert_eq!(act("resume", id.clone()).await.status, 204);
    let back = server.again(&bob).await;
    assert_eq!(server.get_of(&back, "/v1/ui/boot").await.ok()["role"], "auditor");
    let suspended = server.recorded("acme", "user.suspended").await;
    assert_eq!((suspended.len(), &suspended[0]["metadata"]["sessions_ended"]), (1, &json!(2)));
    assert_eq!(
        suspended[0]["changes"][0],
        json!({"op": "replace", "path": "/status", "old": "active", "new": "suspended"})
    );
    assert_eq!(server.recorded("acme", "user.reactivated").await.len(), 1);
    let admin = server.person("acme", "adam@acme.example", "admin").await;
    let up = format!("/v1/members/{}/suspend", id_of(&server, &owner).await);
    assert_eq!(server.send_of(&admin, Method::POST, &up, &Value::Null).await.problem(), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_changes_with_the_password_only() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    server.person("acme", "bob@acme.example", "member").await;
    let change = |password: &'static str, email: &'static str| {
        let (server, ana) = (&server, &ana);
        let body = json!({ "password": password, "email": email });
        async move { server.send_of(ana, Method::POST, "/v1/account/email", &body).await }
    };
    assert_eq!(change("wrong", "new@acme.example").await.problem(), (403, "verification_failed"));
    assert_eq!(change(PASSWORD, "Bob@acme.example").await.problem(), (409, "email_taken"));
    assert_eq!(change(PASSWORD, "no address").await.problem(), (400, "invalid_body"));
    let done = change(PASSWORD, "new@acme.example").await;
    assert_eq!(done.ok()["email"], "new@acme.example");
    let sign_in = |email: &str| json!({ "email": email, "password": PASSWORD });
    assert_eq!(server.sign_in(&sign_in("ana@acme.example")).await.status, 401);
    assert_eq!(server.sign_in(&sign_in("NEW@acme.example")).await.status, 200);
    let changed = server.recorded("acme", "user.email_changed").await;
    let pair = (&changed[0]["changes"][0]["old"], &changed[0]["changes"][0]["new"]);
    assert_eq!((changed.len(), pair), (1, (&json!("ana@acme.example"), &json!("new@acme.example"))));
}
