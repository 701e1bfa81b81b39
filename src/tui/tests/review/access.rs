//! Sources whose owner does not share all that a copy reads, in the review: what is said, and having the owner's account give it.

use super::*;
use crate::domain::{
    SnapshotId,
    image_access::{AccessTarget, GivenAccess, MissingAccess, Share, ShareOutcome, ShareRequest, Unshareable},
};
use crate::tui::screens::review::access;

const KEY: &str = "arn:aws:kms:us-east-1:210987654321:key/1";

fn owner() -> AccountId {
    AccountId::new("210987654321").unwrap()
}

fn target() -> AccessTarget {
    let account = AccountId::new("123456789012").unwrap();
    AccessTarget { image: image(1).id, region: region("us-east-1"), account }
}

fn missing() -> Vec<MissingAccess> {
    vec![MissingAccess::Key(KEY.into()), MissingAccess::Snapshot(SnapshotId::new("snap-1").unwrap())]
}

fn shared_request() -> ShareRequest {
    ShareRequest { owner: owner(), shares: vec![Share { target: target(), missing: missing() }] }
}

/// Answers these checks and those they lead to; the image is another account's, which does not share this.
fn answer_checks(model: &mut Model, effects: &[Effect], missing: &[MissingAccess]) -> usize {
    let mut open = checks(effects);
    let mut answered = 0;
    while let Some((id, request)) = open.pop() {
        let answer = match &request {
            CheckRequest::Sources { .. } => Ok(CheckAnswer::Images(vec![Image { owner_id: owner(), ..image(1) }])),
            CheckRequest::AllowedImages { .. } => {
                Ok(CheckAnswer::AllowedImages(crate::domain::review::checks::AllowedImages::default()))
            }
            CheckRequest::MissingAccess { .. } => Ok(CheckAnswer::MissingAccess(missing.to_vec())),
            request => answer(request, None),
        };
        open.extend(checks(&reply(model, id, Reply::Check(answer))));
        answered += 1;
    }
    frame(model);
    answered
}

/// A review of copies of an image of which snapshot and key are not shared.
fn opened(owners: &[AccountId]) -> Model {
    let mut model = listed(vec![Image { owner_id: owner(), ..image(1) }]);
    model.owners_on_screen = owners.iter().cloned().collect();
    open_form(&mut model);
    let effects = ctrl(&mut model, 's');
    answer_checks(&mut model, &effects, &missing());
    model
}

/// The text of the review, wrapped by the terminal.
fn text(model: &Model) -> String {
    let Some(screens::Overlay::Review(review)) = overlay(model) else { panic!("{:?}", model.overlays) };
    let lines = screens::review::line_mode::screen(review, model).lines;
    lines.iter().map(crate::tui::line_mode::text::LineModeLine::spoken).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_missing_refuses_the_start_and_says_how_it_is_given() {
    for (owners, ending) in [
        (vec![], "To give it from here, mark a profile of account 210987654321 as well (p in the images)."),
        (vec![owner()], "Account 210987654321 is on the screen: a has it give this."),
    ] {
        let mut model = opened(&owners);
        shows(&mut model, &["cannot be copied, see below", "Cannot start: 1 refusal."]);
        assert_eq!(ctrl(&mut model, 's'), []);
        let text = text(&model);
        for part in [
            "Refused: ami-00000001 of account 210987654321 cannot be copied: 1 snapshot is not shared with account 123456789012: snap-1",
            "may not look at the key of its snapshots",
            "`aws kms create-grant --region us-east-1",
            "`aws ec2 modify-snapshot-attribute",
            ending,
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}

#[test]
fn nothing_is_offered_while_the_owner_is_not_on_the_screen() {
    let mut model = opened(&[]);
    lacks(&mut model, "a give access");
    assert_eq!(keys(&mut model, "a"), []);
    says(&model, "Account 210987654321 is not on the screen");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))));
    assert_eq!((access::request(&model, &owner()), &model.share_request), (None, &None));
    // It comes on the screen meanwhile.
    model.owners_on_screen.insert(owner());
    frame(&mut model);
    shows(&mut model, &["a give access"]);
    assert_eq!(access::request(&model, &owner()), Some(shared_request()));
    assert_eq!(access::request(&model, &AccountId::new("333333333333").unwrap()), None);
}

