//! Other users of the account make look-alike images and snapshots: the program does not treat them as its own.

use amigrate::{
    domain::{ImageId, ImageState, Region},
    engine::JobState,
    sim::{
        LookAlike,
        faults::{FaultKind, Rule},
    },
};
use jiff::Timestamp;

use super::fixture::{Drive, PATIENCE, ProcessFixture, job_lines, region};
use crate::support::pty::Pty;

const REGION: &str = "eu-west-2";

fn here() -> Region {
    region(REGION)
}

/// Requests one copy and waits until EC2 has it pending, with its snapshots.
fn one_copy(fixture: &ProcessFixture, screen: &mut Pty) -> ImageId {
    fixture.ask(&amigrate::engine::Command::Copy(vec![fixture.request("ours", REGION, 7)]));
    screen.wait_for("the copy", |t| t.contains("1 copying"));
    fixture.changed.wait_for("its snapshots to be listed", PATIENCE, || {
        let jobs = fixture.jobs();
        let job = jobs.iter().find(|j| j.request.name.as_str() == "ours")?;
        (!job.snapshots.is_empty()).then(|| job.image().cloned()).flatten()
    })
}

#[test]
fn a_cancel_leaves_a_snapshot_that_only_looks_like_its_own() {
    let fixture = ProcessFixture::slow();
    let mut screen = fixture.screen_ready();
    let image = one_copy(&fixture, &mut screen);
    let now = Timestamp::now();
    // A finished snapshot of the same copy to imitate; ours is pending.
    let theirs = fixture.ec2.with(|w| {
        let (_, _, own) = w.copy_snapshots(now).into_iter().find(|(_, i, _)| *i == image).expect("it has one");
        w.complete_snapshot(&here(), &own.id, now).expect("it is pending");
        [LookAlike::Described, LookAlike::Tagged, LookAlike::OfVolume]
            .map(|how| w.imitate_as_other_user(&here(), &own.id, how, now).expect("it is completed"))
    });
    screen.keys("\tx");
    screen.wait_for("the question", |t| t.contains("Cancel the copy"));
    screen.keys("y");
    fixture.changed.wait_for("the cancel to end", PATIENCE, || {
        fixture.jobs().iter().any(|j| j.state == JobState::Cancelled).then_some(())
    });
    let jobs = fixture.jobs();
    let left = &jobs.iter().find(|j| j.state == JobState::Cancelled).expect("just seen").leftovers;
    for snapshot in &theirs {
        assert!(fixture.ec2.with(|w| w.has_snapshot(&here(), snapshot, Timestamp::now())), "{snapshot} was deleted");
        assert!(left.iter().any(|l| l.snapshot == *snapshot), "{snapshot} is not named: {left:?}");
    }
    let own = fixture.ec2.with(|w| w.copy_snapshots(Timestamp::now()).iter().any(|(_, i, _)| *i == image));
    assert!(!own, "the copy's own snapshot is left");
    screen.wait_for("what was left", |t| t.contains("left: snap-"));
    screen.keys("q");
    screen.wait_exit();
}

#[test]
fn another_users_copy_of_the_same_name_is_not_taken_for_ours() {
    let fixture = ProcessFixture::new();
    let source = fixture.request("ours", REGION, 7);
    // The request never arrives, and another user copies the same image under the same name.
    fixture.ec2.with(|w| w.faults().add(Rule::new("CopyImage", FaultKind::Reset).first(1)));
    let theirs = fixture.ec2.with(|w| {
        w.copy_as_other_user(&here(), &source.source, &source.source_region, "ours", Timestamp::now()).expect("it may")
    });
    fixture.ask(&amigrate::engine::Command::Copy(vec![source]));
    let mut drive = fixture.drive();
    assert!(drive.wait().success(), "{}\n{}", drive.said(), drive.errors());
    fixture.finish_copies();
    let jobs = fixture.jobs();
    let ours = jobs.iter().find(|j| j.request.token == fixture.request("ours", REGION, 7).token).expect("asked for");
    let JobState::Available { image } = &ours.state else { panic!("{}", job_lines(&jobs)) };
    assert_ne!(*image, theirs, "theirs was taken for ours");
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 1);
}

