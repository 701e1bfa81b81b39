//! Actions of the images pane, and its rows.

use std::sync::Arc;

use tui_input::Input;

use super::{
    ImagesPane, Sort, chosen, columns::columns, image_ref, other_accounts, region_index::RegionList, saved_filters,
};
use crate::{
    domain::{
        AccountId, Image,
        filter::{self, Filter, KEYS, Wanted, values_of},
        text::{count, thousands},
    },
    term::input::KeyEvent,
    tui::{
        bindings::{Action, Context},
        layout,
        model::{Model, PendingReply},
        msg::Effect,
        others::ListKey,
        screens::{
            Overlay, form, input,
            pager::{Pager, beside, comparison, lineage, used_by},
            picker,
        },
        widgets::{editor, list::List},
    },
};

/// A list, the profile and the images that it has, and the account.
type ListOf<'a> = (ListKey, &'a str, &'a [Arc<Image>], Option<&'a AccountId>);

/// Rebuilds the rows if something changed, and keeps the cursor on its image.
pub fn refresh_rows(model: &mut Model) {
    let own = model.account.as_ref().map(|a| a.id.clone());
    let name = model.profile_name(model.id).to_owned();
    let shared = model.query.whose == crate::domain::OwnerFilter::Shared;
    let pane = &mut model.images;
    let filter_changed = std::mem::take(&mut pane.filter_changed);
    if std::mem::take(&mut pane.changed) {
        let mut lists: Vec<ListOf<'_>> = Vec::new();
        for (region, listing) in model.catalogue.listings() {
            let key = ListKey { region: region.clone(), profile: model.id };
            lists.push((key, &name, listing.images(), own.as_ref()));
        }
        for other in &model.others {
            for (region, list) in &other.lists {
                let key = ListKey { region: region.clone(), profile: other.id };
                lists.push((key, &other.name, &list.images, other.account.as_ref()));
            }
        }
        lists.sort_by(|(a, ..), (b, ..)| a.cmp(b));
        // One's own images are among those that EC2 lists as shared.
        let lists = lists.iter().map(|(key, profile, images, owner)| RegionList {
            key,
            profile,
            images,
            left_out: owner.filter(|_| shared),
        });
        pane.rows.fill(lists, &pane.sort);
        pane.parsed = Filter::parse(pane.filter.value(), model.now);
        pane.rows.filter(&pane.parsed);
    } else if !filter_changed && pane.parsed.is_old(model.now) {
        // What is younger than a day is not for ever.
        pane.parsed = Filter::parse(pane.filter.value(), model.now);
        pane.rows.filter(&pane.parsed);
    } else if filter_changed {
        pane.parsed = Filter::parse(pane.filter.value(), model.now);
        pane.rows.filter(&pane.parsed);
        // While typing, the best match is wanted; once the filter is cleared, the image the cursor was on.
        if !pane.parsed.is_empty() {
            pane.current = None;
            pane.list = List::default();
        }
    } else {
        if pane.marked.len() != pane.counted_marks {
            count_hidden_marks(pane);
        }
        return;
    }
    count_hidden_marks(pane);
    if let Some((list, id)) = &pane.current
        && let Some(at) = pane.rows.line_of(list, id)
    {
        pane.list.cursor = at;
    }
}

/// Counts the marked images that the filter hides. Only a filter hides any: marks of images that are gone go with them.
fn count_hidden_marks(pane: &mut ImagesPane) {
    let marks = pane.marked.len();
    let filtered = marks > 0 && pane.rows.len() < pane.rows.total();
    let is_marked = |(list, image): &(&ListKey, &Arc<Image>)| pane.marked.contains(list, &image.id);
    let shown = || pane.rows.with_lists().filter(is_marked).take(marks).count();
    pane.hidden_marks = if filtered { marks - shown() } else { 0 };
    pane.counted_marks = marks;
}

