//! The resources of a process, as Linux reports them; nothing elsewhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

/// Seconds of processor time a process has used so far.
pub(crate) fn processor_seconds(process: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The program's name is in parentheses and may hold anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map_while(|field| field.parse::<u64>().ok());
    let ticks = times.next()? + times.next()?;
    Some(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// All that is resident: the program's own pages and cached files included.
    pub(crate) resident: u64,
    /// What it asked for.
    pub(crate) anonymous: u64,
}

/// The present resources of a process.
pub(crate) fn memory(process: u32) -> Option<Memory> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|size| size * 1024)
    };
    Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
}

/// Bytes of all files in a folder.
pub(crate) fn bytes_in(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let (path, data) = entry.and_then(|entry| Ok((entry.path(), entry.metadata()?)))?;
        bytes += if data.is_dir() { bytes_in(&path)? } else { data.len() };
    }
    Ok(bytes)
}

/// Fails when fewer than `wanted` bytes are free where `folder` is.
pub(crate) fn ensure_room(folder: &Path, wanted: u64) -> Result<()> {
    const MIB: u64 = 1024 * 1024;
    let disk = rustix::fs::statvfs(folder).with_context(|| format!("cannot read the size of {}", folder.display()))?;
    let free = disk.f_bavail * disk.f_frsize;
    ensure!(
        free >= wanted,
        "{} has {} MiB free and the run may take {} MiB: make room, or measure fewer --customers",
        folder.display(),
        free / MIB,
        wanted / MIB
    );
    Ok(())
}

/// The machine's load of the last minute, where it is known.
pub(crate) fn load() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_uses_processor_time_and_memory() {
        let own = std::process::id();
        let before = processor_seconds(own).unwrap();
        // To look is work, too.
        assert!((0..10_000_000).any(|_| processor_seconds(own).unwrap() > before));
        let memory = memory(own).unwrap();
        assert!(memory.resident >= memory.anonymous && memory.anonymous > 0);
    }

    #[test]
    fn more_room_than_there_is_on_any_disk_is_refused() {
        assert!(ensure_room(Path::new("."), u64::MAX).is_err());
    }
}
