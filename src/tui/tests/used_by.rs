//! Who uses an image, and the usage report that is requested.

use super::{
    jobs::{says, shows},
    *,
};
use crate::domain::{
    image_usage::{ImageReference, ImageUsage, ReferenceKind},
    usage_report::{AccountUse, Reported},
};

fn usage(reported: Result<Reported, Failure>) -> ImageUsage {
    let reference = ImageReference {
        kind: ReferenceKind::Instance,
        arn: "arn:aws:ec2:us-east-1:123456789012:instance/i-\u{202e}1".into(),
    };
    ImageUsage {
        image: image(1).id,
        references: Ok(vec![reference]),
        permissions: Ok(Vec::new()),
        shared_snapshots: Ok(Vec::new()),
        volume_permissions: Ok(Vec::new()),
        reported: Some(reported),
    }
}

/// The effect that reads who uses the image.
fn read(effects: &[Effect]) -> EffectId {
    let [Effect::ReadUsage { id, images, .. }] = effects else { panic!("{effects:?}") };
    assert_eq!(images.len(), 1);
    *id
}

fn requested(effects: &[Effect]) -> EffectId {
    let [Effect::RequestUsageReport { id, .. }] = effects else { panic!("{effects:?}") };
    *id
}

#[test]
fn who_uses_an_image_is_shown_and_a_report_is_requested_once() {
    let mut model = listed(vec![image(1)]);
    let id = read(&keys(&mut model, "u"));
    shows(&mut model, &["Used by: ami-00000001 in us-east-1", "asking AWS ..."]);
    assert_eq!(reply(&mut model, id, Reply::Usage(vec![usage(Ok(Reported::None))])), []);
    shows(&mut model, &["used by: instance i-1", "unknown (there is no usage report)", "u requests one"]);
    let report = requested(&keys(&mut model, "u"));
    shows(&mut model, &["requested: EC2 takes minutes"]);
    assert_eq!(keys(&mut model, "u"), [], "it is requested once");
    // It continues without the page, which shows it when it is open again.
    press(&mut model, KeyCode::Esc);
    let id = read(&keys(&mut model, "u"));
    let pending = Reported::Pending { since: Some(model.now) };
    assert_eq!(reply(&mut model, id, Reply::Usage(vec![usage(Ok(pending))])), []);
    shows(&mut model, &["EC2 is making a usage report", "requested: EC2 takes minutes"]);
    let one = AccountUse { account: AccountId::new("222222222222").unwrap(), kind: ReferenceKind::Instance, count: 3 };
    let available = Reported::Available { created: Some(model.now), uses: vec![one] };
    assert_eq!(reply(&mut model, report, Reply::UsageReported(Ok(available))), []);
    shows(&mut model, &["222222222222 (3 instances), by the usage report of"]);
    // It is deleted by then.
    let again: Vec<Effect> =
        keys(&mut model, "R").into_iter().filter(|effect| matches!(effect, Effect::ReadUsage { .. })).collect();
    assert_eq!(reply(&mut model, read(&again), Reply::Usage(vec![usage(Ok(Reported::None))])), []);
    shows(&mut model, &["222222222222 (3 instances), by the usage report of"]);
}

#[test]
fn a_denied_report_is_said_and_none_is_requested_where_nothing_may_be_changed() {
    let mut model = listed(vec![image(1)]);
    let id = read(&keys(&mut model, "u"));
    let denied = Failure::new("list usage reports", "no\u{1b}[2J");
    assert_eq!(reply(&mut model, id, Reply::Usage(vec![usage(Err(denied))])), []);
    shows(&mut model, &["used by other accounts: unknown (no [2J)"]);
    model.start.config.read_only = true;
    assert_eq!(keys(&mut model, "u"), []);
    says(&model, "This is read-only: no usage report is requested.");
}
