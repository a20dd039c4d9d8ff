//! Runs a target for a bounded time on stable Rust, keeps the input of a finding, and notices an input that never ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::Target;
use crate::mutate::{Rng, mutate};

/// How long one input may take before it counts as endless.
pub const INPUT_TIME_MAX: Duration = Duration::from_secs(10);

/// Why a run ended before its time.
#[derive(Debug)]
pub enum Finding {
    /// The target panicked; the panic's own message is on standard error.
    Panic {
        /// Where the input was kept.
        kept: PathBuf,
    },
    /// One input took longer than [`INPUT_TIME_MAX`].
    Endless {
        /// Where the input was kept.
        kept: PathBuf,
    },
}

/// Feeds every seed as it is and then mutations of them until `time` is over. Returns how many inputs were fed.
///
/// The thread of an endless input cannot be stopped and goes on until the process ends.
///
/// # Errors
/// The first finding, with its input kept in the folder `artifacts`.
pub fn run(target: Target, time: Duration, seed: u64, artifacts: &Path) -> Result<u64, Finding> {
    let current = Arc::new(Mutex::new(Vec::new()));
    let (fed, progress) = channel();
    let feeding = Arc::clone(&current);
    std::thread::spawn(move || {
        let seeds = (target.seeds)();
        let mut rng = Rng::new(seed);
        let start = Instant::now();
        let mut count = 0_usize;
        while count < seeds.len() || start.elapsed() < time {
            let input = seeds.get(count).cloned().unwrap_or_else(|| mutate(&mut rng, &seeds));
            feeding.lock().unwrap_or_else(PoisonError::into_inner).clone_from(&input);
            count += 1;
            let held = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_ok();
            if fed.send(held).is_err() || !held {
                return;
            }
        }
    });
    let finding = watch(&progress, INPUT_TIME_MAX);
    let keep = || keep(artifacts, target.name, &current.lock().unwrap_or_else(PoisonError::into_inner));
    match finding {
        Watched::Done(count) => Ok(count),
        Watched::Panicked => Err(Finding::Panic { kept: keep() }),
        Watched::Stuck => Err(Finding::Endless { kept: keep() }),
    }
}

enum Watched {
    Done(u64),
    Panicked,
    Stuck,
}

fn watch(progress: &Receiver<bool>, patience: Duration) -> Watched {
    let mut count = 0;
    loop {
        match progress.recv_timeout(patience) {
            Ok(true) => count += 1,
            Ok(false) => return Watched::Panicked,
            Err(RecvTimeoutError::Timeout) => return Watched::Stuck,
            Err(RecvTimeoutError::Disconnected) => return Watched::Done(count),
        }
    }
}

/// Writes the input where a person can feed it again; the name is a hash of it, so a finding is kept once.
fn keep(artifacts: &Path, target: &str, input: &[u8]) -> PathBuf {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = artifacts.join(format!("{target}-{hash:016x}"));
    std::fs::create_dir_all(artifacts).expect("the artifacts folder can be made");
    std::fs::write(&path, input).expect("the input of a finding can be kept");
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> Vec<Vec<u8>> {
        vec![b"first".to_vec(), b"second".to_vec()]
    }

    fn target(run: fn(&[u8])) -> Target {
        Target { name: "sample", seeds, run }
    }

    fn scratch(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!("tallystick-fuzz-{name}-{}", std::process::id()))
    }

    #[test]
    fn a_finding_is_kept_byte_for_byte() {
        let folder = scratch("finding");
        let target = target(|input| assert!(input != b"second", "the second seed is the finding"));
        let Err(Finding::Panic { kept }) = run(target, Duration::ZERO, 1, &folder) else {
            panic!("the panic must be reported")
        };
        assert_eq!(std::fs::read(&kept).unwrap(), b"second");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_seed_is_fed_even_without_time() {
        assert_eq!(run(target(|_| ()), Duration::ZERO, 1, &scratch("unused")).unwrap(), 2);
    }

    #[test]
    fn silence_counts_as_stuck_and_an_end_as_done() {
        let (fed, progress) = channel();
        fed.send(true).unwrap();
        assert!(matches!(watch(&progress, Duration::from_millis(1)), Watched::Stuck));
        fed.send(true).unwrap();
        drop(fed);
        assert!(matches!(watch(&progress, Duration::from_mins(1)), Watched::Done(1)));
    }
}
