//! How the progress of copies is shown: bars on a terminal, lines otherwise, or records for a script.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal as _, Write},
    time::Duration,
};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use super::{
    bar_terminal::BarTerminal,
    describe::{action, reason, title},
};
use crate::{
    cli::{account_flags::AccountFlags, exit::CommandError, output::OutputOptions, selection::has_ended, setup::Setup},
    domain::text::clean,
    driver::Clock,
    engine::{Job, JobId, Status},
    labels,
    term::session,
};

/// What is known besides a copy when it is shown.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Situation<'a> {
    pub(in crate::cli) status: &'a Status,
    /// How long a copy may make no progress before that is said.
    pub(in crate::cli) stall: SignedDuration,
    pub(in crate::cli) now: Timestamp,
    flags: &'a AccountFlags,
}

/// What counts seconds is shown again after so long.
pub(super) const TICK: Duration = Duration::from_secs(1);

impl<'a> Situation<'a> {
    pub(super) fn new(status: &'a Status, setup: &Setup, clock: Clock, flags: &'a AccountFlags) -> Self {
        let stall = SignedDuration::from_mins(setup.config.jobs.stall_warning_minutes.into());
        Self { status, stall, now: clock.now(), flags }
    }

    /// Why a copy is in its state, behind these characters.
    fn reason(&self, job: &Job, before: &str) -> String {
        reason(job, self.status).map_or_else(String::new, |why| format!("{before}{}", self.flags.complete(&why)))
    }

    /// How a running copy goes, behind a comma.
    fn pace(&self, job: &Job) -> String {
        labels::progress::pace(job, self.status, self.stall, self.now)
            .map_or_else(String::new, |pace| format!(", {pace}"))
    }
}

/// How often bars are drawn at most.
const DRAWS_A_SECOND: u8 = 20;

