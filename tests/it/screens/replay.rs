//! A log of messages replays to the same screen.

use std::{collections::BTreeSet, fs::File, path::Path, sync::Arc, time::Duration};

use amigrate::{
    domain::ClientToken,
    runtime::recording::{Recording, Replay, Runs, Until, redact},
    term::{
        Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, view},
};
use ratatui::{Terminal, backend::TestBackend};

use crate::support::message_log::{record, replay};
use crate::support::screen_harness::{SEED, ScreenHarness, ScreenHarnessBuilder, named};

fn picture(model: &Model) -> ratatui::buffer::Buffer {
    let mut terminal = Terminal::new(TestBackend::new(model.size.0, model.size.1)).unwrap();
    terminal.draw(|frame| view::draw(frame, model)).unwrap();
    terminal.backend().buffer().clone()
}

/// Filters, copies to two regions, cancels one, reads details.
fn keys() -> Vec<(Duration, Msg)> {
    let key = |code| Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
    let start = Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL)));
    let typed = |text: &str| text.chars().map(|c| key(KeyCode::Char(c))).collect::<Vec<_>>();
    let mut early = typed("/batch-gpu-00009");
    early.push(key(KeyCode::Enter));
    early.extend(typed("c"));
    early.push(key(KeyCode::Enter));
    early.extend(typed("    "));
    early.push(key(KeyCode::Enter));
    early.push(Msg::Input(Input::Paste("-again".into())));
    early.push(start);
    let mut msgs: Vec<_> = early.into_iter().map(|m| (Duration::from_secs(1), m)).collect();
    msgs.extend(typed("xy").into_iter().map(|m| (Duration::from_secs(20), m)));
    msgs.push((Duration::from_secs(21), Msg::Input(Input::Resize(100, 30))));
    msgs.extend(typed("jd").into_iter().map(|m| (Duration::from_secs(90), m)));
    msgs
}

#[tokio::test(start_paused = true)]
async fn the_same_messages_make_the_same_screen() {
    let builder = ScreenHarnessBuilder::new(named("demo"));
    let (log, model, asked) = record(&builder, keys(), Duration::from_mins(2)).await;
    assert!(log.len() > 100 && model.jobs_view.jobs().count() > 1, "{}", log.len());
    let (again, asked_again) = replay(&builder, &log);
    assert_eq!(picture(&again), picture(&model));
    assert_eq!(again.jobs_view, model.jobs_view);
    assert_eq!(asked_again, asked);
    // What is left out is missed.
    let (other, _) = replay(&builder, &log[..log.len() / 2].to_vec());
    assert_ne!(picture(&other), picture(&model));
}

#[tokio::test(start_paused = true)]
async fn two_plays_are_the_same() {
    let builder = ScreenHarnessBuilder::new(named("demo"));
    let (_, first, _) = record(&builder, keys(), Duration::from_mins(1)).await;
    let (_, second, _) = record(&builder, keys(), Duration::from_mins(1)).await;
    assert_eq!(picture(&first), picture(&second));
}

