//! What starting means: how many copies, how large, how long.

use crate::domain::{
    CompletionDuration,
    review::{
        duration_estimator::SampleRegions,
        outlook::{Outlook, Time},
    },
    text::{count, duration, thousands},
};

/// The size and duration of what is to start.
pub fn outlook(outlook: &Outlook) -> String {
    if outlook.copies == 0 {
        return "0 copies, 0 GiB.".into();
    }
    let gib = thousands(usize::try_from(outlook.gib).unwrap_or(usize::MAX));
    let signed = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    let time = match outlook.time {
        Time::Requested(seconds) => match CompletionDuration::from_minutes(minutes(seconds)) {
            Ok(limit) => format!("within {limit} as requested"),
            Err(_) => format!("within {} as requested", duration(signed(seconds))),
        },
        Time::TooShort(seconds) => {
            format!("up to {} if the volumes are full: longer than requested", duration(signed(seconds)))
        }
        Time::InRounds(seconds) => {
            format!("about {}, because not all start at once", duration(signed(seconds)))
        }
        Time::Estimated { seconds, copies, regions } => {
            let whose = match regions {
                SampleRegions::Same => " with the same destination",
                SampleRegions::Other => " to other regions",
                SampleRegions::Both => "",
            };
            format!("about {}, estimated from {}{whose}", duration(signed(seconds)), count(copies, "copy", "copies"))
        }
        Time::Unknown => "time unknown (no completed copies to estimate from)".to_owned(),
    };
    format!("{}, {gib} GiB; {time}.", count(outlook.copies, "copy", "copies"))
}

/// Whole minutes, or 0 if they are not whole.
fn minutes(seconds: u64) -> u16 {
    if seconds.is_multiple_of(60) { u16::try_from(seconds / 60).unwrap_or(0) } else { 0 }
}
