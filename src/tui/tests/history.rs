//! The history.

use super::{jobs::*, *};
use crate::engine::Note;

fn asked(effects: &[Effect]) -> EffectId {
    match effects {
        [Effect::History { id }] => *id,
        other => panic!("{other:?}"),
    }
}

/// The open history with the jobs `past`.
fn opened(jobs: Vec<Job>, past: Vec<Job>) -> Model {
    let mut model = with_jobs(jobs);
    let id = asked(&keys(&mut model, "H"));
    reply(&mut model, id, Reply::History(Ok(past.into_iter().map(Arc::new).collect())));
    frame(&mut model);
    model
}

fn ended(n: u32, change: impl FnOnce(&mut Job)) -> Job {
    with(n, |j| {
        *j = available(n);
        j.ended = Some(now() - SignedDuration::from_hours(30));
        j.requested = now() - SignedDuration::from_hours(33);
        j.started = Some(now() - SignedDuration::from_hours(31));
        j.last_progress = j.ended;
        change(j);
    })
}

#[test]
fn the_history_is_loaded_when_opened() {
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
    shows(&mut model, &["Loading the history"]);
}

#[test]
fn a_reply_to_an_earlier_request_is_dropped() {
    let mut model = with_jobs(vec![]);
    let first = asked(&keys(&mut model, "H"));
    keys(&mut model, "H");
    let second = asked(&keys(&mut model, "H"));
    reply(&mut model, first, Reply::History(Ok(vec![Arc::new(ended(1, |_| ()))])));
    shows(&mut model, &["Loading the history"]);
    reply(&mut model, second, Reply::History(Ok(vec![])));
    shows(&mut model, &["No copy has ended yet"]);
}

#[test]
fn a_refresh_reloads_and_keeps_the_cursor() {
    let mut model = opened(vec![], vec![ended(1, |_| ()), ended(2, |_| ())]);
    keys(&mut model, "j");
    let effects = keys(&mut model, "R");
    let Some(Effect::History { id }) = effects.first() else { panic!("{effects:?}") };
    let jobs = [3, 1, 2].map(|n| Arc::new(ended(n, |_| ()))).to_vec();
    reply(&mut model, *id, Reply::History(Ok(jobs)));
    frame(&mut model);
    assert_eq!(keys(&mut model, "y"), [Effect::Clipboard(ami(2).as_str().into())]);
    let failure = Failure::new("read the history", "the disk is gone");
    let effects = keys(&mut model, "R");
    let Some(Effect::History { id }) = effects.first() else { panic!("{effects:?}") };
    reply(&mut model, *id, Reply::History(Err(failure)));
    says(&model, "the disk is gone");
    shows(&mut model, &["app-web-00002"]);
}

#[test]
fn details_work_for_jobs_that_are_only_in_the_history() {
    for key in [KeyCode::Char('d'), KeyCode::Enter] {
        let mut model = opened(vec![], vec![ended(1, |j| j.note = Some(Note::Text("left behind: snap-1".into())))]);
        press(&mut model, key);
        shows(&mut model, &["Copy to eu-west-1 (history)", "behind: snap-1", "batch-a"]);
        assert_eq!(keys(&mut model, "y"), [Effect::Clipboard(ami(1).as_str().into())]);
    }
}

#[test]
fn jobs_that_are_only_in_the_history_cannot_be_changed() {
    let mut model = opened(vec![failed(2, None)], vec![failed(1, None), failed(2, None)]);
    for key in ["x", "X", "t", "T"] {
        assert_eq!(keys(&mut model, key), [], "{key}");
        says(&model, "only in the history");
        assert!(overlay(&model).is_none());
    }
    assert_eq!(keys(&mut model, "D"), []);
    says(&model, "history keeps all");
    // The second is among the current jobs as well.
    keys(&mut model, "j");
    assert!(matches!(&keys(&mut model, "t")[..], [Effect::Command(Command::Retry(jobs))] if jobs[0].0 == JobId(2)));
}

#[test]
fn the_filter_narrows_the_history_and_esc_goes_back() {
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
fn the_footer_of_the_history_offers_the_way_back_and_no_changes() {
    let mut model = opened(vec![copying(1), available(2)], vec![ended(2, |_| {})]);
    let shown = screen(&mut model, 120, 40);
    let footer = shown.lines().last().unwrap();
    assert!(footer.contains("H back") && !footer.contains("cancel") && !footer.contains("snapshots"), "{footer}");
    keys(&mut model, "H");
    let shown = screen(&mut model, 120, 40);
    let footer = shown.lines().last().unwrap();
    assert!(footer.contains("H history") && footer.contains("X cancel batch"), "{footer}");
}

#[test]
fn how_long_a_copy_took_has_room_in_80_columns() {
    let mut model = opened(vec![], vec![ended(1, |_| ())]);
    assert!(screen(&mut model, 80, 24).contains("available after 1h00m ami-"));
}

#[test]
fn a_deregistration_is_shown_as_one() {
    let step = crate::engine::RemovalStep::DeletingSnapshots {};
    let copy = with(1, |j| {
        (j.origin, j.images) = (crate::engine::Origin::Elsewhere, vec![ami(1)]);
        j.state = JobState::Removing { image: ami(1), reason: crate::engine::RemovalReason::Deregister, step };
    });
    let mut stored = serde_json::to_value(&copy).unwrap();
    stored["for_deregistration"] = true.into();
    let mut model = with_jobs(vec![serde_json::from_value(stored).unwrap()]);
    let line = format!("in eu-west-1 deregistering {}: dele", ami(1));
    shows(&mut model, &[&line, "Jobs 1 deregistration"]);
    lacks(&mut model, "started elsewhere");
    keys(&mut model, "d");
    shows(&mut model, &[&format!("Deregister {} in eu-west-1", ami(1)), "here by amigrate"]);
    lacks(&mut model, "images made");
}
