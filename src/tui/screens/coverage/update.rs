//! Actions of the coverage screen, and what it shows.

use std::sync::Arc;

use tui_input::Input;

use super::{Basis, CoverageScreen, family_ref, line_mode, view};
use crate::{
    config::StartRegions,
    domain::{
        Image, ImageId, OwnerFilter, Region,
        coverage::{self, Column, Coverage, KnownCopy, Listed},
        filter::{self, Filter, KEYS, values_of},
        plan::too_many_copies,
        text::{clean, count},
    },
    engine::Job,
    labels,
    term::input::KeyEvent,
    tui::{
        bindings::{Action, Context},
        catalogue::{ListState, Listing},
        model::Model,
        msg::Effect,
        screens::{Overlay, form, list_screens, pager::Pager},
        widgets::editor,
    },
};

/// While regions are being listed, lists of more images are not grouped anew at every page.
const MANY: usize = 5_000;

fn screen(model: &mut Model) -> Option<&mut CoverageScreen> {
    match model.overlays.last_mut() {
        Some(Overlay::Coverage(screen)) => Some(screen),
        _ => None,
    }
}

/// Opens the screen, or goes back to it.
pub fn open(model: &mut Model) {
    if !list_screens::may_open_page(model) {
        return;
    }
    match model.overlays.iter().position(|overlay| matches!(overlay, Overlay::Coverage(_))) {
        Some(at) => model.overlays.truncate(at + 1),
        None => model.overlays.push(Overlay::Coverage(Box::default())),
    }
    refresh(model);
}

/// Brings the table up to date. Once a frame: pages of images come in floods. Costs nothing when nothing changed.
pub fn refresh(model: &mut Model) {
    let Some(at) = model.overlays.iter().position(|overlay| matches!(overlay, Overlay::Coverage(_))) else { return };
    let basis = basis(model);
    let Some(Overlay::Coverage(screen)) = model.overlays.get(at) else { return };
    let computed = (screen.basis.as_ref() != Some(&basis) && !may_wait(model, screen)).then(|| compute(model, &basis));
    let now = model.now;
    let Some(Overlay::Coverage(screen)) = model.overlays.get_mut(at) else { return };
    if let Some(coverage) = computed {
        screen.set(coverage, basis);
    }
    if screen.parsed_text != screen.filter.value() || screen.parsed.is_old(now) {
        screen.filter.value().clone_into(&mut screen.parsed_text);
        screen.parsed = Filter::parse(&screen.parsed_text, now);
        screen.changed = true;
    }
    screen.choose_rows();
    // How many regions fit depends on the names.
    let window = view::window(model);
    if let Some(Overlay::Coverage(screen)) = model.overlays.get_mut(at) {
        screen.window = window;
        screen.clamp();
    }
}

/// Returns true if the table may be a little older while many images come in.
fn may_wait(model: &Model, screen: &CoverageScreen) -> bool {
    let listing = model.catalogue.loading() > 0 && screen.basis.is_some();
    // A region more is shown at once.
    let regions = model.catalogue.listings().filter(|(_, listing)| listed(listing) == Listed::Complete).count();
    let known = screen.coverage.columns.iter().filter(|column| column.listed == Listed::Complete).count();
    listing && regions == known && model.catalogue.images().count() > MANY
}

fn basis(model: &Model) -> Basis {
    let empty = empty_regions(model);
    let lists = model.catalogue.listings().filter(|(region, _)| !empty.contains(region));
    let account = model.account.as_ref().map(|account| account.id.clone());
    Basis {
        lists: lists.map(|(region, listing)| (region.clone(), listing.version(), listed(listing))).collect(),
        empty,
        jobs: model.jobs_view.version(),
        own: match &model.query.whose {
            OwnerFilter::Mine => true,
            OwnerFilter::Account(id) => account.as_ref() == Some(id),
            _ => false,
        },
        account,
    }
}

