//! What the account that is shown knows of the others. Their images are shared with it, not copied.

use std::collections::BTreeMap;

use super::{ProfileEffect, Workspace};
use crate::tui::{
    accounts, browse,
    catalogue::{ListState, Listing},
    finishing,
    job_counts::JobCounts,
    model::{Connection, Model},
    others::{ListKey, OtherAccount, OtherList, ProfileId},
    problems,
    screens::Overlay,
    source_reads,
};

impl Workspace {
    /// Brings what is shown of the other accounts up to date. Costs little where nothing changed.
    pub(super) fn look_over(&mut self, effects: &mut Vec<ProfileEffect>) {
        self.name_owners();
        let before = std::mem::take(&mut self.shown.others);
        if self.hidden.is_empty() && before.is_empty() {
            return;
        }
        let counts: Vec<JobCounts> = before.iter().map(|other| other.jobs.clone()).collect();
        let mut before: BTreeMap<ProfileId, OtherAccount> = before.into_iter().map(|other| (other.id, other)).collect();
        let (mut others, mut changed) = (Vec::new(), Vec::new());
        let mut table_changed = false;
        for (id, model) in &self.hidden {
            let known = before.remove(id);
            let other = overview(*id, model, known.as_ref(), &mut changed);
            table_changed |= known.is_none_or(|known| {
                known.name != other.name || known.account != other.account || known.lists.len() != other.lists.len()
            });
            others.push(other);
        }
        table_changed |= !before.is_empty() || !changed.is_empty();
        let shown = &mut self.shown;
        for list in &changed {
            let of_list =
                others.iter().find(|other| other.id == list.profile).and_then(|other| other.lists.get(&list.region));
            if let Some(complete) = of_list.filter(|list| list.is_complete) {
                shown.images.marked.keep_listed(list, &complete.images);
            }
        }
        let (own, of) = (shown.id, |list: &ListKey| others.iter().find(|other| other.id == list.profile));
        shown.images.marked.keep_lists(|list| list.profile == own || of(list).is_some());
        let is_listed = |list: &ListKey| of(list).is_some_and(|other| other.lists.contains_key(&list.region));
        let unmarked = shown.images.marked.keep_lists(|list| list.profile == own || is_listed(list));
        browse::say_unmarked(shown, unmarked);
        let counts_changed = !counts.iter().eq(others.iter().map(|other| &other.jobs));
        shown.images.changed |= table_changed;
        shown.others = others;
        name_account_in_dialogs(shown);
        if counts_changed {
            let (id, mut of_model) = (shown.id, Vec::new());
            finishing::follow_title(shown, &mut of_model);
            self.take(id, of_model, effects);
        }
    }

    /// Brings what the others' copies read up to date, if images may be deregistered by the next key.
    pub(super) fn follow_reads(&mut self) {
        if !matches!(self.shown.overlays.last(), Some(Overlay::InputLine(_))) {
            return;
        }
        for other in &mut self.shown.others {
            if let Some(model) = self.hidden.get(&other.id) {
                other.reads = source_reads::of(model);
            }
        }
    }
}

/// Has the dialogs say in whose account they change something.
fn name_account_in_dialogs(shown: &mut Model) {
    if shown.others.is_empty() {
        return;
    }
    let line = accounts::account_line(shown);
    for overlay in &mut shown.overlays {
        match overlay {
            Overlay::Confirmation(dialog) => dialog.name_account(&line),
            Overlay::InputLine(dialog) => dialog.name_account(&line),
            _ => {}
        }
    }
}

/// An account as the others show it. Adds the lists that have changed.
fn overview(id: ProfileId, model: &Model, known: Option<&OtherAccount>, changed: &mut Vec<ListKey>) -> OtherAccount {
    let list = |(region, listing): (&crate::domain::Region, &Listing)| {
        let before = known.and_then(|known| known.lists.get(region));
        let is_complete = listing.listed_at().is_some() && !listing.is_capped();
        let list = match before.filter(|list| list.version == listing.version() && list.is_complete == is_complete) {
            Some(list) => list.clone(),
            None => {
                changed.push(ListKey { region: region.clone(), profile: id });
                OtherList { version: listing.version(), images: listing.images().to_vec(), is_complete }
            }
        };
        (region.clone(), list)
    };
    OtherAccount {
        id,
        name: model.profile_name(id).to_owned(),
        account: model.account.as_ref().map(|account| account.id.clone()),
        lists: model.catalogue.listings().map(list).collect(),
        images_missing: images_missing(model),
        is_loading: is_loading(model),
        jobs: JobCounts::of(&model.jobs_view),
        reads: source_reads::of(model),
        problems: model.problems().len(),
        listed_problems: problems::listed(model),
    }
}

fn is_loading(model: &Model) -> bool {
    let open = |listing: &Listing| matches!(listing.state, ListState::Loading(_) | ListState::Waiting);
    matches!(model.connection, Connection::Connecting(_))
        || model.catalogue.listings().any(|(_, listing)| open(listing))
}

/// Why images of the account are missing in the table.
fn images_missing(model: &Model) -> String {
    match &model.connection {
        Connection::Connecting(_) => "signing in".into(),
        Connection::Failed(failure) => format!("not signed in, {}", failure.why),
        Connection::Ready(_) => {
            let paused = model.jobs_view.status.paused.as_ref().map(|_| "paused".to_owned());
            let loading = (model.catalogue.loading() > 0).then(|| "listing".to_owned());
            [paused, loading, model.catalogue.unlisted()].into_iter().flatten().collect::<Vec<_>>().join(", ")
        }
    }
}
