//! Formats of values that responses and filters share: dates, states, percentages.

use jiff::Timestamp;

use crate::domain::{Image, OptIn, Region, Snapshot, SnapshotState};

/// Formats a time as EC2 does, always with milliseconds.
pub(crate) fn date(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// Formats a snapshot's progress: `0%` to `100%`, or nothing.
pub(crate) fn progress(snapshot: &Snapshot) -> String {
    snapshot.progress.map_or_else(String::new, |p| format!("{p}%"))
}

/// Returns an image's location, `OWNER/NAME`.
pub(crate) fn location(image: &Image) -> String {
    let owner = image.image_owner_alias.as_deref().unwrap_or(image.owner_id.as_str());
    format!("{owner}/{}", image.name)
}

/// Returns `windows` for Windows images, else `None`.
pub(crate) fn platform(image: &Image) -> Option<&'static str> {
    image.platform_details.as_deref().filter(|p| p.starts_with("Windows")).map(|_| "windows")
}

/// Returns the kernel of paravirtual images.
pub(crate) fn kernel(image: &Image) -> Option<&'static str> {
    (&*image.virtualization == "paravirtual").then_some("aki-919dcaf8")
}

/// Code of the state reason of a failed copy.
pub(crate) const COPY_FAILED: &str = "Client.ImageCopyFailed";

/// Returns the host name of a region's EC2.
pub(crate) fn endpoint(region: &Region) -> String {
    format!("ec2.{region}.amazonaws.com")
}

/// Returns EC2's name of a snapshot state.
pub(crate) fn snapshot_state(state: SnapshotState) -> &'static str {
    match state {
        SnapshotState::Pending => "pending",
        SnapshotState::Completed => "completed",
        SnapshotState::Error => "error",
        SnapshotState::Other => "recoverable",
    }
}

/// Returns EC2's name of an opt-in state.
pub(crate) fn opt_in(state: OptIn) -> &'static str {
    match state {
        OptIn::NotRequired => "opt-in-not-required",
        OptIn::OptedIn => "opted-in",
        OptIn::NotOptedIn => "not-opted-in",
    }
}
