//! Cancelling, whole batches, and retries.

use super::{jobs::*, *};
use crate::{
    domain::image_usage::{ImageReference, ImageUsage, ReferenceKind},
    engine::Origin,
};

/// Answers that an instance uses the first image, and nothing the others.
fn answer_users(model: &mut Model, effects: &[Effect]) {
    let [Effect::ReadUsage { id, images, .. }] = effects else { panic!("{effects:?}") };
    let instance = || ImageReference {
        kind: ReferenceKind::Instance,
        arn: "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0".into(),
    };
    let by = |n: usize| if n == 0 { vec![instance()] } else { Vec::new() };
    let usage = images.iter().enumerate().map(|(n, image)| ImageUsage {
        image: image.id.clone(),
        references: Ok(by(n)),
        permissions: Ok(Vec::new()),
        shared_snapshots: Ok(Vec::new()),
        volume_permissions: Ok(Vec::new()),
        reported: None,
    });
    assert_eq!(reply(model, *id, Reply::Usage(usage.collect())), []);
}

#[test]
fn cancelling_a_batch_keeps_available_images() {
    let other = with(4, |j| j.batch = BatchId::new("batch-b"));
    let mut model = with_jobs(vec![job(1), copying(2), available(3), other]);
    on(&mut model, 2);
    keys(&mut model, "X");
    shows(
        &mut model,
        &["Cancel 2 copies of batch-a", "1 image is already available and is kept", "Deregister the 1 available"],
    );
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is no");
    keys(&mut model, "X");
    assert_eq!(keys(&mut model, "y"), [Effect::Command(Command::Cancel(vec![JobId(1), JobId(2)]))]);
}

#[test]
fn deregistering_needs_the_name_of_the_batch() {
    let mut model = with_jobs(vec![copying(1), available(2), available(3)]);
    on(&mut model, 1);
    keys(&mut model, "X");
    press(&mut model, KeyCode::BackTab);
    let asked = press(&mut model, KeyCode::Enter);
    shows(&mut model, &["Deregister 2 available images of batch-a", "Type the batch's name, batch-a", ami(2).as_str()]);
    shows(&mut model, &["used by: asking AWS ..."]);
    // Nothing is deregistered before AWS has said who uses them, as with images that are chosen in the list.
    keys(&mut model, "batch-a");
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    shows(&mut model, &["AWS has not answered yet who uses the images"]);
    answer_users(&mut model, &asked);
    shows(&mut model, &["used by: instance i-0123456789abcdef0", "used by: nothing in this account"]);
    for wrong in ["", "y", "batch-", "batch-b"] {
        ctrl(&mut model, 'u');
        keys(&mut model, wrong);
        assert_eq!(press(&mut model, KeyCode::Enter), [], "{wrong}");
        shows(&mut model, &["That is not the batch's name. Nothing was deregistered."]);
    }
    keys(&mut model, "x");
    lacks(&mut model, "That is not");
    ctrl(&mut model, 'u');
    _ = model.update(Msg::Input(Input::Paste("batch-a\n".into())), now());
    assert_eq!(press(&mut model, KeyCode::Enter), [Effect::Command(Command::Deregister(vec![JobId(2), JobId(3)]))]);
    assert!(overlay(&model).is_none());
    // Without a running copy the name is requested at once.
    let mut model = with_jobs(vec![available(2)]);
    assert!(matches!(&keys(&mut model, "X")[..], [Effect::ReadUsage { images, .. }] if images.len() == 1));
    keys(&mut model, "batch-a");
    assert_eq!(press(&mut model, KeyCode::Esc), []);
    assert!(overlay(&model).is_none());
}

#[test]
fn batches_started_elsewhere_name_every_image() {
    let elsewhere = |n| {
        with(n, |j| {
            *j = copying(n);
            (j.origin, j.batch) = (Origin::Elsewhere, BatchId::new("elsewhere"));
        })
    };
    let mut model = with_jobs((1..=40).map(elsewhere).collect());
    keys(&mut model, "X");
    let mut seen = String::new();
    for _ in 0..60 {
        seen += &screen(&mut model, 80, 24);
        press(&mut model, KeyCode::Down);
    }
    for n in 1..=40 {
        assert!(seen.contains(ami(n).as_str()), "{n}");
    }
    assert!(seen.contains("Started elsewhere"), "{seen}");
    shows(&mut model, &["No, let them continue", "Yes, cancel 40 copies"]);
    assert!(matches!(&keys(&mut model, "y")[..], [Effect::Command(Command::Cancel(jobs))] if jobs.len() == 40));
    // Of copies started here, only the first are named.
    let mut model = with_jobs((1..=40).map(copying).collect());
    keys(&mut model, "X");
    shows(&mut model, &["and 34 more"]);
}

