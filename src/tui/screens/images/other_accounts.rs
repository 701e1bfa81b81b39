//! Actions on rows of other accounts: the account that lists an image acts on it, and no other.

use std::sync::Arc;

use super::{chosen, image_ref};
use crate::{
    domain::{Image, text::clean},
    tui::{
        bindings::{Action, Context},
        model::Model,
        others::{ListKey, ProfileId, WorkspaceRequest},
        screens::{Overlay, pager::comparison, picker},
    },
};

/// Whose images an action is about.
#[derive(Debug, PartialEq, Eq)]
enum Whose {
    /// Nobody's in particular: it is about the table, or there is no image.
    Nobodys,
    One(ProfileId),
    /// Images of several accounts are marked, and none of them is that of the row under the cursor.
    Several,
}

fn whose(model: &Model, action: Action) -> Whose {
    let pane = &model.images;
    let of_cursor = pane.rows.list_of(pane.list.cursor).map(|list| list.profile);
    let current = of_cursor.map_or(Whose::Nobodys, Whose::One);
    match action {
        Action::Details | Action::YankId | Action::YankArn | Action::Verify | Action::Lineage | Action::UsedBy => {
            current
        }
        Action::Copy | Action::CopyInto | Action::Deregister | Action::Diff => {
            match pane.marked.profiles().as_slice() {
                [] => current,
                [one] => Whose::One(*one),
                several => of_cursor.filter(|one| several.contains(one)).map_or(Whose::Several, Whose::One),
            }
        }
        _ => Whose::Nobodys,
    }
}

/// Has an action run by the account whose images it is about, if that is another one. Returns true if nothing is left to do here.
pub(super) fn takes(model: &mut Model, action: Action) -> bool {
    if action == Action::Diff
        && let Some([left, right]) = pair_of_two_accounts(model)
    {
        compare(model, &left, &right);
        return true;
    }
    match whose(model, action) {
        Whose::Nobodys => false,
        Whose::One(profile) if profile == model.id => {
            name_others(model);
            false
        }
        Whose::One(profile) => {
            model.requests.push(WorkspaceRequest::Show(profile, action));
            true
        }
        Whose::Several => {
            let names: Vec<String> = model
                .images
                .marked
                .profiles()
                .into_iter()
                .map(|id| clean(model.profile_name(id)).into_owned())
                .collect();
            model.show_notice(format!(
                "Images of {} are marked, and this is done for one account at a time: go to a row of the one you mean.",
                names.join(" and ")
            ));
            true
        }
    }
}

/// The two marked images, or the marked one and the one under the cursor, if two accounts list them.
fn pair_of_two_accounts(model: &Model) -> Option<[Arc<Image>; 2]> {
    let pane = &model.images;
    if !matches!(pane.marked.len(), 1 | 2) {
        return None;
    }
    let is_marked = |(list, image): &(&ListKey, &Arc<Image>)| pane.marked.contains(list, &image.id);
    let marked = pane.rows.all_with_lists().filter(is_marked).take(2);
    let current = || pane.rows.list_of(pane.list.cursor).zip(pane.rows.get(pane.list.cursor));
    let mut pair: Vec<(&ListKey, &Arc<Image>)> = marked.collect();
    if let [_] = pair[..] {
        pair.extend(current());
    }
    match pair[..] {
        [(left_list, left), (right_list, right)] if left_list.profile != right_list.profile => {
            Some([Arc::clone(left), Arc::clone(right)])
        }
        _ => None,
    }
}

/// Compares images that two accounts list: in full if the account that is shown may read both, else by what is listed.
fn compare(model: &mut Model, left: &Arc<Image>, right: &Arc<Image>) {
    if image_ref(left) == image_ref(right) {
        let id = &left.id;
        model.show_notice(format!("{id} is not compared with itself: two accounts list it, since one shares it."));
        return;
    }
    let lists = |image: &Image| model.catalogue.images().any(|own| image_ref(own) == image_ref(image));
    let page =
        if lists(left) && lists(right) { comparison::of_two(left, right) } else { comparison::of_listed(left, right) };
    model.overlays.push(Overlay::Pager(page));
}

/// Says that marks of other accounts are left for later.
fn name_others(model: &mut Model) {
    let own = model.images.marked.of_profile(model.id);
    let others = model.images.marked.len() - own;
    if own > 0 && others > 0 {
        let unmark = model.keymap.key(Context::Images, Action::MarkNone);
        let name = clean(model.profile_name(model.id)).into_owned();
        model.show_notice(format!(
            "This is about the {own} marked of {name}; {others} of other accounts stay marked ({unmark} unmarks all)."
        ));
    }
}

/// Copies the chosen images into another account: the only other one, or one that is chosen.
pub(super) fn copy_into(model: &mut Model) {
    match model.others.as_slice() {
        [] => {
            let profiles = model.keymap.key(Context::Images, Action::Profile);
            model.show_notice(format!("Only one account is on the screen. {profiles} marks the profiles of several."));
        }
        [only] => copy_into_account(model, only.id),
        _ => picker::accounts::open(model),
    }
}

/// Opens the form of another account on the chosen images.
pub fn copy_into_account(model: &mut Model, account: ProfileId) {
    chosen::name_hidden(model);
    match chosen::to_copy(model) {
        Err(advice) => model.show_error(advice),
        Ok(images) if images.is_empty() => model.show_notice("There is no image to copy here."),
        Ok(images) => model.requests.push(WorkspaceRequest::CopyInto(account, images)),
    }
}
