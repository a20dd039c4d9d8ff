//! Messages, with a real mail server: aiosmtpd, plain on this machine, with STARTTLS, and with TLS from the first byte.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tallystick_catalog::RunState;
use tallystick_delivery::{
    mail::{Mail, MailError, MailOptions, MailTls, Mailer},
    schedules::{DeliveryState, EmailTarget, ScheduleEdit},
};

use super::rig::{DAY_MS, Rig, deliveries};
use tallystick_receivers::installed;

const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct MailServer {
    process: Child,
    dir: tempfile::TempDir,
    port: u16,
    tls: MailTls,
    ca_pem: String,
}

impl MailServer {
    pub(crate) async fn start(tls: MailTls) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ca_pem = certificates(dir.path());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let word = match tls {
            MailTls::None => "none",
            MailTls::StartTls => "starttls",
            MailTls::Implicit => "implicit",
        };
        let mut command = Command::new(installed("bin/python"));
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/smtp_server.py"));
        command.arg(dir.path()).arg(port.to_string()).arg(word);
        command.arg(dir.path().join("server.pem")).arg(dir.path().join("server.key"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
        let mut process = command.spawn().unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "the mail server ended by itself");
            assert!(started.elapsed() < PATIENCE, "the mail server is not ready");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, dir, port, tls, ca_pem }
    }

    pub(crate) fn options(&self) -> MailOptions {
        let credentials = ("audit".to_owned(), "tick tock".to_owned().into());
        MailOptions {
            host: "localhost".to_owned(),
            port: self.port,
            tls: self.tls,
            credentials: (self.tls != MailTls::None).then_some(credentials),
            from: "Audit log <audit@acme.example>".to_owned(),
            recipient_domains: Vec::new(),
            allow_private: true,
            ca_pem: Some(self.ca_pem.clone()),
        }
    }

    /// What it has been handed: what it knows of each message, and the message.
    pub(crate) fn messages(&self) -> Vec<(Value, String)> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap().map(|entry| entry.unwrap().path());
        let mut found: Vec<_> =
            entries.filter(|path| path.extension().is_some_and(|e| e == "json")).collect();
        found.sort();
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        found.iter().map(|path| (read(path).parse().unwrap(), read(&path.with_extension("eml")))).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Writes a certificate for localhost and its key; the authority that vouches for it.
fn certificates(folder: &Path) -> String {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    std::fs::write(folder.join("server.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    issuer.pem()
}

fn mail(to: &str) -> Mail {
    Mail {
        id: "sch_1.1".to_owned(),
        to: vec![to.to_owned()],
        subject: "Wöchentlich".to_owned(),
        text: "Line\n.\n..two dots, ü\n".to_owned(),
        at_ms: 1_795_168_800_000,
        file: None,
    }
}

fn said(error: &MailError) -> String {
    format!("{error}")
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_whole_over_every_kind_of_connection() {
    for tls in [MailTls::None, MailTls::StartTls, MailTls::Implicit] {
        let server = MailServer::start(tls).await;
        let mailer = Mailer::new(server.options()).unwrap();
        mailer.send(&mail("ana@acme.example")).await.unwrap();
        let [(about, text)] = &server.messages()[..] else { panic!("one message") };
        assert_eq!(about["tls"], tls != MailTls::None, "{tls:?}");
        assert_eq!(
            (&about["from"], &about["to"][0]),
            (&"audit@acme.example".into(), &"ana@acme.example".into())
        );
        if tls != MailTls::None {
            assert_eq!(about["user"], "audit");
        }
        assert!(text.contains("Message-ID: <sch_1.1@acme.example>"), "{text}");
        assert!(text.contains("\r\n.\r\n..two dots") || text.contains("\n.\n..two dots"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_without_a_good_certificate_and_passwords_stay_inside() {
    let server = MailServer::start(MailTls::StartTls).await;
    let send = async |options: MailOptions| {
        Mailer::new(options).unwrap().send(&mail("ana@acme.example")).await.unwrap_err()
    };
    let stranger = send(MailOptions { ca_pem: None, ..server.options() }).await;
    assert!(said(&stranger).contains("certificate") && !stranger.is_final(), "{stranger}");
    let other = send(MailOptions { host: "127.0.0.1".to_owned(), ..server.options() }).await;
    assert!(said(&other).contains("certificate"), "{other}");
    let credentials = Some(("audit".to_owned(), "another".to_owned().into()));
    let wrong = send(MailOptions { credentials, ..server.options() }).await;
    assert!(said(&wrong).contains("user and password") && !wrong.is_final(), "{wrong}");
    assert!(!said(&wrong).contains("another"), "{wrong}");
    let guarded = send(MailOptions { allow_private: false, ..server.options() }).await;
    assert!(said(&guarded).contains("private"), "{guarded}");
    let plain = MailServer::start(MailTls::None).await;
    let refuses = send(MailOptions { tls: MailTls::StartTls, ..plain.options() }).await;
    assert!(said(&refuses).contains("STARTTLS"), "{refuses}");
    assert!(server.messages().is_empty() && plain.messages().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_announced_with_a_link_and_without_any_event() {
    let server = MailServer::start(MailTls::StartTls).await;
    let mut rig = Rig::new(Some(server.options())).await;
    let schedule = rig.make(rig.with_email(&["ana@acme.example", "ben@acme.example"], false)).await;
    rig.event(7, 0).await;
    rig.start();
    rig.later(DAY_MS);
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    rig.until_happened("delivered 1 email").await;
    let email = deliveries(&run).email.unwrap();
    assert_eq!((email.state, email.detail.as_str()), (DeliveryState::Delivered, "2 recipients"));
    let [(about, text)] = &server.messages()[..] else { panic!("one message") };
    assert_eq!(about["to"].as_array().unwrap().len(), 2);
    assert!(text.contains("Subject: Daily: 1 events"), "{text}");
    assert!(text.contains(&format!("https://audit.example/exports/{}", run.export)), "{text}");
    assert!(!text.contains("u_1") && !text.contains("a.b"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_with_the_message_if_that_is_asked_for() {
    let server = MailServer::start(MailTls::None).await;
    let mut rig = Rig::new(Some(server.options())).await;
    let schedule = rig.make(rig.with_email(&["ana@acme.example"], true)).await;
    rig.event(7, 0).await;
    rig.start();
    rig.later(DAY_MS);
    assert_eq!(rig.done(&schedule, 1).await, [7]);
    let [(_, text)] = &server.messages()[..] else { panic!("one message") };
    assert!(text.contains("Content-Disposition: attachment; filename=\"Daily-"), "{text}");
    assert!(text.contains("Content-Type: application/x-ndjson"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_taken_is_tried_again_and_the_file_stays() {
    let server = MailServer::start(MailTls::None).await;
    let mut rig = Rig::new(Some(server.options())).await;
    let schedule = rig.make(rig.with_email(&["later@acme.example"], false)).await;
    rig.event(7, 0).await;
    rig.start();
    rig.later(DAY_MS);
    let tried = |attempts: u32| {
        move |run: &tallystick_catalog::ScheduleRun| {
            deliveries(run).email.is_some_and(|email| email.attempts >= attempts)
        }
    };
    let run = rig.until(&schedule, 1, tried(1)).await;
    let email = deliveries(&run).email.unwrap();
    assert!(email.detail.contains("451") && email.next_ms.is_some(), "{email:?}");
    assert_eq!(run.state, RunState::Delivering);
    // Another run that is due waits for this one; a restart goes on with it.
    rig.stop().await;
    rig.start();
    rig.later(60_000);
    rig.until(&schedule, 1, tried(2)).await;
    for attempt in 3..=10 {
        rig.later(3_600_000);
        rig.until(&schedule, 1, tried(attempt)).await;
    }
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.state, RunState::Failed);
    rig.until_happened("failed 1 email").await;
    assert_eq!(rig.numbers(&run).await, [7], "the file is in the history");
    // Somebody mends the address and has it sent again.
    let seen = rig.schedules.get(&schedule.id).await.unwrap();
    let seen = rig.schedules.update(&seen, rig.with_email(&["ana@acme.example"], false)).await.unwrap().after;
    rig.schedules.deliver_again(&seen, 1).await.unwrap();
    assert_eq!(rig.over(&schedule, 1).await.state, RunState::Done);
    // What was due meanwhile has a message of its own.
    let id = format!("<{}.1@acme.example>", schedule.id);
    let of_run: Vec<_> = server.messages().into_iter().filter(|(_, text)| text.contains(&id)).collect();
    assert_eq!(of_run.len(), 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_never_arrive_is_not_tried_again() {
    let server = MailServer::start(MailTls::None).await;
    let mut rig = Rig::new(Some(server.options())).await;
    let schedule = rig.make(rig.with_email(&["nobody@acme.example"], false)).await;
    rig.start();
    rig.later(DAY_MS);
    let run = rig.over(&schedule, 1).await;
    let email = deliveries(&run).email.unwrap();
    assert_eq!((run.state, email.attempts), (RunState::Failed, 1));
    assert!(email.detail.contains("no such user"), "{email:?}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_looked_at_when_they_are_given() {
    let refused = |rig: &Rig, to: &[&str]| {
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        let edit = ScheduleEdit { email: Some(EmailTarget { to, attach: false }), ..rig.edit() };
        let draft =
            tallystick_delivery::schedules::ScheduleDraft { org: rig.org.clone(), edit, is_paused: true };
        let schedules = std::sync::Arc::clone(&rig.schedules);
        async move { schedules.create(draft).await.unwrap_err().to_string() }
    };
    let without = Rig::new(None).await;
    assert!(refused(&without, &["ana@acme.example"]).await.contains("smtp.host"));
    let server = MailServer::start(MailTls::None).await;
    let options = MailOptions { recipient_domains: vec!["acme.example".to_owned()], ..server.options() };
    let rig = Rig::new(Some(options)).await;
    assert!(refused(&rig, &["ana@other.example"]).await.contains("acme.example only"));
    assert!(refused(&rig, &["ana"]).await.contains("email.to"));
    assert!(refused(&rig, &[]).await.contains("1 to 20"));
    assert!(refused(&rig, &["a@acme.example"; 21]).await.contains("1 to 20"));
}
