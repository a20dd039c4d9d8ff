//! The pages without JavaScript, as a browser uses them.

use reqwest::Method;
use serde_json::json;

use crate::{
    harness::{Answer, Server},
    people::{PASSWORD, Person, cookie_of},
};

async fn sign_in(server: &Server, next: &str) -> Answer {
    let fields = [("email", "ana@acme.example"), ("password", PASSWORD), ("next", next)];
    server.submit("/sign-in", "", &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_start_is_set_up_once() {
    let server = Server::start().await;
    let link = server.state.auth.first_setup_link().await.unwrap().unwrap();
    let path = format!("/setup/{}", link.token.expose());
    let shown = server.page(&path, "").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text.contains("name=\"organization\"") && shown.text.contains("new-password"));
    let policy = shown.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'") && !policy.contains("script") && !policy.contains("unsafe")
    );
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("form-action 'self'"));
    assert_eq!(shown.header("referrer-policy"), "same-origin");

    let fields = |password| -> [(&str, &str); 5] {
        [
            ("name", "<b>Olga</b> & Co"),
            ("email", "olga@acme.example"),
            ("password", password),
            ("organization", "Acme Corp."),
            ("time_zone", "Europe/Madrid"),
        ]
    };
    let weak = server.submit(&path, "", &fields("password1234")).await;
    assert_eq!(weak.status, 400);
    assert!(weak.text.contains("role=\"alert\"") && !weak.text.contains("password1234"));
    assert!(weak.text.contains("&lt;b&gt;Olga&lt;/b&gt; &amp; Co"), "{}", weak.text);
    let long = "x".repeat(1_000);
    let mut unnamed = fields(PASSWORD);
    for name in ["", "a\u{7}b", &long] {
        unnamed[3].1 = name;
        let again = server.submit(&path, "", &unnamed).await;
        assert_eq!(again.status, 400, "{name}: the link is not used up by it");
    }
    let done = server.submit(&path, "", &fields(PASSWORD)).await;
    assert_eq!((done.status, done.header("location")), (303, "/start"), "{}", done.text);
    let olga = Person { email: "olga@acme.example".into(), cookie: cookie_of(&done) };
    let boot = server.get_of(&olga, "/v1/ui/boot").await.ok();
    assert_eq!((&boot["role"], &boot["time_zone"]), (&json!("owner"), &json!("Europe/Madrid")));
    assert_eq!(boot["organization"], json!({ "id": "acme-corp", "name": "Acme Corp." }));
    assert_eq!(boot["user"]["operator"], true);
    assert_eq!(server.page(&path, "").await.status, 404);
    assert_eq!(server.submit(&path, "", &fields(PASSWORD)).await.status, 404);
    assert!(server.state.auth.first_setup_link().await.unwrap().is_none());
    for (org, action) in [
        ("instance", "user.created"),
        ("instance", "organization.created"),
        ("acme-corp", "user.role_assigned"),
        ("acme-corp", "user.signed_in"),
    ] {
        assert_eq!(server.recorded(org, action).await.len(), 1, "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_goes_on_within_this_site_only() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let shown = server.page("/sign-in?next=/events%3Fq%3Dx", "").await;
    assert!(shown.text.contains("value=\"/events?q=x\""), "{}", shown.text);
    let hostile = server.page("/sign-in?next=%22%3E%3Cscript%3Ealert(1)%3C/script%3E", "").await;
    assert!(!hostile.text.contains("<script"), "{}", hostile.text);
    for (next, to) in [
        ("/events?q=x", "/events?q=x"),
        ("", "/"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\r\nset-cookie: a=b", "/"),
    ] {
        let done = sign_in(&server, next).await;
        assert_eq!((done.status, done.header("location")), (303, to), "{next:?}");
        assert!(done.header("set-cookie").starts_with("tallystick="), "{next:?}");
    }
    let inside = server.page("/sign-in?next=//evil.example", &ana.cookie).await;
    assert_eq!((inside.status, inside.header("location")), (303, "/"));

    let fields = [("email", "ana@acme.example"), ("password", "wrong wrong wrong"), ("next", "/events")];
    let wrong = server.submit("/sign-in", "", &fields).await;
    assert_eq!(wrong.status, 401);
    assert!(wrong.text.contains("role=\"alert\"") && wrong.text.contains("value=\"/events\""));
    assert!(!wrong.text.contains("wrong wrong wrong") && wrong.headers.get("set-cookie").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forms_of_other_sites_are_refused() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let link = server.state.auth.setup_link("test").await.unwrap();
    for path in ["/sign-in", "/sign-out", &format!("/setup/{}", link.token.expose())] {
        for header in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("x", "y")] {
            let request = server.http.post(format!("{}{path}", server.base)).header("cookie", &ana.cookie);
            let request = request.header("content-type", "application/x-www-form-urlencoded");
            let request = request.header(header.0, header.1).body("email=ana%40acme.example");
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(answer.problem(), (403, "cross_site"), "{path} {header:?}");
        }
    }
    assert_eq!(server.get_of(&ana, "/v1/session").await.status, 200, "she is still signed in");
    let out = server.submit("/sign-out", &ana.cookie, &[]).await;
    assert_eq!((out.status, out.header("location")), (303, "/sign-in"));
    assert_eq!(server.get_of(&ana, "/v1/session").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn invitations_are_accepted_with_a_new_account_or_the_own() {
    let server = Server::start().await;
    for org in ["acme", "other"] {
        server.org(org).await;
    }
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let path = server.invite("other", "ana@acme.example", "member").await;
    let shown = server.page(&path, "").await;
    assert!(shown.text.contains("ana@acme.example") && shown.text.contains("/sign-in?next=/invite/"));
    let fields = [("name", "Ana"), ("password", PASSWORD), ("time_zone", "UTC")];
    let taken = server.submit(&path, "", &fields).await;
    assert_eq!(taken.status, 400);
    assert!(taken.text.contains("Sign in"));
    let shown = server.page(&path, &ana.cookie).await;
    assert!(shown.text.contains("signed in as <strong><bdi>Ana Ruiz</bdi></strong>"), "{}", shown.text);
    assert_eq!(server.submit(&path, &ana.cookie, &[]).await.status, 303);
    assert_eq!(server.get_of(&ana, "/v1/ui/boot").await.ok()["organizations"].as_array().unwrap().len(), 2);
    assert_eq!(server.page(&path, "").await.status, 404);
    for bad in ["/invite/x", "/reset/x", "/setup/x", &path.replace("/invite/", "/setup/")] {
        let answer = server.page(bad, "").await;
        assert_eq!(answer.status, 404, "{bad}");
        assert!(answer.text.contains("does not work"), "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_is_chosen_by_a_link() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let bob = server.person("acme", "bob@acme.example", "member").await;
    let id = server.get_of(&bob, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let reset = format!("/v1/members/{id}/password-reset");
    let made = server.send_of(&ana, Method::POST, &reset, &json!(null)).await.ok();
    let path = made["url"].as_str().unwrap().to_owned();
    assert!(path.starts_with("/reset/") && server.page(&path, "").await.text.contains("new-password"));
    let weak = server.submit(&path, "", &[("password", "short")]).await;
    assert_eq!(weak.status, 400);
    let done = server.submit(&path, "", &[("password", "another long sentence")]).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert!(done.headers.get("set-cookie").is_none(), "the link is no sign-in");
    assert_eq!(server.get_of(&bob, "/v1/session").await.status, 401);
    assert_eq!(server.submit(&path, "", &[("password", "another long sentence")]).await.status, 404);
    assert_eq!(server.recorded("acme", "password.reset_requested").await.len(), 1);
    assert_eq!(server.recorded("acme", "password.reset_completed").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_get_errors_as_pages_and_programs_as_problems() {
    let server = Server::start().await;
    let shown = server.page("/nowhere", "").await;
    assert_eq!((shown.status, shown.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(shown.text.contains(shown.header("x-request-id")));
    assert_eq!(server.page("/v1/nowhere", "").await.problem(), (404, "not_found"));
    assert_eq!(server.get("/nowhere").await.problem(), (404, "not_found"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_app_is_for_those_who_are_signed_in() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "member").await;
    let led = server.page("/events?q=a:b%20c&live=1", "").await;
    let to = "/sign-in?next=%2Fevents%3Fq%3Da%3Ab%2520c%26live%3D1";
    assert_eq!((led.status, led.header("location")), (303, to));
    assert_eq!(server.page("/integrity", "tallystick=nonsense").await.status, 303);
    for path in ["/", "/events", "/entities/actor/user/u_1"] {
        let shown = server.page(path, &ana.cookie).await;
        assert_eq!(shown.status, 200, "{path}");
        assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(
            shown.header("referrer-policy"),
            "same-origin",
            "or forms would not say where they come from"
        );
        assert!(!shown.text.contains("ana@"), "the page is the same for all");
    }
}
