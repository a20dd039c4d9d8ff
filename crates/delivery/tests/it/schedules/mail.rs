//! Messages, with a real mail server: aiosmtpd, plain on this machine, with STARTTLS, and with TLS from the first byte.

use tallystick_catalog::RunState;
use tallystick_delivery::{
    mail::{Mail, MailError, MailOptions, MailTls, Mailer},
    schedules::{DeliveryState, EmailTarget, ScheduleEdit},
};
use tallystick_receivers::{MAIL_PASSWORD, MAIL_USER, MailServer, Message, Protection};

use super::rig::{DAY_MS, Rig, deliveries};

const ALL: [Protection; 3] = [Protection::None, Protection::StartTls, Protection::Implicit];

/// How it is written to.
fn options(server: &MailServer) -> MailOptions {
    let credentials = (MAIL_USER.to_owned(), MAIL_PASSWORD.to_owned().into());
    MailOptions {
        host: "localhost".to_owned(),
        port: server.port,
        tls: match server.protection {
            Protection::None => MailTls::None,
            Protection::StartTls => MailTls::StartTls,
            Protection::Implicit => MailTls::Implicit,
        },
        credentials: (server.protection != Protection::None).then_some(credentials),
        from: "Audit log <audit@acme.example>".to_owned(),
        recipient_domains: Vec::new(),
        allow_private: true,
        ca_pem: Some(server.ca_pem.clone()),
    }
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
    for protection in ALL {
        let server = MailServer::start(protection);
        let mailer = Mailer::new(options(&server)).unwrap();
        mailer.send(&mail("ana@acme.example")).await.unwrap();
        let [Message { about, text }] = &server.messages()[..] else { panic!("one message") };
        let is_protected = protection != Protection::None;
        assert_eq!(about["tls"], is_protected, "{protection:?}");
        assert_eq!(
            (&about["from"], &about["to"][0]),
            (&"audit@acme.example".into(), &"ana@acme.example".into())
        );
        if is_protected {
            assert_eq!(about["user"], "audit");
        }
        assert!(text.contains("Message-ID: <sch_1.1@acme.example>"), "{text}");
        assert!(text.contains("\r\n.\r\n..two dots") || text.contains("\n.\n..two dots"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_believed_without_a_good_certificate_and_passwords_stay_inside() {
    let server = MailServer::start(Protection::StartTls);
    let send = async |options: MailOptions| {
        Mailer::new(options).unwrap().send(&mail("ana@acme.example")).await.unwrap_err()
    };
    let stranger = send(MailOptions { ca_pem: None, ..options(&server) }).await;
    assert!(said(&stranger).contains("certificate") && !stranger.is_final(), "{stranger}");
    let another = MailServer::start_as_another(Protection::StartTls);
    let other = send(options(&another)).await;
    assert!(said(&other).contains("certificate"), "{other}");
    let credentials = Some(("audit".to_owned(), "another".to_owned().into()));
    let wrong = send(MailOptions { credentials, ..options(&server) }).await;
    assert!(said(&wrong).contains("user and password") && !wrong.is_final(), "{wrong}");
    assert!(!said(&wrong).contains("another"), "{wrong}");
    let guarded = send(MailOptions { allow_private: false, ..options(&server) }).await;
    assert!(said(&guarded).contains("private"), "{guarded}");
    let plain = MailServer::start(Protection::None);
    let refuses = send(MailOptions { tls: MailTls::StartTls, ..options(&plain) }).await;
    assert!(said(&refuses).contains("STARTTLS"), "{refuses}");
    assert!([&server, &another, &plain].iter().all(|server| server.messages().is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_announced_with_a_link_and_without_any_event() {
    let server = MailServer::start(Protection::StartTls);
    let mut rig = Rig::new(Some(options(&server))).await;
    let schedule = rig.make(Rig::with_email(&["ana@acme.example", "ben@acme.example"], false)).await;
    rig.event(7, 0).await;
    rig.start();
    rig.later(DAY_MS);
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    rig.until_happened("delivered 1 email").await;
    let email = deliveries(&run).email.unwrap();
    assert_eq!((email.state, email.detail.as_str()), (DeliveryState::Delivered, "2 recipients"));
    let [Message { about, text }] = &server.messages()[..] else { panic!("one message") };
    assert_eq!(about["to"].as_array().unwrap().len(), 2);
    assert!(text.contains("Subject: Daily: 1 events"), "{text}");
    assert!(text.contains(&format!("https://audit.example/exports/{}", run.export)), "{text}");
    assert!(!text.contains("u_1") && !text.contains("a.b"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_with_the_message_if_that_is_asked_for() {
    let server = MailServer::start(Protection::None);
    let mut rig = Rig::new(Some(options(&server))).await;
    let schedule = rig.make(Rig::with_email(&["ana@acme.example"], true)).await;
    rig.event(7, 0).await;
    rig.start();
    rig.later(DAY_MS);
    assert_eq!(rig.done(&schedule, 1).await, [7]);
    let [Message { text, .. }] = &server.messages()[..] else { panic!("one message") };
    assert!(text.contains("Content-Disposition: attachment; filename=\"Daily-"), "{text}");
    assert!(text.contains("Content-Type: application/x-ndjson"), "{text}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_taken_is_tried_again_and_the_file_stays() {
    let server = MailServer::start(Protection::None);
    let mut rig = Rig::new(Some(options(&server))).await;
    let schedule = rig.make(Rig::with_email(&["later@acme.example"], false)).await;
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
    let seen =
        rig.schedules.update(&seen, Rig::with_email(&["ana@acme.example"], false)).await.unwrap().after;
    rig.schedules.deliver_again(&seen, 1).await.unwrap();
    assert_eq!(rig.over(&schedule, 1).await.state, RunState::Done);
    // What was due meanwhile has a message of its own.
    let id = format!("<{}.1@acme.example>", schedule.id);
    let of_run: Vec<_> = server.messages().into_iter().filter(|message| message.text.contains(&id)).collect();
    assert_eq!(of_run.len(), 1);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_will_never_arrive_is_not_tried_again() {
    let server = MailServer::start(Protection::None);
    let mut rig = Rig::new(Some(options(&server))).await;
    let schedule = rig.make(Rig::with_email(&["nobody@acme.example"], false)).await;
    rig.start();
    rig.later(DAY_MS);
    let run = rig.over(&schedule, 1).await;
    let email = deliveries(&run).email.unwrap();
    assert_eq!((run.state, email.attempts), (RunState::Failed, 1));
    assert!(email.detail.contains("no such user"), "{email:?}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_it_does_not_reach_keeps_it_from_nobody_else_and_nobody_has_it_twice() {
    let server = MailServer::start(Protection::StartTls);
    let mut rig = Rig::new(Some(options(&server))).await;
    let to = ["ana@acme.example", "later@acme.example", "nobody@acme.example", "ben@acme.example"];
    let schedule = rig.make(Rig::with_email(&to, false)).await;
    rig.start();
    rig.later(DAY_MS);
    let tried = |attempts: u32| {
        move |run: &tallystick_catalog::ScheduleRun| {
            deliveries(run).email.is_some_and(|email| email.attempts >= attempts)
        }
    };
    let email = deliveries(&rig.until(&schedule, 1, tried(1)).await).email.unwrap();
    assert!(email.detail.starts_with("2 of 4 have it; later@acme.example: "), "{email:?}");
    assert!(email.detail.contains("nobody@acme.example: ") && email.detail.contains("451"), "{email:?}");
    assert_eq!(email.state, DeliveryState::Waiting);
    rig.later(60_000);
    rig.until(&schedule, 1, tried(2)).await;
    // The one is taken off the list, the other has another address: nobody else hears of it again.
    rig.stop().await;
    let seen = rig.schedules.get(&schedule.id).await.unwrap();
    let mended = ["ana@acme.example", "new@acme.example", "ben@acme.example"];
    rig.schedules.update(&seen, Rig::with_email(&mended, false)).await.unwrap();
    rig.start();
    rig.later(2 * 60_000);
    let run = rig.over(&schedule, 1).await;
    assert_eq!(run.state, RunState::Done, "{run:?}");
    let to: Vec<_> = server.messages().iter().map(|message| message.about["to"].clone()).collect();
    let expected = [
        serde_json::json!(["ana@acme.example", "ben@acme.example"]),
        serde_json::json!(["new@acme.example"]),
    ];
    assert_eq!(to, expected);
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_looked_at_when_they_are_given() {
    let refused = |rig: &Rig, to: &[&str]| {
        let to = to.iter().map(|to| (*to).to_owned()).collect();
        let edit = ScheduleEdit { email: Some(EmailTarget { to, attach: false }), ..Rig::edit() };
        let draft =
            tallystick_delivery::schedules::ScheduleDraft { org: rig.org.clone(), edit, is_paused: true };
        let schedules = std::sync::Arc::clone(&rig.schedules);
        async move { schedules.create(draft).await.unwrap_err().to_string() }
    };
    let without = Rig::new(None).await;
    assert!(refused(&without, &["ana@acme.example"]).await.contains("smtp.host"));
    let server = MailServer::start(Protection::None);
    let options = MailOptions { recipient_domains: vec!["acme.example".to_owned()], ..options(&server) };
    let rig = Rig::new(Some(options)).await;
    assert!(refused(&rig, &["ana@other.example"]).await.contains("acme.example only"));
    assert!(refused(&rig, &["ana"]).await.contains("email.to"));
    assert!(refused(&rig, &[]).await.contains("1 to 20"));
    assert!(refused(&rig, &["a@acme.example"; 21]).await.contains("1 to 20"));
}
