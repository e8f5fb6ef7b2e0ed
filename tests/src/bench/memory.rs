//! How much memory the browser holds, as Linux reports it for its processes. On other systems it is not known.

use std::{
    collections::HashMap,
    fs,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Between two looks.
const EVERY: Duration = Duration::from_millis(100);

/// Bytes of a page of memory. Larger on some machines with ARM processors, where the figures are then too small.
const PAGE: u64 = 4096;

/// Private memory in use by the processes that draw and compute (renderers and the GPU's) below another process, in bytes:
/// resident pages that are not shared with files or other processes.
pub fn now(ancestor: u32) -> Option<u64> {
    let mut parents = HashMap::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(status) = fs::read_to_string(entry.path().join("stat")) else { continue };
        // After the name, which may have spaces, come state and parent.
        let parent = status.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse::<u32>().ok());
        parents.extend(parent.map(|parent| (id, parent)));
    }
    let below = |mut id: u32| {
        while let Some(parent) = parents.get(&id) {
            if *parent == ancestor {
                return true;
            }
            id = *parent;
        }
        false
    };
    Some(parents.keys().filter(|id| below(**id)).filter_map(|id| private(*id)).sum())
}

fn private(id: u32) -> Option<u64> {
    let command = fs::read_to_string(format!("/proc/{id}/cmdline")).ok()?;
    if !command.contains("--type=renderer") && !command.contains("--type=gpu-process") {
        return None;
    }
    let counts = fs::read_to_string(format!("/proc/{id}/statm")).ok()?;
    let mut counts = counts.split_whitespace().skip(1).map(|count| count.parse::<u64>().unwrap_or(0));
    let (resident, shared) = (counts.next()?, counts.next()?);
    Some(resident.saturating_sub(shared) * PAGE)
}

/// Looks again and again until it is stopped.
pub struct Watch {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Option<u64>>,
}

impl Watch {
    /// Begins to look at the processes below one.
    pub fn start(ancestor: u32) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let told = over.clone();
        let thread = thread::spawn(move || {
            let mut peak = now(ancestor)?;
            while !told.load(Ordering::Relaxed) {
                thread::sleep(EVERY);
                peak = peak.max(now(ancestor).unwrap_or(0));
            }
            Some(peak)
        });
        Self { over, thread }
    }

    /// The most that was seen.
    pub fn finish(self) -> Option<u64> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().ok().flatten()
    }
}
