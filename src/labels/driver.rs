//! Texts for the driver's status and warnings.

use crate::{
    domain::text::{clean, count},
    driver::{DriverStatus, OtherProcess, Warning},
};

/// Names another process: `another amigrate (pid 1234)`.
fn name(other: &OtherProcess) -> String {
    let kind = if other.older { "an older amigrate" } else { "another amigrate" };
    let version = if other.older { format!("{}, ", clean(&other.process.version)) } else { String::new() };
    let host = if other.here { String::new() } else { format!(" on {}", clean(&other.process.host)) };
    format!("{kind} ({version}pid {}{host})", other.process.pid)
}

/// Returns that another process runs the queue, if one does.
pub fn running_elsewhere(driver: &DriverStatus) -> Option<String> {
    let DriverStatus::OtherProcess(other) = driver else { return None };
    let name = other.as_ref().map_or_else(|| "another amigrate".into(), name);
    Some(format!("{name} is running the queue"))
}

/// Says that the process that holds the queue has stopped responding, and what to do about it.
pub fn unresponsive(driver: &DriverStatus) -> Option<String> {
    let DriverStatus::OtherProcess(Some(other)) = driver else { return None };
    if !other.unresponsive {
        return None;
    }
    let (name, pid) = (name(other), other.process.pid);
    // `kill PID` is not advised: the id may have been given to another process meanwhile.
    let place = if other.here { String::new() } else { format!(" on {}", clean(&other.process.host)) };
    Some(format!(
        "{name} holds the queue but does not respond: resume it with `fg` in its shell or `kill -CONT {pid}`{place}, \
         or end it; this one then takes over"
    ))
}

/// Says how many hooks a process leaves behind that it has not begun, and who runs them; `None` if there are none.
pub fn hooks_due(due: usize, in_background: bool) -> Option<String> {
    let hooks = count(due, "hook of an ended copy is", "hooks of ended copies are");
    let who = if in_background {
        "a process in the background runs what is left"
    } else {
        "what is left runs when amigrate or `amigrate drive` is started next"
    };
    (due > 0).then(|| format!("{hooks} not run yet: {who}."))
}

/// A warning as a sentence.
pub fn warning(warning: &Warning) -> String {
    match warning {
        Warning::Unreadable(entries) => format!(
            "{} in the store of jobs cannot be read by this version; they are left as they are.",
            count(*entries, "entry", "entries")
        ),
        Warning::StoreSetAside(path) => format!(
            "The store of jobs was damaged; it is kept as {}. Copies in progress are found again in EC2; queued ones must be \
             requested again.",
            path.display()
        ),
        Warning::NotInBackground(failure) => format!("The queue of the last account does not continue. {failure}"),
    }
}
