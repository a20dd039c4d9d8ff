//! Programs of others: started, waited for, ended.

use std::{
    fs::File,
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

/// A start that takes longer has hung. Generous, because the machine may be busy.
const START_TIME_MAX: Duration = Duration::from_mins(2);
/// How long a program may take to end when it is asked to.
const END_TIME_MAX: Duration = Duration::from_secs(20);
/// How often what is waited for is looked at.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// A server that is killed when this is dropped.
#[derive(Debug)]
pub struct Process(Child);

impl Process {
    /// Starts it with everything it says thrown away.
    pub fn start(command: &mut Command) -> Process {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        Process(child.unwrap())
    }

    /// Starts it with standard output going to the end of a file.
    pub fn start_into(command: &mut Command, out: &Path) -> Process {
        let file = File::options().create(true).append(true).open(out).unwrap();
        let child = command.stdin(Stdio::null()).stdout(file).stderr(Stdio::null()).spawn();
        Process(child.unwrap())
    }

    /// Waits until it is ready.
    pub fn until(&mut self, mut is_ready: impl FnMut() -> bool) {
        let deadline = Instant::now() + START_TIME_MAX;
        while !is_ready() {
            assert!(self.0.try_wait().unwrap().is_none(), "it ended by itself");
            assert!(Instant::now() < deadline, "not ready after {START_TIME_MAX:?}");
            sleep(LOOK_INTERVAL);
        }
    }

    /// Waits until something listens on a port of loopback.
    pub fn until_listening(&mut self, port: u16) {
        self.until(|| TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    /// Ends it as its supervisor would, so that it writes what it has.
    pub fn end(mut self) {
        kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap();
        let deadline = Instant::now() + END_TIME_MAX;
        while self.0.try_wait().unwrap().is_none() && Instant::now() < deadline {
            sleep(LOOK_INTERVAL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a program to its end, which must be good. Gives standard output.
pub fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}: {}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Waits until something is there.
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + START_TIME_MAX;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not there after {START_TIME_MAX:?}");
        sleep(LOOK_INTERVAL);
    }
}
