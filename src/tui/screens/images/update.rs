//! What keys do in the images pane, and how its rows are kept.

use std::sync::Arc;

use super::{ImagesPane, key};
use crate::{
    domain::{Image, filter::Filter},
    term::input::{KeyCode, KeyEvent},
    tui::{
        bindings::Action,
        model::{Awaited, Model},
        msg::Effect,
        screens::{Overlay, form, pager::Pager, picker},
        widgets::{editor, list::List},
    },
};

/// Makes rows anew if something changed, and keeps the cursor on its image.
pub fn refresh_rows(model: &mut Model, height: usize) {
    let own = model.account.as_ref().map(|a| a.id.clone());
    let shared = model.query.whose == crate::domain::OwnerFilter::Shared;
    let pane = &mut model.images;
    pane.height = height;
    let filter_changed = std::mem::take(&mut pane.changed_filter);
    if std::mem::take(&mut pane.changed) {
        let belongs = |i: &Image| !shared || own.as_ref() != Some(&i.owner_id);
        let lists = model.catalogue.listings().map(|(region, listing)| (region, listing.images()));
        pane.rows.fill(lists, belongs, pane.sort, pane.reversed);
        pane.rows.filter(&Filter::parse(pane.filter.value()));
    } else if filter_changed {
        let filter = Filter::parse(pane.filter.value());
        pane.rows.filter(&filter);
        // While typing the best fit is wanted, not the old row; once cleared, the row one was on.
        if !filter.is_empty() {
            pane.under_cursor = None;
            pane.list = List::default();
        }
    } else {
        return;
    }
    if let Some(wanted) = &pane.under_cursor
        && let Some(at) = pane.rows.line_of(&wanted.0, &wanted.1)
    {
        pane.list.cursor = at;
    }
}

/// Keeps the cursor in the window.
pub fn clamp_scroll(model: &mut Model, height: usize) {
    let pane = &mut model.images;
    pane.list.clamp(pane.rows.len(), height);
    // While the first list comes in, a cursor that nobody has moved stays on the first row.
    if pane.under_cursor.is_none() && model.catalogue.loading() == 0 {
        remember(pane);
    }
}

fn remember(pane: &mut ImagesPane) {
    pane.under_cursor = pane.rows.get(pane.list.cursor).map(|i| key(i));
}

/// Offers a key to the filter line.
pub fn type_into(model: &mut Model, pressed: &KeyEvent, effects: &mut Vec<Effect>) -> bool {
    let pane = &mut model.images;
    if !pane.editing {
        return false;
    }
    match pressed.code {
        KeyCode::Enter => pane.editing = false,
        KeyCode::Esc => {
            pane.editing = false;
            pane.filter.reset();
            pane.changed_filter = true;
        }
        KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown => {
            let action = match pressed.code {
                KeyCode::Up => Action::Up,
                KeyCode::Down => Action::Down,
                KeyCode::PageUp => Action::PageUp,
                _ => Action::PageDown,
            };
            return act(model, action, effects);
        }
        _ => {
            let took = editor::edit(&mut pane.filter, pressed);
            pane.changed_filter |= took;
            return took;
        }
    }
    true
}

/// Does what a key asks for. Whether it was one for this screen.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A key may come before the frame that would have brought the rows up to date.
    let height = model.images.height;
    refresh_rows(model, height);
    let pane = &mut model.images;
    if pane.list.act(action, pane.rows.len(), pane.height) {
        remember(pane);
        return true;
    }
    match action {
        Action::Filter => pane.editing = true,
        Action::Back if !pane.filter.value().is_empty() => {
            pane.filter.reset();
            pane.changed_filter = true;
        }
        Action::Back if !pane.marked.is_empty() => pane.marked.clear(),
        Action::Back => {}
        Action::Sort => {
            pane.sort = pane.sort.next();
            pane.reversed = false;
            pane.changed = true;
        }
        Action::Reverse => {
            pane.reversed = !pane.reversed;
            pane.changed = true;
        }
        Action::Mark => {
            if let Some(image) = pane.rows.get(pane.list.cursor) {
                let key = key(image);
                if !pane.marked.remove(&key) {
                    pane.marked.insert(key);
                }
                pane.list.act(Action::Down, pane.rows.len(), pane.height);
                remember(pane);
            }
        }
        Action::MarkAll => pane.marked.extend(pane.rows.iter().map(|i| key(i))),
        Action::MarkNone => pane.marked.clear(),
        Action::Details => {
            if let Some(image) = model.current_image().cloned() {
                model.overlays.push(Overlay::Pager(Pager::image(image)));
            }
        }
        Action::YankId | Action::YankArn => {
            if let Some(image) = model.current_image() {
                let text = if action == Action::YankId { image.id.to_string() } else { image.arn() };
                model.yank(text, effects);
            }
        }
        Action::Copy => {
            let sources = to_copy(model);
            form::open::open(model, sources);
        }
        Action::Regions => picker::open::regions(model),
        Action::Whose => picker::open::whose(model),
        Action::Profile if model.start.demo.is_some() => {
            model.say("The demo has one account; start `amigrate` for yours.");
        }
        Action::Profile => {
            let id = model.ask(Awaited::Profiles);
            effects.push(Effect::ListProfiles { id });
        }
        _ => return false,
    }
    true
}

/// The marked images in the order of the table, else the one under the cursor.
fn to_copy(model: &Model) -> Vec<Arc<Image>> {
    let pane = &model.images;
    if pane.marked.is_empty() {
        return model.current_image().cloned().into_iter().collect();
    }
    pane.rows.all().filter(|i| pane.marked.contains(&key(i))).cloned().collect()
}