/// Writes what this thread's screens do into this file, as the program does at this level.
pub(super) fn logged(file: &Path, level: &str) -> tracing::subscriber::DefaultGuard {
    let file = Arc::new(File::options().create(true).append(true).open(file).unwrap());
    let filter = tracing_subscriber::EnvFilter::new(format!("warn,amigrate={level}"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(file).with_ansi(false);
    tracing::subscriber::set_default(log.finish())
}

/// A screen that is recorded in this log. Whether a line is wanted is kept for all threads together, and another test may just
/// have begun or ended a log of its own: then it is asked again.
pub(super) async fn recorded(log: &Path) -> ScreenHarness {
    for _ in 0..50 {
        tracing::callsite::rebuild_interest_cache();
        let harness = ScreenHarness::open("demo").await;
        if Runs::read(log).is_ok_and(|runs| runs.choose(None).is_ok()) {
            return harness;
        }
        drop(harness.leave().await);
    }
    panic!("no screen is recorded")
}

/// Filters, copies to four regions, cancels one, and looks at another.
pub(super) async fn main_job(harness: &ScreenHarness) {
    harness.filter("batch-gpu-00009").await;
    harness.send("c").await;
    harness.press(KeyCode::Enter).await;
    harness.wait_text("Regions to copy to").await;
    harness.send("    ").await;
    harness.press(KeyCode::Enter).await;
    harness.input(Input::Paste("-again".into())).await;
    harness.ctrl('s').await;
    harness.wait_text("Ready").await;
    harness.ctrl('s').await;
    harness.wait_ours("copying", 4).await;
    harness.send("xy").await;
    harness.wait_ours("cancelled", 1).await;
    harness.input(Input::Resize(100, 30)).await;
    harness.wait_ours("available", 3).await;
    harness.send("jd").await;
}

/// A screen with the client tokens that a recording has: those of the harness begin at its seed.
fn with_stand_ins(screen: &str) -> String {
    let token = |n| ClientToken::from_random(n).as_str().to_owned();
    (1..10).fold(screen.trim_end().to_owned(), |text, n| text.replace(&token(n + SEED), &token(n)))
}

fn last_run(log: &Path) -> Recording {
    Runs::read(log).unwrap().choose(None).unwrap()
}

fn replayed(recording: &Recording, until: Until) -> String {
    Replay::new(recording, until, None).unwrap().screen().trim_end().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_written_log_replays_to_the_last_screen() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("a.log");
    let guard = logged(&log, "debug");
    let harness = recorded(&log).await;
    main_job(&harness).await;
    let last = harness.screen();
    assert!(with_stand_ins(&last) != last.trim_end(), "a client token is shown: {last}");
    drop(harness.leave().await);
    drop(guard);
    let recording = last_run(&log);
    assert_eq!(recording.problem, None);
    assert_eq!(replayed(&recording, Until::End), with_stand_ins(&last));
    // It is what was recorded that is shown.
    let before = recording.lines.len() as u64 / 2;
    assert_ne!(replayed(&recording, Until::Message(before)), last.trim_end());
    let halfway = recording.lines[recording.lines.len() / 2].at;
    assert_ne!(replayed(&recording, Until::Time(halfway)), last.trim_end());
    let small = Replay::new(&recording, Until::End, Some((60, 15))).unwrap().screen();
    assert_eq!(small.lines().count(), 15);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_recorded_at_other_levels() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("a.log");
    let guard = logged(&log, "info");
    drop(ScreenHarness::open("demo").await.leave().await);
    drop(guard);
    assert!(Runs::read(&log).unwrap_err().why.contains("no run of the screen"));
}

/// The screen with the same letter for all letters, and the same digit for all digits.
fn layout(screen: &str) -> String {
    let kind = |c: char| match c {
        'a'..='z' | 'A'..='Z' => 'a',
        '0'..='9' => '0',
        c => c,
    };
    screen.lines().map(|line| line.chars().map(kind).collect::<String>() + "\n").collect()
}

/// The texts of all fields of these names.
fn texts_of(value: &serde_json::Value, names: &[&str], found: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                found.extend(field.as_str().filter(|_| names.contains(&name.as_str())).map(str::to_owned));
                texts_of(field, names, found);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts_of(item, names, found)),
        _ => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_redacted_log_has_the_layout_and_none_of_the_names() {
    let dir = tempfile::tempdir().unwrap();
    let (log, redacted) = (dir.path().join("a.log"), dir.path().join("b.log"));
    let guard = logged(&log, "debug");
    let harness = recorded(&log).await;
    main_job(&harness).await;
    drop(harness.leave().await);
    drop(guard);
    let recording = last_run(&log);
    let lines = redact(&recording, u64::MAX, "copies of images").unwrap();
    std::fs::write(&redacted, lines.join("\n")).unwrap();
    let other = last_run(&redacted);
    assert_eq!(other.lines.len(), recording.lines.len());
    let screens = [&recording, &other].map(|recording| replayed(recording, Until::End));
    assert_eq!(layout(&screens[1]), layout(&screens[0]), "{}\n{}", screens[0], screens[1]);
    // What was typed before the review finds the same images.
    let filtered = recording.lines.len() as u64 / 3;
    let filtered = [&recording, &other].map(|recording| replayed(recording, Until::Message(filtered)));
    assert_eq!(layout(&filtered[1]), layout(&filtered[0]), "{}\n{}", filtered[0], filtered[1]);

    let mut secrets = BTreeSet::from(["123456789012".to_owned(), "batch-gpu".into()]);
    let names =
        ["ImageId", "SnapshotId", "OwnerId", "Name", "Description", "Value", "name", "arn", "source_name", "key_arn"];
    for line in &recording.lines {
        texts_of(&serde_json::to_value(line).unwrap(), &names, &mut secrets);
    }
    // Stand-ins of client tokens, and batches, which are named after them.
    let made = |secret: &str| secret.starts_with("amigrate-0000") || secret.starts_with("batch-0000");
    secrets.retain(|secret| secret.len() >= 8 && !made(secret));
    assert!(secrets.len() > 100, "{}", secrets.len());
    let text = std::fs::read_to_string(&redacted).unwrap();
    let left: Vec<&String> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
    assert!(left.is_empty(), "{left:?}");
}
