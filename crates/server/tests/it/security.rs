//! What other sites, other people's cookies and those who are curious about accounts get: nothing, at every address
//! that there is. The addresses are read from the table of operations, the document and the routers, so that a new one
//! is among them.

use std::collections::BTreeSet;

use reqwest::{Method, Url};
use serde_json::{Value, json};
use tallystick_auth::Operation;
use tallystick_event::Clock;

use crate::{
    authorization::{Doors, call},
    harness::{Answer, Server},
    people::{PASSWORD, Person, cookie_of, totp_code},
};

const FORM: &str = "application/x-www-form-urlencoded";
/// What a browser says, or a page of another site can make it say, with the cookie of somebody who is signed in here.
const FOREIGN: [&[(&str, &str)]; 9] = [
    &[("content-type", "application/json")],
    &[("content-type", "application/json"), ("sec-fetch-site", "cross-site")],
    &[("content-type", "application/json"), ("sec-fetch-site", "same-site")],
    &[("content-type", "application/json"), ("sec-fetch-site", "none"), ("origin", "null")],
    &[("content-type", "application/json"), ("origin", "https://evil.example")],
    // A form, and what fetch sends without asking first, even if they came from a page of ours.
    &[("content-type", FORM), ("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("content-type", FORM), ("sec-fetch-site", "same-origin")],
    &[("content-type", "text/plain"), ("sec-fetch-site", "same-origin")],
    &[("content-type", "multipart/form-data; boundary=x"), ("sec-fetch-site", "same-origin")],
];

/// The literals with which the routers of pages are told of an address.
fn routes_in(source: &str) -> BTreeSet<String> {
    let found = source.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
    found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

/// Every page's address, from the files in which they are given to the routers.
fn pages() -> BTreeSet<String> {
    let mut all = routes_in(include_str!("../../src/ui/pages/mod.rs"));
    all.extend(routes_in(include_str!("../../src/http/router.rs")));
    let shell = include_str!("../../src/ui/shell.rs");
    let list = shell.split("PATHS: &[&str] = &[").nth(1).unwrap().split("];").next().unwrap();
    all.extend(list.split('"').skip(1).step_by(2).map(str::to_owned));
    assert!(all.len() >= 16 && all.contains("/reset/{token}") && all.contains("/events/{id}"), "{all:?}");
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_carry_out_no_operation() {
    let doors = Doors::open().await;
    let ana = doors.server.person("acme", "ana@acme.example", "owner").await;
    let mut changing = 0;
    for operation in Operation::ALL {
        if call(*operation).0 == Method::GET {
            continue;
        }
        changing += 1;
        for headers in FOREIGN {
            let (method, path, body) = doors.filled(*operation, None).await;
            let is_ours = headers.contains(&("sec-fetch-site", "same-origin"));
            if is_ours && body.is_null() {
                continue; // Without a body there is nothing that its type could be wrong of.
            }
            let before = [doors.server.count("acme").await, doors.server.count("instance").await];
            let mut request = doors.server.http.request(method, format!("{}{path}", doors.server.base));
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.header("cookie", &ana.cookie).body(body.to_string());
            let answer = Answer::of(request.send().await.unwrap()).await;
            assert_eq!(answer.problem(), (403, "cross_site"), "{operation:?} {headers:?}");
            let after = [doors.server.count("acme").await, doors.server.count("instance").await];
            assert_eq!(after, before, "{operation:?} {headers:?}");
        }
    }
    assert!(changing >= 25, "{changing} operations change something");
    assert_eq!(doors.server.get_of(&ana, "/v1/session").await.status, 200, "she is still signed in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sites_submit_no_form() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let setup = server.state.auth.setup_link("test").await.unwrap();
    let id = server.get_of(&ana, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let reset = format!("/v1/members/{id}/password-reset?org=acme");
    let reset = server.send(Method::POST, &reset, &Value::Null).await.ok();
    let invite = server.invite("acme", "new@acme.example", "member").await;
    for page in routes_in(include_str!("../../src/ui/pages/mod.rs")) {
        let path = match page.as_str() {
            "/setup/{token}" => format!("/setup/{}", setup.token.expose()),
            "/reset/{token}" => reset["url"].as_str().unwrap().to_owned(),
            "/invite/{token}" => invite.clone(),
            plain => plain.to_owned(),
        };
        let fields = [
            ("email", "ana@acme.example"),
            ("password", "three tall ticks in a row"),
            ("name", "Mallory"),
            ("time_zone", "UTC"),
            ("organization", "Mallory's"),
        ];
        let body = serde_urlencoded::to_string(fields).unwrap();
        // What is only read takes no form at all.
        if path.starts_with("/s/") || path.starts_with("/share/") {
            let answer =
                Answer::of(server.http.post(format!("{}{path}", server.base)).send().await.unwrap()).await;
            assert_eq!(answer.status, 405, "{path}");
            continue;
        }
        for headers in FOREIGN.iter().filter(|all| !all.contains(&("sec-fetch-site", "same-origin"))) {
            let mut request = server.http.post(format!("{}{path}", server.base));
            for (name, value) in headers.iter().filter(|(name, _)| *name != "content-type") {
                request = request.header(*name, *value);
            }
            let request = request.header("content-type", FORM).header("cookie", &ana.cookie);
            let answer = Answer::of(request.body(body.clone()).send().await.unwrap()).await;
            assert_eq!(answer.problem(), (403, "cross_site"), "{path} {headers:?}");
            assert!(answer.headers.get("set-cookie").is_none(), "{path}");
        }
        if path.matches('/').count() > 1 {
            assert_eq!(server.page(&path, "").await.status, 200, "{path}: the link still works");
        }
    }
    assert_eq!(server.get_of(&ana, "/v1/session").await.status, 200, "she is still signed in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_shown_in_a_frame() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let (_, document) = tallystick_server::http::router::api();
    let document = serde_json::to_value(document).unwrap();
    let mut paths = pages();
    paths.extend(document["paths"].as_object().unwrap().keys().cloned());
    paths.remove("/v1/tail"); // It would never end. Its head is that of the others: the layer is around them all.
    paths.extend(["/nowhere", "/_a/0/app/app.js", "/setup/wrong", "/v1/nowhere"].map(str::to_owned));
    let mut shown = 0;
    for path in &paths {
        let path = path.replace("{id}", "x").replace("{log}", "acme").replace("{token}", "x");
        let path = path.replace("{side}", "actor").replace("{type}", "user").replace("{*path}", "x");
        for cookie in ["", ana.cookie.as_str()] {
            let answer = server.page(&path, cookie).await;
            let policy = answer.header("content-security-policy");
            assert!(policy.contains("frame-ancestors 'none'"), "{path}: {policy}");
            assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            shown += u32::from(answer.header("content-type").starts_with("text/html"));
        }
    }
    assert!(shown >= 20, "{shown} pages");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_sent_to_another_site() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let base = Url::parse(&server.base).unwrap();
    for next in [
        "//evil.example",
        "///evil.example",
        "////evil.example/..",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        "/\u{0}/evil.example",
        "/\u{85}/evil.example",
        "/\u{2028}/evil.example",
        "/\u{feff}/evil.example",
        "%2F%2Fevil.example",
        "/%2Fevil.example",
        "/%5Cevil.example",
        "/%09/evil.example",
        "/./\\evil.example",
        "/.//evil.example",
        "/..//evil.example",
        "http:evil.example",
        "https:evil.example",
        "https://evil.example",
        "HTTPS://evil.example",
        "//evil.example\\@127.0.0.1",
        "@evil.example",
        ".evil.example",
        ":80@evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "/\r\nlocation: https://evil.example",
        "/ſ/evil.example",
        "/。/evil.example",
    ] {
        let fields = [("email", "ana@acme.example"), ("password", PASSWORD), ("next", next)];
        let query = serde_urlencoded::to_string([("next", next)]).unwrap();
        let answers = [
            server.submit("/sign-in", "", &fields).await,
            server.page(&format!("/sign-in?{query}"), &ana.cookie).await,
            server.page(&format!("/sign-in?next=https://evil.example&{query}"), &ana.cookie).await,
        ];
        for answer in answers {
            assert_eq!(answer.status, 303, "{next:?}");
            let to = answer.header("location");
            let opened = base.join(to).unwrap();
            assert_eq!(opened.origin(), base.origin(), "{next:?}: {to}");
            assert!(to.starts_with('/') && !to.starts_with("//") && !to.contains('\\'), "{next:?}: {to}");
            assert_eq!(answer.headers.get_all("location").iter().count(), 1);
        }
        let again = server.page(&format!("/sign-in?{query}"), "").await;
        let kept = again.text.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        assert_eq!(base.join(kept).unwrap().origin(), base.origin(), "{next:?}: {kept}");
    }
    // Addresses that begin with two slashes are not gone back to either.
    for path in ["//evil.example/events", "/events//evil.example", "/\\evil.example"] {
        let answer = server.page(path, "").await;
        let to = answer.header("location");
        assert!(to.is_empty() || base.join(to).unwrap().origin() == base.origin(), "{path}: {to}");
    }
}

/// Whether a session is good for anything.
async fn works(server: &Server, cookie: &str) -> bool {
    let person = Person { email: String::new(), cookie: cookie.to_owned() };
    server.get_of(&person, "/v1/session").await.status == 200
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_there_before_is_not_gone_on_with() {
    let server = Server::start().await;
    server.org("acme").await;
    let planted = format!("tallystick={}", "A".repeat(43));
    let mallory = server.person("acme", "mallory@acme.example", "member").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let sign_in = [("email", "ana@acme.example"), ("password", PASSWORD), ("next", "/")];
    let first = server.state.auth.setup_link("test").await.unwrap();
    let setup = [
        ("name", "Olga Ops"),
        ("email", "olga@ops.example"),
        ("password", PASSWORD),
        ("organization", ""),
        ("time_zone", "UTC"),
    ];
    let invite = server.invite("acme", "bob@acme.example", "member").await;
    let join = [("name", "Bob"), ("password", PASSWORD), ("time_zone", "UTC")];
    // Mallory's own session may be what is planted; after an invitation with it she is who accepts, so not there.
    for (path, fields, former) in [
        ("/sign-in", &sign_in[..], planted.as_str()),
        ("/sign-in", &sign_in[..], &ana.cookie),
        (&format!("/setup/{}", first.token.expose()), &setup[..], &mallory.cookie),
        (&invite, &join[..], &planted),
    ] {
        let done = server.submit(path, former, fields).await;
        assert_eq!(done.status, 303, "{path}: {}", done.text);
        let got = cookie_of(&done);
        assert_ne!(got, former, "{path}");
        assert!(works(&server, &got).await && !works(&server, former).await, "{path}");
    }
    // With a secure cookie and a plain one, both names are planted: neither is what one gets.
    let both = format!("__Host-tallystick={}; {planted}", "B".repeat(43));
    let done = server.submit("/sign-in", &both, &sign_in).await;
    assert!(!both.contains(cookie_of(&done).split('=').nth(1).unwrap()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_signs_in_with_does_not_change_under_an_old_token() {
    let server = Server::start().await;
    server.org("acme").await;
    let mut ana = server.person("acme", "ana@acme.example", "owner").await;
    let session = server.get_of(&ana, "/v1/session").await.ok()["session"].clone();
    let secret =
        server.send_of(&ana, Method::POST, "/v1/account/totp", &json!({ "password": PASSWORD })).await;
    let secret = secret.ok()["secret"].as_str().unwrap().to_owned();
    let code = totp_code(&secret, server.clock.now_ms());
    let mail = json!({ "password": PASSWORD, "email": " Ana.R@acme.example " });
    let new = json!({ "password": PASSWORD, "new_password": "four tall ticks in a row" });
    let without = json!({ "password": "four tall ticks in a row" });
    for (method, path, body) in [
        (Method::POST, "/v1/account/email", mail),
        (Method::POST, "/v1/account/totp/confirm", json!({ "code": code })),
        (Method::POST, "/v1/account/password", new),
        (Method::DELETE, "/v1/account/totp", without),
    ] {
        let done = server.send_of(&ana, method, path, &body).await;
        assert!((200..300).contains(&done.status), "{path}: {}", done.text);
        let next = Person { cookie: cookie_of(&done), ..ana.clone() };
        assert_ne!(next.cookie, ana.cookie, "{path}");
        assert!(!works(&server, &ana.cookie).await, "{path}: the old token is good for nothing");
        let now = server.get_of(&next, "/v1/session").await.ok();
        assert_eq!(now["session"], session, "{path}: it is the same session");
        assert_eq!(now["user"]["email"], "Ana.R@acme.example", "{path}");
        ana = next;
    }
    // What changes nothing of that leaves the token.
    let name = server.send_of(&ana, Method::PATCH, "/v1/account", &json!({ "name": "Ana R." })).await;
    assert!(name.status == 200 && name.headers.get("set-cookie").is_none());
}

/// All that an answer says, but what is of the request itself.
fn said(answer: &Answer) -> (u16, String, Vec<(String, String)>) {
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    (answer.status, answer.text.replace(answer.header("x-request-id"), "req"), headers)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_tells_who_has_an_account() {
    let server = Server::start().await;
    server.org("acme").await;
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let sue = server.person("acme", "sue@acme.example", "member").await;
    let id = server.get_of(&sue, "/v1/session").await.ok()["user"]["id"].as_str().unwrap().to_owned();
    let suspend =
        server.send_of(&ana, Method::POST, &format!("/v1/members/{id}/suspend"), &Value::Null).await;
    assert_eq!(suspend.status, 204, "{}", suspend.text);
    let mut answers = Vec::new();
    // Somebody, nobody, somebody who is suspended with a wrong and with the right password.
    for (email, password) in [
        ("ana@acme.example", "wrong wrong wrong"),
        ("noa@acme.example", "wrong wrong wrong"),
        ("sue@acme.example", "wrong wrong wrong"),
        ("sue@acme.example", PASSWORD),
    ] {
        let before = server.state.auth.password_hashes();
        let api = server.sign_in(&json!({ "email": email, "password": password })).await;
        assert_eq!(server.state.auth.password_hashes(), before + 1, "{email}: the same work for all");
        let page = server.submit("/sign-in", "", &[("email", email), ("password", password)]).await;
        assert_eq!(server.state.auth.password_hashes(), before + 2, "{email}");
        let (status, text, headers) = said(&page);
        answers.push((said(&api), (status, text.replace(email, "somebody"), headers)));
    }
    for other in &answers[1..] {
        assert_eq!(*other, answers[0]);
    }
    // Links of every kind: wrong, of another kind, and used up are the same.
    let invite = server.invite("acme", "bob@acme.example", "member").await;
    let used = server.invite("acme", "cem@acme.example", "member").await;
    let fields = [("name", "Cem"), ("password", PASSWORD), ("time_zone", "UTC")];
    assert_eq!(server.submit(&used, "", &fields).await.status, 303);
    let before = server.state.auth.password_hashes();
    let wrong = said(&server.page("/invite/AAAA", "").await);
    for path in [&used, &invite.replace("/invite/", "/reset/"), "/setup/AAAA", "/reset/AAAA"] {
        assert_eq!(said(&server.page(path, "").await), wrong, "{path}");
        assert_eq!(said(&server.submit(path, "", &fields).await), wrong, "{path}");
    }
    assert_eq!(server.state.auth.password_hashes(), before, "no work for those without a link");
    // An invitation says the same of an address with an account and of one without.
    let keys = |answer: Answer| {
        (answer.status, answer.json.as_object().unwrap().keys().cloned().collect::<Vec<_>>())
    };
    let mut invited = Vec::new();
    server.org("other").await;
    for email in ["ana@acme.example", "noa@acme.example"] {
        let body = json!({ "email": email, "role": "member" });
        invited.push(keys(server.send(Method::POST, "/v1/invitations?org=other", &body).await));
    }
    assert_eq!(invited[0], invited[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_names_stay_text_in_pages() {
    const BAD: &str = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'`${alert(3)}{{4}}";
    const ADDRESS: &str = "\"><img/src=x/onerror=alert(1)><script>alert(2)</script>@acme.example";
    let server = Server::start().await;
    server.org("acme").await;
    let rename = server.send(Method::PATCH, "/v1/orgs/acme", &json!({ "name": BAD })).await;
    assert_eq!(rename.status, 200, "{}", rename.text);
    let invite = server.invite("acme", ADDRESS, "member").await;
    let link = server.state.auth.setup_link("test").await.unwrap();
    let setup = format!("/setup/{}", link.token.expose());
    let query = serde_urlencoded::to_string([("next", format!("/{BAD}")), (BAD, BAD.to_owned())]).unwrap();
    let ana = server.person("acme", "ana@acme.example", "owner").await;
    let name = server.send_of(&ana, Method::PATCH, "/v1/account", &json!({ "name": BAD })).await;
    assert_eq!(name.status, 200, "{}", name.text);
    let fields = [
        ("name", BAD),
        ("email", BAD),
        ("password", "short"),
        ("organization", BAD),
        ("time_zone", BAD),
        ("next", BAD),
        ("code", BAD),
    ];
    let mut pages = vec![
        server.page(&invite, "").await,
        server.page(&invite, &ana.cookie).await,
        server.page(&format!("/sign-in?{query}"), "").await,
        server.page(&format!("/{}", BAD.replace([' ', '"', '<', '>', '`', '{', '}'], "%3C")), "").await,
        server.page(&format!("/events/{}", "%3Cscript%3Ealert(1)"), &ana.cookie).await,
    ];
    for path in [invite.as_str(), setup.as_str(), "/sign-in", "/setup/%3Cscript%3E", "/invite/%22%3E"] {
        pages.push(server.submit(path, "", &fields).await);
        let zone =
            fields.map(|(name, value)| if name == "time_zone" { (name, "UTC") } else { (name, value) });
        pages.push(server.submit(path, "", &zone).await);
    }
    for page in &pages {
        assert!(page.header("content-type").starts_with("text/html"), "{}", page.text);
        let text = &page.text;
        assert!(!text.contains("<img") && !text.contains("alert(2)</script>"), "{text}");
        let own = text.matches("<script").count();
        assert!(own == 0 || text.matches("src=\"/_a/").count() >= own, "{text}");
        let inside = text.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
        assert!(!inside.into_iter().any(|tag| tag.contains("onerror") && !tag.contains("&quot;")), "{text}");
    }
    let shown = &pages[0].text;
    assert!(
        shown.contains("&lt;img/src=x/onerror=alert(1)&gt;") && shown.contains("&lt;script&gt;"),
        "{shown}"
    );
}
