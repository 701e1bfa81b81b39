//! Whatever is typed, pasted and resized, on whatever screen: taking it in never panics, nor does drawing at any
//! size, and no cell steers the terminal.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use amigrate::{
    domain::{Failure, Image, ImageId, ImageState, Retry, Snapshot, SnapshotId, SnapshotState, kms_key::KeyList},
    driver::{DriverStatus, JobUpdate, Warning},
    engine::{Engine, EngineConfig, Event, PolledCopies, Request, Response, Status},
    term::{
        Caps, Input, Screen,
        input::{KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind},
    },
    tui::{Effect, Model, Msg, Reply, view},
};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*, sample::select};
use ratatui::{Terminal, backend::TestBackend};

use crate::support::message_log::{MessageLog, record};
use crate::support::screen_harness::{ScreenHarnessBuilder, emulator, named};

const SCENARIOS: [&str; 5] = ["demo", "broken", "hostile", "empty", "denied"];

/// The keys to every screen; the third image of each account that has images can be copied.
const SCREENS: [&str; 36] = [
    "",
    "d",
    "dv",
    "?",
    "!",
    ":",
    "r",
    "w",
    "/app",
    "jjc",
    "jjc\ra\r",
    "jjc\r",
    "jjc\ra\r\u{13}",
    "jjc\ra\r\u{13}\u{13}",
    "jjc\r \r\u{13}\u{13}",
    "jjc\r \r\u{13}\u{13}\rx",
    "jjc\r \r\u{13}\u{13}d",
    "jjc\r \r\u{13}\u{13}X",
    "jjc\r \r\u{13}\u{13}q",
    "jjc\r \r\u{13}\u{13}2/eu",
    // The form's sections, opened one by one.
    "jjc\ra\r\t\t\t\r\t\t\r",
    "jjc\ra\r\t\t\t\t\r",
    "jjc\ra\r\t\t\t\t\t\r\t\r",
    "jjc\ra\r\t\t\t\t\t\t\r",
    // Presets; a copy edited.
    "jjc\u{f}",
    "jjc\u{14}",
    "2e",
    "2",
    "2x",
    "2X",
    "2d",
    "2\r",
    "2H",
    "2Hd",
    "2HH/copy",
    "1",
];

/// What each scenario tells a model in its first seconds; asked once.
fn logs() -> &'static Vec<MessageLog> {
    static TAPES: OnceLock<Vec<MessageLog>> = OnceLock::new();
    TAPES.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let log = |name| runtime.block_on(record(&builder(name), Vec::new(), Duration::from_mins(1))).0;
        SCENARIOS.into_iter().map(log).collect()
    })
}

fn builder(scenario: &str) -> ScreenHarnessBuilder {
    ScreenHarnessBuilder::new(named(scenario))
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Msg {
    Msg::Input(Input::Key(KeyEvent::new(code, modifiers)))
}

fn any_key() -> impl Strategy<Value = Msg> {
    let named = select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::F(1),
    ]);
    let bound: Vec<char> = "canry/wdopyYOxXtTHDjkgGv ?:!12Rm{}*".chars().collect();
    prop_oneof![
        6 => select(bound).prop_map(|c| key(KeyCode::Char(c), KeyModifiers::NONE)),
        4 => named.prop_map(|code| key(code, KeyModifiers::NONE)),
        2 => select("sunpydfbelwkah".chars().collect::<Vec<_>>())
            .prop_map(|c| key(KeyCode::Char(c), KeyModifiers::CONTROL)),
        1 => any::<char>().prop_map(|c| key(KeyCode::Char(c), KeyModifiers::NONE)),
        1 => any::<char>().prop_map(|c| key(KeyCode::Char(c), KeyModifiers::ALT)),
    ]
}

