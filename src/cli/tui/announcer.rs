//! What line mode has printed, and what it prints next: the reply to a line, and the few things that are printed without one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    cli::plain::job_line,
    domain::{AccountKey, text::clean},
    engine::{Job, JobId, JobPhase},
    labels,
    tui::{
        Model,
        line_mode::{self, state::LineReply},
        problems::ProblemLocation,
    },
};

/// A wait that takes longer than this is announced.
const WAIT_NOTICE_DELAY: SignedDuration = SignedDuration::from_secs(1);

/// What is said of a job when it changes: its phase, and whether there is more to do with it.
type JobNews = (JobPhase, bool, bool);

/// An answer that waits for something.
#[derive(Debug)]
struct Wait {
    since: Timestamp,
    /// What was waited for before, for other reasons.
    others: BTreeSet<String>,
    /// What was open when the line had been taken in.
    question: String,
    said: bool,
}

/// Lines to print.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Announcement {
    /// A line was entered since the last ones.
    pub(super) entered: bool,
    pub(super) lines: Vec<String>,
    /// Nothing more follows by itself: the next line can be typed.
    pub(super) is_over: bool,
}

/// Decides what line mode prints, from the model and what was printed before.
#[derive(Debug, Default)]
pub(super) struct Announcer {
    greeted: bool,
    /// Number of lines that were taken in.
    entered: u64,
    wait: Option<Wait>,
    /// What was waited for at the last look.
    awaited: BTreeSet<String>,
    jobs: Option<(AccountKey, BTreeMap<JobId, JobNews>)>,
    problems: BTreeSet<String>,
    error: Option<String>,
    header: String,
    question: String,
    place: String,
    /// The lines of the screen that was said last, by their keys.
    shown: BTreeSet<String>,
    current: Option<String>,
}

impl Announcer {
    /// Returns what is to be printed now.
    pub(super) fn next_announcement(&mut self, model: &Model) -> Announcement {
        let greets = !std::mem::replace(&mut self.greeted, true);
        let count = model.line_mode.entered;
        let entered = std::mem::replace(&mut self.entered, count) != count;
        let mut lines = Vec::new();
        if greets {
            let version = env!("CARGO_PKG_VERSION");
            lines.push(format!("amigrate {version}, line mode. Type help for commands, quit to exit."));
        }
        lines.extend(self.job_news(model));
        let problems = self.new_problems(model);
        let explained = !problems.is_empty();
        lines.extend(problems);
        let question = line_mode::question(model);
        let awaited = line_mode::awaited(model);
        if entered || greets {
            let others = std::mem::take(&mut self.awaited);
            self.wait = Some(Wait { since: model.now, others, question: question.clone(), said: false });
        }
        match &mut self.wait {
            Some(wait) if wait.question == question && awaited.difference(&wait.others).next().is_some() => {
                if !wait.said && model.now.duration_since(wait.since) >= WAIT_NOTICE_DELAY {
                    wait.said = true;
                    lines.push(waiting_for(awaited.difference(&wait.others)));
                }
            }
            Some(_) => {
                self.wait = None;
                lines.extend(self.answer(model));
            }
            None if question != self.question => lines.extend(self.screen(model, true)),
            None => lines.extend(self.new_error(model).filter(|_| !explained)),
        }
        if self.wait.is_none() {
            self.question = question;
        }
        self.awaited = awaited;
        let holds = self.wait.as_ref().is_some_and(|wait| !wait.said);
        Announcement { is_over: !holds && (entered || !lines.is_empty()), entered, lines }
    }

    /// The answer to the last line.
    fn answer(&mut self, model: &Model) -> Vec<String> {
        let mut lines: Vec<String> = self.notice(model).into_iter().collect();
        match &model.line_mode.reply {
            LineReply::Lines(said) => lines.extend(said.iter().map(|line| clean(line).into_owned())),
            LineReply::Screen => {
                self.header.clear();
                lines.extend(self.screen(model, true));
            }
            LineReply::News => {
                let news = self.screen(model, false);
                if news.is_empty() && lines.is_empty() {
                    lines.push("Nothing has changed.".into());
                }
                lines.extend(news);
            }
        }
        lines
    }

    fn notice(&mut self, model: &Model) -> Option<String> {
        let text = model.notice.as_ref().map(|notice| clean(&notice.text).into_owned());
        self.error.clone_from(&text);
        text
    }

    /// An error that nobody has requested.
    fn new_error(&mut self, model: &Model) -> Option<String> {
        let error = model.notice.as_ref().filter(|notice| notice.is_error);
        let error = error.map(|notice| clean(&notice.text).into_owned());
        let is_new = error.is_some() && error != self.error;
        if is_new || model.notice.is_none() {
            self.error.clone_from(&error);
        }
        error.filter(|_| is_new)
    }