#[test]
fn the_owner_is_asked_only_after_a_yes_to_exactly_that() {
    for (answer, requested) in [("n", None), ("y", Some(shared_request()))] {
        let mut model = opened(&[owner()]);
        assert_eq!(keys(&mut model, "a"), []);
        shows(
            &mut model,
            &[
                "Account 210987654321 gives 2 permissions to account 123456789012",
                "create-volume permission of snap-1",
                "grant of the key",
                "aws kms create-grant",
            ],
        );
        assert_eq!(model.share_request, None, "not yet");
        assert_eq!(keys(&mut model, answer), [], "another account's effects carry it out");
        assert_eq!(model.share_request, requested);
        assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))));
    }
    let mut model = opened(&[owner()]);
    keys(&mut model, "a");
    model.owners_on_screen.clear();
    keys(&mut model, "y");
    assert_eq!(model.share_request, None);
    says(&model, "Nothing was given: account 210987654321 is not on the screen any more.");
}

#[test]
fn nothing_is_given_read_only() {
    let mut model = opened(&[owner()]);
    model.start.config.read_only = true;
    keys(&mut model, "a");
    says(&model, "Read-only");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))));
}

fn given() -> ShareOutcome {
    let given = |access: MissingAccess| GivenAccess { target: target(), grant: None, access };
    let given = missing().into_iter().map(given).collect();
    ShareOutcome { given, ..ShareOutcome::empty(owner()) }
}

#[test]
fn what_was_given_is_told_and_the_checks_are_repeated() {
    let mut model = opened(&[owner()]);
    keys(&mut model, "ay");
    let mut effects = Vec::new();
    access::on_given(&mut model, &given(), &mut effects);
    shows(&mut model, &["has given 2 permissions", "To undo it:", "aws kms revoke-grant"]);
    press(&mut model, KeyCode::Enter);
    assert!(answer_checks(&mut model, &effects, &[]) > 5, "all is asked again");
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies."]);
    lacks(&mut model, "a give access");
}

#[test]
fn what_failed_is_told_and_recorded() {
    let mut model = opened(&[owner()]);
    keys(&mut model, "ay");
    let failure = Failure::new("share snap-1", "you may not").hint("Ask for ec2:ModifySnapshotAttribute.");
    let outcome = ShareOutcome { given: Vec::new(), failures: vec![failure], ..given() };
    let mut effects = Vec::new();
    access::on_given(&mut model, &outcome, &mut effects);
    shows(&mut model, &["Not all access was given", "you may not", "ModifySnapshotAttribute"]);
    press(&mut model, KeyCode::Enter);
    answer_checks(&mut model, &effects, &missing());
    shows(&mut model, &["Cannot start: 1 refusal."]);
    let mut model = opened(&[owner()]);
    // A dialog that opens by itself would take the keys meant for another screen.
    press(&mut model, KeyCode::Esc);
    access::on_given(&mut model, &outcome, &mut effects);
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
    says(&model, "you may not");
    access::on_given(&mut model, &given(), &mut effects);
    says(&model, "Account 210987654321 has given 2 permissions to account 123456789012.");
    // Nothing is answered from before.
    let effects = ctrl(&mut model, 's');
    assert!(answer_checks(&mut model, &effects, &[]) > 5);
}

#[test]
fn what_cannot_be_shared_is_not_offered_again() {
    let mut model = opened(&[owner()]);
    keys(&mut model, "ay");
    let failure = Failure::new("share ami-00000001", "its snapshots are encrypted with the AWS managed key for EBS")
        .hint("Its owner can copy it with a customer managed key.");
    let unshareable = vec![Unshareable { image: target().image, failure: failure.clone() }];
    let mut effects = Vec::new();
    access::on_given(&mut model, &ShareOutcome { unshareable, ..ShareOutcome::failed(owner(), failure) }, &mut effects);
    press(&mut model, KeyCode::Enter);
    answer_checks(&mut model, &effects, &missing());
    let text = text(&model);
    let cannot = "cannot give it: its snapshots are encrypted with the AWS managed key for EBS. Its owner can copy it";
    assert!(text.contains(cannot) && !text.contains("create-grant") && !text.contains("has it give"), "{text}");
    lacks(&mut model, "a give access");
    assert_eq!((keys(&mut model, "a"), access::request(&model, &owner())), (vec![], None));
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))), "nobody is asked");
    says(&model, "Nothing is missing that another account could give.");
}

#[test]
fn the_warning_of_keys_goes_once_it_is_known_what_is_shared() {
    let warning = "works only if its key is shared with you";
    let encrypted = || {
        let mut image = Image { owner_id: owner(), ..image(1) };
        image.block_devices.iter_mut().flat_map(|device| &mut device.ebs).for_each(|ebs| ebs.encrypted = Some(true));
        image
    };
    let mut model = listed(vec![encrypted()]);
    open_form(&mut model);
    let effects = ctrl(&mut model, 's');
    frame(&mut model);
    assert!(text(&model).contains(warning), "{}", text(&model));
    answer_checks(&mut model, &effects, &[]);
    assert!(!text(&model).contains(warning), "{}", text(&model));
}
