//! How the progress of copies is shown: bars on a terminal, lines otherwise, or records for a script.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write},
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Timestamp;

use super::{
    bar_terminal::BarTerminal,
    describe::{action, reason, title},
};
use crate::{
    cli::{exit::CommandError, output::OutputOptions, selection::has_ended},
    domain::text::clean,
    engine::{Job, JobId, Status},
    labels,
    term::{session, text_fit::elide},
};

/// How often bars are drawn at most.
const DRAWS_A_SECOND: u8 = 20;

/// Shows copies that change.
pub(in crate::cli) trait Progress {
    /// Shows a copy as it is now. It may be the same as before.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn show(&mut self, job: &Job, status: &Status, now: Timestamp) -> Result<(), CommandError>;

    /// Writes something else to standard error.
    fn interrupt(&mut self, write: &mut dyn FnMut()) {
        write();
    }

    /// Takes away what is not to stay on the terminal.
    fn finish(&mut self) {}
}

/// Bars on standard error if that is a terminal, lines there otherwise; nothing with `--quiet`.
pub(in crate::cli) fn on_stderr(output: OutputOptions) -> Box<dyn Progress> {
    if output.quiet {
        Box::new(Silent)
    } else if stderr_is_terminal() {
        Box::new(Bars::new())
    } else {
        Box::new(Lines::new(io::stderr()))
    }
}

pub(in crate::cli) fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb")
}

/// Nothing.
pub(in crate::cli) struct Silent;

impl Progress for Silent {
    fn show(&mut self, _: &Job, _: &Status, _: Timestamp) -> Result<(), CommandError> {
        Ok(())
    }
}

/// A line for each change: of the state, of ten percent, of the reason. That nobody can read them ends nothing.
pub(in crate::cli) struct Lines<W> {
    out: W,
    /// The line printed last of each copy.
    last: BTreeMap<JobId, String>,
}

impl<W: Write> Lines<W> {
    pub(in crate::cli) fn new(out: W) -> Self {
        Self { out, last: BTreeMap::new() }
    }
}

impl<W: Write> Progress for Lines<W> {
    fn show(&mut self, job: &Job, status: &Status, now: Timestamp) -> Result<(), CommandError> {
        let reason = reason(job, status).map(|why| format!(": {why}")).unwrap_or_default();
        let image = job.image().map(|image| format!(" {image}")).unwrap_or_default();
        let line =
            |left: &str| clean(&format!("{}: {}{image}{left}{reason}", title(job), action(job, 10))).into_owned();
        // The time that is left falls while nothing changes.
        let without_time = line("");
        if self.last.get(&job.id) == Some(&without_time) {
            return Ok(());
        }
        let left = labels::time_left(job, now).map(|left| format!(", {left}")).unwrap_or_default();
        _ = writeln!(self.out, "{}", line(&left)).and_then(|()| self.out.flush());
        self.last.insert(job.id, without_time);
        Ok(())
    }
}

/// A record for each change.
pub(in crate::cli) struct Records<F> {
    print: F,
    last: BTreeMap<JobId, Job>,
}

impl<F: FnMut(&Job, &Status) -> Result<(), CommandError>> Records<F> {
    /// `print` is given every copy that has changed.
    pub(in crate::cli) fn new(print: F) -> Self {
        Self { print, last: BTreeMap::new() }
    }
}

impl<F: FnMut(&Job, &Status) -> Result<(), CommandError>> Progress for Records<F> {
    fn show(&mut self, job: &Job, status: &Status, _: Timestamp) -> Result<(), CommandError> {
        if self.last.get(&job.id) == Some(job) {
            return Ok(());
        }
        self.last.insert(job.id, job.clone());
        (self.print)(job, status)
    }
}

/// A bar for each copy that has not ended, as many as the terminal has lines for. A copy that ends becomes a line above them.
pub(in crate::cli) struct Bars {
    all: MultiProgress,
    shown: BTreeMap<JobId, ProgressBar>,
    /// Copies without a bar, because there are too many.
    hidden: BTreeMap<JobId, Job>,
    more: Option<ProgressBar>,
    ended: Lines<Buffer>,
}

/// The cells of a copy's name and destination on a terminal of this width.
fn title_cells(columns: usize) -> usize {
    (columns * 2 / 5).min(40)
}

/// The form of a bar on a terminal of this width: a line, half of which tells how far the copy is.
fn template(columns: usize) -> String {
    format!("{{prefix:{}!}} {{bar:{}}} {{wide_msg}}", title_cells(columns), (columns / 8).min(20))
}

