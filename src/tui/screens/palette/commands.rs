//! What the palette's commands do, and the values that their arguments can have.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use super::{Candidate, Palette};
use crate::{
    config::settings::nearest,
    domain::{
        Failure, ImageColumn, Region,
        palette::{CommandName, ExportFormat, PaletteCommand},
        text::{clean, count},
    },
    tui::{
        accounts, browse,
        catalogue::ListState,
        model::{Connection, FilterRequest, FormRequest, Model, PendingReply},
        msg::{Effect, ExportRequest, Reply, StoredFilters, StoredForms},
        profiles,
        screens::{
            Overlay,
            images::{Sort, columns, saved_filters, update::sort_by},
            sync_plan,
        },
    },
};

/// The values that are known without asking.
pub(super) fn candidates(model: &Model) -> BTreeMap<CommandName, Vec<Candidate>> {
    let plain = |values: Vec<(String, &str)>| -> Vec<Candidate> {
        values.into_iter().map(|(value, note)| Candidate { value, note: note.to_owned() }).collect()
    };
    let mut regions: Vec<(String, &str)> =
        model.regions.iter().filter(|r| r.enabled()).map(|r| (r.region.to_string(), "")).collect();
    if regions.is_empty() {
        regions.extend(model.chosen.iter().map(|r| (r.to_string(), "")));
    }
    regions.sort();
    regions.insert(0, ("all".into(), "every enabled region"));
    regions.insert(1, ("auto".into(), "every enabled region that answers fast"));
    let owners = [
        ("mine", "this account's images"),
        ("shared", "images of other accounts that this one may launch"),
        ("amazon", "names as in the setting browse.amazon_name"),
        ("marketplace", "names as in the setting browse.marketplace_name"),
        ("public:", "public images, by a name pattern with * and ?"),
    ];
    let owners = owners.map(|(value, note)| (value.to_owned(), note)).to_vec();
    [
        (CommandName::Region, plain(regions)),
        (CommandName::Owner, plain(owners)),
        // One that is typed in part must not replace another.
        (CommandName::SaveFilter, Vec::new()),
        (CommandName::Theme, plain(model.start.themes.names().map(|name| (name.to_owned(), "")).collect())),
        (CommandName::Export, Vec::new()),
        (CommandName::Policy, Vec::new()),
    ]
    .into()
}

/// Asks for the values of an argument.
pub(super) fn request(model: &mut Model, name: CommandName, effects: &mut Vec<Effect>) {
    let pending = match name {
        // Tags take a moment to collect from many images.
        CommandName::Sort => {
            let columns = sort_columns(model);
            return fill(model, name, columns);
        }
        CommandName::Filter => PendingReply::Filters(FilterRequest::Names),
        CommandName::Profile => PendingReply::ProfileNames,
        CommandName::Preset => PendingReply::Forms(FormRequest::Names),
        _ => return,
    };
    if model.pending.values().any(|p| *p == pending) {
        return;
    }
    let id = model.expect_reply(pending);
    effects.push(match name {
        CommandName::Profile => Effect::ListProfiles { id },
        CommandName::Filter => Effect::ReadFilters { id },
        _ => Effect::ReadForms { id },
    });
}

/// Every column by which images can be sorted.
fn sort_columns(model: &Model) -> Vec<Candidate> {
    let tags: BTreeSet<&str> =
        model.images.rows.all().flat_map(|image| image.tags.iter().map(|tag| &*tag.key)).collect();
    let tags = tags.into_iter().map(|key| ImageColumn::Tag(key.into()));
    let candidate =
        |column: ImageColumn| Candidate { value: column.to_string(), note: columns::about(&column).to_owned() };
    ImageColumn::all().chain(tags).map(candidate).collect()
}

/// Runs a command.
///
/// # Errors
/// Why it cannot be run: the palette stays open with it.
pub(super) fn run(model: &mut Model, command: PaletteCommand, effects: &mut Vec<Effect>) -> Result<(), String> {
    match command {
        PaletteCommand::Regions(regions) => choose_regions(model, regions, effects),
        PaletteCommand::AutomaticRegions => automatic_regions(model, effects),
        PaletteCommand::Owner(whose) => {
            browse::choose_owner(model, whose, effects);
            Ok(())
        }
        PaletteCommand::Profile(profiles) => switch_profiles(model, &profiles, effects),
        PaletteCommand::Sort { column, reversed } => match ImageColumn::parse(&column) {
            Some(column) => {
                let sort = Sort::by(column);
                sort_by(model, if reversed { sort.reversed() } else { sort });
                Ok(())
            }
            None => {
                let names: Vec<String> = ImageColumn::all().map(|column| column.to_string()).collect();
                Err(unknown("column", &column, names.iter().map(String::as_str)))
            }
        },
        PaletteCommand::Filter(name) => {
            saved_filters::apply(model, name, effects);
            Ok(())
        }
        PaletteCommand::SaveFilter(name) => saved_filters::save_current(model, name, effects),
        PaletteCommand::Theme(name) => theme(model, &name),
        PaletteCommand::Export { path, format, replace } => {
            export(model, path, format, replace, effects);
            Ok(())
        }
        PaletteCommand::Preset(name) => preset(model, name, effects),
        PaletteCommand::Policy(file) => {
            sync_plan::update::open(model, Some(file), effects);
            Ok(())
        }
    }
}