/// Sets the height of the window, and keeps it on the cursor.
pub fn set_height(model: &mut Model, height: usize) {
    let pane = &mut model.images;
    pane.height = height;
    pane.list.clamp(pane.rows.len(), height);
    // A cursor that was not moved stays on the first row, whatever comes to be there; what a filter has found is kept.
    if pane.current.is_none() && !pane.parsed.is_empty() && model.catalogue.loading() == 0 {
        follow_cursor(pane);
    }
}

/// Makes the cursor stay on the image it is on now.
fn follow_cursor(pane: &mut ImagesPane) {
    let line = pane.list.cursor;
    pane.current = pane.rows.list_of(line).cloned().zip(pane.rows.get(line).map(|image| image.id.clone()));
}

/// Gives a key to the filter. Returns true if it was used.
pub fn type_into(model: &mut Model, pressed: &KeyEvent) -> bool {
    let pane = &mut model.images;
    let edited = pane.editing && editor::edit(&mut pane.filter, pressed);
    pane.filter_changed |= edited;
    edited
}

/// Completes the word before the cursor, or says what it may become.
fn complete(model: &mut Model) {
    refresh_rows(model);
    let input = &model.images.filter;
    let all = || model.images.rows.all().map(AsRef::as_ref);
    let values = |wanted: Wanted<'_>| match wanted {
        Wanted::Value("profile") => model.profile_names(),
        other => values_of(all(), other),
    };
    match filter::complete(input.value(), input.cursor(), &KEYS, values) {
        None => {
            let help = model.keymap.key(Context::Filter, Action::Help);
            model.show_notice(format!("Nothing begins like that. {help} lists what a filter takes."));
        }
        Some(completed) => {
            model.images.filter = Input::new(completed.text).with_cursor(completed.cursor);
            model.images.filter_changed = true;
            if !completed.candidates.is_empty() {
                model.show_notice(editor::candidates(&completed.candidates));
            }
        }
    }
}

/// Runs an action. Returns false if the pane has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A key may come before the frame that rebuilds the rows.
    refresh_rows(model);
    let pane = &mut model.images;
    if pane.list.act(action, pane.rows.len(), pane.height) {
        follow_cursor(pane);
        return true;
    }
    match action {
        Action::Filter => pane.editing = true,
        Action::Complete if pane.editing => complete(model),
        Action::Accept if pane.editing => pane.accept_filter(),
        Action::Back if pane.editing => {
            pane.editing = false;
            pane.filter.reset();
            pane.filter_changed = true;
        }
        Action::Back if !pane.filter.value().is_empty() => {
            pane.filter.reset();
            pane.filter_changed = true;
        }
        Action::Back if !pane.marked.is_empty() => pane.marked.clear(),
        Action::Sort => sort_by_next(model),
        Action::Reverse => {
            let reversed = pane.sort.reversed();
            sort_by(model, reversed);
        }
        Action::Mark => {
            let line = pane.list.cursor;
            if let Some((list, image)) = pane.rows.list_of(line).zip(pane.rows.get(line)) {
                pane.marked.toggle(list, &image.id);
                pane.list.act(Action::Down, pane.rows.len(), pane.height);
                follow_cursor(pane);
            }
        }
        Action::MarkAll => mark_all(model),
        Action::MarkNone => pane.marked.clear(),
        _ => return act_on_images(model, action, effects),
    }
    true
}

/// Sorts the rows anew.
pub fn sort_by(model: &mut Model, sort: Sort) {
    model.images.sort = sort;
    model.images.changed = true;
}

/// Sorts by the next of the columns shown.
fn sort_by_next(model: &mut Model) {
    let shown = columns(model, usize::from(layout::now(model).images.width.saturating_sub(2)));
    let at = shown.iter().position(|placed| placed.column == model.images.sort.column);
    let next = at.map_or(0, |at| (at + 1) % shown.len().max(1));
    if let Some(placed) = shown.into_iter().nth(next) {
        sort_by(model, Sort::by(placed.column));
    }
}

