//! Which process runs the queue, in words.

use crate::{
    domain::text::clean,
    driver::{DriverStatus, OtherProcess},
};

/// Names another process: `another amigrate (pid 1234)`.
fn name(other: &OtherProcess) -> String {
    let kind = if other.older { "an older amigrate" } else { "another amigrate" };
    let version = if other.older { format!("{}, ", clean(&other.process.version)) } else { String::new() };
    let host = if other.here { String::new() } else { format!(" on {}", clean(&other.process.host)) };
    format!("{kind} ({version}pid {}{host})", other.process.pid)
}

/// Says that another process runs the queue, if one does.
pub fn running_elsewhere(driver: &DriverStatus) -> Option<String> {
    let DriverStatus::Another(other) = driver else { return None };
    let name = other.as_ref().map_or_else(|| "another amigrate".into(), name);
    Some(format!("{name} is running the queue"))
}

/// Says that the process that holds the queue has stopped responding, and what to do about it.
pub fn unresponsive(driver: &DriverStatus) -> Option<String> {
    let DriverStatus::Another(Some(other)) = driver else { return None };
    if !other.silent {
        return None;
    }
    let (name, pid) = (name(other), other.process.pid);
    // `kill PID` is not advised: the number may have been given to another process meanwhile.
    let place = if other.here { String::new() } else { format!(" on {}", clean(&other.process.host)) };
    Some(format!(
        "{name} holds the queue and is stopped or hangs: continue it with `fg` in its shell or `kill -CONT {pid}`{place}, \
         or end it: then this one takes over"
    ))
}
