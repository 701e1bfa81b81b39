//! A failed copy in whose place others were requested.

use super::{removal::fail, *};

/// Returns an engine whose failed copy is being removed, as another was requested in its place, and the job before.
fn begun() -> (Engine, Job) {
    let mut engine = copying();
    fail(&mut engine);
    let failed = engine.job(JobId(1)).unwrap().clone();
    let remove = Command::RemoveFailed(JobId(1), BatchId::new("batch-new"));
    engine.handle(Event::Command(remove), at(60));
    (engine, failed)
}

fn failure(job: &Job) -> Box<Failure> {
    match &job.state {
        JobState::Failed { failure, .. } => failure.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_failed_copy_whose_image_is_removed_has_failed_and_says_what_replaced_it() {
    let replaced_by = BatchId::new("batch-new");
    let (mut engine, before) = begun();
    let job = engine.job(JobId(1)).unwrap();
    assert!(job.is_failed_being_removed() && !job.can_be_cancelled());
    let stored: Job = serde_json::from_str(&serde_json::to_string(job).unwrap()).unwrap();
    assert_eq!(stored, *job);
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Failed)))), at(60));
    let done = Response::DeregisterImage(JobId(1), Ok(Deregistration::Done(Vec::new())));
    let mut requests = engine.handle(Event::Response(done), at(60));
    let mut now = at(60);
    for _ in 0..100 {
        if state(&engine).ended() {
            break;
        }
        for request in std::mem::take(&mut requests) {
            let answer = match request {
                Request::FindSnapshots { job, image, .. } => Response::FindSnapshots(job, image, Ok(Vec::new())),
                Request::ListPending { region } => Response::ListPending(region, Ok(Vec::new())),
                other => panic!("{other:?}"),
            };
            requests.extend(engine.handle(Event::Response(answer), now));
        }
        if requests.is_empty() {
            now = engine.next_deadline().unwrap_or(now);
            requests = engine.handle(Event::Tick, now);
        }
    }
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((failure(job), job.image(), job.replaced_by()), (failure(&before), None, Some(&replaced_by)));
    assert!(job.failed_and_was_removed());
    assert_eq!((job.end_time(), job.elapsed(at(999))), (before.end_time(), before.elapsed(at(999))));
}

#[test]
fn what_replaced_a_failed_copy_is_kept_where_aws_refuses_or_somebody_else_was_first() {
    let replaced_by = BatchId::new("batch-new");
    let (mut engine, before) = begun();
    let refusal = Failure::new("deregister", "no").retry(Retry::Never);
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Err(refusal))), at(60));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((&job.state, job.failed_and_was_removed()), (&before.state, false));
    assert_eq!(job.replaced_by(), Some(&replaced_by), "the copies in its place were requested all the same");
    assert_eq!(job.removal_refusal().map(|refused| refused.why.as_str()), Some("no"));
    engine.handle(Event::Command(Command::Deregister(vec![JobId(1)])), at(61));
    let JobState::Removing { reason, .. } = state(&engine) else { panic!() };
    assert_eq!(reason.replaced_by(), Some(&replaced_by));
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Ok(still(ImageState::Available)))), at(62));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((job.state.phase(), job.replaced_by()), (JobPhase::Available, Some(&replaced_by)));
    let (mut engine, before) = begun();
    for second in [60, 70] {
        engine.handle(Event::Tick, at(second));
        let gone = Response::CheckImage(JobId(1), Ok(CheckedImage::default()));
        engine.handle(Event::Response(gone), at(second));
    }
    let job = engine.job(JobId(1)).unwrap();
    let notes = Note::join(Some(Note::Replaced(replaced_by)), Some(Note::DeregisteredElsewhere));
    assert_eq!((failure(job), &job.note), (failure(&before), &notes));
}