/// Returns the regions that are listed automatically, have no image, and are no job's destination.
fn empty_regions(model: &Model) -> Vec<Region> {
    let mut enabled = model.regions.iter().filter(|info| info.enabled());
    let all = model.start.config.browse.start_regions() == StartRegions::All
        && enabled.all(|info| model.chosen.contains(&info.region));
    if model.fast_regions.is_none() && !all {
        return Vec::new();
    }
    let is_empty =
        |(_, listing): &(&Region, &Listing)| listed(listing) == Listed::Complete && listing.images().is_empty();
    let empty = model.catalogue.listings().filter(is_empty).map(|(region, _)| region);
    let is_destination = |region: &&Region| model.jobs_view.jobs().any(|job| job.request.destination == **region);
    empty.filter(|region| !is_destination(region)).cloned().collect()
}

fn listed(listing: &Listing) -> Listed {
    match listing.state {
        ListState::Loaded(_) => Listed::Complete,
        // The rows of the last list stay until the next one is complete.
        ListState::Loading(_) | ListState::Waiting if listing.rows_since().is_some() => Listed::Complete,
        ListState::Loading(_) | ListState::Waiting => Listed::Underway,
        ListState::Capped(_) | ListState::Failed(_) => Listed::Failed,
    }
}

fn compute(model: &Model, basis: &Basis) -> Coverage {
    let column = |(region, _, listed): &(Region, u64, Listed)| Column { region: region.clone(), listed: *listed };
    let columns: Vec<Column> = basis.lists.iter().map(column).collect();
    if !basis.own {
        return Coverage { columns, families: Vec::new() };
    }
    let copies: Vec<KnownCopy> = model.jobs_view.jobs().filter_map(Job::known_copy).collect();
    let pattern = model.start.config.coverage.pattern();
    let account = basis.account.as_ref();
    let input = coverage::Input { pattern: &pattern, account, columns: &columns, copies: &copies };
    coverage::compute(&input, model.catalogue.images())
}

/// Gives a key to the filter. Returns true if it was used.
pub fn type_into(model: &mut Model, key: &KeyEvent) -> bool {
    let Some(screen) = screen(model) else { return false };
    screen.editing && editor::edit(&mut screen.filter, key)
}

/// Inserts pasted text into the filter. Returns false if it is not being typed.
pub fn paste(model: &mut Model, text: &str) -> bool {
    let Some(screen) = screen(model).filter(|screen| screen.editing) else { return false };
    editor::paste(&mut screen.filter, text);
    true
}

/// Runs an action. Returns false if the screen has no use for it.
pub fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    // A key may come before the frame that brings the rows up to date.
    refresh(model);
    let Some(screen) = screen(model) else { return false };
    if screen.list.act(action, screen.rows.len(), screen.window.0) {
        screen.follow_cursor();
        return true;
    }
    match action {
        Action::Left | Action::Right if !screen.editing => {
            let action = if action == Action::Left { Action::Up } else { Action::Down };
            screen.columns.act(action, screen.coverage.columns.len(), screen.window.1);
        }
        Action::Filter => screen.editing = true,
        Action::Complete if screen.editing => complete(model),
        Action::Accept if screen.editing => screen.editing = false,
        Action::Back if screen.editing || !screen.filter.value().is_empty() => {
            screen.set_filter(Input::default(), false);
        }
        Action::Back if !screen.marked.is_empty() => screen.marked.clear(),
        Action::Back | Action::Coverage => _ = model.overlays.pop(),
        Action::ImagesOnly => model.overlays.clear(),
        Action::JobsOnly => {
            model.overlays.clear();
            return false;
        }
        Action::Sort => {
            screen.sort = screen.sort.next();
            screen.changed = true;
            let by = screen.sort.label();
            model.show_notice(format!("Sorted by {by}."));
        }
        Action::Mark => mark(screen),
        Action::MarkAll => mark_all(model),
        Action::MarkNone => screen.marked.clear(),
        Action::Copy => copy(model, effects),
        Action::Details => details(model),
        // Pane actions do nothing: this page covers the panes.
        Action::OtherPane | Action::Grow | Action::Shrink | Action::ResetSizes | Action::SaveFilter => {}
        _ => return false,
    }
    true
}

fn mark(screen: &mut CoverageScreen) {
    let Some(family) = screen.family(screen.list.cursor).map(family_ref) else { return };
    if !screen.marked.remove(&family) {
        screen.marked.insert(family);
    }
    screen.list.act(Action::Down, screen.rows.len(), screen.window.0);
    screen.follow_cursor();
}

