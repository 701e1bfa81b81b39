//! The accounts on the screen where there are several: their names, and the line that says how the others are.

use std::{collections::BTreeSet, sync::Arc};

use ratatui::text::{Line, Span};

use crate::{
    domain::{
        Failure, Image, Region,
        palette::ExportedImage,
        text::{clean, count},
    },
    tui::{
        bindings::{Action, Context},
        job_counts::JobCounts,
        model::{Connection, Model},
        others::{ListKey, OtherAccount, ProfileId},
        theme,
        widgets::{
            draw_context::DrawContext,
            text_fit::{cut, width},
        },
    },
};

impl Model {
    /// The image under the cursor, if this account lists it: nothing is done with an image by another account than the one whose row
    /// it is.
    pub fn current_image(&self) -> Option<&Arc<Image>> {
        let line = self.images.list.cursor;
        self.images
            .rows
            .get(line)
            .filter(|_| self.images.rows.list_of(line).is_some_and(|list| list.profile == self.id))
    }

    /// The profile whose credentials are in use, also if it was not chosen here; `None` for those of the environment.
    pub fn profile_in_use(&self) -> Option<&str> {
        let source = match &self.connection {
            Connection::Ready(connected) => connected.source.as_ref(),
            _ => None,
        };
        self.profile.as_deref().or_else(|| source?.profile())
    }

    /// The name of a profile on the screen, or where none is named its account.
    pub fn profile_name(&self, id: ProfileId) -> &str {
        if id == self.id {
            let account = || self.account.as_ref().map(|account| account.id.as_str());
            return self.profile_in_use().or_else(account).unwrap_or_default();
        }
        self.others.iter().find(|other| other.id == id).map_or("", |other| &other.name)
    }

    /// The names of all profiles on the screen.
    pub(super) fn profile_names(&self) -> BTreeSet<String> {
        let all = std::iter::once(self.id).chain(self.others.iter().map(|other| other.id));
        all.map(|id| self.profile_name(id).to_owned()).filter(|name| !name.is_empty()).collect()
    }
}

/// The account that is shown, for a dialog about it where there are several.
pub(super) fn account_line(model: &Model) -> String {
    let name = clean(model.profile_name(model.id));
    match &model.account {
        Some(account) if account.id.as_str() != &*name => format!("In account {} (profile {name}):", account.id),
        Some(account) => format!("In account {}:", account.id),
        None => format!("With profile {name}:"),
    }
}

/// What is said of another account, shorter and shorter: its name, its account, its copies, and what is wrong.
pub(super) fn summaries(other: &OtherAccount) -> [String; 3] {
    let name = clean(&other.name).into_owned();
    let account = other.account.as_ref().map(ToString::to_string).filter(|id| *id != other.name);
    let named = [Some(name.clone()), account].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut said: Vec<String> = other.jobs.counted().map(|(_, text)| text).collect();
    said.extend(other.jobs.percent().map(|percent| format!("{percent}%")));
    said.extend(Some(clean(&other.images_missing).into_owned()).filter(|text| !text.is_empty()));
    said.extend((other.problems > 0).then(|| count(other.problems, "problem", "problems")));
    let with = |name: String| if said.is_empty() { name } else { format!("{name}: {}", said.join(", ")) };
    // What is wrong is what may not be missed.
    let most = if other.is_failing() { said.last() } else { said.first() };
    let first = |name: String| most.map_or(name.clone(), |text| format!("{name}: {text}"));
    [with(named), with(name.clone()), first(name)]
}

/// The images that are shown, each with the account that lists it where there are several.
pub(super) fn exported(model: &Model) -> Vec<ExportedImage> {
    let account = |id: ProfileId| {
        let other = || model.others.iter().find(|other| other.id == id).and_then(|other| other.account.clone());
        if id == model.id { model.account.as_ref().map(|account| account.id.clone()) } else { other() }
    };
    let whose = |id: ProfileId| Some((model.profile_name(id).to_owned(), account(id)?));
    let several = !model.others.is_empty();
    let image = |(list, image): (&ListKey, &Arc<Image>)| ExportedImage {
        image: Arc::clone(image),
        listed_by: whose(list.profile).filter(|_| several),
    };
    model.images.rows.with_lists().map(image).collect()
}

/// The lists of the other accounts that are not complete, and why.
pub(super) fn incomplete(model: &Model) -> Vec<(Region, Failure)> {
    let failure = |other: &OtherAccount, region: &Region, why: &str| {
        (region.clone(), Failure::new(format!("list images of {} in {region}", other.name), why))
    };
    let of_other = |other: &OtherAccount| -> Vec<(Region, Failure)> {
        if other.lists.is_empty() {
            let why = if other.images_missing.is_empty() { "nothing is listed" } else { &other.images_missing };
            return model.chosen.iter().map(|region| failure(other, region, why)).collect();
        }
        let open = other.lists.iter().filter(|(_, list)| !list.is_complete);
        open.map(|(region, _)| failure(other, region, "the list is not complete")).collect()
    };
    model.others.iter().flat_map(of_other).collect()
}

/// The copies of all accounts on the screen, counted.
pub(super) fn job_counts(model: &Model) -> JobCounts {
    let mut counts = JobCounts::of(&model.jobs_view);
    model.others.iter().for_each(|other| counts.add(&other.jobs));
    counts
}

/// How many other accounts there are, and which of them are not complete: those come first, since the end may be cut off.
fn counted(model: &Model) -> String {
    let (failing, fine): (Vec<&OtherAccount>, Vec<&OtherAccount>) =
        model.others.iter().partition(|other| other.is_failing());
    let number = count(model.others.len(), "account", "accounts");
    let wrong = if failing.is_empty() {
        String::new()
    } else {
        format!(", {} not complete", count(failing.len(), "account", "accounts"))
    };
    let names: Vec<String> = failing.into_iter().chain(fine).map(|other| clean(&other.name).into_owned()).collect();
    format!("{number} more{wrong}: {}", names.join(", "))
}

/// The line, in this many cells.
pub(super) fn line(model: &Model, cells: usize, ctx: DrawContext<'_>) -> Line<'static> {
    let key = model.keymap.key(Context::Everywhere, Action::NextAccount);
    let shown = format!(" {} ", clean(model.profile_name(model.id)));
    let all: Vec<[String; 3]> = model.others.iter().map(summaries).collect();
    let hint = format!("  {key} shows the next ");
    let room = cells.saturating_sub(width(&shown) + 2);
    let joined =
        |at: usize| all.iter().filter_map(|texts| texts.get(at)).map(String::as_str).collect::<Vec<_>>().join("  ");
    let texts = [joined(0), joined(1), joined(2)];
    let fitting = texts.iter().find(|text| width(text) + width(&hint) <= room);
    let (text, hint) = match fitting {
        Some(text) => (text.clone(), hint),
        None if width(&texts[2]) <= room => (texts[2].clone(), String::new()),
        None => (cut(&counted(model), room, ctx.glyphs.ellipsis), String::new()),
    };
    let gap = room.saturating_sub(width(&text) + width(&hint));
    Line::from(vec![
        Span::raw(" "),
        Span::styled(shown, theme::BADGE),
        Span::raw(format!(" {text}{}", " ".repeat(gap))),
        Span::styled(hint, theme::FAINT),
    ])
}
