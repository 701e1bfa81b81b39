//! The history in place of the jobs.

use super::{jobs::*, *};
use crate::engine::Note;

fn asked(effects: &[Effect]) -> EffectId {
    match effects {
        [Effect::History { id }] => *id,
        other => panic!("{other:?}"),
    }
}

/// The history, opened over these jobs, with these in it.
fn opened(jobs: Vec<Job>, past: Vec<Job>) -> Model {
    let mut model = board(jobs);
    let id = asked(&keys(&mut model, "H"));
    reply(&mut model, id, Reply::History(Ok(past.into_iter().map(Arc::new).collect())));
    model.prepare();
    model
}

fn ended(n: u32, change: impl FnOnce(&mut Job)) -> Job {
    with(n, |j| {
        *j = available(n);
        j.ended = Some(now() - SignedDuration::from_hours(30));
        j.requested = now() - SignedDuration::from_hours(31);
        change(j);
    })
}

#[test]
fn it_is_asked_for_when_opened_and_shows_how_each_ended() {
    let cancelled = ended(2, |j| (j.state, j.images) = (JobState::Cancelled, vec![]));
    let mut model = opened(vec![copying(7)], vec![ended(1, |_| ()), cancelled]);
    shows(
        &mut model,
        &["History 2 copies", "NAME", "app-web-00001", "available", "1h00m", ami(1).as_str(), "cancelled"],
    );
    lacks(&mut model, "app-web-00007");
    let wide = screen(&mut model, 120, 40);
    assert!(wide.contains("us-east-1 > eu-west-1"), "{wide}");
    assert_eq!(keys(&mut model, "H"), []);
    shows(&mut model, &["Jobs 1 copy", "app-web-00007"]);
    asked(&keys(&mut model, "H"));
    shows(&mut model, &["Reading the history"]);
}

#[test]
fn an_old_answer_is_not_shown() {
    let mut model = board(vec![]);
    let first = asked(&keys(&mut model, "H"));
    keys(&mut model, "H");
    let second = asked(&keys(&mut model, "H"));
    reply(&mut model, first, Reply::History(Ok(vec![Arc::new(ended(1, |_| ()))])));
    shows(&mut model, &["Reading the history"]);
    reply(&mut model, second, Reply::History(Ok(vec![])));
    shows(&mut model, &["No copy has ended yet"]);
}

#[test]
fn a_refresh_asks_again_and_keeps_the_cursor() {
    let mut model = opened(vec![], vec![ended(1, |_| ()), ended(2, |_| ())]);
    keys(&mut model, "j");
    let effects = keys(&mut model, "R");
    let Some(Effect::History { id }) = effects.first() else { panic!("{effects:?}") };
    let jobs = [3, 1, 2].map(|n| Arc::new(ended(n, |_| ()))).to_vec();
    reply(&mut model, *id, Reply::History(Ok(jobs)));
    model.prepare();
    assert_eq!(keys(&mut model, "y"), [Effect::Clipboard(ami(2).to_string())]);
    let failure = Failure::new("read the history", "the disk is gone");
    let effects = keys(&mut model, "R");
    let Some(Effect::History { id }) = effects.first() else { panic!("{effects:?}") };
    reply(&mut model, *id, Reply::History(Err(failure)));
    says(&model, "the disk is gone");
    shows(&mut model, &["app-web-00002"]);
}

#[test]
fn details_work_though_the_board_knows_nothing_of_it() {
    for key in [KeyCode::Char('d'), KeyCode::Enter] {
        let mut model = opened(vec![], vec![ended(1, |j| j.note = Some(Note::Text("left behind: snap-1".into())))]);
        press(&mut model, key);
        shows(&mut model, &["Copy to eu-west-1 (history)", "behind: snap-1", "batch-a"]);
        assert_eq!(keys(&mut model, "y"), [Effect::Clipboard(ami(1).to_string())]);
    }
}

#[test]
fn what_is_history_only_cannot_be_changed() {
    let mut model = opened(vec![failed(2, None)], vec![failed(1, None), failed(2, None)]);
    for key in ["x", "X", "t", "T"] {
        assert_eq!(keys(&mut model, key), [], "{key}");
        says(&model, "This is history");
        assert!(overlay(&model).is_none());
    }
    assert_eq!(keys(&mut model, "D"), []);
    says(&model, "history keeps");
    // The second is on the board as well.
    keys(&mut model, "j");
    assert!(matches!(&keys(&mut model, "t")[..], [Effect::Command(Command::Retry(jobs))] if jobs[0].0 == JobId(2)));
}

#[test]
fn the_filter_narrows_it_and_esc_leads_back() {
    let mut model = opened(vec![copying(7)], vec![ended(1, |_| ()), failed(2, None)]);
    keys(&mut model, "/failed");
    press(&mut model, KeyCode::Enter);
    shows(&mut model, &["History 1/2 copies  /failed", "app-web-00002"]);
    lacks(&mut model, "app-web-00001");
    press(&mut model, KeyCode::Esc);
    shows(&mut model, &["History 2 copies", "app-web-00001"]);
    press(&mut model, KeyCode::Esc);
    shows(&mut model, &["Jobs 1 copy", "app-web-00007"]);
}

#[test]
fn the_footer_of_the_history_offers_the_way_back_and_nothing_that_changes() {
    let mut model = opened(vec![copying(1), available(2)], vec![ended(2, |_| {})]);
    let shown = screen(&mut model, 120, 40);
    let footer = shown.lines().last().unwrap();
    assert!(footer.contains("H back") && !footer.contains("cancel") && !footer.contains("snapshots"), "{footer}");
    keys(&mut model, "H");
    let shown = screen(&mut model, 120, 40);
    let footer = shown.lines().last().unwrap();
    assert!(footer.contains("H history") && footer.contains("X cancel batch"), "{footer}");
}