fn any_msg() -> impl Strategy<Value = Msg> {
    let mouse = |kind| MouseEvent { kind, column: 3, row: 3, modifiers: KeyModifiers::NONE };
    let paste = prop_oneof![
        any::<String>(),
        Just("\u{1b}[2J\u{202e}\r\n\u{9b}31m".to_owned()),
        Just("e\u{301}👩‍👩‍👧‍👦東京".to_owned())
    ];
    prop_oneof![
        20 => any_key(),
        2 => paste.prop_map(|text| Msg::Input(Input::Paste(text))),
        2 => (0..=200_u16, 0..=60_u16).prop_map(|(x, y)| Msg::Input(Input::Resize(x, y))),
        1 => select(vec![MouseEventKind::ScrollDown, MouseEventKind::ScrollUp, MouseEventKind::Moved])
            .prop_map(move |kind| Msg::Input(Input::Mouse(mouse(kind)))),
        1 => Just(Msg::Input(Input::Continued)),
        2 => any_post().prop_map(Msg::Jobs),
        3 => Just(Msg::Tick),
    ]
}

fn any_post() -> impl Strategy<Value = JobUpdate> {
    let failure =
        || Failure::new("write \u{202e}jobs", "the \u{1b}[31m disk 東京 is full").hint("\u{9b}31m Make room.");
    let paused = Status { paused: Some(failure()), ..Status::default() };
    select(vec![
        JobUpdate::Driver(DriverStatus::OtherProcess(None)),
        JobUpdate::Driver(DriverStatus::NotRunning(failure())),
        JobUpdate::Driver(DriverStatus::ThisProcess),
        JobUpdate::StoreProblem(Some(failure())),
        JobUpdate::StoreProblem(None),
        JobUpdate::Rejected(failure()),
        JobUpdate::Warning(Warning::StoreSetAside("the \u{1b}[2J store".into())),
        JobUpdate::Changed { jobs: Vec::new(), status: Some(paused) },
    ])
}

/// A model that received all these messages, and one whose calls succeed and fail in turn.
struct ModelHarness {
    model: Model,
    /// Stands for whoever drives: what is requested here becomes jobs.
    engine: Engine,
    turn: u64,
}

impl ModelHarness {
    fn new(scenario: usize, caps: Caps, heard: usize) -> Self {
        let start = builder(SCENARIOS[scenario]).with(|b| b.caps = caps).start();
        let (mut model, _) = Model::new(start);
        let log = &logs()[scenario];
        for (now, msg) in log.iter().take(heard) {
            _ = model.update(msg.clone(), *now);
        }
        _ = model.update(Msg::Frame, model.now);
        let mut engine = Engine::new(EngineConfig::from(&model.start.config));
        // The log's jobs have lower numbers.
        engine.restore(Vec::new(), 1_000, model.now);
        Self { model, engine, turn: 0 }
    }

    fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.take_in(match c {
                '\r' => key(KeyCode::Enter, KeyModifiers::NONE),
                '\t' => key(KeyCode::Tab, KeyModifiers::NONE),
                '\u{f}' => key(KeyCode::Char('o'), KeyModifiers::CONTROL),
                '\u{13}' => key(KeyCode::Char('s'), KeyModifiers::CONTROL),
                '\u{14}' => key(KeyCode::Char('t'), KeyModifiers::CONTROL),
                c => key(KeyCode::Char(c), KeyModifiers::NONE),
            });
            // A review starts nothing before a frame has shown it.
            _ = self.model.update(Msg::Frame, self.model.now);
        }
    }

    fn take_in(&mut self, msg: Msg) {
        let now = self.model.now + SignedDuration::from_millis(700);
        let mut effects = self.model.update(msg, now);
        let mut calls = self.engine.handle(Event::Tick, now);
        for _ in 0..64 {
            if let Some(Effect::Command(ask)) = effects.last() {
                calls.extend(self.engine.handle(Event::Command(ask.clone()), now));
            }
            if let Some(effect) = effects.pop()
                && let Some(answer) = self.answer(effect)
            {
                effects.extend(self.model.update(answer, now));
            }
            if let Some(call) = calls.pop() {
                let answer = self.call(call);
                calls.extend(self.engine.handle(Event::Response(answer), now));
            }
        }
        let (jobs, status) = (self.engine.take_changed(), Some(self.engine.status()));
        if !jobs.is_empty() {
            _ = self.model.update(Msg::Jobs(JobUpdate::Changed { jobs, status }), now);
        }
    }

    fn answer(&mut self, effect: Effect) -> Option<Msg> {
        self.turn += 1;
        let bad = self.turn.is_multiple_of(4);
        let failure = || Failure::new("ask AWS", "the \u{1b}[31m network 東京 broke").retry(Retry::Later).hint("wait");
        Some(match effect {
            Effect::ListKeys { id, region } => {
                Msg::Reply { id, reply: Reply::Keys { region, keys: KeyList::default() } }
            }
            // Unknown: copies may start all the same.
            Effect::Check { id, .. } => Msg::Reply { id, reply: Reply::Check(Err(failure())) },
            Effect::ListProfiles { id } => {
                Msg::Reply { id, reply: Reply::Profiles(vec!["one".into(), "\u{1b}[2Jtwo".into()]) }
            }
            Effect::ListImages { id, region, .. } if bad => {
                Msg::Reply { id, reply: Reply::Images { region, page: Err(failure()) } }
            }
            Effect::History { id } if bad => Msg::Reply { id, reply: Reply::History(Err(failure())) },
            Effect::History { id } => {
                let jobs = self.model.jobs_view.jobs().cloned().map(Arc::new).collect();
                Msg::Reply { id, reply: Reply::History(Ok(jobs)) }
            }
            _ => return None,
        })
    }

    fn call(&mut self, call: Request) -> Response {
        self.turn += 1;
        let bad = self.turn.is_multiple_of(4);
        let failure = || Failure::new("ask AWS", "the \u{1b}[31m network 東京 broke").retry(Retry::Later).hint("wait");
        let image = |n| ImageId::new(&format!("ami-{n:017x}")).unwrap();
        match call {
            Request::CopyImage { job, .. } => {
                Response::CopyImage(job, if bad { Err(failure()) } else { Ok(image(self.turn)) })
            }
            Request::Reconcile { job, .. } => Response::Reconcile(job, Ok(Vec::new())),
            Request::ListPending { region } => {
                Response::ListPending(region, if bad { Err(failure()) } else { Ok(Vec::new()) })
            }
            Request::PollCopies { region, images, .. } => {
                let seen = if bad { Err(failure()) } else { Ok(self.watched(&region, &images)) };
                Response::PollCopies(region, seen)
            }
            Request::CheckImage { job, .. } => Response::CheckImage(job, Ok(amigrate::engine::CheckedImage::default())),
            Request::DeregisterImage { job, .. } => Response::DeregisterImage(
                job,
                if bad { Err(failure()) } else { Ok(amigrate::engine::Deregistration::Done(Vec::new())) },
            ),
            Request::FindSnapshots { job, image, .. } => Response::FindSnapshots(job, image, Ok(Vec::new())),
            Request::DeleteSnapshot { job, image, snapshot, .. } => {
                Response::DeleteSnapshot(job, image, snapshot, Ok(()))
            }
            Request::PostCopy { job, step, call } => {
                let result = if bad { Err(failure()) } else { Ok(amigrate::engine::PostCopyAnswer::Done) };
                Response::PostCopy(job, step, call, result)
            }
            Request::ProbeCredentials => Response::ProbeCredentials(Ok(Vec::new())),
        }
    }

    fn watched(&self, region: &amigrate::domain::Region, ids: &[ImageId]) -> PolledCopies {
        let owner = amigrate::domain::AccountId::new("123456789012").unwrap();
        let images = ids.iter().map(|id| {
            let mut image = Image::bare(id.clone(), region.clone(), owner.clone());
            image.state = if self.turn.is_multiple_of(7) { ImageState::Available } else { ImageState::Pending };
            image
        });
        let snapshots = ids.iter().map(|id| Snapshot {
            id: SnapshotId::new("snap-0123456789abcdef0").unwrap(),
            state: SnapshotState::Pending,
            progress: u8::try_from(self.turn % 101).ok(),
            volume_size: 8,
            volume_id: Some(Snapshot::VOLUME_OF_COPIES.into()),
            started: None,
            completed: None,
            state_message: None,
            description: format!("Copied for DestinationAmi {id} from SourceAmi ami-1 for SourceSnapshot snap-1.")
                .into(),
            encrypted: false,
            kms_key_id: None,
            tags: Vec::new(),
        });
        PolledCopies {
            requested: ids.to_vec(),
            images: images.collect(),
            snapshots: Ok(snapshots.collect()),
            failures: Vec::new(),
        }
    }
}

