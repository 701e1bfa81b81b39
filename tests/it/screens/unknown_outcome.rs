//! A copy of which nobody can tell whether AWS made it, and what is left of a cancelled one.

use std::time::Duration;

use amigrate::{
    engine::JobState,
    sim::{
        LookAlike,
        faults::{FaultKind, Rule},
    },
    term::input::KeyCode,
};
use insta::assert_snapshot;

use crate::support::screen_harness::{Playbill, Stage, named, region};

/// A copy without tags, whose every request was lost for more than ten minutes; somebody copied the same image meanwhile.
async fn in_doubt() -> Stage {
    let bill = Playbill::new(named("demo")).with(|b| b.config.copy.job_tags = false);
    let stage = Stage::opened(bill).await;
    stage.world.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Reset)));
    stage.form("batch-gpu-00009", &["eu-west-2"]).await;
    stage.retype("doubtful").await;
    stage.ctrl('s').await;
    stage.wait_text("reconciling").await;
    stage.pass(Duration::from_mins(1)).await;
    let request = stage.seen().jobs[0].request.clone();
    let now = crate::support::screen_harness::opening() + jiff::SignedDuration::from_mins(1);
    stage.world.with(|w| {
        w.copy_elsewhere(&region("eu-west-2"), &request.source, &request.source_region, "doubtful", now).unwrap();
    });
    stage.pass(Duration::from_mins(12)).await;
    assert!(matches!(stage.seen().jobs[0].state, JobState::InDoubt { .. }), "{:?}", stage.seen().jobs[0].state);
    stage.world.with(|w| w.faults().clear());
    stage
}

#[tokio::test(start_paused = true)]
async fn a_copy_in_doubt_waits_for_a_decision() {
    let stage = in_doubt().await;
    assert_snapshot!("in_doubt", stage.screen());
    stage.send("d").await;
    assert_snapshot!("in_doubt_details", stage.screen());
    stage.press(KeyCode::Esc).await;
    stage.send("t").await;
    assert_snapshot!("in_doubt_question", stage.screen());
    // The answer in brackets changes nothing.
    stage.press(KeyCode::Enter).await;
    assert!(matches!(stage.seen().jobs[0].state, JobState::InDoubt { .. }));
    stage.send("t").await;
    stage.press(KeyCode::Tab).await;
    stage.press(KeyCode::Tab).await;
    stage.press(KeyCode::Enter).await;
    stage.wait_ours("available", 1).await;
    assert_eq!(stage.images("eu-west-2", "doubtful").await.len(), 2, "theirs, and the one that was made anew");
}

#[tokio::test(start_paused = true)]
async fn a_copy_in_doubt_is_given_up_and_nothing_is_removed() {
    let stage = in_doubt().await;
    stage.send("x").await;
    stage.shows("It is given up.");
    stage.send("y").await;
    stage.wait_text("cancelled: given up").await;
    assert_eq!(stage.images("eu-west-2", "doubtful").await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_cancel_leaves_is_named() {
    let stage = Stage::opened(Playbill::new(named("demo")).size(100, 30)).await;
    stage.form("batch-gpu-00009", &["eu-west-2"]).await;
    stage.retype("going").await;
    stage.ctrl('s').await;
    while stage.seen().jobs.first().and_then(amigrate::engine::Job::percent) < Some(40) {
        stage.pass(Duration::from_millis(500)).await;
    }
    let job = stage.seen().jobs[0].clone();
    let (here, now) = (region("eu-west-2"), job.last_progress.unwrap());
    stage.world.with(|w| {
        let own = &job.snapshots[0].id;
        w.complete_snapshot(&here, own, now).unwrap();
        w.imitate_elsewhere(&here, own, LookAlike::Described, now).unwrap();
    });
    stage.send("x").await;
    stage.send("y").await;
    stage.wait_for("the cancel's end", |s| s.contains(" cancelled")).await;
    stage.send("d").await;
    assert_snapshot!("cancelled_with_leftovers", stage.screen());
}
