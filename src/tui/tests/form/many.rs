//! Many images: those that are too many are refused before a form is opened, and nothing is worked out twice.

use super::super::{
    jobs::{lacks, overlay, says, shows},
    model::PendingReply,
    *,
};

#[test]
fn more_marked_images_than_copies_may_be_open_no_form() {
    let mut model = listed_with((1..=3).map(image).collect(), |c| c.copy.max_copies = 2);
    keys(&mut model, "ac");
    assert!(overlay(&model).is_none());
    says(&model, "3 copies at once are more than 2 (setting copy.max_copies). Split them: mark fewer images");
    // Those that the filter hides count too.
    keys(&mut model, "/web-1");
    press(&mut model, KeyCode::Enter);
    keys(&mut model, "c");
    assert!(overlay(&model).is_none());
    // The row under the cursor loses its mark.
    keys(&mut model, " c");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))));
    shows(&mut model, &["Copy 2 images", "web-2", "web-3"]);
}

#[test]
fn marks_of_images_that_are_not_listed_any_more_refuse_nothing() {
    let mut model = listed_with((1..=3).map(image).collect(), |c| c.copy.max_copies = 2);
    keys(&mut model, "a");
    let (id, region, _) = lists(&keys(&mut model, "R")).remove(0);
    reply(
        &mut model,
        id,
        Reply::Images { region, page: Ok(ImagePage { images: vec![image(1), image(2)], next: None }) },
    );
    frame(&mut model);
    keys(&mut model, "c");
    shows(&mut model, &["Copy 2 images"]);
}

#[test]
fn sending_the_checks_leaves_the_reviews_table_as_it_was_made() {
    let mut model = listed(vec![image(1)]);
    open_form(&mut model);
    ctrl(&mut model, 's');
    let Some(screens::Overlay::Review(review)) = overlay(&model) else { panic!() };
    assert!(!review.is_out_of_date(), "with thousands of copies, making it once more takes longer than a frame");
}

/// A copy of the first image, in a region that copies go to.
fn earlier_copy() -> Image {
    let mut copy = Image { name: "web-1".into(), ..image(9) };
    copy.region = region("eu-west-1");
    copy.source_image_id = Some(image(1).id);
    copy
}

#[test]
fn what_is_listed_is_said_while_the_form_is_filled_in() {
    let mut model = listed_with(vec![image(1)], |c| c.browse.regions = vec!["us-east-1".into(), "eu-west-1".into()]);
    open_form(&mut model);
    lacks(&mut model, "already");
    // The other region's list comes while the form is open.
    let there = |pending: &PendingReply| matches!(pending, PendingReply::Images { region, .. } if region.as_str() == "eu-west-1");
    let id = *model.pending.iter().find(|(_, pending)| there(pending)).expect("it is being listed").0;
    let page = Ok(ImagePage { images: vec![earlier_copy()], next: None });
    reply(&mut model, id, Reply::Images { region: region("eu-west-1"), page });
    shows(
        &mut model,
        &["ami-00000009 in eu-west-1 has the name \"web-1\" already.", "ami-00000001 was copied to eu-west-1 before"],
    );
    focus(&mut model, "Name");
    keys(&mut model, "x");
    lacks(&mut model, "has the name");
    // The review looks for itself.
    ctrl(&mut model, 's');
    lacks(&mut model, "was copied to");
}

#[test]
fn an_image_made_from_an_instance_is_not_said_to_be_a_copy() {
    let mut model = listed_with(vec![image(1)], |c| c.browse.regions = vec!["us-east-1".into(), "eu-west-1".into()]);
    open_form(&mut model);
    let there = |pending: &PendingReply| matches!(pending, PendingReply::Images { region, .. } if region.as_str() == "eu-west-1");
    let id = *model.pending.iter().find(|(_, pending)| there(pending)).expect("it is being listed").0;
    let built = Image { source_instance: Some("i-1".into()), ..earlier_copy() };
    reply(
        &mut model,
        id,
        Reply::Images { region: region("eu-west-1"), page: Ok(ImagePage { images: vec![built], next: None }) },
    );
    shows(&mut model, &["ami-00000009 in eu-west-1 has the name"]);
    lacks(&mut model, "was copied to");
}
