//! What is kept of changing calls.

use super::*;
use crate::engine::{AnsweredRequest, AuditEntry, AuditId, Change, Outcome, SentRequest};

fn sent(id: u128, job: u64, action: &'static str, resource: &str) -> SentRequest {
    let change =
        Change { job: JobId(job), action, region: Region::new("eu-west-1").unwrap(), resource: resource.into() };
    SentRequest { id: AuditId(id), identity: Some("arn:aws:iam::123456789012:user/first".into()), change }
}

fn answered(id: u128, outcome: Outcome) -> AnsweredRequest {
    AnsweredRequest { id: AuditId(id), identity: None, request_id: Some(format!("req-{id}")), detail: None, outcome }
}

fn send(store: &mut Store, calls: &[SentRequest], now: Timestamp) {
    store.commit(&account(), &ChangeSet { sent: calls.to_vec(), ..ChangeSet::default() }, now).unwrap();
}

fn answer(store: &mut Store, calls: &[AnsweredRequest]) {
    store.commit(&account(), &ChangeSet { answered: calls.to_vec(), ..ChangeSet::default() }, at(9)).unwrap();
}

fn audit(store: &Store) -> Vec<AuditEntry> {
    store.audit(&account(), None).unwrap()
}

#[test]
fn a_call_is_kept_as_sent_until_its_answer_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let calls = [sent(1, 1, "CopyImage", "ami-a in us-east-1"), sent(2, 2, "DeleteSnapshot", "snap-b")];
    send(&mut store, &calls, at(5));
    send(&mut store, &calls, at(6));
    drop(store);
    let mut store = open(dir.path());
    let kept = audit(&store);
    assert_eq!(kept.len(), 2, "the same commit tried again writes nothing twice");
    assert_eq!(
        kept[0],
        AuditEntry {
            time: at(5),
            identity: Some("arn:aws:iam::123456789012:user/first".into()),
            region: "eu-west-1".into(),
            action: "CopyImage".into(),
            resource: "ami-a in us-east-1".into(),
            job: JobId(1),
            request_id: None,
            outcome: Outcome::Sent,
        }
    );
    let renewed = AnsweredRequest {
        identity: Some("arn:aws:iam::123456789012:user/second".into()),
        detail: Some("ami-new".into()),
        ..answered(1, Outcome::Done)
    };
    answer(&mut store, &[renewed, answered(2, Outcome::Refused("InvalidSnapshot.InUse".into()))]);
    let kept = audit(&store);
    assert_eq!(kept[0].identity.as_deref(), Some("arn:aws:iam::123456789012:user/second"), "who it was signed for");
    assert_eq!(
        (kept[0].resource.as_str(), kept[0].request_id.as_deref()),
        ("ami-a in us-east-1 > ami-new", Some("req-1"))
    );
    assert_eq!((kept[0].time, &kept[0].outcome), (at(5), &Outcome::Done));
    assert_eq!(kept[1].outcome, Outcome::Refused("InvalidSnapshot.InUse".into()));
    assert_eq!((kept[1].resource.as_str(), kept[1].identity.is_some()), ("snap-b", true));
    answer(&mut store, &[answered(2, Outcome::NoAnswer)]);
    assert_eq!(audit(&store)[1].outcome, Outcome::NoAnswer);
}

#[test]
fn an_account_sees_its_own_calls_and_a_job_its_own() {
    let mut store = Store::in_memory().unwrap();
    send(
        &mut store,
        &[sent(1, 1, "CopyImage", "a"), sent(2, 2, "CopyImage", "b"), sent(3, 1, "DeregisterImage", "c")],
        at(5),
    );
    let of_job = |job| {
        let kept = store.audit(&account(), Some(JobId(job))).unwrap();
        kept.into_iter().map(|entry| entry.resource).collect::<Vec<_>>()
    };
    assert_eq!(of_job(1), ["a", "c"]);
    assert_eq!(of_job(9), [""; 0]);
    assert_eq!(store.audit(&other_account(), None).unwrap(), []);
    assert_eq!(store.accounts().unwrap(), [account()], "an account is known by its calls alone");
}

#[test]
fn calls_are_forgotten_with_their_jobs() {
    let mut store = Store::in_memory().unwrap();
    commit(&mut store, &[done(1, at(10)), done(2, at(500)), job(3)]);
    let calls: Vec<_> = (1..=4).map(|n| sent(n.into(), n, "CopyImage", &n.to_string())).collect();
    send(&mut store, &calls, at(5));
    send(&mut store, &[sent(9, 1, "DeleteSnapshot", "late")], at(400));
    assert_eq!(store.prune(at(100)).unwrap(), 3, "job 1, its call, and that of a job that is gone already");
    let left: Vec<_> = audit(&store).into_iter().map(|entry| entry.resource).collect();
    assert_eq!(left, ["2", "3", "late"]);
    let seq = store.load(&account(), at(0)).unwrap().seq;
    assert_eq!(store.prune(at(100)).unwrap(), 0);
    assert_eq!(store.load(&account(), at(0)).unwrap().seq, seq, "nothing to do is no commit");
}
