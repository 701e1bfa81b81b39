//! Browsing: connecting, choosing regions and owners, fetching images page by page. Knows no screen.

use crate::{
    aws::ImagePage,
    config::StartRegions,
    domain::{Account, Failure, ImageQuery, LoginBackoff, OwnerFilter, Region, text::count},
    engine::Command,
    tui::{
        banner,
        bindings::{Action, Context},
        catalogue::ListState,
        fast_regions::FastRegions,
        freshness::Freshness,
        model::{Connection, Model, PendingReply, Reconnect},
        msg::{Connected, Effect},
        others::{FollowedRegions, ListKey, WorkspaceRequest},
        quit, sign_in,
    },
};

pub(super) fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.others.is_empty() {
        model.requests.push(WorkspaceRequest::Refresh);
    }
    if matches!(model.connection, Connection::Failed(_)) {
        let connect = model.connect();
        effects.push(connect);
        return;
    }
    if matches!(model.connection, Connection::Connecting(_)) {
        return;
    }
    let (known, unknown): (Vec<Region>, Vec<Region>) =
        model.chosen.iter().cloned().partition(|region| model.may_list(region));
    // A region that was missing may have been enabled meanwhile.
    if model.regions.is_empty() || model.account.is_none() || !unknown.is_empty() {
        request_account_and_regions(model, effects);
    }
    model.keys.clear();
    list(model, known, effects);
    model.send_command(Command::RefreshNow, effects);
}

fn request_account_and_regions(model: &mut Model, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Account);
    effects.push(Effect::AskAccount { id });
    let id = model.expect_reply(PendingReply::Regions);
    effects.push(Effect::ListRegions { id });
}

/// Changes which regions are listed, as somebody has asked.
pub(super) fn choose_regions(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    model.fast_regions = None;
    model.requests.push(WorkspaceRequest::Regions(Some(regions.clone())));
    list_regions(model, regions, effects);
}

/// Lists the home region, and every other one that answers fast.
pub(super) fn list_fast_regions(model: &mut Model, home: Region, effects: &mut Vec<Effect>) {
    model.fast_regions = Some(FastRegions::default());
    model.requests.push(WorkspaceRequest::Regions(None));
    list_regions(model, vec![home], effects);
}

fn list_regions(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    let changed = model.chosen != regions;
    model.chosen = regions;
    let new = model.catalogue.choose(&model.chosen);
    model.images.changed = true;
    let (own, chosen) = (model.id, &model.chosen);
    let unmarked = model.images.marked.keep_lists(|list| list.profile != own || chosen.contains(&list.region));
    say_unmarked(model, unmarked);
    forget_lists(model, |region, chosen| !chosen.contains(region));
    list(model, new, effects);
    if changed && model.account.is_some() {
        follow_regions(model, effects);
    }
}

/// Says that marks are removed with their lists.
pub(super) fn say_unmarked(model: &mut Model, unmarked: usize) {
    if unmarked > 0 {
        let marks = count(unmarked, "mark", "marks");
        model.show_notice(format!("{marks} removed, in regions that are not listed any more."));
    }
}

/// Changes whose images are listed.
pub(super) fn choose_owner(model: &mut Model, whose: OwnerFilter, effects: &mut Vec<Effect>) {
    model.query = model.query_for(whose);
    relist_all(model, effects);
}

/// Lists the images of these regions by the query of the account that is shown.
pub(super) fn follow(model: &mut Model, regions: &FollowedRegions, query: &ImageQuery, effects: &mut Vec<Effect>) {
    let Connection::Ready(connected) = &model.connection else { return };
    let home = connected.home.clone();
    let wanted = match regions {
        FollowedRegions::All => model.chosen.clone(),
        FollowedRegions::Fast if model.fast_regions.is_some() => model.chosen.clone(),
        FollowedRegions::Fast => {
            model.fast_regions = Some(FastRegions::default());
            vec![home]
        }
        FollowedRegions::These(regions) => {
            model.fast_regions = None;
            regions.iter().filter(|region| model.may_list(region)).cloned().collect()
        }
    };
    if model.query != *query {
        model.query = query.clone();
        model.chosen = wanted;
        relist_all(model, effects);
    } else if model.chosen != wanted {
        list_regions(model, wanted, effects);
    }
}

/// Drops all rows and lists every chosen region again: no row of the old query may stay on the screen.
fn relist_all(model: &mut Model, effects: &mut Vec<Effect>) {
    forget_lists(model, |_, _| true);
    model.live.clear();
    model.catalogue.clear();
    model.images.reset(model.id);
    model.pending.retain(|_, pending| !matches!(pending, PendingReply::FirstPage(_)));
    if let Some(fast) = &mut model.fast_regions {
        fast.forget_asked();
    }
    let chosen = model.chosen.clone();
    list_regions(model, chosen, effects);
}

