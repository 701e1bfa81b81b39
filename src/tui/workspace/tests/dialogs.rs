//! Dialogs where several accounts are on the screen.

use super::{harness::BUILD, *};
use crate::{
    domain::{AccountId, image_usage::ImageUsage},
    engine::{Job, Status},
    tui::tests::jobs::job,
};

/// A copy of an image that build lists.
fn copy_of(n: u32) -> Job {
    let mut job = job(1);
    job.request.source = image(n, BUILD).id;
    job
}

fn with_queues(of_production: Vec<Job>) -> Harness {
    let mut harness = two();
    harness.open_jobs("build", vec![job(1)]);
    harness.open_jobs("production", of_production);
    harness.sent.clear();
    harness
}

/// Opens the line that deregisters an image of build, and answers who uses it.
fn deregister(harness: &mut Harness, n: u32) {
    harness.go_to("build", n);
    harness.press(KeyCode::Delete);
    let request = harness.sent.iter().find_map(|(_, effect)| match effect {
        Effect::ReadUsage { id, images, .. } => Some((*id, images[0].id.clone())),
        _ => None,
    });
    let Some((id, image)) = request else { return };
    let usage = ImageUsage {
        image,
        references: Ok(Vec::new()),
        permissions: Ok(Vec::new()),
        shared_snapshots: Ok(Vec::new()),
        volume_permissions: Ok(Vec::new()),
        reported: None,
    };
    let msg = Msg::Reply { id, reply: Reply::Usage(vec![usage]) };
    let effects = harness.workspace.update(harness.id("build"), msg, now());
    harness.answer(effects);
    harness.sent.clear();
}

#[test]
fn an_image_that_another_account_copies_is_not_deregistered() {
    let refused = "ami-00000003 is being copied into another account, production, to eu-west-1";
    let mut harness = with_queues(vec![copy_of(3)]);
    deregister(&mut harness, 3);
    assert!(harness.notice().contains(refused), "{}", harness.notice());
    assert!(harness.sent.is_empty() && harness.workspace.shown().overlays.is_empty());
    // Copies that have ended read nothing.
    let mut ended = copy_of(3);
    ended.state = crate::engine::JobState::Cancelled;
    let mut harness = with_queues(vec![ended]);
    deregister(&mut harness, 3);
    harness.keys("web-3");
    harness.press(KeyCode::Enter);
    assert!(matches!(harness.sent[..], [(_, Effect::Command(Command::DeregisterImages(_)))]), "{:?}", harness.sent);
}

#[test]
fn an_image_of_which_a_copy_is_started_meanwhile_is_not_deregistered() {
    let mut harness = with_queues(Vec::new());
    deregister(&mut harness, 3);
    harness.keys("web-3");
    let account = crate::domain::AccountKey::new(&AccountId::new(PRODUCTION).unwrap(), None);
    let jobs = vec![Arc::new(copy_of(3))];
    let opened = JobUpdate::Opened { account, jobs, status: Status::default() };
    // No frame is drawn before the next key.
    _ = harness.workspace.update(harness.id("production"), Msg::Jobs(opened), now());
    harness.press(KeyCode::Enter);
    assert!(harness.notice().contains("Nothing is deregistered: ami-00000003 is being"), "{}", harness.notice());
    assert!(harness.sent.is_empty(), "{:?}", harness.sent);
}

#[test]
fn dialogs_name_their_account() {
    let of_build = "In account 123456789012 (profile build):";
    let mut harness = with_queues(vec![job(1)]);
    deregister(&mut harness, 3);
    assert!(harness.screen().contains(of_build), "{}", harness.screen());
    harness.press(KeyCode::Esc);
    harness.press(KeyCode::Tab);
    harness.press(KeyCode::Home);
    harness.press(KeyCode::Down);
    harness.keys("x");
    assert!(
        harness.screen().contains("Cancel the copy") && harness.screen().contains(of_build),
        "{}",
        harness.screen()
    );
    harness.keys("n");
    harness.keys("q");
    assert!(harness.screen().contains("1 copy is queued") && harness.screen().contains(of_build));
    harness.keys("y");
    assert!(harness.screen().contains("In account 555566667777 (profile production):"), "{}", harness.screen());
    // What is about no account, and where there is one.
    let mut one = Harness::new(&["build"]);
    one.open_jobs("build", vec![job(1)]);
    one.keys("q");
    assert!(one.screen().contains("1 copy is queued") && !one.screen().contains("In account"), "{}", one.screen());
}

#[test]
fn a_cancel_that_names_its_account_is_carried_out() {
    let mut harness = with_queues(Vec::new());
    harness.press(KeyCode::Tab);
    harness.press(KeyCode::Home);
    harness.press(KeyCode::Down);
    harness.keys("xy");
    assert!(matches!(harness.sent[..], [(_, Effect::Command(Command::Cancel(_)))]), "{:?}", harness.sent);
}
