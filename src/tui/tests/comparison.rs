//! Pages that compare a copy with its source, or any two images; and lineages.

use super::{
    jobs::{available, copying, on, says, screen, shows, update_jobs, with_jobs},
    *,
};
use crate::domain::{
    LaunchPermission, PostCopyStep,
    compare::{CompareRequest, Described, ImageRef, Incomparable, OwnerDetails, Pair},
    lineage::LineageRead,
};

fn described(image: Image) -> Described {
    let of_owner = Some(OwnerDetails { permissions: Ok(Vec::new()), uefi_data: Ok(None) });
    Described { image: Arc::new(image), snapshots: Ok(Vec::new()), of_owner }
}

fn pair(left: Image, right: Image) -> Pair {
    Pair { left: described(left), right: described(right) }
}

/// The one request, and what is to be read.
fn requested(effects: &[Effect]) -> (EffectId, CompareRequest) {
    match effects {
        [Effect::Compare { id, request }] => (*id, request.clone()),
        other => panic!("{other:?}"),
    }
}

fn answer(model: &mut Model, id: EffectId, read: Result<Pair, Incomparable>) {
    assert_eq!(reply(model, id, Reply::Compared(Box::new(read))), []);
}

#[test]
fn an_available_copy_is_compared_with_its_source_and_with_what_was_requested() {
    let job = available(1);
    let (copy, source) = (job.image().unwrap().clone(), ImageRef::source_of(&job.request));
    let mut model = with_jobs(vec![job.clone()]);
    on(&mut model, 1);
    let (id, request) = requested(&keys(&mut model, "v"));
    let region = job.request.destination.clone();
    assert_eq!(
        request,
        CompareRequest::Copy { copy: ImageRef { region: region.clone(), id: copy.clone() }, source: Some(source) }
    );
    shows(&mut model, &["comparing ..."]);
    let mut right = Image { id: copy, region, name: job.request.name.as_str().into(), ..image(2) };
    right.boot_mode = Some("\u{1b}[31mlegacy".into());
    answer(&mut model, id, Ok(pair(image(1), right)));
    for (columns, row) in [(80, "     copy     [31mlegacy"), (140, "not set")] {
        let shown = screen(&mut model, columns, 60);
        let texts = ["by copy 1", "Differences (1)", "boot mode", "As requested (1)", "name", row];
        assert!(texts.iter().all(|text| shown.contains(text)), "{columns}:\n{shown}");
    }
    assert!(screen(&mut model, 140, 60).lines().any(|l| l.contains("boot mode") && l.contains("legacy")), "in columns");
    let (again, _) = requested(
        &keys(&mut model, "R").into_iter().filter(|e| matches!(e, Effect::Compare { .. })).collect::<Vec<_>>(),
    );
    assert_ne!(again, id);
    let gone = ImageRef::of(&image(1));
    answer(&mut model, again, Err(Incomparable::SourceGone { copy: gone.clone(), source: gone }));
    shows(&mut model, &["not compared", "its source is gone: ami-00000001 in us-east-1"]);
    press(&mut model, KeyCode::Esc);
    assert!(model.overlays.is_empty());
}