/// Lines to be printed above the bars.
#[derive(Default)]
struct Buffer(Vec<u8>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Bars {
    fn new() -> Self {
        let (shown, hidden) = (BTreeMap::new(), BTreeMap::new());
        let target = ProgressDrawTarget::term_like_with_hz(Box::<BarTerminal>::default(), DRAWS_A_SECOND);
        let all = MultiProgress::with_draw_target(target);
        Self { all, shown, hidden, more: None, ended: Lines::new(Buffer::default()) }
    }

    /// Returns the copy's bar, if there is room for it.
    fn bar(&mut self, job: &Job) -> Option<ProgressBar> {
        if let Some(bar) = self.shown.get(&job.id) {
            return Some(bar.clone());
        }
        // A line for the others, and one for the shell.
        let room = usize::from(session::size_of_stderr().1).saturating_sub(2);
        if self.shown.len() >= room {
            return None;
        }
        let bar = match &self.more {
            Some(more) => self.all.insert_before(more, ProgressBar::new(100)),
            None => self.all.add(ProgressBar::new(100)),
        };
        if let Ok(style) = ProgressStyle::with_template(&template(session::size_of_stderr().0.into())) {
            bar.set_style(style.progress_chars("=> "));
        }
        self.shown.insert(job.id, bar.clone());
        Some(bar)
    }

    fn draw(&mut self, job: &Job, status: &Status, now: Timestamp) {
        let Some(bar) = self.bar(job) else {
            self.hidden.insert(job.id, job.clone());
            return;
        };
        let reason = reason(job, status).map(|why| format!(" {why}")).unwrap_or_default();
        // Name and region may differ at their ends only.
        bar.set_prefix(elide(&title(job), title_cells(session::size_of_stderr().0.into()), 2, "~"));
        bar.set_position(job.percent().unwrap_or(0).into());
        let left = labels::time_left(job, now).map(|left| format!(", {left}")).unwrap_or_default();
        bar.set_message(clean(&format!("{}{left}{reason}", action(job, 1))).into_owned());
        bar.tick();
    }

    /// Gives the bar of a copy that has ended to the first one without, and counts the others.
    fn fill(&mut self, status: &Status, now: Timestamp) {
        while let Some((_, job)) = self.hidden.pop_first() {
            let hidden = self.hidden.len();
            self.draw(&job, status, now);
            if self.hidden.len() > hidden {
                break;
            }
        }
        if self.hidden.is_empty() {
            if let Some(more) = self.more.take() {
                more.finish_and_clear();
                self.all.remove(&more);
            }
            return;
        }
        let all = &self.all;
        let more = self.more.get_or_insert_with(|| {
            let more = all.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                more.set_style(style);
            }
            more
        });
        more.set_message(format!("and {} more", self.hidden.len()));
        more.tick();
    }
}

impl Progress for Bars {
    fn show(&mut self, job: &Job, status: &Status, now: Timestamp) -> Result<(), CommandError> {
        if has_ended(job) {
            self.hidden.remove(&job.id);
            if let Some(bar) = self.shown.remove(&job.id) {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
            self.ended.show(job, status, now)?;
            let lines = std::mem::take(&mut self.ended.out.0);
            if !lines.is_empty() {
                // A terminal that is gone ends nothing.
                _ = self.all.println(String::from_utf8_lossy(&lines).trim_end());
            }
        } else {
            self.draw(job, status, now);
        }
        self.fill(status, now);
        Ok(())
    }

    fn interrupt(&mut self, write: &mut dyn FnMut()) {
        self.all.suspend(write);
    }

    fn finish(&mut self) {
        // A bar that is only cleared is drawn again when it is dropped.
        for bar in std::mem::take(&mut self.shown).into_values().chain(self.more.take()) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
        // A terminal that is gone ends nothing.
        _ = self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::follow::samples::{copying, copying_since, job};

    #[test]
    fn a_line_is_printed_for_each_change_and_not_for_each_percent() {
        let mut lines = Lines::new(Vec::new());
        let status = Status::default();
        for job in [job(1), job(1), copying(1, None), copying(1, Some(41)), copying(1, Some(49)), copying(1, Some(50))]
        {
            lines.show(&job, &status, Timestamp::UNIX_EPOCH).unwrap();
        }
        let text = String::from_utf8(lines.out).unwrap();
        let expected = "web to eu-west-1: queued
web to eu-west-1: copying ami-1
web to eu-west-1: copying 40% ami-1
web to eu-west-1: copying 50% ami-1
";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_line_tells_the_time_that_is_left_and_is_not_printed_again_for_it() {
        let mut lines = Lines::new(Vec::new());
        let job = copying_since(1, &[(0, 20), (20, 40)]);
        for now in [20, 30, 40] {
            lines.show(&job, &Status::default(), Timestamp::from_second(now).unwrap()).unwrap();
        }
        assert_eq!(String::from_utf8(lines.out).unwrap(), "web to eu-west-1: copying 40% ami-1, 1m00s left\n");
    }

    #[test]
    fn a_bar_leaves_room_for_what_is_said_of_the_copy() {
        assert_eq!(template(80), "{prefix:32!} {bar:10} {wide_msg}");
        assert_eq!(template(200), "{prefix:40!} {bar:20} {wide_msg}");
    }

    #[test]
    fn a_record_is_printed_for_each_change() {
        let (mut seen, status) = (Vec::new(), Status::default());
        let mut records = Records::new(|job: &Job, _: &Status| {
            seen.push(job.percent());
            Ok(())
        });
        for job in [copying(1, Some(1)), copying(1, Some(1)), copying(1, Some(2))] {
            records.show(&job, &status, Timestamp::UNIX_EPOCH).unwrap();
        }
        drop(records);
        assert_eq!(seen, [Some(1), Some(2)]);
    }
}
