//! Heartbeats: the process that runs the queue writes them; the followers see by them whether it is suspended or hangs.

use std::time::Duration;

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tokio::time::Instant;

use super::update::OtherProcess;
use crate::store::{DriverProcess, Heartbeat};

/// Between two heartbeats.
pub(super) const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// A process that has written none for this long is suspended or hangs.
const SILENT_AFTER: Duration = Duration::from_secs(15);

/// This process, as its heartbeats name it.
pub(super) fn this_process() -> DriverProcess {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    DriverProcess {
        pid: std::process::id(),
        host: host.unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The last heartbeat of another process, and when this process first saw it.
#[derive(Debug, Default)]
pub(super) struct HeartbeatMonitor {
    last: Option<(Heartbeat, Instant)>,
}

impl HeartbeatMonitor {
    /// Takes the latest heartbeat. Its age is how long it has stayed the same by this process's monotonic clock: the other
    /// process's clock may be wrong, and either may have been set meanwhile.
    pub(super) fn observe(&mut self, heartbeat: Option<Heartbeat>, now: Instant) {
        match (&self.last, heartbeat) {
            (Some((last, _)), Some(heartbeat)) if *last == heartbeat => {}
            (_, heartbeat) => self.last = heartbeat.map(|heartbeat| (heartbeat, now)),
        }
    }

    /// The process that runs the queue, and whether it still writes heartbeats. `None` if there is no heartbeat, or it is from
    /// a process of this host that has ended: another one holds the lock then, and could not write its own.
    pub(super) fn other_process(&self, us: &DriverProcess, now: Instant) -> Option<OtherProcess> {
        let (Heartbeat { process, .. }, since) = self.last.as_ref()?;
        if process.host == us.host && !exists(process.pid) {
            return None;
        }
        Some(OtherProcess {
            here: process.host == us.host,
            older: version_numbers(&process.version) < version_numbers(&us.version),
            unresponsive: now.duration_since(*since) >= SILENT_AFTER,
            process: process.clone(),
        })
    }
}

/// Returns true if a process of this host exists, of whichever user.
fn exists(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// A version's numbers, in order of precedence.
fn version_numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn heartbeat(count: i64, version: &str, time: i64) -> Heartbeat {
        let process = DriverProcess { pid: std::process::id(), host: "bastion".into(), version: version.into() };
        Heartbeat { process, count, time: Timestamp::from_second(time).unwrap() }
    }

    #[test]
    fn one_that_stays_the_same_for_15_seconds_is_silent_whatever_its_clock_says() {
        let us = DriverProcess { pid: 8, host: "bastion".into(), version: "0.10.0".into() };
        let (mut monitor, start) = (HeartbeatMonitor::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let silent =
            |monitor: &HeartbeatMonitor, seconds| monitor.other_process(&us, after(seconds)).unwrap().unresponsive;
        monitor.observe(None, start);
        assert_eq!(monitor.other_process(&us, after(60)), None);
        // Hours behind, and hours ahead.
        for (n, from, time) in [(1, 100, 0), (2, 200, 4_000_000_000)] {
            monitor.observe(Some(heartbeat(n, "0.9.0", time)), after(from));
            monitor.observe(Some(heartbeat(n, "0.9.0", time)), after(from + 14));
            assert!(!silent(&monitor, from + 14));
            assert!(silent(&monitor, from + 15), "seen again, it is no younger");
        }
        let other = monitor.other_process(&us, after(200)).unwrap();
        assert!(other.here && other.older, "0.9 came before 0.10");
        monitor.observe(Some(heartbeat(3, "0.10.0", 0)), after(300));
        let other = monitor.other_process(&DriverProcess { host: "laptop".into(), ..us.clone() }, after(300)).unwrap();
        assert!(!other.here && !other.older && !other.unresponsive);
    }

    #[test]
    fn a_process_of_this_host_that_is_not_there_is_not_named() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let us = DriverProcess { pid: 8, host: "bastion".into(), version: "0.10.0".into() };
        let (mut monitor, start) = (HeartbeatMonitor::default(), Instant::now());
        let mut last = heartbeat(1, "0.10.0", 0);
        monitor.observe(Some(last.clone()), start);
        assert!(monitor.other_process(&us, start).is_some());
        last.process.pid = ended.id();
        monitor.observe(Some(last.clone()), start);
        assert_eq!(
            monitor.other_process(&us, start + SILENT_AFTER),
            None,
            "another process has the lock, which cannot write its heartbeat"
        );
        last.process.host = "laptop".into();
        monitor.observe(Some(last), start);
        assert!(monitor.other_process(&us, start).is_some(), "nothing is known of the processes of another host");
    }
}
