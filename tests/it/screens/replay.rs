//! A log of messages replays to the same screen.

use std::time::Duration;

use amigrate::{
    term::{
        Input,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{Model, Msg, view},
};
use ratatui::{Terminal, backend::TestBackend};

use crate::support::message_log::{record, replay};
use crate::support::screen_harness::{ScreenHarnessBuilder, named};

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
