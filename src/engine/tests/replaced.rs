//! A failed copy in whose place others were requested.

use super::{removal::fail, *};

#[test]
fn a_failed_copy_whose_image_is_removed_has_failed_and_says_what_replaced_it() {
    let replaced_by = BatchId::new("batch-new");
    let remove = Command::RemoveFailed(JobId(1), replaced_by.clone());
    let begun = || {
        let mut engine = copying();
        fail(&mut engine);
        let failed = engine.job(JobId(1)).unwrap().clone();
        engine.handle(Event::Command(remove.clone()), at(60));
        (engine, failed)
    };
    let failure = |job: &Job| match &job.state {
        JobState::Failed { failure, .. } => failure.clone(),
        other => panic!("{other:?}"),
    };
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

    // AWS refuses, or somebody else was first.
    let (mut engine, before) = begun();
    let refusal = Failure::new("deregister", "no").retry(Retry::Never);
    engine.handle(Event::Response(Response::CheckImage(JobId(1), Err(refusal))), at(60));
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((&job.state, job.failed_and_was_removed()), (&before.state, false));
    let (mut engine, before) = begun();
    for second in [60, 70] {
        engine.handle(Event::Tick, at(second));
        let gone = Response::CheckImage(JobId(1), Ok(CheckedImage::default()));
        engine.handle(Event::Response(gone), at(second));
    }
    let job = engine.job(JobId(1)).unwrap();
    assert_eq!((failure(job), &job.note), (failure(&before), &Some(Note::DeregisteredElsewhere)));
}
