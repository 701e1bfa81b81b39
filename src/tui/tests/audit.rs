//! Audit entries in job details.

use super::{
    jobs::{available, copying, screen, with_jobs},
    *,
};
use crate::engine::{AuditEntry, JobId, Outcome};

/// On a terminal with room for all details.
fn shows(model: &mut Model, texts: &[&str]) {
    let shown = screen(model, 140, 60);
    for text in texts {
        assert!(shown.contains(text), "`{text}`:\n{shown}");
    }
}

fn change_jobs(model: &mut Model, update: JobUpdate) -> Vec<Effect> {
    model.update(Msg::Jobs(update), now())
}

#[test]
fn job_details_show_audit_entries_and_reload_them_when_the_phase_changes() {
    let call = |resource: &str, outcome| AuditEntry {
        time: now(),
        identity: Some("arn:aws:iam::123456789012:user/ann".into()),
        region: "eu-west-1".into(),
        action: "CopyImage".into(),
        resource: resource.into(),
        job: JobId(1),
        request_id: Some("req-42".into()),
        outcome,
    };
    let asked = |effects: &[Effect]| match effects {
        [Effect::Audit { id, job: JobId(1) }, ..] => *id,
        other => panic!("{other:?}"),
    };
    let mut model = with_jobs(vec![copying(1)]);
    let id = asked(&keys(&mut model, "d"));
    shows(&mut model, &["changing calls     loading"]);
    let calls = vec![call("ami-1 > ami-2\u{1b}[31m", Outcome::Done)];
    _ = model.update(Msg::Reply { id, reply: Reply::Audit(Ok(calls)) }, now());
    shows(&mut model, &["CopyImage in eu-west-1", "ami-1 > ami-2", "done", "req-42", "user/ann"]);
    assert_eq!(
        change_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(copying(1))], status: None }),
        [],
        "nothing new"
    );
    let id = asked(&change_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(available(1))], status: None }));
    shows(&mut model, &["req-42"]);
    let refused = Failure::new("read the audit", "the disk is gone");
    _ = model.update(Msg::Reply { id, reply: Reply::Audit(Err(refused)) }, now());
    shows(&mut model, &["the disk is gone"]);
}
