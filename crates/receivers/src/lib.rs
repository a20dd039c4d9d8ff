//! Servers of others that tests send events to: each is started as it is installed by `cargo xtask streams-setup`,
//! ended and started again with what it had, and asked for everything that has arrived. None is missed in silence.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

mod azurite;
mod certificates;
mod clickhouse;
mod debian;
mod event;
mod gate;
mod gcs;
mod http;
mod installed;
mod kafka;
mod lake_readers;
mod mail;
mod nats;
mod objects;
mod osmem;
mod ports;
mod process;
mod receiver;
mod seaweed;
mod syslog;
mod tenzir;

pub use azurite::{ACCOUNT as AZURE_ACCOUNT, Azurite, KEY as AZURE_KEY};
pub use certificates::{Authority, Pair};
pub use clickhouse::{ClickHouse, USER as CLICKHOUSE_USER};
pub use event::Event;
pub use gate::{Gate, Passing};
pub use gcs::{FakeGcs, TokenServer};
pub use http::{call, try_call};
pub use installed::{in_node_package, in_package, installed};
pub use kafka::Tansu;
pub use lake_readers::LakeReaders;
pub use mail::{MailServer, Message, PASSWORD as MAIL_PASSWORD, Protection, USER as MAIL_USER};
pub use nats::Nats;
pub use objects::object_lines;
pub use osmem::Osmem;
pub use ports::free_port;
pub use process::{Process, run, wait_for};
pub use receiver::Receiver;
pub use seaweed::{KEY as S3_KEY, Seaweed, WRITER as S3_WRITER, WRITER_SECRET as S3_WRITER_SECRET};
pub use syslog::SyslogReceiver;
pub use tenzir::{TOKEN as SPLUNK_TOKEN, Tenzir};

/// Unix ms now: servers of others have the real clock.
#[expect(clippy::disallowed_methods, reason = "the other side has no clock to be set")]
pub fn now_ms() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    i64::try_from(now.as_millis()).unwrap()
}
