//! The review against time, news and other accounts: what it is about when a key is pressed.

use super::{
    jobs::{available, copying, job, overlay, says, shows},
    review::{answer, checks, reviewed},
    *,
};
use crate::{
    domain::review::{CheckAnswer, CheckRequest, Review},
    engine::{Origin, RemovalReason, RemovalStep},
};

fn opened() -> Model {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    model
}

fn ctrl_s_at(model: &mut Model, at: Timestamp) -> Vec<Effect> {
    model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Char('s'), KeyModifiers::CONTROL))), at)
}

/// Takes in news of the jobs; returns the checks they lead to.
fn news(model: &mut Model, update: JobUpdate) -> usize {
    let effects = model.update(Msg::Jobs(update), now());
    effects.iter().filter(|effect| matches!(effect, Effect::Check { .. })).count()
}

fn changed(job: Job) -> JobUpdate {
    JobUpdate::Changed { jobs: vec![Arc::new(job)], status: None }
}

/// The copies of the command among these effects.
fn started(effects: &[Effect]) -> Vec<crate::domain::CopyRequest> {
    match effects {
        [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] => copies.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_starts_before_a_frame_has_shown_the_review() {
    let mut model = opened();
    reviewed(&mut model, None);
    press(&mut model, KeyCode::Esc);
    // All is known already, but the screen still shows the form.
    assert_eq!(ctrl(&mut model, 's'), []);
    assert_eq!(ctrl(&mut model, 's'), []);
    says(&model, "Not started: the review is complete only now.");
    frame(&mut model);
    // One's own choice needs no frame.
    keys(&mut model, "S");
    assert_eq!(started(&ctrl(&mut model, 's')).len(), 2);
}

#[test]
fn old_answers_are_asked_again_before_the_start() {
    for confirm in [usize::MAX, 1] {
        let mut model = listed_with(vec![image(1)], |config| {
            (config.copy.confirm_copies, config.browse.refresh_minutes) = (confirm, 0);
        });
        open_form(&mut model);
        let all = reviewed(&mut model, None);
        let later = now() + Review::FRESH;
        let mut open = if confirm == 1 {
            assert_eq!(ctrl(&mut model, 's'), []);
            keys(&mut model, "2");
            checks(&model.update(Msg::Input(Input::Key(KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE))), later))
        } else {
            checks(&ctrl_s_at(&mut model, later))
        };
        says(&model, "answers are older than 5 minutes");
        let mut answered = 0;
        while let Some((id, request)) = open.pop() {
            let reply = Reply::Check(answer(&request, None));
            open.extend(checks(&model.update(Msg::Reply { id, reply }, later)));
            answered += 1;
        }
        assert_eq!(answered, all);
        assert_eq!(model.update(Msg::Frame, later), []);
        let effects = ctrl_s_at(&mut model, later);
        assert_eq!(effects.is_empty(), confirm == 1, "{effects:?}");
    }
}

#[test]
fn another_profile_uses_no_answers_again() {
    let mut model = opened();
    reviewed(&mut model, None);
    press(&mut model, KeyCode::Esc);
    assert!(model.last_review.is_some());
    browse::switch_profile(&mut model, "weak".into(), &mut Vec::new());
    assert!(model.last_review.is_none());
    // Nor do other credentials of the same profile.
    let mut model = opened();
    reviewed(&mut model, None);
    press(&mut model, KeyCode::Esc);
    browse::on_connected(&mut model, Ok(connected()), &mut Vec::new());
    assert!(model.last_review.is_none());
}

/// Opens a review in which the name is taken everywhere. Returns it with the checks of pending copies, not answered yet.
fn with_late_checks() -> (Model, Vec<EffectId>) {
    let mut model = opened();
    let name = image(1).name;
    let mut open = checks(&ctrl(&mut model, 's'));
    let mut late = Vec::new();
    while let Some((id, request)) = open.pop() {
        if matches!(request, CheckRequest::PendingCopies { .. }) {
            late.push(id);
        } else {
            open.extend(checks(&reply(&mut model, id, Reply::Check(answer(&request, Some(&name))))));
        }
    }
    frame(&mut model);
    (model, late)
}

/// A warning comes above.
fn answer_late(model: &mut Model, late: Vec<EffectId>) {
    for id in late {
        reply(model, id, Reply::Check(Ok(CheckAnswer::PendingCopies(10_000))));
    }
}

#[test]
fn the_cursor_stays_on_its_copy_while_answers_come() {
    for drawn in [true, false] {
        let (mut model, late) = with_late_checks();
        keys(&mut model, "j");
        shows(&mut model, &["> eu-west-2: \"web-1\""]);
        answer_late(&mut model, late);
        if drawn {
            shows(&mut model, &["Warning: ", "> eu-west-2: \"web-1\""]);
        }
        keys(&mut model, "s");
        shows(&mut model, &["Warning: ", "> eu-west-2: \"web-1\"", "Review: 1 of 2 copies"]);
        let effects = ctrl(&mut model, 's');
        assert_eq!(started(&effects)[0].destination, region("eu-west-1"));
    }
}

#[test]
fn a_key_is_for_the_entry_that_was_shown_even_if_the_cursor_was_never_moved() {
    let (mut model, late) = with_late_checks();
    shows(&mut model, &["> eu-west-1: \"web-1\""]);
    answer_late(&mut model, late);
    keys(&mut model, "s");
    shows(&mut model, &["Review: 1 of 2 copies", "> eu-west-1: \"web-1\""]);
}

#[test]
fn the_form_stays_where_no_command_is_accepted() {
    let mut model = listed_with(vec![image(1)], |config| config.copy.confirm_copies = 1);
    open_form(&mut model);
    reviewed(&mut model, None);
    assert_eq!(ctrl(&mut model, 's'), []);
    keys(&mut model, "2");
    let stopped = Failure::new("lock the jobs", "this file system has no locks");
    news(&mut model, JobUpdate::Driver(DriverStatus::NotRunning(stopped)));
    frame(&mut model);
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    says(&model, "no locks");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))));
    assert_eq!(model.overlays.len(), 2, "and its form");
    news(&mut model, JobUpdate::Driver(DriverStatus::ThisProcess));
    assert_eq!(started(&press(&mut model, KeyCode::Enter)).len(), 2);
}

