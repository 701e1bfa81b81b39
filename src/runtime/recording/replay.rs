//! Gives a recording's messages to a new screen.

use jiff::Timestamp;

use super::{format::Entry, log_files::Recording};
use crate::{
    domain::Failure,
    term::Input,
    tui::{Msg, Workspace, view},
};

/// Where a replay ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// With the last frame that was drawn.
    End,
    /// With the last message at this time or before.
    Time(Timestamp),
    /// With the message of this number.
    Message(u64),
}

/// A screen as it was during a run.
#[derive(Debug)]
pub struct Replay {
    pub workspace: Workspace,
    /// The number of the last message.
    pub message: u64,
    /// When it came.
    pub at: Timestamp,
}

impl Replay {
    /// Replays a recording to a new screen, on a terminal of this size at the end if one is given.
    ///
    /// # Errors
    /// If the recording does not begin with its beginning.
    pub fn new(recording: &Recording, until: Until, size: Option<(u16, u16)>) -> Result<Self, Failure> {
        let mut lines = recording.lines.iter();
        let Some(Entry::Began(beginning)) = lines.next().map(|line| &line.entry) else {
            return Err(Failure::new("replay the recording", "it has no beginning"));
        };
        let began = recording.run.began;
        let mut replay = Self { workspace: beginning.clone().workspace(began)?, message: 0, at: began };
        let last = match until {
            Until::End => last_frame(recording),
            Until::Message(number) => number,
            Until::Time(time) => recording.lines.iter().rev().find(|line| line.at <= time).map_or(0, |line| line.n),
        };
        for line in lines.take_while(|line| line.n <= last) {
            if let Entry::Msg(msg) = &line.entry {
                _ = replay.workspace.update(line.profile, msg.clone(), line.at);
                (replay.message, replay.at) = (line.n, line.at);
            }
        }
        let profile = replay.workspace.shown().id;
        if let Some((columns, rows)) = size {
            _ = replay.workspace.update(profile, Msg::Input(Input::Resize(columns, rows)), replay.at);
        }
        _ = replay.workspace.update(profile, Msg::Frame, replay.at);
        Ok(replay)
    }

    /// The screen as lines of text.
    pub fn screen(&self) -> String {
        view::plain_text(self.workspace.shown())
    }
}

/// The number of the last frame; what came after it was never seen. Without any, all is replayed.
fn last_frame(recording: &Recording) -> u64 {
    let is_frame = |entry: &_| matches!(entry, Entry::Msg(Msg::Frame));
    recording.lines.iter().rev().find(|line| is_frame(&line.entry)).map_or(u64::MAX, |line| line.n)
}
