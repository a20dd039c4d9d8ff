//! rsyslog and syslog-ng over TLS: they take only whom their authority vouches for.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{Authority, Event, Process, Receiver, debian, free_port};

/// What a receiver writes of a message: everything that it has taken out of it.
const RSYSLOG_LINE: &str = "%pri%|%hostname%|%app-name%|%msgid%|%structured-data%|%msg%\\n";
const SYSLOG_NG_LINE: &str = "${PRI}|${HOST}|${PROGRAM}|${MSGID}|${SDATA}|${MESSAGE}\\n";

/// A receiver that writes a line a message.
pub struct SyslogReceiver {
    /// Ended before the folder goes.
    process: Option<Process>,
    port: u16,
    authority: Authority,
    folder: TempDir,
    command: fn(&Path) -> Command,
}

impl SyslogReceiver {
    /// rsyslog.
    pub fn rsyslog() -> Self {
        Self::with(rsyslog_conf, rsyslog_command)
    }

    /// syslog-ng.
    pub fn syslog_ng() -> Self {
        Self::with(syslog_ng_conf, syslog_ng_command)
    }

    fn with(conf: fn(&Path, u16, [String; 3]) -> String, command: fn(&Path) -> Command) -> Self {
        let (folder, port, authority) = (TempDir::new().unwrap(), free_port(), Authority::new());
        let files = authority.write(folder.path()).map(|path| path.display().to_string());
        std::fs::write(folder.path().join("conf"), conf(folder.path(), port, files)).unwrap();
        let mut receiver = Self { process: None, port, authority, folder, command };
        receiver.start();
        receiver
    }

    /// Ends it without a warning: what it has read and not written is lost, and nobody can know.
    pub fn kill(&mut self) {
        self.process = None;
    }

    /// The lines that it has written until now.
    pub fn lines(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.folder.path().join("out")).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

fn rsyslog_conf(folder: &Path, port: u16, [ca, cert, key]: [String; 3]) -> String {
    format!(
        r#"global(workDirectory="{work}" maxMessageSize="64k" defaultNetstreamDriver="ossl"
  defaultNetstreamDriverCAFile="{ca}" defaultNetstreamDriverCertFile="{cert}" defaultNetstreamDriverKeyFile="{key}")
module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="x509/certvalid")
template(name="out" type="string" string="{RSYSLOG_LINE}")
input(type="imtcp" address="127.0.0.1" port="{port}")
action(type="omfile" file="{work}/out" template="out")
"#,
        work = folder.display(),
    )
}

fn rsyslog_command(folder: &Path) -> Command {
    let mut command = debian::program("usr/sbin/rsyslogd");
    command.arg("-n").arg("-M").arg(debian::library("rsyslog")).arg("-f").arg(folder.join("conf"));
    command.arg("-i").arg(folder.join("pid"));
    command
}

fn syslog_ng_conf(folder: &Path, port: u16, [ca, cert, key]: [String; 3]) -> String {
    format!(
        r#"@version: 3.38
options {{ keep-hostname(yes); log-msg-size(65536); }};
source s {{ syslog(ip("127.0.0.1") port({port}) transport("tls") tls(key-file("{key}") cert-file("{cert}")
  ca-file("{ca}") peer-verify(required-trusted))); }};
destination d {{ file("{work}/out" template("{SYSLOG_NG_LINE}")); }};
log {{ source(s); destination(d); }};
"#,
        work = folder.display(),
    )
}

fn syslog_ng_command(folder: &Path) -> Command {
    let at = |name: &str| folder.join(name).display().to_string();
    let mut command = debian::program("usr/sbin/syslog-ng");
    command.args(["-F", "--no-caps"]).arg(format!("--module-path={}", syslog_ng_modules().display()));
    command.args(["-f", &at("conf")]);
    command.arg(format!("--persist-file={}", at("persist")));
    command.arg(format!("--control={}", at("ctl"))).arg(format!("--pidfile={}", at("pid")));
    command
}

/// The folder of a version in the folder of modules.
fn syslog_ng_modules() -> PathBuf {
    let folder = debian::root().join("usr/lib/syslog-ng");
    let entries = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).max().expect("syslog-ng has modules")
}

impl Receiver for SyslogReceiver {
    fn kind(&self) -> &'static str {
        "syslog"
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

    fn port(&self) -> u16 {
        self.port
    }

    fn stop(&mut self) {
        if let Some(process) = self.process.take() {
            process.end();
        }
    }

    fn start(&mut self) {
        let mut process = Process::start(&mut (self.command)(self.folder.path()));
        process.until_listening(self.port);
        self.process = Some(process);
    }

    fn events(&self) -> Vec<Event> {
        self.lines().iter().filter_map(|line| whole(line)).collect()
    }
}

/// The event of a line. A sender that is killed in the middle of a message leaves its beginning, and a receiver of
/// syslog keeps that; such a line ends before its event does.
fn whole(line: &str) -> Option<Event> {
    let parts: Vec<&str> = line.splitn(6, '|').collect();
    let event = serde_json::from_str(parts.get(5)?).ok()?;
    Some(Event::of_native(&event))
}