/// Says that the AWS configuration does not have a profile, if its profiles are known: what is shown would be given up for nothing.
pub(super) fn unknown_profile(model: &Model, command: &PaletteCommand, palette: &Palette) -> Option<String> {
    /// Names listed before the others are counted.
    const NAMED: usize = 12;
    let PaletteCommand::Profile(profiles) = command else { return None };
    let known: Vec<&str> = palette.values(CommandName::Profile).iter().map(|known| known.value.as_str()).collect();
    let on_screen = model.profile_names();
    let is_known = |name: &String| known.contains(&name.as_str()) || on_screen.contains(name);
    let name = profiles::read(profiles).into_iter().find(|name| !known.is_empty() && !is_known(name))?;
    let near = nearest(&name, known.iter().copied()).map(|near| format!("; did you mean {}?", clean(near)));
    let named: Vec<_> = known.iter().take(NAMED).map(|name| clean(name)).collect();
    let more = known.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let near = near.as_deref().unwrap_or(".");
    Some(format!("There is no profile {}{near} There are {}{more}.", clean(&name), named.join(", ")))
}

fn theme(model: &mut Model, name: &str) -> Result<(), String> {
    model.use_theme(name).map_err(|failure| failure.lines().join(". "))?;
    let kept = "`theme` of [ui] in the settings keeps it.";
    model.show_notice(if model.start.caps.colors {
        format!("Theme {name} until the program ends; {kept}")
    } else {
        format!("Theme {name}, without colours: NO_COLOR is set, or the terminal has none.")
    });
    Ok(())
}

fn unknown<'a>(what: &str, word: &str, valid: impl Iterator<Item = &'a str> + Clone) -> String {
    let word = crate::domain::text::clean(word);
    match nearest(&word, valid.clone()) {
        Some(near) => format!("There is no {what} {word}; did you mean {near}?"),
        None => format!("There is no {what} {word}; there are {}.", valid.collect::<Vec<_>>().join(", ")),
    }
}

fn choose_regions(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) -> Result<(), String> {
    let enabled: Vec<Region> = model.regions.iter().filter(|r| r.enabled()).map(|r| r.region.clone()).collect();
    let regions = match (regions.is_empty(), enabled.is_empty()) {
        (true, true) => return Err("The account's regions are not known yet.".into()),
        (true, false) => enabled,
        (false, _) => {
            for region in &regions {
                match model.regions.iter().find(|r| r.region == *region) {
                    Some(info) if !info.enabled() => {
                        return Err(format!("{region} is not enabled for this account."));
                    }
                    None if !enabled.is_empty() => {
                        return Err(unknown("region", region.as_str(), enabled.iter().map(Region::as_str)));
                    }
                    _ => {}
                }
            }
            regions
        }
    };
    let profile = model.profile.clone().unwrap_or_default();
    effects.push(Effect::CacheRegions { profile, regions: regions.clone() });
    browse::choose_regions(model, regions, effects);
    Ok(())
}

/// Forgets which regions were chosen.
fn automatic_regions(model: &mut Model, effects: &mut Vec<Effect>) -> Result<(), String> {
    let Connection::Ready(connected) = &model.connection else {
        return Err("The profile's region is not known yet.".into());
    };
    let home = connected.home.clone();
    let profile = model.profile.clone().unwrap_or_default();
    effects.push(Effect::CacheRegions { profile, regions: Vec::new() });
    browse::list_fast_regions(model, home, effects);
    model.show_notice("The regions are automatic: every enabled one that answers fast.");
    Ok(())
}

fn switch_profiles(model: &mut Model, profiles: &str, effects: &mut Vec<Effect>) -> Result<(), String> {
    if model.overlays.iter().any(|o| matches!(o, Overlay::Form(form) if form.is_edited())) {
        return Err("Close the copy form first: what was entered in it would be lost.".into());
    }
    profiles::choose(model, profiles::read(profiles), effects);
    Ok(())
}

