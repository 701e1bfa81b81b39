//! The lines of copies beside one another.

use super::*;

#[test]
fn beside_bars_nothing_is_cut_in_80_columns_that_is_to_be_read() {
    let name = |j: &mut Job| j.request.name = ImageName::new("app-web-2026.00015-hardened").unwrap();
    let copied = with(2, |j| {
        *j = available(2);
        (j.started, j.ended) = (Some(now() - SignedDuration::from_mins(61)), Some(now()));
        name(j);
    });
    let cancelled = with(3, |j| {
        let step = RemovalStep::DeletingSnapshots {};
        j.state = JobState::Removing { image: ami(3), reason: RemovalReason::Cancel, step };
        let snapshot = SnapshotId::new("snap-0123456789abcdef0").unwrap();
        j.note = Some(Note::DeletePending { snapshot, why: None });
        name(j);
    });
    let mut model = with_jobs(vec![copying(1), copied, cancelled]);
    let shown = screen(&mut model, 80, 24);
    for text in [&*format!("available {} at most 1h01m", ami(2)), "cancelling: snapshot not deleted yet"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
    let shown = screen(&mut model, 140, 24);
    for text in [&*format!("available {} after at most 1h01m", ami(2)), "waiting to delete snap-0123456789abcdef0"] {
        assert!(shown.contains(text), "{text}: {shown}");
    }
}
