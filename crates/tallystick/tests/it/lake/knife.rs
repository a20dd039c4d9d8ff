//! Kills the service in the middle of a file of a lake: of one in a folder when a part of it is seen there, of one on
//! its way to a bucket when half of it has passed.

use std::{
    io::{self, BufRead as _, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::PATIENCE;

/// As by `kill -9`.
pub(super) fn kill(pid: u32) {
    let pid = Pid::from_raw(pid as i32).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
}

/// Unfinished files below a folder. It is looked at while it changes, so what is not there any more is nothing.
pub(crate) fn unfinished(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder {
                folders.push(entry.path());
            } else if entry.file_name().to_string_lossy().starts_with("_tmp-") {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Waits for an unfinished file and kills the service that writes it. Whether the file is still unfinished then.
pub(super) fn kill_in_folder(pid: u32, folder: &Path) -> bool {
    let started = Instant::now();
    // A manifest is written in a moment.
    let has_one = || {
        unfinished(folder).iter().any(|path| !path.components().any(|part| part.as_os_str() == "_manifest"))
    };
    while !has_one() {
        assert!(started.elapsed() < PATIENCE, "nothing is written");
    }
    kill(pid);
    // It is gone when nobody can find it any more in the middle of anything.
    std::thread::sleep(Duration::from_millis(50));
    has_one()
}

/// Stands between the service and a store, and passes on what they say.
pub(super) struct Between {
    address: SocketAddr,
    /// Whom to kill in the middle of the next file; 0: nobody.
    victim: Arc<AtomicU32>,
}

impl Between {
    pub(super) fn start(store_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let between = Self { address: listener.local_addr().unwrap(), victim: Arc::default() };
        let victim = Arc::clone(&between.victim);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let victim = Arc::clone(&victim);
                // Whoever ends a connection has a reason, which is nothing to it.
                std::thread::spawn(move || connection(&client, store_port, &victim));
            }
        });
        between
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The next file is cut in half, and the service ends.
    pub(super) fn kill_in_next_file(&self, pid: u32) {
        self.victim.store(pid, Ordering::SeqCst);
    }

    /// Waits until that has happened.
    pub(super) fn until_killed(&self) {
        let started = Instant::now();
        while self.victim.load(Ordering::SeqCst) != 0 {
            assert!(started.elapsed() < PATIENCE, "no file was on its way");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn connection(client: &TcpStream, store_port: u16, victim: &AtomicU32) -> io::Result<()> {
    let store = TcpStream::connect(("127.0.0.1", store_port))?;
    let (mut answers, mut to_client) = (store.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = io::copy(&mut answers, &mut to_client);
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    let (mut requests, mut store) = (BufReader::new(client), store);
    let passed = loop {
        match request(&mut requests, &mut store, victim) {
            Ok(true) => {}
            Ok(false) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    store.shutdown(std::net::Shutdown::Both)?;
    passed
}

/// Passes one request on; false if there is none any more.
fn request(from: &mut BufReader<&TcpStream>, to: &mut TcpStream, victim: &AtomicU32) -> io::Result<bool> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        if from.read_until(b'\n', &mut head)? == 0 {
            return Ok(false);
        }
        if head[before..] == *b"\r\n" {
            break;
        }
    }
    to.write_all(&head)?;
    let text = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let length: u64 = length.unwrap_or(0);
    let is_file =
        text.starts_with("put ") && text.lines().next().is_some_and(|line| line.contains(".parquet"));
    let pid = if is_file { victim.load(Ordering::SeqCst) } else { 0 };
    if pid == 0 {
        io::copy(&mut from.take(length), to)?;
        return Ok(true);
    }
    assert!(length > 1_000, "a file has a middle");
    io::copy(&mut from.take(length / 2), to)?;
    to.flush()?;
    kill(pid);
    victim.store(0, Ordering::SeqCst);
    Ok(false)
}