fn export(model: &mut Model, path: PathBuf, format: ExportFormat, replace: bool, effects: &mut Vec<Effect>) {
    crate::tui::screens::images::update::refresh_rows(model);
    let images = accounts::exported(model);
    let incomplete = |region: &Region, why: &str| Failure::new(format!("list images in {region}"), why);
    let failures = model.catalogue.listings().filter_map(|(region, listing)| {
        let failure = match &listing.state {
            ListState::Loaded(_) => return None,
            ListState::Failed(failure) => failure.clone(),
            ListState::Capped(_) => {
                incomplete(region, "there are more: the list ends at the setting browse.public_limit")
            }
            ListState::Waiting | ListState::Loading(_) => incomplete(region, "the list was not complete yet"),
        };
        Some((region.clone(), failure))
    });
    let failures: Vec<(Region, Failure)> = failures.chain(accounts::incomplete(model)).collect();
    let incomplete = failures.iter().map(|(region, _)| region.clone()).collect();
    let id = model.expect_reply(PendingReply::Export { path: path.clone(), images: images.len(), incomplete });
    let request = ExportRequest { path, format, replace, images, failures };
    effects.push(Effect::Export { id, request });
}

/// Takes in what the palette has requested.
pub(in crate::tui) fn on_reply(model: &mut Model, pending: PendingReply, reply: Reply) {
    match (pending, reply) {
        (PendingReply::Forms(_), Reply::Forms(result)) => on_presets(model, result),
        (PendingReply::Filters(_), Reply::Filters(result)) => on_filters(model, result),
        (PendingReply::ProfileNames, Reply::Profiles(profiles)) => on_profiles(model, &profiles),
        (PendingReply::Sync { work, account }, Reply::Sync(plan)) => {
            sync_plan::on_reply(model, work, &account, plan.map(|plan| *plan));
        }
        (PendingReply::Export { path, images, incomplete }, Reply::Exported(result)) => {
            on_exported(model, &path, images, &incomplete, result);
        }
        _ => {}
    }
}

/// Says how an export went.
fn on_exported(
    model: &mut Model,
    path: &std::path::Path,
    images: usize,
    incomplete: &BTreeSet<Region>,
    result: Result<(), Failure>,
) {
    match result {
        Err(failure) => model.show_failure("export", &failure),
        Ok(()) => {
            let written = format!("{} written to {}", count(images, "image", "images"), path.display());
            if incomplete.is_empty() {
                model.show_notice(format!("{written}."));
            } else {
                let regions: Vec<&str> = incomplete.iter().map(Region::as_str).collect();
                let text = format!("{written}; not all images of {} are in it.", regions.join(", "));
                model.show_error(text);
            }
        }
    }
}

/// Fills the form that is open in from a preset, or opens one on the marked images first.
fn preset(model: &mut Model, name: String, effects: &mut Vec<Effect>) -> Result<(), String> {
    if !matches!(model.overlays.last(), Some(Overlay::Form(_))) {
        if model.overlays.iter().any(|o| !matches!(o, Overlay::Pager(_))) {
            return Err("Close what is open first: a preset fills in the copy form.".into());
        }
        model.overlays.clear();
        crate::tui::screens::images::update::open_form(model);
        if model.overlays.is_empty() {
            // The notice says why there is no form.
            return Ok(());
        }
    }
    let id = model.expect_reply(PendingReply::Forms(FormRequest::Apply(name)));
    effects.push(Effect::ReadForms { id });
    Ok(())
}

/// Takes in the names of the presets.
fn on_presets(model: &mut Model, stored: Result<StoredForms, Failure>) {
    match stored {
        Ok(stored) => {
            let values = stored.presets.into_keys().map(|value| Candidate { value, note: String::new() });
            fill(model, CommandName::Preset, values.collect());
        }
        Err(failure) => model.show_failure("presets", &failure),
    }
}

/// Takes in the names of the saved filters.
fn on_filters(model: &mut Model, stored: Result<StoredFilters, Failure>) {
    match stored {
        Ok(stored) => {
            let values = stored.filters.into_iter().map(|(value, note)| Candidate { value, note });
            fill(model, CommandName::Filter, values.collect());
        }
        Err(failure) => model.show_failure("saved filters", &failure),
    }
}

/// Takes in the names of the profiles.
fn on_profiles(model: &mut Model, profiles: &[String]) {
    let current = model.profile.as_deref();
    let note = |name: &str| if current == Some(name) { "in use" } else { "" };
    let values = profiles.iter().map(|name| Candidate { value: name.clone(), note: note(name).into() }).collect();
    fill(model, CommandName::Profile, values);
}

fn fill(model: &mut Model, name: CommandName, values: Vec<Candidate>) {
    if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
        palette.fill(name, values);
    }
}