/// Marks the families shown that lack something, and says how many copies that makes.
fn mark_all(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let lacking: Vec<_> = screen.shown().filter(|family| family.lacking() > 0).map(family_ref).collect();
    let copies: usize = screen.shown().map(coverage::Family::lacking).sum();
    let families = count(lacking.len(), "family", "families");
    let unmarked = match screen.shown().filter(|family| family.lacking_without_source() > 0).count() {
        0 => String::new(),
        1 => " 1 other family lacks copies, but no image of it is available to be copied.".to_owned(),
        n => format!(" {n} other families lack copies, but no image of them is available to be copied."),
    };
    screen.marked.extend(lacking);
    model.show_notice(match copies {
        0 if unmarked.is_empty() => "Nothing is known to be missing here, so nothing is marked.".to_owned(),
        0 => format!("Nothing is marked.{}", unmarked.replacen("other ", "", 1)),
        _ => format!("{families} marked: {} missing.{unmarked}", count(copies, "copy", "copies")),
    });
}

/// Completes the word before the cursor, or says what it may become.
fn complete(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let input = &screen.filter;
    let all = || screen.coverage.families.iter().map(|family| &**family.newest());
    match filter::complete(input.value(), input.cursor(), &KEYS, |wanted| values_of(all(), wanted)) {
        None => {
            let help = model.keymap.key(Context::Filter, Action::Help);
            model.show_notice(format!("Nothing begins like that. {help} lists what a filter takes."));
        }
        Some(completed) => {
            screen.filter = Input::new(completed.text).with_cursor(completed.cursor);
            if !completed.candidates.is_empty() {
                model.show_notice(editor::candidates(&completed.candidates));
            }
        }
    }
}

/// Opens the copy form with exactly what is missing: of the marked families, else of the cell under the cursor.
fn copy(model: &mut Model, effects: &mut Vec<Effect>) {
    let most = model.start.config.copy.max_copies;
    let Some(screen) = screen(model) else { return };
    let pairs: Vec<(Arc<Image>, Region)> = if screen.marked.is_empty() {
        let cell = screen.family(screen.list.cursor);
        cell.and_then(|family| screen.coverage.copy_to(family, screen.columns.cursor)).into_iter().collect()
    } else {
        let marked = screen.coverage.families.iter().filter(|family| screen.is_marked(family));
        marked.flat_map(|family| screen.coverage.copies_of(family)).collect()
    };
    if pairs.is_empty() {
        let why = nothing_to_copy(screen);
        return model.show_notice(why);
    }
    match too_many_copies(pairs.len(), most) {
        Some(advice) => model.show_error(advice),
        None => {
            form::open::open_exactly(model, pairs);
            form::update::list_keys(model, effects);
        }
    }
}

fn nothing_to_copy(screen: &CoverageScreen) -> String {
    if !screen.marked.is_empty() {
        return "Nothing is missing of what is marked.".into();
    }
    let Some((family, column, cell)) = screen.under_cursor() else { return "There is nothing to copy here.".into() };
    let meaning = labels::coverage::meaning(family, &cell.state);
    let place = format!("{} in {}", clean(family.label()), column.region);
    if cell.state.lacks_newest() {
        return format!("{place}: {meaning}, but no image of it is available to be copied.");
    }
    format!("{place}: {meaning}. Nothing to copy.")
}

/// Opens the details of the cell's image.
fn details(model: &mut Model) {
    let Some(screen) = screen(model) else { return };
    let Some((family, column, cell)) = screen.under_cursor() else { return };
    let region = column.region.clone();
    let Some(id) = cell.image.clone() else {
        let page = Pager::listing(format!("Regions of {}", clean(family.label())), line_mode::by_state(screen, family));
        return model.overlays.push(Overlay::Pager(page));
    };
    match find(model, &region, &id) {
        Some(image) => model.overlays.push(Overlay::Pager(Pager::image(image))),
        None => model.show_notice(format!("{id} in {region} is not listed yet.")),
    }
}

fn find(model: &Model, region: &Region, id: &ImageId) -> Option<Arc<Image>> {
    model.catalogue.listing(region)?.images().iter().find(|image| image.id == *id).cloned()
}