#[test]
fn a_comparison_goes_by_what_its_job_requests_now() {
    let job = available(1);
    let mut model = with_jobs(vec![job.clone()]);
    on(&mut model, 1);
    let (id, _) = requested(&keys(&mut model, "v"));
    let copy = job.image().unwrap().clone();
    let right = Image { id: copy, region: job.request.destination.clone(), ..image(1) };
    answer(&mut model, id, Ok(pair(image(1), right)));
    let sharing = "launch permissions";
    assert!(!screen(&mut model, 120, 60).contains(sharing));
    let mut edited = job;
    let account = AccountId::new("999999999999").unwrap();
    edited.request.post_copy = vec![PostCopyStep::LaunchPermissions(vec![LaunchPermission::Account(account)])];
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(edited)], status: None });
    shows(&mut model, &[sharing, "requested: 999999999999"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let mut model = with_jobs(vec![copying(1)]);
    on(&mut model, 1);
    assert_eq!(keys(&mut model, "v"), []);
    says(&model, "Only an available copy can be compared");
    let mut model = listed(vec![image(1)]);
    assert_eq!(keys(&mut model, "v"), []);
    says(&model, "EC2 reports no source image");
    assert_eq!(keys(&mut model, "D"), []);
    says(&model, "Mark two images with Space");
    let built = Image { source_instance: Some("i-1".into()), source_image_id: Some(image(9).id), ..image(1) };
    let mut model = listed(vec![built]);
    assert_eq!(keys(&mut model, "v"), []);
    says(&model, "is no copy: it was made from an instance");
    keys(&mut model, "d");
    shows(&mut model, &["made from", "i-1, an instance of ami-00000009"]);
}

#[test]
fn an_image_that_names_its_source_is_compared_with_it() {
    let mut copy = image(1);
    copy.source_image_id = Some(image(9).id);
    copy.source_region = Some(region("eu-west-1"));
    let mut model = listed(vec![copy.clone()]);
    let (id, request) = requested(&keys(&mut model, "v"));
    assert_eq!(request, CompareRequest::Copy { copy: ImageRef::of(&copy), source: None });
    answer(&mut model, id, Ok(pair(image(1), copy)));
    shows(&mut model, &["the same as its source", "unknown: no job"]);
    press(&mut model, KeyCode::Esc);
    let details = keys(&mut model, "d");
    assert!(matches!(&details[..], [Effect::ReadImageDetails { .. }]), "{details:?}");
    requested(&keys(&mut model, "V"));
}

#[test]
fn two_marked_images_or_a_marked_one_and_this_one_are_compared() {
    let mut model = listed(vec![image(1), image(2), image(3)]);
    keys(&mut model, " ");
    let (id, request) = requested(&keys(&mut model, "D"));
    let both = CompareRequest::Pair(ImageRef::of(&image(1)), ImageRef::of(&image(2)));
    assert_eq!(request, both, "the marked one, and the one under the cursor");
    answer(&mut model, id, Ok(pair(image(1), image(2))));
    shows(&mut model, &["2 differences", "name", "created", "web-1", "web-2"]);
    press(&mut model, KeyCode::Esc);
    assert_eq!(requested(&keys(&mut model, " D")).1, both, "the two that are marked");
    press(&mut model, KeyCode::Esc);
    assert_eq!(keys(&mut model, " D"), []);
    says(&model, "More than two images are marked");
}

#[test]
fn a_lineage_is_a_tree_with_what_is_not_known_above_it() {
    let mut copy = image(2);
    copy.source_image_id = Some(image(1).id);
    let mut model = listed(vec![image(1)]);
    let effects = keys(&mut model, "t");
    let [Effect::ReadLineage { id, regions, .. }] = &effects[..] else { panic!("{effects:?}") };
    assert_eq!(regions, &[region("us-east-1")]);
    shows(&mut model, &["looking for ancestors and copies"]);
    let denied = Failure::new("look for copies in eu-west-1", "no");
    let read = LineageRead {
        ancestry: Err(denied.clone()),
        copies: vec![Arc::new(copy)],
        regions: regions.clone(),
        unread: vec![(region("eu-west-1"), denied)],
    };
    assert_eq!(reply(&mut model, *id, Reply::Lineage(Box::new(read))), []);
    let root = "ami-00000001 (this image) in us-east-1: web-1, available";
    let texts =
        ["ancestors unknown, 1 copy in 1 region", "ancestors: unknown (no)", "copies in eu-west-1: unknown (no)", root];
    shows(&mut model, &texts);
    shows(&mut model, &["What was made from copies in regions that were not"]);
    shows(&mut model, &["\u{2514}\u{2500} ami-00000002 in us-east-1: web-2, available"]);
    let again = keys(&mut model, "R");
    assert!(again.iter().any(|effect| matches!(effect, Effect::ReadLineage { .. })), "{again:?}");
}
