//! `amigrate replay`: the screen of a recorded run, as text, or its log to be sent to others.

use std::path::PathBuf;

use jiff::Timestamp;

use super::{
    exit::{CommandError, ExitStatus, OrUsage},
    man,
    output::{OutputOptions, print_out},
};
use crate::{
    domain::{Failure, text::clean},
    runtime::recording::{Recording, Replay, Runs, Until, redact},
};

/// What is replayed.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "To record: start amigrate with --log-level debug, do again what went wrong, and quit.

Examples:
  amigrate replay ~/.local/state/amigrate/amigrate.log                 the last screen
  amigrate replay bug.log --at 2026-11-22T12:30:00Z                    the screen at that time
  amigrate replay amigrate.log --redact > bug.log                      a log to send

A log has no credentials and no client tokens: where the screen showed one, another is in its place.

--redact replaces account ids, ARNs, names, descriptions, tags, ids of images, snapshots and keys, profiles, hosts, paths and what was
typed by other words of the same length. Regions, times, numbers, settings, keys and AWS's own words stay, and in messages the words
that amigrate and AWS use. What differs then: the order where names are sorted, `~fuzzy` and `/regular/` filters, filters that were
corrected within the line, and long names, which may be cut elsewhere. Read what you send.")]
pub(super) struct ReplayArgs {
    /// The log; files that it was rotated to, such as LOG.1, are read before it
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// The run of this process; the last in the log otherwise
    #[arg(long, value_name = "PID")]
    run: Option<u32>,
    /// The screen as it was at this time, such as 2026-11-22T12:30:00Z
    #[arg(long, value_name = "TIME", conflicts_with = "message")]
    at: Option<Timestamp>,
    /// The screen after the message of this number
    #[arg(long, value_name = "N")]
    message: Option<u64>,
    /// Print no screen but the log of this run alone, with other names and ids in it, to be sent to others
    #[arg(long, conflicts_with = "size")]
    redact: bool,
    /// On a terminal of this size, such as 120x40
    #[arg(long, value_name = "COLSxROWS", value_parser = size)]
    size: Option<(u16, u16)>,
}

/// Reads columns and rows.
fn size(text: &str) -> Result<(u16, u16), String> {
    let (columns, rows) = text.split_once('x').ok_or("expected columns and rows such as 120x40")?;
    let read = |n: &str| match n.parse() {
        Ok(n) if (1..=500).contains(&n) => Ok(n),
        _ => Err(format!("`{n}` is no number from 1 to 500")),
    };
    Ok((read(columns)?, read(rows)?))
}

pub(super) fn run(
    output: OutputOptions,
    args: &ReplayArgs,
    command: clap::Command,
) -> Result<ExitStatus, CommandError> {
    let runs = Runs::read(&args.log)?;
    let recording = match args.run {
        None => runs.choose(None)?,
        Some(_) => runs.choose(args.run).or_usage()?,
    };
    let until = until(args, &recording)?;
    let replay = Replay::new(&recording, until, args.size)?;
    let others = runs.ids().filter(|run| *run != recording.run).map(|run| run.pid.to_string()).collect::<Vec<_>>();
    if args.run.is_none() && !others.is_empty() {
        output.note(&format!("The log has other runs, of the processes {}: --run PID replays one.", others.join(", ")));
    }
    let (columns, rows) = replay.workspace.shown().size;
    output.note(&format!(
        "Process {}, message {} at {}, {columns}x{rows}.",
        recording.run.pid, replay.message, replay.at
    ));
    if let Some(version) = recording.other_version() {
        output.note(&format!(
            "It was recorded by amigrate {}, and this is {}: the screen may have looked otherwise then.",
            clean(version),
            env!("CARGO_PKG_VERSION")
        ));
    }
    if let Some(problem) = &recording.problem {
        output.note(problem);
    }
    if args.redact {
        let last = if until == Until::End { u64::MAX } else { replay.message };
        let lines = redact(&recording, last, &man::text(command)?)?;
        print_out(&lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>())?;
    } else {
        print_out(&replay.screen())?;
    }
    Ok(ExitStatus::Done)
}

/// Where the replay ends; refused if nothing of the run was recorded until then.
fn until(args: &ReplayArgs, recording: &Recording) -> Result<Until, CommandError> {
    let refused = |why: String| Err(CommandError::usage(Failure::new("replay the recording", why)));
    match (args.at, args.message) {
        (Some(time), _) if time < recording.run.began => {
            refused(format!("it begins at {}, after {time}", recording.run.began))
        }
        (Some(time), _) => Ok(Until::Time(time)),
        (None, Some(message)) => match recording.lines.last() {
            Some(last) if message > last.n => refused(format!("the last message is number {}", last.n)),
            _ => Ok(Until::Message(message)),
        },
        (None, None) => Ok(Until::End),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_two_numbers() {
        assert_eq!(size("120x40"), Ok((120, 40)));
        for wrong in ["120", "x", "0x1", "1x501", "1x-1", "80x24x2"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