/// Drops pending replies and waiting lists of the regions that `drop` selects.
pub(super) fn forget_lists(model: &mut Model, drop: impl Fn(&Region, &[Region]) -> bool) {
    let chosen = std::mem::take(&mut model.chosen);
    let of_region = |pending: &PendingReply| match pending {
        PendingReply::Images { region, .. } | PendingReply::KnownImages { region, .. } => drop(region, &chosen),
        _ => false,
    };
    model.pending.retain(|_, pending| !of_region(pending));
    model.to_list.retain(|region| !drop(region, &chosen));
    model.chosen = chosen;
}

/// Lists these regions, up to `browse.concurrent_regions` at a time.
pub(super) fn list(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    for region in regions {
        let running = model.pending.values_mut().find_map(|pending| match pending {
            PendingReply::Images { region: r, quiet, .. } if *r == region => Some(quiet),
            _ => None,
        });
        if let Some(quiet) = running {
            // Somebody waits for it now.
            if std::mem::take(quiet) {
                model.catalogue.show(&region);
            }
        } else if !model.to_list.contains(&region) {
            model.to_list.push(region);
        }
    }
    list_next(model, effects);
}

/// Returns true if a region is being listed, or is to be.
pub(super) fn is_being_listed(model: &Model, region: &Region) -> bool {
    model.to_list.contains(region)
        || model.pending.values().any(|p| matches!(p, PendingReply::Images { region: r, .. } if r == region))
}

/// Number of regions that may be listed besides those that are.
pub(super) fn room(model: &Model) -> usize {
    let busy = model.pending.values().filter(|p| matches!(p, PendingReply::Images { .. } | PendingReply::FirstPage(_)));
    model.start.config.browse.concurrent_regions.max(1).saturating_sub(busy.count() + model.to_list.len())
}

pub(super) fn list_next(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.connection, Connection::Ready(_)) {
        return;
    }
    let waiting = std::mem::take(&mut model.to_list);
    let (next, later) = waiting.split_at(room(model).min(waiting.len()));
    model.to_list = later.to_vec();
    for region in next {
        begin(model, region);
        request(model, region.clone(), false, effects);
    }
}

/// Lists regions again of which nothing is shown before the end, as far as there is room for it.
pub(super) fn refresh_quietly(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    let room = room(model);
    for region in regions.into_iter().take(room) {
        model.catalogue.begin_quietly(&region);
        model.live.list_begun(&region, model.now);
        request(model, region, true, effects);
    }
}

/// Shows that a region is being listed.
pub(super) fn begin(model: &mut Model, region: &Region) {
    model.catalogue.begin(region);
    model.live.list_begun(region, model.now);
}

fn request(model: &mut Model, region: Region, quiet: bool, effects: &mut Vec<Effect>) {
    let id = model.expect_reply(PendingReply::Images { region: region.clone(), listed: 0, quiet });
    effects.push(Effect::ListImages { id, region, query: model.query.clone(), token: None });
}

/// Opens the jobs of the account, now that it is known.
pub(super) fn signed_in(model: &mut Model, account: Account, effects: &mut Vec<Effect>) {
    if model.account.as_ref() == Some(&account) {
        return;
    }
    let key = model.account_key(&account);
    // The jobs shown so far were those of the profile's last account, which may be another one.
    if model.jobs_view.account.as_ref().is_some_and(|shown| *shown != key) {
        model.jobs_view.clear();
        model.jobs.reset();
        // Job numbers are an account's own: what was opened for one of those jobs would be carried out on another.
        if !model.overlays.is_empty() {
            model.overlays.clear();
            model.show_notice(format!("Signed in to another account, {}: what was open is closed.", account.id));
        }
        model.requested.clear();
        model.last_review = None;
        model.pending.retain(|_, pending| !pending.concerns_account());
    }
    model.account = Some(account);
    effects.push(Effect::OpenJobs { account: key });
    follow_regions(model, effects);
}

/// Lists the regions again that failed in a way that may have passed.
pub(super) fn list_failed(model: &mut Model, effects: &mut Vec<Effect>) {
    let failed =
        model.catalogue.listings().filter(|(_, l)| matches!(&l.state, ListState::Failed(f) if banner::may_recover(f)));
    let regions: Vec<Region> = failed.map(|(region, _)| region.clone()).collect();
    list(model, regions, effects);
}

/// Follows copies started elsewhere to the chosen regions.
pub(super) fn follow_regions(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.chosen.is_empty() {
        model.send_command(Command::ListPendingIn(model.chosen.clone()), effects);
    }
}

/// Remembers the failure of a look-up until it succeeds.
pub(super) fn record_lookup<T>(model: &mut Model, what: &'static str, result: &Result<T, Failure>) {
    match result {
        Ok(_) => model.lookup_problems.remove(what),
        Err(failure) => model.lookup_problems.insert(what, failure.clone()),
    };
}

