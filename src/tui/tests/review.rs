//! The review: its requests and replies, its deadline, choices and confirmations.

mod access;

use super::{
    jobs::{job, lacks, overlay, says, shows, update_jobs},
    *,
};
use crate::domain::review::{CheckAnswer, CheckRequest, checks::Permission};

/// The checks among these effects.
pub(super) fn checks(effects: &[Effect]) -> Vec<(EffectId, CheckRequest)> {
    effects
        .iter()
        .map(|effect| match effect {
            Effect::Check { id, request } => (*id, request.clone()),
            other => panic!("{other:?}"),
        })
        .collect()
}

/// What an account answers in which nothing is there, or only a copy of this name.
#[expect(clippy::unnecessary_wraps, reason = "as a reply carries it")]
pub(super) fn answer(request: &CheckRequest, there: Option<&str>) -> Result<CheckAnswer, Failure> {
    Ok(match request {
        CheckRequest::Permission { .. } => CheckAnswer::Permission(Permission::Allowed),
        CheckRequest::EncryptionByDefault { .. } => CheckAnswer::EncryptionByDefault(false),
        CheckRequest::DefaultKey { .. } => CheckAnswer::DefaultKey(None),
        CheckRequest::PendingCopies { .. } => CheckAnswer::PendingCopies(0),
        CheckRequest::Sources { .. } => CheckAnswer::Images(vec![image(1)]),
        CheckRequest::Names { .. } => CheckAnswer::Images(
            there
                .map(|name| Image { id: ImageId::new("ami-9").unwrap(), name: name.into(), ..image(9) })
                .into_iter()
                .collect(),
        ),
        CheckRequest::CopiesOf { .. } | CheckRequest::Suffixes { .. } => CheckAnswer::Images(Vec::new()),
        other => panic!("{other:?}"),
    })
}

/// Opens the review and answers everything. Returns the number of answers.
pub(super) fn reviewed(model: &mut Model, there: Option<&str>) -> usize {
    let mut open = checks(&ctrl(model, 's'));
    let mut answered = 0;
    while let Some((id, request)) = open.pop() {
        open.extend(checks(&reply(model, id, Reply::Check(answer(&request, there)))));
        answered += 1;
    }
    frame(model);
    answered
}

#[test]
fn the_copies_start_once_every_check_has_answered() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let mut open = checks(&ctrl(&mut model, 's'));
    assert!(ctrl(&mut model, 's').is_empty(), "not before");
    says(&model, "Checking: 0 of");
    while let Some((id, request)) = open.pop() {
        open.extend(checks(&reply(&mut model, id, Reply::Check(answer(&request, None)))));
    }
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies."]);
    let effects = ctrl(&mut model, 's');
    assert!(
        matches!(&effects[..], [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] if copies.len() == 2),
        "{effects:?}"
    );
    assert!(model.overlays.is_empty());
}

#[test]
fn the_deadline_is_the_models_and_answers_of_a_closed_review_are_dropped() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let open = checks(&ctrl(&mut model, 's'));
    let at = now() + crate::domain::review::Review::CHECK_TIMEOUT;
    assert!(model.next_deadline().is_some_and(|next| next <= at));
    _ = model.update(Msg::Tick, at - SignedDuration::from_millis(1));
    shows(&mut model, &["Checking: "]);
    _ = model.update(Msg::Tick, at);
    shows(&mut model, &["no answer within 10 s", "Ready: Ctrl-s starts 2 copies."]);
    press(&mut model, KeyCode::Esc);
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
    assert!(!model.waits_for_network());
    let (id, request) = &open[0];
    assert_eq!(reply(&mut model, *id, Reply::Check(answer(request, None))), []);
}

#[test]
fn going_back_and_forth_asks_nothing_twice() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    assert!(reviewed(&mut model, None) > 5);
    press(&mut model, KeyCode::Esc);
    assert_eq!(reviewed(&mut model, None), 0);
    assert!(!keys(&mut model, "R").is_empty(), "unless that is wanted");
}

#[test]
fn what_is_there_is_skipped_renamed_or_copied_anyway() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let name = image(1).name;
    reviewed(&mut model, Some(&name));
    shows(&mut model, &["Ready: Ctrl-s starts 2 copies.", "[copy anyway]", "of another image"]);
    keys(&mut model, "s");
    shows(&mut model, &["Ready: Ctrl-s starts 1 copy.", "[skip]"]);
    keys(&mut model, "jr");
    shows(&mut model, &[&format!("[rename to {name}-2]")]);
    keys(&mut model, "S");
    shows(&mut model, &["Nothing to start: every copy is skipped."]);
    assert_eq!(ctrl(&mut model, 's'), []);
    keys(&mut model, "r");
    let effects = ctrl(&mut model, 's');
    let [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] = &effects[..] else {
        panic!("{effects:?}")
    };
    assert_eq!((copies.len(), copies[0].name.as_str()), (1, &*format!("{name}-2")));
}