/// A copy without tags whose request was not answered until its token is too old to be trusted.
fn in_doubt() -> ProcessFixture {
    let mut fixture = ProcessFixture::new();
    fixture.settings = vec![("AMIGRATE_COPY_JOB_TAGS", "false".into())];
    let mut request = fixture.request("ours", REGION, 7);
    request.volumes.truncate(1);
    let theirs = fixture.ec2.with(|w| {
        w.copy_as_other_user(&here(), &request.source, &request.source_region, "ours", Timestamp::now())
            .expect("it may")
    });
    // Stored as sent eleven minutes ago by a process that has died since.
    let eleven_minutes = jiff::SignedDuration::from_mins(11);
    fixture.leave_sent(request, Timestamp::now() - eleven_minutes);
    let mut drive = fixture.drive();
    assert!(drive.wait().success(), "{}\n{}", drive.said(), drive.errors());
    let jobs = fixture.jobs();
    let doubtful = jobs.iter().find(|j| matches!(j.state, JobState::InDoubt { .. }));
    let Some(JobState::InDoubt { candidates }) = doubtful.map(|j| &j.state) else { panic!("{}", job_lines(&jobs)) };
    assert_eq!(candidates, &[theirs]);
    fixture
}

fn run(fixture: &ProcessFixture, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Drive::start(fixture.command(arguments), fixture);
    let status = command.wait();
    (status.code(), format!("{}{}", command.said(), command.errors()))
}

#[test]
fn a_copy_in_doubt_is_decided_by_command() {
    let fixture = in_doubt();
    let id = fixture.jobs().iter().find(|j| j.state.phase().as_str() == "in doubt").expect("just seen").id.to_string();
    let (_, listed) = run(&fixture, &["jobs"]);
    assert!(listed.contains("in doubt") && listed.contains("may be ami-"), "{listed}");
    let (status, why) = run(&fixture, &["resolve", &id, "--mine", "ami-00000000000000000"]);
    assert!(status == Some(1) && why.contains("is not one of those"), "{why}");
    let (status, why) = run(&fixture, &["resolve", "99", "--again"]);
    assert!(status == Some(2) && why.contains("there is no copy 99"), "{why}");
    let (status, why) = run(&fixture, &["resolve", &id]);
    assert!(status == Some(2) && why.contains("--give-up"), "{why}");
    let (status, said) = run(&fixture, &["resolve", &id, "--again"]);
    assert!(status == Some(0) && said.contains("is resolved"), "{said}");
    let mut drive = fixture.drive();
    assert!(drive.wait().success(), "{}", drive.errors());
    fixture.finish_copies();
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 1, "ours was made beside theirs");
    let (status, why) = run(&fixture, &["resolve", &id, "--give-up"]);
    assert!(status == Some(1) && why.contains("not in doubt"), "{why}");
}

#[test]
fn a_copy_in_doubt_is_decided_on_the_screen() {
    let fixture = in_doubt();
    let mut screen = fixture.screen_ready();
    screen.wait_for("the copy in doubt", |t| t.contains("1 in doubt") && t.contains("may be this copy"));
    screen.keys("\t");
    screen.wait_for("the key that decides", |t| t.contains("t decide"));
    screen.keys("t");
    screen.wait_for("the question", |t| t.contains("A copy in doubt") && t.contains("is this copy"));
    screen.keys("\t\r");
    screen.wait_for("the decision to be carried out", |t| !t.contains("in doubt"));
    fixture.finish_copies();
    let jobs = fixture.jobs();
    assert!(jobs.iter().any(|j| j.request.name.as_str() == "ours" && matches!(j.state, JobState::Available { .. })));
    assert_eq!(fixture.ec2.with(|w| w.copies_made()), 0, "theirs was said to be it: {}", job_lines(&jobs));
    screen.quit();
}

#[test]
fn a_copy_ends_though_its_snapshots_may_not_be_read() {
    let fixture = ProcessFixture::new();
    fixture.ec2.with(|w| w.faults().add(Rule::new("DescribeSnapshots", FaultKind::Deny)));
    fixture.ask(&amigrate::engine::Command::Copy(vec![
        fixture.request("whole", REGION, 7),
        amigrate::domain::CopyRequest { encryption: super::fixture::bad_key(), ..fixture.request("broken", REGION, 8) },
    ]));
    let mut screen = fixture.screen_ready();
    fixture.changed.wait_for("both to end", PATIENCE, || {
        let jobs = fixture.jobs();
        let ours = jobs.iter().filter(|j| ["whole", "broken"].contains(&j.request.name.as_str()));
        (ours.filter(|j| j.state.ended()).count() == 2).then_some(())
    });
    let text = screen.wait_for("how they ended", |t| t.contains("1 available") && t.contains("failed"));
    assert!(!text.contains("cannot poll"), "{text}");
    screen.keys("q");
    screen.wait_exit();
    let now = Timestamp::now();
    let copies = fixture.ec2.with(|w| w.copies(now));
    assert!(copies.iter().any(|c| c.image.state == ImageState::Available && &*c.image.name == "whole"));
    assert!(copies.iter().any(|c| c.image.state == ImageState::Failed && &*c.image.name == "broken"));
}