/// Shows copies that change.
pub(in crate::cli) trait Progress {
    /// Shows a copy as it is now. It may be the same as before.
    ///
    /// # Errors
    /// If the output cannot be written.
    fn show(&mut self, job: &Job, situation: Situation<'_>) -> Result<(), CommandError>;

    /// A second has passed: shows again what changes with time.
    fn tick(&mut self, _: Situation<'_>) {}

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
    fn show(&mut self, _: &Job, _: Situation<'_>) -> Result<(), CommandError> {
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
    fn show(&mut self, job: &Job, situation: Situation<'_>) -> Result<(), CommandError> {
        let reason = situation.reason(job, ": ");
        let image = job.image().map(|image| format!(" {image}")).unwrap_or_default();
        let line =
            |left: &str| clean(&format!("{}: {}{image}{left}{reason}", title(job), action(job, 10))).into_owned();
        // The time that is left falls while nothing changes.
        let without_time = line("");
        if self.last.get(&job.id) == Some(&without_time) {
            return Ok(());
        }
        _ = writeln!(self.out, "{}", line(&situation.pace(job))).and_then(|()| self.out.flush());
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
    fn show(&mut self, job: &Job, situation: Situation<'_>) -> Result<(), CommandError> {
        if self.last.get(&job.id) == Some(job) {
            return Ok(());
        }
        self.last.insert(job.id, job.clone());
        (self.print)(job, situation.status)
    }
}

/// A bar for each copy that has not ended, as many as the terminal has lines for. A copy that ends becomes a line above them.
pub(in crate::cli) struct Bars {
    all: MultiProgress,
    shown: BTreeMap<JobId, (ProgressBar, Job)>,
    /// Copies without a bar, because there are too many.
    hidden: BTreeMap<JobId, Job>,
    more: Option<ProgressBar>,
    ended: Lines<Buffer>,
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
        if let Some((bar, shown)) = self.shown.get_mut(&job.id) {
            shown.clone_from(job);
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
        let (title, cells) = widths();
        if let Ok(style) = ProgressStyle::with_template(&format!("{{prefix:{title}!}} {{bar:{cells}}} {{wide_msg}}")) {
            bar.set_style(style.progress_chars("=> "));
        }
        self.shown.insert(job.id, (bar.clone(), job.clone()));
        Some(bar)
    }

    fn draw(&mut self, job: &Job, situation: Situation<'_>) {
        let Some(bar) = self.bar(job) else {
            self.hidden.insert(job.id, job.clone());
            return;
        };
        bar.set_prefix(short_title(job, widths().0));
        bar.set_position(job.percent().unwrap_or(0).into());
        bar.set_message(message(job, situation));
        bar.tick();
    }

    /// Gives the bar of a copy that has ended to the first one without, and counts the others.
    fn fill(&mut self, situation: Situation<'_>) {
        while let Some((_, job)) = self.hidden.pop_first() {
            let hidden = self.hidden.len();
            self.draw(&job, situation);
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

/// Cells of a copy's title and of its bar. Its rate and the time left need some of 80.
fn widths() -> (usize, usize) {
    if session::size_of_stderr().0 < 100 { (34, 8) } else { (40, 20) }
}

/// The copy's name and where it goes; of a long name the beginning.
fn short_title(job: &Job, cells: usize) -> String {
    let to = if job.is_deregistration() { "in" } else { "to" };
    let destination = format!(" {to} {}", job.request.destination);
    let name: String = job.request.name.as_str().chars().take(cells.saturating_sub(destination.len())).collect();
    name + &destination
}

/// The text behind a bar.
fn message(job: &Job, situation: Situation<'_>) -> String {
    let reason = situation.reason(job, " ");
    clean(&format!("{}{}{reason}", action(job, 1), situation.pace(job))).into_owned()
}

impl Progress for Bars {
    fn show(&mut self, job: &Job, situation: Situation<'_>) -> Result<(), CommandError> {
        if has_ended(job) {
            self.hidden.remove(&job.id);
            if let Some((bar, _)) = self.shown.remove(&job.id) {
                bar.finish_and_clear();
                self.all.remove(&bar);
            }
            self.ended.show(job, situation)?;
            let lines = std::mem::take(&mut self.ended.out.0);
            if !lines.is_empty() {
                // indicatif's own `println` leaves the cursor on the last line, where what follows would overwrite its beginning.
                self.all.suspend(|| {
                    let mut err = io::stderr().lock();
                    // A terminal that is gone ends nothing.
                    _ = err.write_all(&lines).and_then(|()| err.flush());
                });
            }
        } else {
            self.draw(job, situation);
        }
        self.fill(situation);
        Ok(())
    }

    fn tick(&mut self, situation: Situation<'_>) {
        for (bar, job) in self.shown.values() {
            bar.set_message(message(job, situation));
        }
    }

    fn interrupt(&mut self, write: &mut dyn FnMut()) {
        self.all.suspend(write);
    }

    fn finish(&mut self) {
        // A bar that is only cleared is drawn again when it is dropped.
        let shown = std::mem::take(&mut self.shown).into_values().map(|(bar, _)| bar);
        for bar in shown.chain(self.more.take()) {
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
        let (status, now) = (Status::default(), Timestamp::UNIX_EPOCH);
        let situation = Situation { status: &status, stall: labels::LONG_STALL, now, flags: &AccountFlags::default() };
        for job in [job(1), job(1), copying(1, None), copying(1, Some(41)), copying(1, Some(49)), copying(1, Some(50))]
        {
            lines.show(&job, situation).unwrap();
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
    fn the_rate_and_the_time_left_are_said_and_make_no_line_of_their_own() {
        let (status, now) = (Status::default(), Timestamp::from_second(100).unwrap());
        let mut lines = Lines::new(Vec::new());
        let mut show = |job: &Job, seconds| {
            let now = now + SignedDuration::from_secs(seconds);
            lines
                .show(
                    job,
                    Situation {
                        status: &status,
                        stall: SignedDuration::from_hours(1),
                        now,
                        flags: &AccountFlags::default(),
                    },
                )
                .unwrap();
        };
        // 8 GiB, 40% in 80 s.
        let job = copying_since(1, &[(20, 10), (100, 50)]);
        show(&job, 0);
        show(&job, 10);
        let paused = Some(crate::domain::Failure::new("poll", "expired"));
        let paused = Status { paused, ..Status::default() };
        let text = message(
            &job,
            Situation { status: &paused, stall: SignedDuration::from_hours(1), now, flags: &AccountFlags::default() },
        );
        assert_eq!(text, "copying 50%, paused, not polled");
        show(&copying_since(1, &[(20, 10), (60, 61)]), 60);
        assert_eq!(
            String::from_utf8(lines.out).unwrap(),
            "web to eu-west-1: copying 50% ami-1, 41 MiB/s, 1m40s left\nweb to eu-west-1: copying 60% ami-1, overdue 1m\n"
        );
    }

    #[test]
    fn a_record_is_printed_for_each_change() {
        let (mut seen, status, now) = (Vec::new(), Status::default(), Timestamp::UNIX_EPOCH);
        let situation = Situation { status: &status, stall: labels::LONG_STALL, now, flags: &AccountFlags::default() };
        let mut records = Records::new(|job: &Job, _: &Status| {
            seen.push(job.percent());
            Ok(())
        });
        for job in [copying(1, Some(1)), copying(1, Some(1)), copying(1, Some(2))] {
            records.show(&job, situation).unwrap();
        }
        drop(records);
        assert_eq!(seen, [Some(1), Some(2)]);
    }
}
