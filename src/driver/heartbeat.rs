//! Signs of life: the process that drives gives them, those that watch tell by them whether it is stopped or hangs.

use std::time::Duration;

use rustix::{
    io::Errno,
    process::{Pid, test_kill_process},
};
use tokio::time::Instant;

use super::update::OtherProcess;
use crate::store::{DriverProcess, Heartbeat};

/// Between two signs of life.
pub(super) const BEAT: Duration = Duration::from_secs(5);
/// Whoever has given none for so long is stopped or hangs.
const SILENT: Duration = Duration::from_secs(15);

/// This process, as others are told of it.
pub(super) fn this_process() -> DriverProcess {
    let host = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    DriverProcess {
        pid: std::process::id(),
        host: host.unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The signs of life of another process, as this one has seen them.
#[derive(Debug, Default)]
pub(super) struct HeartbeatMonitor {
    last: Option<(Heartbeat, Instant)>,
}

impl HeartbeatMonitor {
    /// Takes in the latest. Its age is how long it has stayed the same by this process's own clock: the other's may be
    /// wrong, and either may have been set meanwhile.
    pub(super) fn see(&mut self, heartbeat: Option<Heartbeat>, now: Instant) {
        match (&self.last, heartbeat) {
            (Some((last, _)), Some(heartbeat)) if *last == heartbeat => {}
            (_, heartbeat) => self.last = heartbeat.map(|heartbeat| (heartbeat, now)),
        }
    }

    /// Who it is, and whether it still gives signs of life; none if it never gave any, or is another one now: a process
    /// of this host that is there no more has no lock, and whoever has it could not write who it is.
    pub(super) fn other(&self, us: &DriverProcess, now: Instant) -> Option<OtherProcess> {
        let (Heartbeat { process, .. }, since) = self.last.as_ref()?;
        if process.host == us.host && !there(process.pid) {
            return None;
        }
        Some(OtherProcess {
            here: process.host == us.host,
            older: number(&process.version) < number(&us.version),
            silent: now.duration_since(*since) >= SILENT,
            process: process.clone(),
        })
    }
}

/// Whether a process of this host is there, of whichever user.
fn there(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    pid.is_some_and(|pid| test_kill_process(pid) != Err(Errno::SRCH))
}

/// A version as numbers that compare.
fn number(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn beat(beat: i64, version: &str, time: i64) -> Heartbeat {
        let process = DriverProcess { pid: std::process::id(), host: "bastion".into(), version: version.into() };
        Heartbeat { process, beat, time: Timestamp::from_second(time).unwrap() }
    }

    #[test]
    fn one_that_stays_the_same_for_15_seconds_is_silent_whatever_its_clock_says() {
        let us = DriverProcess { pid: 8, host: "bastion".into(), version: "0.10.0".into() };
        let (mut watched, start) = (HeartbeatMonitor::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        let silent = |watched: &HeartbeatMonitor, seconds| watched.other(&us, after(seconds)).unwrap().silent;
        watched.see(None, start);
        assert_eq!(watched.other(&us, after(60)), None);
        // Hours behind, and hours ahead.
        for (n, from, time) in [(1, 100, 0), (2, 200, 4_000_000_000)] {
            watched.see(Some(beat(n, "0.9.0", time)), after(from));
            watched.see(Some(beat(n, "0.9.0", time)), after(from + 14));
            assert!(!silent(&watched, from + 14));
            assert!(silent(&watched, from + 15), "seen again, it is no younger");
        }
        let other = watched.other(&us, after(200)).unwrap();
        assert!(other.here && other.older, "0.9 came before 0.10");
        watched.see(Some(beat(3, "0.10.0", 0)), after(300));
        let other = watched.other(&DriverProcess { host: "laptop".into(), ..us.clone() }, after(300)).unwrap();
        assert!(!other.here && !other.older && !other.silent);
    }

    #[test]
    fn a_process_of_this_host_that_is_not_there_is_not_named() {
        let mut ended = std::process::Command::new("true").spawn().unwrap();
        ended.wait().unwrap();
        let us = DriverProcess { pid: 8, host: "bastion".into(), version: "0.10.0".into() };
        let (mut watched, start) = (HeartbeatMonitor::default(), Instant::now());
        let mut last = beat(1, "0.10.0", 0);
        watched.see(Some(last.clone()), start);
        assert!(watched.other(&us, start).is_some());
        last.process.pid = ended.id();
        watched.see(Some(last.clone()), start);
        assert_eq!(
            watched.other(&us, start + SILENT),
            None,
            "another has the lock, which cannot write its sign of life"
        );
        last.process.host = "laptop".into();
        watched.see(Some(last), start);
        assert!(watched.other(&us, start).is_some(), "nothing is known of the processes of another host");
    }
}
