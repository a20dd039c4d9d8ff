//! People in the tests: accounts made through the pages, and calls with their cookies.

use reqwest::{Method, RequestBuilder, header::SET_COOKIE};
use serde_json::{Value, json};

use crate::harness::{Answer, PATIENCE, Server};

pub(crate) const PASSWORD: &str = "three tall ticks in a row";

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    /// `name=value`.
    pub(crate) cookie: String,
}

/// The path of a link, which has an origin where the service has a public address.
fn path_of(link: &str) -> &str {
    link.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(link)
}

impl Server {
    /// Submits a form as a browser does on our own page.
    pub(crate) async fn submit(&self, path: &str, cookie: &str, fields: &[(&str, &str)]) -> Answer {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let request = self.http.post(format!("{}{}", self.base, path_of(path))).body(body);
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .header("cookie", cookie);
        Answer::of(request.send().await.unwrap()).await
    }

    /// A page, as a browser asks for it.
    pub(crate) async fn page(&self, path: &str, cookie: &str) -> Answer {
        let request = self.http.get(format!("{}{path}", self.base)).header("accept", "text/html");
        Answer::of(request.header("cookie", cookie).send().await.unwrap()).await
    }

    /// A new account by a link to set up, which runs the installation.
    pub(crate) async fn operator(&self, email: &str) -> Person {
        let link = self.state.auth.setup_link("test").await.unwrap();
        let fields = [
            ("name", "Olga Ops"),
            ("email", email),
            ("password", PASSWORD),
            ("organization", ""),
            ("time_zone", "Europe/Madrid"),
        ];
        let done = self.submit(&format!("/setup/{}", link.token.expose()), "", &fields).await;
        assert_eq!((done.status, done.header("location")), (303, "/"), "{}", done.text);
        Person { email: email.into(), cookie: cookie_of(&done) }
    }

    /// A new account by an invitation.
    pub(crate) async fn person(&self, org: &str, email: &str, role: &str) -> Person {
        let url = self.invite(org, email, role).await;
        let fields = [("name", "Ana Ruiz"), ("password", PASSWORD), ("time_zone", "UTC")];
        let done = self.submit(&url, "", &fields).await;
        assert_eq!((done.status, done.header("location")), (303, "/"), "{}", done.text);
        Person { email: email.into(), cookie: cookie_of(&done) }
    }

    /// The path of an invitation.
    pub(crate) async fn invite(&self, org: &str, email: &str, role: &str) -> String {
        let body = json!({ "email": email, "role": role });
        let made = self.send(Method::POST, &format!("/v1/invitations?org={org}"), &body).await.ok();
        made["url"].as_str().unwrap().to_owned()
    }

    /// A call of the API as our own page makes it.
    pub(crate) fn request_of(&self, person: &Person, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        request.header("cookie", &person.cookie).header("sec-fetch-site", "same-origin")
    }

    pub(crate) async fn get_of(&self, person: &Person, path: &str) -> Answer {
        Answer::of(self.request_of(person, Method::GET, path).send().await.unwrap()).await
    }

    pub(crate) async fn send_of(&self, person: &Person, method: Method, path: &str, body: &Value) -> Answer {
        let mut request = self.request_of(person, method, path);
        if !body.is_null() {
            request = request.json(body);
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// `POST /v1/session`, as a program makes it.
    pub(crate) async fn sign_in(&self, body: &Value) -> Answer {
        let request = self.http.post(format!("{}/v1/session", self.base)).json(body);
        Answer::of(request.send().await.unwrap()).await
    }

    /// One more session of somebody.
    pub(crate) async fn again(&self, person: &Person) -> Person {
        let answer = self.sign_in(&json!({ "email": person.email, "password": PASSWORD })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        Person { email: person.email.clone(), cookie: cookie_of(&answer) }
    }

    /// What is recorded under an action in a log, newest first.
    pub(crate) async fn recorded(&self, org: &str, action: &str) -> Vec<Value> {
        let found = self.get(&format!("/v1/events?org={org}&q=action:{action}&limit=1000")).await.ok();
        found["events"].as_array().unwrap().clone()
    }
}

/// The cookie that an answer sets, as it is sent back.
pub(crate) fn cookie_of(answer: &Answer) -> String {
    let set = answer.headers.get(SET_COOKIE).expect("a cookie").to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// What an authenticator with this secret shows; the secret is in base 32.
pub(crate) fn totp_code(secret: &str, at_ms: i64) -> String {
    let digits = secret.bytes().map(|byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        _ => byte - b'2' + 26,
    });
    let bits: Vec<u8> = digits.flat_map(|five| (0..5).rev().map(move |at| five >> at & 1)).collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |all, bit| all << 1 | bit));
    let secret: [u8; 20] = bytes.collect::<Vec<u8>>().try_into().unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at_ms / 1_000).unwrap()).to_string()
}

impl Server {
    /// [`Self::recorded`], once there are so many: failed sign-ins are recorded on their own.
    pub(crate) async fn recorded_in_the_end(&self, org: &str, action: &str, many: usize) -> Vec<Value> {
        let started = std::time::Instant::now();
        loop {
            let found = self.recorded(org, action).await;
            if found.len() >= many || started.elapsed() > PATIENCE {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}
