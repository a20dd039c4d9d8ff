//! The service under test, as users run it: the `serve` command of this very program, in a process of its own so that
//! what it costs can be told from what the benchmark costs.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::{http, http::Target, process};
use crate::{files, system::random_hex};

/// How long a start may take.
const START_TIME_MAX: Duration = Duration::from_mins(5);
/// How long a stop in order may take.
const STOP_TIME_MAX: Duration = Duration::from_mins(2);
/// Age after which a tail is sealed. Shorter than by default, so that there is an end to wait for; no batch run is slow
/// enough for it to make smaller segments.
const TAIL_AGE_S: &str = "20";
/// Lines of the service's own log that an error repeats.
const LOG_LINES_SHOWN: usize = 5;

/// A running service on a directory.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    key: String,
    /// Kept open: a service whose standard output is closed could not print.
    _output: BufReader<ChildStdout>,
    /// What it printed before it was ready.
    greeting: Vec<String>,
    /// Where it listens, `http://HOST:PORT`.
    pub(crate) url: String,
    /// The same, for calls.
    pub(crate) target: Target,
}

/// A start that was timed.
pub(crate) struct Recovery {
    /// From the start of the process until it takes requests.
    pub(crate) took: Duration,
    /// Events read back from the commit log.
    pub(crate) replayed: Option<u64>,
}

impl Server {
    /// Starts one on a folder that is empty so far; the data goes below it.
    pub(crate) async fn start(folder: &Path) -> anyhow::Result<Self> {
        let key = format!("root_{}", random_hex(32));
        files::write_private(&folder.join("root.key"), &format!("{key}\n"))
            .context("cannot write the root key")?;
        Self::launch(folder.to_owned(), key).await
    }

    async fn launch(folder: PathBuf, key: String) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let log = std::fs::File::options().create(true).append(true).open(folder.join("server.log"))?;
        let mut child = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.join("data"))
            .arg("--root-key-file")
            .arg(folder.join("root.key"))
            // Settings of the caller's environment must not change what is measured.
            .env_clear()
            .env("TALLYSTICK_LOG__TAIL_AGE_S", TAIL_AGE_S)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .context("cannot start the service")?;
        let mut output = BufReader::new(child.stdout.take().expect("it was asked to be piped"));
        let mut greeting = Vec::new();
        let url = loop {
            let mut line = String::new();
            if output.read_line(&mut line)? == 0 {
                let _ = child.wait();
                bail!("the service ended at once:\n{}", log_end(&folder));
            }
            if let Some(url) = line.trim_end().strip_prefix("listening on ") {
                break url.to_owned();
            }
            greeting.push(line);
        };
        let target = Target::new(&url, &key)?;
        let server = Self { child, folder, key, _output: output, greeting, url, target };
        http::wait_until_ready(&server.target, START_TIME_MAX).await?;
        Ok(server)
    }

    /// The key that may do everything.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its data directory.
    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Stops it in order, drops what the operating system has cached of its files if we may, and starts it again.
    /// Also says whether the cache was dropped.
    pub(crate) async fn restart_cold(mut self) -> anyhow::Result<(Self, bool)> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)
            .context("cannot stop the service")?;
        let deadline = Instant::now() + STOP_TIME_MAX;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                bail!("the service does not stop:\n{}", log_end(&self.folder));
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let dropped = process::drop_page_cache();
        Ok((Self::launch(self.folder.clone(), self.key.clone()).await?, dropped))
    }

    /// Ends it as a crash does, starts it again, and says how long it was until it took requests.
    pub(crate) async fn crash(mut self) -> anyhow::Result<(Self, Recovery)> {
        self.child.kill().context("cannot kill the service")?;
        self.child.wait()?;
        let started = Instant::now();
        let server = Self::launch(self.folder.clone(), self.key.clone()).await?;
        let took = started.elapsed();
        let replayed = server.greeting.iter().find_map(|line| replayed(line));
        Ok((server, Recovery { took, replayed }))
    }
}

/// From `recovered: 3 segments, 1,234 events replayed from the commit log`.
fn replayed(line: &str) -> Option<u64> {
    let (before, _) = line.split_once(" events replayed")?;
    before.rsplit(' ').next()?.replace(',', "").parse().ok()
}

fn log_end(folder: &Path) -> String {
    let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..].join("\n")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_replayed_events_is_found_in_the_greeting() {
        let line = "recovered: 3 segments, 1,234,567 events replayed from the commit log\n";
        assert_eq!(replayed(line), Some(1_234_567));
        assert_eq!(replayed("made the root key"), None);
    }
}