#[test]
fn a_failed_copy_without_an_image_is_retried_at_once() {
    let mut model = with_jobs(vec![failed(1, None), with(2, |j| j.state = JobState::Gone { image: ami(2) })]);
    let mut tokens = Vec::new();
    for n in [1, 2] {
        on(&mut model, n);
        let effects = keys(&mut model, "t");
        let [Effect::Command(Command::Retry(jobs))] = &effects[..] else { panic!("{effects:?}") };
        let [(id, token)] = &jobs[..] else { panic!("{jobs:?}") };
        assert_eq!(*id, JobId(n));
        tokens.push(token.clone());
    }
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens.iter().all(|t| *t != job(1).request.token));
}

#[test]
fn a_failed_image_is_removed_only_after_a_confirmation() {
    let mut model = with_jobs(vec![failed(1, Some(ami(1)))]);
    assert_eq!(keys(&mut model, "t"), []);
    shows(&mut model, &["Retry the copy \"app-web-00001\" to eu-west-1?", "removed first", ami(1).as_str()]);
    assert_eq!(press(&mut model, KeyCode::Enter), [], "the default is no");
    keys(&mut model, "t");
    assert!(matches!(&keys(&mut model, "y")[..], [Effect::Command(Command::Retry(jobs))] if jobs.len() == 1));
}

#[test]
fn all_failed_copies_of_a_batch_are_retried_each_under_its_own_client_token() {
    let other = with(4, |j| {
        *j = failed(4, None);
        j.batch = BatchId::new("batch-b");
    });
    let elsewhere = with(5, |j| {
        *j = failed(5, Some(ami(5)));
        j.origin = Origin::Elsewhere;
    });
    let mut model = with_jobs(vec![failed(1, None), failed(2, Some(ami(2))), available(3), other, elsewhere]);
    on(&mut model, 3);
    assert_eq!(keys(&mut model, "T"), []);
    shows(&mut model, &["Retry 2 failed copies of batch-a?", ami(2).as_str()]);
    lacks(&mut model, ami(5).as_str());
    let effects = keys(&mut model, "y");
    let [Effect::Command(Command::Retry(jobs))] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(jobs.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [JobId(1), JobId(2)]);
    assert_ne!(jobs[0].1, jobs[1].1);
    // None of them has an image, so there is nothing to confirm.
    on(&mut model, 4);
    assert!(matches!(&keys(&mut model, "T")[..], [Effect::Command(Command::Retry(jobs))] if jobs.len() == 1));
    on(&mut model, 5);
    assert_eq!(keys(&mut model, "t"), []);
    says(&model, "Copy the image again: c in the images pane");
    on(&mut model, 3);
    assert_eq!(keys(&mut model, "t"), []);
    says(&model, "Only failed and gone copies can be retried; this one is available.");
}

#[test]
fn an_outdated_confirmation_is_asked_again() {
    let image = |n| ImageId::new(&format!("ami-0000000000000000{n}")).unwrap();
    let mut model = with_jobs(vec![with(1, |j| j.state = JobState::Copying { image: image(1) })]);
    keys(&mut model, "x");
    shows(&mut model, &["Cancel a copy", "ami-00000000000000001"]);
    // The copy has another image by the time of the answer.
    let changed = with(1, |j| j.state = JobState::Copying { image: image(2) });
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![changed.into()], status: None });
    assert_eq!(keys(&mut model, "y"), []);
    shows(&mut model, &["ami-00000000000000002", "confirm again"]);
    assert!(matches!(keys(&mut model, "y")[..], [Effect::Command(Command::Cancel(_))]));
}

#[test]
fn an_image_that_was_copied_elsewhere_is_named_by_its_id() {
    let mut job = available(2);
    (job.origin, job.batch) = (Origin::Elsewhere, BatchId::new(ami(2).as_str()));
    let mut model = with_jobs(vec![job]);
    keys(&mut model, "X");
    shows(&mut model, &["Deregister this image", &format!("Type the image id, {}", ami(2))]);
    keys(&mut model, "batch-a");
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    shows(&mut model, &["That is not the image's id"]);
}

#[test]
fn several_copies_are_dismissed_only_after_a_question() {
    let mut model = with_jobs(vec![available(1), available(2), copying(3)]);
    assert_eq!(keys(&mut model, "D"), []);
    shows(&mut model, &["Dismiss the 2 ended copies shown?", "[No, keep them]"]);
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    keys(&mut model, "D");
    let effects = keys(&mut model, "y");
    assert!(matches!(&effects[..], [Effect::Command(Command::Dismiss(jobs))] if jobs.len() == 2), "{effects:?}");
    let mut model = with_jobs(vec![available(1), copying(3)]);
    assert!(matches!(&keys(&mut model, "D")[..], [Effect::Command(Command::Dismiss(_))]));
}