    /// The screen with the focus: all of it if it is asked for or another one, otherwise the lines that are new, and the one with the
    /// cursor if that has moved.
    fn screen(&mut self, model: &Model, whole: bool) -> Vec<String> {
        let (screen, place) = (line_mode::screen(model), line_mode::place(model));
        let whole = std::mem::replace(&mut self.place, place.clone()) != place || whole;
        let mut lines = Vec::new();
        let header = line_mode::header(model);
        if header != self.header {
            lines.push(header.clone());
            self.header = header;
            lines.extend(line_mode::copies(model));
            lines.extend(line_mode::other_accounts(model));
            lines.extend(line_mode::banner(model));
        }
        let mut shown = BTreeSet::new();
        // Where most rows are new, those between them would be missed.
        let new = screen.lines.iter().filter(|line| !self.shown.contains(&line.key())).count();
        let all = whole || new * 2 > screen.lines.len();
        let before = self.current.take();
        for line in std::iter::once(&screen.title).chain(&screen.lines) {
            let key = line.key();
            let arrived = line.current && before.as_ref() != Some(&key);
            if all || arrived || !self.shown.contains(&key) {
                lines.push(line.spoken());
            }
            if line.current {
                self.current = Some(key.clone());
            }
            shown.insert(key);
        }
        self.shown = shown;
        if whole {
            lines.push(line_mode::keys(model));
        }
        lines
    }

    /// A line for each job whose state has changed. Those of an account that has just been opened are not news.
    fn job_news(&mut self, model: &Model) -> Vec<String> {
        let view = &model.jobs_view;
        let Some(account) = &view.account else {
            self.jobs = None;
            return Vec::new();
        };
        let (known, is_news) = match &mut self.jobs {
            Some((of, known)) if of == account => (known, true),
            jobs => (&mut jobs.insert((account.clone(), BTreeMap::new())).1, false),
        };
        let mut lines = Vec::new();
        for job in view.jobs() {
            let news = (job.phase(), job.has_open_steps(), job.can_retry_steps());
            let before = known.insert(job.id, news);
            // That somebody else copies something changes nothing here.
            let is_found = before.is_none() && job.is_external_copy();
            if before != Some(news) && is_news && !is_found {
                lines.push(news_of(job, model.now));
            }
        }
        known.retain(|id, _| view.job(*id).is_some());
        lines
    }

    /// A line for each problem that was none at the last look.
    fn new_problems(&mut self, model: &Model) -> Vec<String> {
        let mut lines = Vec::new();
        let mut current = BTreeSet::new();
        for problem in model.problems() {
            let key = match problem.location {
                // Its own line says why it failed.
                ProblemLocation::Copy(job) if job.state.ended() => continue,
                ProblemLocation::Copy(job) => format!("stalled {}", job.id),
                _ => format!("{}: {}", problem.location, problem.failure),
            };
            if !self.problems.contains(&key) {
                let text = format!("Problem: {}: {}", problem.location, problem.failure.lines().join(". "));
                lines.push(clean(&text).into_owned());
            }
            current.insert(key);
        }
        self.problems = current;
        lines
    }
}

fn news_of(job: &Job, now: Timestamp) -> String {
    let (_, mut line) = job_line(job, now);
    if job.is_external_copy() {
        line.push_str(", started elsewhere");
    }
    for text in labels::after_copy(job) {
        line.extend(["; ", &text]);
    }
    clean(&line).into_owned()
}

