//! What a process costs, from Linux's `/proc`. Elsewhere there is nothing to read, and the report says so with a dash.

use std::time::Duration;

/// Ticks a second in `/proc/<pid>/stat`: fixed by the kernel's interface for user space, whatever its own timer does.
const TICKS_A_SECOND: u64 = 100;

/// Memory of a process, bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Memory {
    /// Resident, mapped files included.
    pub(crate) resident: u64,
    /// The part that is not backed by files and so cannot be dropped.
    pub(crate) anonymous: u64,
    /// The most that was resident at once.
    pub(crate) peak: u64,
}

/// Processor time of all threads of a process so far, those that have ended included.
pub(crate) fn cpu(pid: u32) -> Option<Duration> {
    parse_cpu(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Processor time of this process.
pub(crate) fn own_cpu() -> Option<Duration> {
    cpu(std::process::id())
}

fn parse_cpu(stat: &str) -> Option<Duration> {
    // The second field is the program's name in parentheses, which may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split_ascii_whitespace().skip(11);
    let ticks = fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?;
    Some(Duration::from_millis(ticks * 1_000 / TICKS_A_SECOND))
}

/// Memory of a process now.
pub(crate) fn memory(pid: u32) -> Option<Memory> {
    parse_memory(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn parse_memory(status: &str) -> Option<Memory> {
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
        Some(kibibytes << 10)
    };
    Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")?, peak: field("VmHWM:")? })
}

/// The machine that the numbers belong to.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Machine {
    /// The processor by name.
    pub(crate) processor: String,
    /// Cores that this process may use.
    pub(crate) cores: usize,
    /// Main memory, bytes.
    pub(crate) memory: Option<u64>,
    /// Operating system and its version.
    pub(crate) system: String,
}

impl Machine {
    /// This one.
    pub(crate) fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let processor = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        let meminfo = read("/proc/meminfo");
        let memory = meminfo.lines().find_map(|line| {
            line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()
        });
        let release = read("/proc/sys/kernel/osrelease");
        Self {
            processor: processor
                .map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory: memory.map(|kibibytes| kibibytes << 10),
            system: format!("{} {}", std::env::consts::OS, release.trim()).trim().to_owned(),
        }
    }
}

/// Makes the next read of every file go to the disk; only root can. Whether it worked.
pub(crate) fn drop_page_cache() -> bool {
    rustix::fs::sync();
    std::fs::write("/proc/sys/vm/drop_caches", "3").is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_read_from_proc() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 120 30 5 6 20 0 4 0 100 1 1 1";
        assert_eq!(parse_cpu(stat), Some(Duration::from_millis(1_500)));
        assert_eq!(parse_cpu("7 (a"), None);
        let status = "Name:\tx\nVmHWM:\t    300 kB\nVmRSS:\t    200 kB\nRssAnon:\t    100 kB\n";
        let expected = Memory { resident: 200 << 10, anonymous: 100 << 10, peak: 300 << 10 };
        assert_eq!(parse_memory(status), Some(expected));
        assert_eq!(parse_memory("VmRSS:\t1 kB\n"), None);
    }
}