/// Draws at this size, by both ways there are, and looks at every cell.
fn look(model: &mut Model, size: (u16, u16), caps: &Caps) -> Result<(), TestCaseError> {
    _ = model.update(Msg::Input(Input::Resize(size.0, size.1)), model.now);
    _ = model.update(Msg::Frame, model.now);
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    for cell in &terminal.backend().buffer().content {
        prop_assert!(!cell.symbol().chars().any(steers), "{:?}", cell.symbol());
    }
    let mut screen = Screen::new(Vec::new(), size, caps);
    screen.draw(|frame| view::draw(frame, model)).unwrap();
    if size.0 < 2 || size.1 == 0 {
        return Ok(());
    }
    let mut parser = emulator(size);
    parser.process(screen.writer_mut());
    for row in 0..size.1 {
        let mut column = 0;
        while column < size.0 {
            let cell = parser.screen().cell(row, column).unwrap();
            prop_assert!(!cell.is_wide_continuation(), "half a character at {column}, {row}");
            prop_assert!(caps.unicode || cell.contents().is_ascii() || !ours(cell.contents()), "{:?}", cell.contents());
            column += if cell.is_wide() { 2 } else { 1 };
        }
        prop_assert_eq!(column, size.0, "row {} is too wide", row);
    }
    Ok(())
}

/// Controls, and the marks that turn text round.
fn steers(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Marks of our own, which have an ASCII form.
fn ours(text: &str) -> bool {
    "─│┌┐└┘█░▏▎▍▌▋▊▉…▲▼⠋⠙⠸⠴⠦⠇".contains(text)
}

fn caps() -> impl Strategy<Value = Caps> {
    any::<bool>().prop_map(|unicode| Caps { unicode, ..Caps::full() })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_typed_breaks_anything(
        scenario in 0..SCENARIOS.len(),
        caps in caps(),
        heard in prop_oneof![1 => 0..40_usize, 3 => Just(usize::MAX)],
        first in select(&SCREENS[..]),
        msgs in vec(any_msg(), 0..60),
        sizes in vec((0..=200_u16, 0..=60_u16), 1..4),
    ) {
        let mut harness = ModelHarness::new(scenario, caps.clone(), heard);
        harness.press(first);
        for msg in msgs {
            harness.take_in(msg);
        }
        for size in sizes {
            look(&mut harness.model, size, &caps)?;
        }
    }
}

/// Every screen by its keys, at sizes from nothing to small, and some large ones.
#[test]
fn every_screen_draws_at_any_size() {
    let sizes: Vec<(u16, u16)> = [0, 1, 2, 3, 4, 5, 8, 14, 15, 16, 24]
        .into_iter()
        .flat_map(|y| [0, 1, 2, 3, 19, 59, 60, 61, 80].map(|x| (x, y)))
        .chain([(200, 60), (120, 40), (60, 15), (1, 60), (200, 1)])
        .collect();
    for scenario in [0, 2, 3] {
        for keys in SCREENS {
            let mut harness = ModelHarness::new(scenario, Caps::full(), usize::MAX);
            harness.press(keys);
            let model = &harness.model;
            let form = model.overlays.iter().any(|o| matches!(o, amigrate::tui::screens::Overlay::Form(_)));
            let started = harness.engine.jobs().count() > 0;
            assert!(!keys.starts_with("jjc") || scenario == 3 || form || started, "no form came");
            assert!(!keys.starts_with("jjc\r \r\u{13}\u{13}") || scenario != 0 || started, "no copy began");
            for size in &sizes {
                if let Err(error) = look(&mut harness.model, *size, &Caps::full()) {
                    panic!("{} {keys:?} at {size:?}: {error}", SCENARIOS[scenario]);
                }
            }
        }
    }
}