#[test]
fn a_refusal_blocks_and_leads_to_its_field() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    let denied = Permission::Denied { why: "You are not authorized".into(), hint: String::new() };
    for (id, request) in checks(&ctrl(&mut model, 's')) {
        let answer = match request {
            CheckRequest::Permission { .. } => Ok(CheckAnswer::Permission(denied.clone())),
            _ => answer(&request, None),
        };
        reply(&mut model, id, Reply::Check(answer));
    }
    lacks(&mut model, "Ctrl-s start");
    shows(&mut model, &["denied", "Refused: Not permitted in eu-west-1, eu-west-2", "Cannot start: 1 refusal."]);
    assert_eq!(ctrl(&mut model, 's'), []);
    press(&mut model, KeyCode::Enter);
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
}

#[test]
fn many_copies_start_only_once_their_number_was_typed() {
    let mut model = listed_with(vec![image(1)], |config| config.copy.confirm_copies = 1);
    open_form(&mut model);
    reviewed(&mut model, None);
    assert_eq!(ctrl(&mut model, 's'), []);
    shows(&mut model, &["Type 2 and press Enter to start:"]);
    keys(&mut model, "3");
    assert_eq!(press(&mut model, KeyCode::Enter), []);
    shows(&mut model, &["The text does not match."]);
    press(&mut model, KeyCode::Backspace);
    keys(&mut model, "2");
    lacks(&mut model, "The text does not match.");
    let effects = press(&mut model, KeyCode::Enter);
    assert!(
        matches!(&effects[..], [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] if copies.len() == 2),
        "{effects:?}"
    );
}

#[test]
fn a_copy_just_requested_is_there_for_the_next_review() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    reviewed(&mut model, None);
    let effects = ctrl(&mut model, 's');
    let [Effect::Command(Command::Copy(copies)), Effect::KeepLastValues(_)] = &effects[..] else {
        panic!("{effects:?}")
    };
    let mut queued = job(1);
    queued.request = copies[0].clone();
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![Arc::new(queued)], status: None });
    press(&mut model, KeyCode::Tab);
    open_form(&mut model);
    reviewed(&mut model, None);
    // The other one is no job yet, but was requested too.
    shows(&mut model, &["eu-west-2: \"web-1\" is under way already, the same copy. [skip]", "every copy is skipped."]);
}

#[test]
fn decisions_are_kept_when_the_review_is_opened_again() {
    let name = image(1).name;
    for (decide, kept) in [("r", format!("[rename to {name}-2]")), ("S", "Nothing to start".into())] {
        let mut model = listed(vec![image(1)]);
        open_form(&mut model);
        reviewed(&mut model, Some(&name));
        keys(&mut model, decide);
        shows(&mut model, &[&kept]);
        for back in [KeyCode::Esc, KeyCode::Enter] {
            press(&mut model, back);
            reviewed(&mut model, Some(&name));
            shows(&mut model, &[&kept]);
        }
    }
}

#[test]
fn the_title_follows_the_decisions_and_help_opens_at_the_reviews_keys() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    reviewed(&mut model, Some(&image(1).name));
    shows(&mut model, &["Review: 2 copies to 2 regions", "nothing afterwards"]);
    keys(&mut model, "s");
    shows(&mut model, &["Review: 1 of 2 copies to 1 region"]);
    keys(&mut model, "?");
    shows(&mut model, &["give this copy the next free name"]);
    press(&mut model, KeyCode::Esc);
    shows(&mut model, &["Review: 1 of 2 copies"]);
}

#[test]
fn what_has_no_room_is_counted_and_shown_in_full_on_request() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    reviewed(&mut model, Some("web-1"));
    model.size = (60, 15);
    let shown = super::jobs::screen(&mut model, 60, 15);
    assert!(shown.contains("no room: a taller terminal shows"), "{shown}");
    assert_eq!(keys(&mut model, "d"), []);
    shows(&mut model, &["Review in full", "eu-west-1: 1 copy", "eu-west-2: 1 copy", "Ready: Ctrl-s starts"]);
    press(&mut model, KeyCode::Esc);
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))));
}

#[test]
fn the_footer_names_choices_only_where_there_is_one() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    reviewed(&mut model, None);
    lacks(&mut model, "skip all");
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    reviewed(&mut model, Some("web-1"));
    let shown = super::jobs::screen(&mut model, 120, 40);
    assert!(shown.contains("s skip  S skip all"), "{shown}");
}
