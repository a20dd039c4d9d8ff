//! Syslog against rsyslog, syslog-ng and Tenzir.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tallystick_destination::{Outcome, Settings, Surroundings, kind};
use tempfile::TempDir;

use crate::batches::{ORG, batch, batch_with};
use crate::certificates::Authority;
use crate::components::{self, Process, eventually, free_port, open, surroundings};
use crate::debian;

/// What a receiver writes of a message: everything that it has taken out of it.
const RSYSLOG_LINE: &str = "%pri%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\\n";
const SYSLOG_NG_LINE: &str = "${PRI}|${HOST}|${PROGRAM}|${MSGID}|${SDATA}|${MESSAGE}\\n";

/// A receiver that takes only whom its authority vouches for.
struct Receiver {
    /// Ended before the folder goes.
    process: Option<Process>,
    port: u16,
    authority: Authority,
    folder: TempDir,
}

impl Receiver {
    async fn rsyslog() -> Self {
        let (folder, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
        let [ca, cert, key] = authority.write(folder.path()).map(|path| path.display().to_string());
        let conf = format!(
            r#"global(workDirectory="{work}" maxMessageSize="64k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="{ca}" defaultNetstreamDriverCertFile="{cert}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="out" type="string" string="{RSYSLOG_LINE}")
input(type="imtcp" address="127.0.0.1" port="{port}")
action(type="omfile" file="{work}/out" template="out")
"#,
            work = folder.path().display(),
        );
        std::fs::write(folder.path().join("conf"), conf).unwrap();
        let mut receiver = Self { process: None, port, authority, folder };
        receiver.start(&mut receiver.rsyslog_command()).await;
        receiver
    }

    fn rsyslog_command(&self) -> Command {
        let mut command = debian::program("usr/sbin/rsyslogd");
        let modules = debian::library("rsyslog");
        command.arg("-n").arg("-M").arg(modules).arg("-f").arg(self.folder.path().join("conf"));
        command.arg("-i").arg(self.folder.path().join("pid"));
        command
    }

    async fn syslog_ng() -> Self {
        let (folder, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
        let [ca, cert, key] = authority.write(folder.path()).map(|path| path.display().to_string());
        let conf = format!(
            r#"@version: 3.38
options {{ keep-hostname(yes); log-msg-size(65536); }};
source s {{ syslog(ip("127.0.0.1") port({port}) transport("tls") tls(key-file("{key}") cert-file("{cert}")
  ca-file("{ca}") peer-verify(required-trusted))); }};
destination d {{ file("{work}/out" template("{SYSLOG_NG_LINE}")); }};
log {{ source(s); destination(d); }};
"#,
            work = folder.path().display(),
        );
        let at = |name: &str| folder.path().join(name).display().to_string();
        std::fs::write(folder.path().join("conf"), conf).unwrap();
        let mut command = debian::program("usr/sbin/syslog-ng");
        command.args(["-F", "--no-caps"]).arg(format!("--module-path={}", syslog_ng_modules().display()));
        command.args(["-f", &at("conf")]);
        command.arg(format!("--persist-file={}", at("persist")));
        command.arg(format!("--control={}", at("ctl"))).arg(format!("--pidfile={}", at("pid")));
        let mut receiver = Self { process: None, port, authority, folder };
        receiver.start(&mut command).await;
        receiver
    }

    async fn start(&mut self, command: &mut Command) {
        let mut process = Process::start(command);
        process.until_listening(self.port).await;
        self.process = Some(process);
    }

    fn settings(&self) -> Value {
        json!({
            "server": format!("localhost:{}", self.port),
            "ca_pem": self.authority.ca_pem,
            "client_cert_pem": self.authority.client.cert_pem,
            "client_key_pem": self.authority.client.key_pem,
            "message_bytes_max": 65_536,
        })
    }

    /// The lines that it has written, when there are so many.
    async fn lines(&self, count: usize) -> Vec<String> {
        let path = self.folder.path().join("out");
        let look = async || {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            (text.lines().count() >= count).then(|| text.lines().map(str::to_owned).collect())
        };
        eventually("the messages", look).await
    }
}

/// The folder of a version in the folder of modules.
fn syslog_ng_modules() -> PathBuf {
    let folder = debian::root().join("usr/lib/syslog-ng");
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).max().expect("syslog-ng has modules")
}

async fn everything_arrives(receiver: &Receiver) {
    let destination = open("syslog", receiver.settings());
    let checked = destination.check().await.unwrap();
    assert_eq!(checked.outcome, Outcome::Delivered, "{checked:?}");
    // Several batches, one with large events and with what receivers take for their own.
    let metadata = |seq: u64| match seq {
        301 => json!({"text": "]\"\\ \u{e4} <13>1 - \n ".repeat(500)}),
        _ => Value::Null,
    };
    let batches = [batch(300), batch_with(300, 5, metadata)];
    for batch in &batches {
        let answer = destination.send(batch).await;
        assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
        assert!(answer.sent_bytes > batch.byte_count() as u64);
    }
    let lines = receiver.lines(305).await;
    assert_eq!(lines.len(), 305);
    let records: Vec<_> = batches.iter().flat_map(|batch| &batch.records).collect();
    for (line, record) in lines.iter().zip(records) {
        let priority = if record.is_failure { "108" } else { "110" };
        let parts: Vec<&str> = line.splitn(6, '|').collect();
        assert_eq!(parts[..4], [priority, "audit.example.com", "tallystick", "user.created"], "{line}");
        let leaf = hex::encode(record.leaf_hash);
        for part in [
            format!("org=\"{ORG}\""),
            format!("seq=\"{}\"", record.seq),
            format!("event_id=\"{}\"", record.event_id),
            format!("leaf=\"{leaf}\""),
        ] {
            assert!(parts[4].starts_with("[tallystick@32473 ") && parts[4].contains(&part), "{line}");
        }
        assert_eq!(parts[5].as_bytes(), &record.bytes[..], "the body is the event's bytes");
    }
}

/// Without a certificate, and with one that it does not know.
async fn strangers_are_told(receiver: &Receiver) {
    let mut settings = receiver.settings();
    settings["client_cert_pem"] = Value::Null;
    settings["client_key_pem"] = Value::Null;
    let answer = open("syslog", settings).send(&batch(2_000)).await;
    assert_ne!(answer.outcome, Outcome::Delivered, "{answer:?}");
    let stranger = Authority::new();
    let mut settings = receiver.settings();
    settings["ca_pem"] = Value::from(stranger.ca_pem.as_str());
    let answer = open("syslog", settings).check().await.unwrap();
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
    assert!(answer.detail.contains("certificate"), "{answer:?}");
    let mut settings = receiver.settings();
    settings["client_cert_pem"] = Value::from(stranger.client.cert_pem.as_str());
    settings["client_key_pem"] = Value::from(stranger.client.key_pem.as_str());
    let answer = open("syslog", settings).check().await.unwrap();
    assert_eq!(answer.outcome, Outcome::Misconfigured, "{answer:?}");
}

#[tokio::test]
async fn rsyslog_gets_every_event_over_tls() {
    let receiver = Receiver::rsyslog().await;
    everything_arrives(&receiver).await;
    strangers_are_told(&receiver).await;
}

#[tokio::test]
async fn syslog_ng_gets_every_event_over_tls() {
    let receiver = Receiver::syslog_ng().await;
    everything_arrives(&receiver).await;
    strangers_are_told(&receiver).await;
}

#[tokio::test]
async fn a_receiver_that_stops_and_comes_back_loses_nothing() {
    let mut receiver = Receiver::rsyslog().await;
    let destination = open("syslog", receiver.settings());
    assert_eq!(destination.send(&batch(1)).await.outcome, Outcome::Delivered);
    // It is killed: what it has read and not yet written would be lost, and nobody could know.
    receiver.lines(1).await;
    receiver.process = None;
    let answer = destination.send(&batch(2)).await;
    assert_eq!(answer.outcome, Outcome::Retry { after: None }, "{answer:?}");
    let mut command = receiver.rsyslog_command();
    receiver.start(&mut command).await;
    assert_eq!(destination.send(&batch(2)).await.outcome, Outcome::Delivered);
    assert_eq!(receiver.lines(3).await.len(), 3);
}

#[tokio::test]
async fn tenzir_counts_octets_as_we_do() {
    let (folder, port) = (TempDir::new().unwrap(), free_port());
    let pipeline = format!(
        "accept_tcp \"127.0.0.1:{port}\" {{ read_syslog octet_counting=true }}\nwrite_ndjson\nsave_stdout"
    );
    let out = folder.path().join("out");
    let mut process = tenzir(&pipeline, folder.path(), &out);
    process.until_listening(port).await;
    let settings = json!({"server": format!("127.0.0.1:{port}"), "transport": "tcp", "confirm": "none"});
    let answer = open("syslog", settings).send(&batch(20)).await;
    assert_eq!(answer.outcome, Outcome::Delivered, "{answer:?}");
    let look = async || {
        let text = std::fs::read_to_string(&out).unwrap_or_default();
        (text.lines().count() >= 20).then_some(text)
    };
    let text = eventually("the messages", look).await;
    for (seq, line) in text.lines().enumerate() {
        let message: Value = serde_json::from_str(line).unwrap();
        assert_eq!(message["facility"], 13, "{line}");
        assert_eq!(message["message_id"], "user.created", "{line}");
        let read = &message["structured_data"]["tallystick@32473"]["seq"];
        assert!(*read == json!(seq) || *read == json!(seq.to_string()), "{line}");
    }
}

fn tenzir(pipeline: &str, folder: &Path, out: &Path) -> Process {
    let mut command = Command::new(components::installed("bin/tenzir"));
    command.arg(pipeline).env("TENZIR_CACHE_DIRECTORY", folder.join("cache"));
    command.env("TENZIR_STATE_DIRECTORY", folder.join("state"));
    Process::start_into(&mut command, out)
}

#[tokio::test]
async fn what_is_too_large_is_rejected_and_the_rest_arrives() {
    let receiver = Receiver::rsyslog().await;
    let mut settings = receiver.settings();
    settings["message_bytes_max"] = json!(8_192);
    let large = |seq: u64| if seq == 1 { json!({"text": "x".repeat(9_000)}) } else { Value::Null };
    let destination = open("syslog", settings);
    let answer = destination.send(&batch_with(0, 3, large)).await;
    let Outcome::Partial { rejected, again } = answer.outcome else { panic!("{answer:?}") };
    assert_eq!((rejected.len(), rejected[0].index, again.len()), (1, 1, 0));
    assert!(rejected[0].reason.contains("message_bytes_max"), "{rejected:?}");
    let lines = receiver.lines(2).await;
    assert!(lines[0].contains("seq=\"0\"") && lines[1].contains("seq=\"2\""));
    // One that is nothing else needs no connection.
    let answer = destination.send(&batch_with(1, 1, large)).await;
    assert!(matches!(answer.outcome, Outcome::Partial { .. }), "{answer:?}");
}

#[tokio::test]
async fn what_is_not_permitted_is_not_asked() {
    let tls_only =
        Surroundings { outbound: tallystick_outbound::OutboundOptions::default(), ..surroundings() };
    let kind = kind("syslog").unwrap();
    let answer = |settings: Value, world: Surroundings| async move {
        let settings = Settings::new(kind.fields, settings.as_object().unwrap().clone()).unwrap();
        (kind.open)(&settings, &world).unwrap().send(&batch(1)).await
    };
    for settings in [
        json!({"server": "127.0.0.1:514", "transport": "tcp"}),
        json!({"server": "127.0.0.1:514"}),
        json!({"server": "169.254.169.254:80"}),
    ] {
        let answer = answer(settings.clone(), tls_only.clone()).await;
        assert_eq!(answer.outcome, Outcome::Misconfigured, "{settings}: {answer:?}");
    }
    let down = json!({"server": format!("127.0.0.1:{}", free_port()), "transport": "tcp"});
    assert_eq!(answer(down, surroundings()).await.outcome, Outcome::Retry { after: None });
}