pub(super) fn on_connected(model: &mut Model, result: Result<Connected, Failure>, effects: &mut Vec<Effect>) {
    match result {
        Err(failure) => {
            let wait = banner::may_recover(&failure).then(|| model.login_backoff.next_wait());
            model.reconnect = wait.map(|wait| Reconnect::At(model.now + wait));
            model.connection = Connection::Failed(failure);
            sign_in::show_stored_jobs(model, effects);
        }
        Ok(connected) => {
            model.reconnect = None;
            model.login_backoff = LoginBackoff::default();
            let home = || vec![connected.home.clone()];
            let remembered = Some(connected.cached_regions.clone()).filter(|regions| !regions.is_empty());
            model.fast_regions = None;
            let regions = match model.start.config.browse.start_regions() {
                StartRegions::Named(regions) => regions,
                StartRegions::Home => home(),
                StartRegions::All => remembered.unwrap_or_else(home),
                StartRegions::Fast => remembered.unwrap_or_else(|| {
                    model.fast_regions = Some(FastRegions::default());
                    home()
                }),
            };
            if !connected.region_configured && regions == home() {
                model.show_notice(format!(
                    "No region is configured; {} comes first. Press {} to choose others.",
                    connected.home,
                    model.keymap.key(Context::Images, Action::Regions)
                ));
            }
            model.connection = Connection::Ready(connected);
            // What was permitted to the credentials before may not be to these.
            model.last_review = None;
            request_account_and_regions(model, effects);
            model.chosen = regions;
            relist_all(model, effects);
        }
    }
}

/// Chooses every enabled region if the setting `browse.regions` says `all`.
pub(super) fn choose_all_if_configured(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.browse.start_regions() == StartRegions::All {
        let all = model.regions.iter().filter(|r| r.enabled()).map(|r| r.region.clone()).collect();
        list_regions(model, all, effects);
    }
}

/// Adds a page to the catalogue and asks for the next.
pub(super) fn on_page(
    model: &mut Model,
    region: Region,
    listed: usize,
    quiet: bool,
    page: Result<ImagePage, Failure>,
    effects: &mut Vec<Effect>,
) {
    match page {
        // The age of the list shows it.
        Err(failure) if quiet && banner::may_recover(&failure) => model.catalogue.give_up(&region),
        // Was said before.
        Err(failure) if quiet && has_failed(model, &region) => model.catalogue.fail(&region, failure),
        Err(failure) => {
            model.images.changed = true;
            let problems = model.keymap.key(Context::Everywhere, Action::Problems);
            model.show_error(format!("{region}: {} (press {problems} for problems)", failure.why));
            model.catalogue.fail(&region, failure);
        }
        Ok(page) => {
            let listed = listed + page.images.len();
            let limited = matches!(
                model.query.whose,
                OwnerFilter::Public { .. } | OwnerFilter::Amazon | OwnerFilter::Marketplace
            );
            let capped = limited && listed >= model.start.config.browse.public_limit && page.next.is_some();
            let next = page.next.filter(|_| !capped);
            if model.catalogue.page(&region, page.images, next.is_none(), capped, model.now) {
                model.images.changed = true;
            }
            if let Some(token) = next {
                let id = model.expect_reply(PendingReply::Images { region: region.clone(), listed, quiet });
                effects.push(Effect::ListImages { id, region, query: model.query.clone(), token: Some(token) });
                return;
            }
            // Which images come before the limit is EC2's to choose.
            if !capped {
                unmark_gone(model, &region);
            }
        }
    }
    list_next(model, effects);
}

/// Removes the marks of images that are not listed any more.
pub(super) fn unmark_gone(model: &mut Model, region: &Region) {
    if let Some(listing) = model.catalogue.listing(region) {
        let list = ListKey { region: region.clone(), profile: model.id };
        model.images.marked.keep_listed(&list, listing.images());
    }
}

fn has_failed(model: &Model, region: &Region) -> bool {
    model.catalogue.listing(region).is_some_and(|listing| matches!(listing.state, ListState::Failed(_)))
}

/// Changes the profile. Nothing of the old account stays.
pub(super) fn switch_profile(model: &mut Model, profile: String, effects: &mut Vec<Effect>) {
    quit::continue_in_background(model, effects);
    model.jobs_view.clear();
    model.jobs.reset();
    effects.push(Effect::CloseJobs);
    forget_lists(model, |_, _| true);
    model.pending.retain(|_, pending| pending.outlives_account());
    model.account = None;
    model.regions.clear();
    model.keys.clear();
    // Another role may be permitted other things.
    model.last_review = None;
    model.requested.clear();
    model.lookup_problems.clear();
    model.catalogue.clear();
    model.live = Freshness::default();
    model.chosen.clear();
    model.fast_regions = None;
    model.images.reset(model.id);
    model.overlays.clear();
    model.profile = Some(profile);
    let connect = model.connect();
    effects.push(connect);
}