/// Says what is waited for: the first of it, and how much more.
fn waiting_for<'a>(mut open: impl Iterator<Item = &'a String>) -> String {
    let first = open.next().map_or("", String::as_str);
    let more = match open.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    clean(&format!("Waiting for {first}{more}.")).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{
        config::{Config, Themes},
        domain::{
            AccountId, ClientToken, CopyRequest, Failure, ImageId, ImageName, Region, SnapshotId, SnapshotState,
            price::Prices, progress::SnapshotProgress,
        },
        driver::JobUpdate,
        engine::{BatchId, JobState, Status},
        term::{Caps, Input},
        tui::{Msg, Start},
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn model() -> Model {
        let start = Start {
            config: Config::default(),
            caps: Caps { line_mode: true, ..Caps::full() },
            demo: None,
            profile: None,
            other_profiles: Vec::new(),
            seed: 7,
            now: at(0),
            size: line_mode::text::SIZE,
            prices: Prices::default(),
            themes: Themes::default(),
            first_run: false,
            remembers: false,
        };
        Model::new(start).0
    }

    fn account() -> AccountKey {
        AccountKey::new(&AccountId::new("123456789012").unwrap(), None)
    }

    /// A copy in this state.
    fn job(number: u64, state: JobState) -> Arc<Job> {
        let source = (ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap());
        let name = ImageName::new(&format!("web-{number}")).unwrap();
        let to = Region::new("eu-west-1").unwrap();
        let request = CopyRequest::bare(source, to, name, ClientToken::from_random(number.into()));
        let batch = BatchId::of_copies(std::slice::from_ref(&request)).unwrap();
        let mut job = Job::new(JobId(number), batch, request, at(0));
        job.state = state;
        Arc::new(job)
    }

    fn copying() -> JobState {
        JobState::Copying { image: ImageId::new("ami-11").unwrap() }
    }

    fn update(model: &mut Model, update: JobUpdate) {
        _ = model.update(Msg::Jobs(update), at(1));
    }

    fn change(model: &mut Model, jobs: Vec<Arc<Job>>) {
        update(model, JobUpdate::Changed { jobs, status: None });
    }

    #[test]
    fn a_copy_is_announced_once_for_each_phase_and_not_at_all_if_it_was_there_before() {
        let (mut model, mut announcer) = (model(), Announcer::default());
        assert!(announcer.next_announcement(&model).lines.concat().contains("Type help"));
        let jobs = vec![job(1, copying())];
        update(&mut model, JobUpdate::Opened { account: account(), jobs, status: Status::default() });
        assert_eq!(announcer.next_announcement(&model).lines, ["Waiting for the credentials."]);
        let mut found = job(3, copying());
        Arc::make_mut(&mut found).origin = crate::engine::Origin::Elsewhere;
        change(&mut model, vec![job(2, JobState::Queued), found]);
        assert_eq!(announcer.next_announcement(&model).lines, ["web-2 to eu-west-1: queued"]);
        change(&mut model, vec![job(2, copying())]);
        let lines = announcer.next_announcement(&model).lines;
        assert!(lines.len() == 1 && lines[0].starts_with("web-2 to eu-west-1: copying"), "{lines:?}");
        let mut further = job(2, copying());
        let snapshot = SnapshotProgress {
            id: SnapshotId::new("snap-1").unwrap(),
            size: 8,
            state: SnapshotState::Pending,
            percent: Some(40),
        };
        Arc::make_mut(&mut further).snapshots.push(snapshot);
        change(&mut model, vec![further]);
        assert_eq!(announcer.next_announcement(&model), Announcement::default());
        let failure = Box::new(Failure::new("copy", "no\u{1b}[2Jgood"));
        change(&mut model, vec![job(1, JobState::Failed { failure, image: None })]);
        let lines = announcer.next_announcement(&model).lines;
        assert!(lines.len() == 1 && lines[0].starts_with("web-1 to eu-west-1: failed: no [2Jgood"), "{lines:?}");
    }

    #[test]
    fn problems_are_announced_as_they_come_and_a_line_is_answered_with_what_is_new() {
        let (mut model, mut announcer) = (model(), Announcer::default());
        assert!(!announcer.next_announcement(&model).is_over, "it is connecting");
        update(&mut model, JobUpdate::StoreProblem(Some(Failure::new("save the jobs", "the disk is full"))));
        let problem = announcer.next_announcement(&model).lines;
        assert!(problem[0].contains("Problem: ") && problem[0].contains("the disk is full"), "{problem:?}");
        assert_eq!(announcer.next_announcement(&model), Announcement::default());
        let mut enter = |announcer: &mut Announcer, line: &str| {
            _ = model.update(Msg::Input(Input::Line(line.into())), at(2));
            announcer.next_announcement(&model)
        };
        let whole = enter(&mut announcer, "");
        assert!(whole.entered && whole.is_over && whole.lines.iter().any(|line| line.starts_with("Keys: c copy")));
        assert_eq!(enter(&mut announcer, "k").lines, ["Nothing has changed."]);
        let opened = enter(&mut announcer, "problems").lines;
        assert!(opened[0] == "Problems" && opened.iter().any(|line| line == "why: the disk is full"), "{opened:?}");
        assert_eq!(enter(&mut announcer, "nonsense").lines.len(), 1);
    }

    #[test]
    fn a_question_that_opens_by_itself_is_said_once() {
        let (mut model, mut announcer) = (model(), Announcer::default());
        announcer.next_announcement(&model);
        update(&mut model, JobUpdate::Opened { account: account(), jobs: Vec::new(), status: Status::default() });
        update(&mut model, JobUpdate::Driver(crate::driver::DriverStatus::ThisProcess));
        change(&mut model, vec![job(1, JobState::Queued)]);
        announcer.next_announcement(&model);
        let ctrl_c = crate::term::input::KeyEvent::new(
            crate::term::input::KeyCode::Char('c'),
            crate::term::input::KeyModifiers::CONTROL,
        );
        _ = model.update(Msg::Input(Input::Key(ctrl_c)), at(2));
        let asked = announcer.next_announcement(&model);
        assert!(asked.is_over && asked.lines.iter().any(|line| line == "Quit"), "{asked:?}");
        assert!(asked.lines.iter().any(|line| line == "1: current, Continue in the background"), "{asked:?}");
        assert_eq!(announcer.next_announcement(&model), Announcement::default());
    }
}
