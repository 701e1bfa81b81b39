//! The real terminal in lines: nothing but text and line feeds is ever written to it.

use std::io::{self, Write as _};

use super::announcer::{Announcement, Announcer};
use crate::{
    runtime::TerminalPort,
    term::{Tty, osc, session},
    tui::{Model, Start},
};

/// What a line is typed behind.
const PROMPT: &str = ": ";

/// The terminal, which edits lines itself.
pub(super) struct Prompt {
    announcer: Announcer,
    /// More than ASCII can be read there.
    unicode: bool,
    /// The bell may ring: somebody has asked for it.
    bell: bool,
    /// The cursor stands behind the prompt, where a line may have been begun.
    typing: bool,
}

impl Prompt {
    pub(super) fn new(start: &Start, bell: bool) -> Self {
        Self { announcer: Announcer::default(), unicode: start.caps.unicode, bell, typing: false }
    }

    fn write(&mut self, said: &Announcement) -> io::Result<()> {
        // What the user has entered has ended its line.
        self.typing &= !said.entered;
        let mut text = String::new();
        if self.typing && !said.lines.is_empty() {
            text.push('\n');
            self.typing = false;
        }
        for line in &said.lines {
            text.extend([line.trim_end(), "\n"]);
        }
        if said.is_over && !self.typing {
            text.push_str(PROMPT);
            self.typing = true;
        }
        if !self.unicode {
            text = text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect();
        }
        if text.is_empty() { Ok(()) } else { Tty.write_all(text.as_bytes()) }
    }
}

impl TerminalPort for Prompt {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        let said = self.announcer.next_announcement(model);
        self.write(&said)
    }

    fn bell(&mut self) -> io::Result<()> {
        if self.bell { Tty.write_all(osc::BELL) } else { Ok(()) }
    }

    fn suspend(&mut self) -> io::Result<()> {
        session::stop();
        Ok(())
    }

    fn resume(&mut self) -> io::Result<()> {
        // The shell has written meanwhile, or the line before was not ended.
        Tty.write_all(b"\n")?;
        self.typing = false;
        self.write(&Announcement { is_over: true, ..Announcement::default() })
    }
}

impl Drop for Prompt {
    /// What follows begins on a line of its own.
    fn drop(&mut self) {
        if self.typing {
            _ = Tty.write_all(b"\n");
        }
    }
}
