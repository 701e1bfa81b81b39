//! Actions in an input line.

use super::{
    Typed,
    open::{image_of, refusal_meanwhile},
    view,
};
use crate::{
    engine::Command,
    tui::{
        bindings::Action,
        browse, layout,
        model::Model,
        msg::Effect,
        others::ListKey,
        screens::{Overlay, form, images, storage, sync_plan},
    },
};

/// Lines of a page.
const PAGE: usize = 8;

/// Runs an action. Returns false if the input line has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let body = layout::now(model).body;
    let Some(Overlay::InputLine(input)) = model.overlays.last_mut() else { return false };
    match action {
        Action::Accept => match input.parse() {
            Ok(typed) => {
                model.overlays.pop();
                match typed {
                    Typed::Owner(whose) => browse::choose_owner(model, whose, effects),
                    Typed::Preset { name, preset } => form::presets::save(model, name, preset, false, effects),
                    Typed::Filter { name, filter } => images::saved_filters::save(model, name, filter, effects),
                    Typed::DeregisterImages(images) => {
                        let named = images.iter().map(|one| (&one.region, &one.image));
                        if let Some(why) = refusal_meanwhile(model, named) {
                            model.show_error(why);
                            return true;
                        }
                        for (region, image) in images.iter().map(|i| (&i.region, &i.image)) {
                            let list = ListKey { region: region.clone(), profile: model.id };
                            model.images.marked.remove(&list, image);
                        }
                        model.send_command(Command::DeregisterImages(images), effects);
                    }
                    Typed::DeleteSnapshots(orphans) => storage::update::delete(model, orphans, effects),
                    Typed::ApplySync(digest) => sync_plan::update::apply(model, digest, effects),
                    Typed::Steps(job, steps) => form::steps::start(model, job, steps, effects),
                    Typed::Deregister(jobs) => {
                        let images: Vec<_> = jobs.iter().filter_map(|job| image_of(model, *job)).collect();
                        let named = images.iter().map(|image| (&image.region, &image.id));
                        match refusal_meanwhile(model, named) {
                            Some(why) => model.show_error(why),
                            None => model.send_command(Command::Deregister(jobs), effects),
                        }
                    }
                }
            }
            Err(mistake) => input.mistake = Some(mistake),
        },
        Action::Back => {
            model.overlays.pop();
        }
        Action::Down => input.scroll = (input.scroll + 1).min(view::hidden(input, body)),
        Action::Up => input.scroll = input.scroll.saturating_sub(1),
        Action::PageDown => input.scroll = (input.scroll + PAGE).min(view::hidden(input, body)),
        Action::PageUp => input.scroll = input.scroll.saturating_sub(PAGE),
        _ => return false,
    }
    true
}