/// Marks the images shown, and says how many of them were not marked yet: a filter may have left others than were meant.
fn mark_all(model: &mut Model) {
    let pane = &mut model.images;
    let before = pane.marked.len();
    let new = pane.rows.by_list().iter().map(|(list, images)| pane.marked.extend(list, images)).sum();
    let all = before + new;
    let images = count(new, "image", "images");
    model.show_notice(match (new, before) {
        (0, 0) => "No image is shown, so none is marked.".to_owned(),
        (0, _) => format!("All images shown were marked already: {} in all.", thousands(all)),
        (_, 0) => format!("{images} marked."),
        (..) => format!("{images} marked, {} in all.", thousands(all)),
    });
}

/// Runs an action that opens something for images, or for choosing others.
fn act_on_images(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    if other_accounts::takes(model, action) {
        return true;
    }
    match action {
        Action::Details => {
            if let Some(image) = model.current_image().cloned() {
                beside::open(model, Pager::image(image));
            }
        }
        Action::YankId | Action::YankArn => {
            if let Some(image) = model.current_image() {
                let text = if action == Action::YankId { image.id.to_string() } else { image.arn() };
                model.yank(text, effects);
            }
        }
        Action::Verify => {
            if let Some(image) = model.current_image().cloned() {
                comparison::verify(model, &image);
            }
        }
        Action::Diff => diff(model),
        Action::Lineage => {
            if let Some(image) = model.current_image().cloned() {
                lineage::open(model, image);
            }
        }
        Action::UsedBy => {
            if let Some(image) = model.current_image().cloned() {
                used_by::open(model, image);
            }
        }
        Action::Copy => open_form(model),
        Action::CopyInto => other_accounts::copy_into(model),
        Action::Deregister => {
            let images = chosen::images(model, usize::MAX);
            chosen::name_hidden(model);
            input::open::deregister(model, images, effects);
        }
        Action::SaveFilter => saved_filters::save_as(model),
        Action::Filters => saved_filters::choose(model, effects),
        Action::Columns => picker::columns::open(model),
        Action::Regions => picker::open::regions(model),
        Action::Whose => picker::open::owners(model),
        Action::Profile => {
            let id = model.expect_reply(PendingReply::Profiles);
            effects.push(Effect::ListProfiles { id });
        }
        _ => return false,
    }
    true
}

/// Puts the cursor on a line. Returns true if it was there, `None` if there is no such line.
pub fn select(model: &mut Model, line: Option<usize>) -> Option<bool> {
    refresh_rows(model);
    let pane = &mut model.images;
    let line = line.filter(|line| *line < pane.rows.len())?;
    let was_there = std::mem::replace(&mut pane.list.cursor, line) == line;
    follow_cursor(pane);
    Some(was_there)
}

/// Opens the copy form on the marked images, unless they are more than it takes: looking at each of 100,000 images takes longer than a
/// frame.
pub fn open_form(model: &mut Model) {
    chosen::name_hidden(model);
    match chosen::to_copy(model) {
        Err(advice) => model.show_error(advice),
        Ok(images) => form::open::open(model, images),
    }
}

/// Compares the two marked images, or the marked one with the one under the cursor.
fn diff(model: &mut Model) {
    let mut images = chosen::images(model, 3);
    if let ([marked], Some(current)) = (&images[..], model.current_image().cloned())
        && !model.images.marked.is_empty()
        && image_ref(marked) != image_ref(&current)
    {
        images.push(current);
    }
    match &images[..] {
        [left, right] => {
            let page = comparison::of_two(left, right);
            chosen::name_hidden(model);
            model.overlays.push(Overlay::Pager(page));
        }
        [_, _, _, ..] => model.show_notice("More than two images are marked; two are compared."),
        _ => {
            let mark = model.keymap.key(Context::Images, Action::Mark);
            model.show_notice(format!("Mark two images with {mark} to compare them."));
        }
    }
}