#[test]
fn the_form_comes_back_if_its_copies_were_not_stored() {
    let refused = || JobUpdate::Rejected(Failure::new("store the command", "the disk is full"));
    let mut model = opened();
    reviewed(&mut model, None);
    let copies = started(&ctrl(&mut model, 's'));
    assert!(model.overlays.is_empty());
    news(&mut model, refused());
    says(&model, "the disk is full");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
    reviewed(&mut model, None);
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies."]);
    // Once they are stored, it was another command.
    ctrl(&mut model, 's');
    let mut queued = job(1);
    queued.request = copies[0].clone();
    let again = started_again(&mut model, queued);
    assert!(again.is_none(), "{again:?}");
}

/// Says that the copies just requested are stored, then that a command was rejected. Returns what is open then.
fn started_again(model: &mut Model, mut queued: Job) -> Option<screens::Overlay> {
    queued.request.token = model.requested.clone().tokens().next().unwrap();
    news(model, changed(queued));
    news(model, JobUpdate::Rejected(Failure::new("cancel", "no")));
    model.overlays.last().cloned()
}

#[test]
fn requested_copies_are_there_before_they_are_stored() {
    let mut model = opened();
    reviewed(&mut model, None);
    ctrl(&mut model, 's');
    press(&mut model, KeyCode::Tab);
    open_form(&mut model);
    reviewed(&mut model, None);
    shows(&mut model, &["is under way already, the same copy. [skip]", "Nothing to start: every copy is skipped."]);
}

#[test]
fn a_job_that_appears_while_the_review_is_open_counts() {
    let mut model = opened();
    reviewed(&mut model, None);
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies."]);
    let mut other = job(7);
    let mine = model.overlays.iter().find_map(|overlay| match overlay {
        screens::Overlay::Review(screen) => Some(screen.review().copies()[0].clone()),
        _ => None,
    });
    other.request = crate::domain::CopyRequest { token: other.request.token, ..mine.unwrap() };
    for (removed, text) in [(false, "Ready: Ctrl-s starts 1 copy."), (true, "Ready: Ctrl-s starts 2 copies.")] {
        if removed {
            // A copy that is being cancelled will not be there.
            let step = RemovalStep::Checking { at: None, sent: None, slow_answers: 0 };
            other.state = JobState::Removing { image: jobs::ami(1), reason: RemovalReason::Cancel, step };
        }
        let open = model.update(Msg::Jobs(changed(other.clone())), now());
        for (id, request) in checks(&open) {
            reply(&mut model, id, Reply::Check(answer(&request, None)));
        }
        assert_eq!(ctrl(&mut model, 's'), [], "not before it was shown");
        shows(&mut model, &[text]);
    }
}

#[test]
fn only_copies_that_were_watched_to_their_end_say_how_long_others_take() {
    let took = |change: &dyn Fn(&mut Job)| {
        let mut model = opened();
        let mut ended = available(3);
        ended.started = Some(now() - SignedDuration::from_hours(60));
        ended.last_progress = Some(now() - SignedDuration::from_mins(1));
        change(&mut ended);
        news(&mut model, changed(ended));
        reviewed(&mut model, None);
        jobs::screen(&mut model, 80, 24)
    };
    assert!(took(&|_| ()).contains("estimated from 1 copy"));
    let weekend = took(&|job| job.last_progress = Some(now() - SignedDuration::from_hours(59)));
    assert!(weekend.contains("time unknown"), "{weekend}");
    let timed =
        took(&|job| job.request.completion = crate::domain::completion::CompletionDuration::from_minutes(15).ok());
    assert!(timed.contains("time unknown"), "{timed}");
    // A small copy makes no progress before its end.
    let short = took(&|job| {
        job.started = Some(now() - SignedDuration::from_mins(5));
        job.last_progress = job.started;
    });
    assert!(short.contains("estimated from 1 copy"), "{short}");
}

#[test]
fn copies_started_elsewhere_are_known_by_their_images_alone() {
    let mut model = opened();
    let mut other = copying(1);
    other.origin = Origin::Elsewhere;
    other.request.source = image(1).id;
    other.request.name = crate::domain::ImageName::nearest(&image(1).name);
    news(&mut model, changed(other));
    reviewed(&mut model, None);
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies."]);
}

#[test]
fn a_dismissed_copy_still_tells_how_long_copies_take() {
    let done = super::jobs::with(1, |job| {
        job.state = JobState::Available { image: ImageId::new("ami-00000009").unwrap() };
        (job.started, job.ended) = (Some(now() - SignedDuration::from_mins(3)), Some(now()));
    });
    let mut model = super::jobs::with_jobs(vec![done.clone()]);
    let known = model.jobs_view.completed();
    assert_eq!(known.len(), 1);
    let mut dismissed = done;
    dismissed.dismissed = true;
    _ = model.update(Msg::Jobs(JobUpdate::Changed { jobs: vec![Arc::new(dismissed)], status: None }), now());
    assert_eq!((model.jobs_view.jobs().count(), model.jobs_view.completed()), (0, known));
}
