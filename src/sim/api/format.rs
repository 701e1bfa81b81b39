//! EC2's words for values: dates, states, percents. Owns texts that answers and filters share.

use jiff::Timestamp;

use crate::domain::{Image, OptIn, Snapshot, SnapshotState};

/// EC2's form of a date, always with milliseconds.
pub(crate) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// `''`, `0%` to `100%`.
pub(crate) fn progress(snapshot: &Snapshot) -> String {
    snapshot.progress.map_or_else(String::new, |p| format!("{p}%"))
}

/// `OWNER/NAME`.
pub(crate) fn location(image: &Image) -> String {
    let owner = image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str());
    format!("{owner}/{}", image.name)
}

/// `windows`, or nothing.
pub(crate) fn platform(image: &Image) -> Option<&'static str> {
    image.platform_details.as_deref().filter(|p| p.starts_with("Windows")).map(|_| "windows")
}

/// EC2's word for a snapshot's state.
pub(crate) fn status(state: SnapshotState) -> &'static str {
    match state {
        SnapshotState::Pending => "pending",
        SnapshotState::Completed => "completed",
        SnapshotState::Error => "error",
        SnapshotState::Other => "recoverable",
    }
}

/// EC2's word for an opt-in state.
pub(crate) fn opt_in(state: OptIn) -> &'static str {
    match state {
        OptIn::NotRequired => "opt-in-not-required",
        OptIn::OptedIn => "opted-in",
        OptIn::NotOptedIn => "not-opted-in",
    }
}
