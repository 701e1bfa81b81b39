//! Browsing: connecting, choosing regions and whose images, fetching page by page. Changes the model and asks for
//! effects; knows no screen.

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::{
    domain::{Account, Failure, LoginBackoff, OwnerFilter, Region, RegionInfo},
    engine::{Command, JobId},
    tui::{
        banner,
        catalogue::Progress,
        model::{Awaited, Model, Reconnect, Session},
        msg::{Connected, Effect, Page},
        quit,
    },
};

/// The account is asked for again after this.
const BETWEEN_TRIES: SignedDuration = SignedDuration::from_secs(10);

pub(super) fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.session, Session::Failed(_)) {
        let connect = model.connect();
        effects.push(connect);
        return;
    }
    if matches!(model.session, Session::Connecting(_)) {
        return;
    }
    if model.regions.is_empty() || model.account.is_none() {
        ask_who_and_where(model, effects);
    }
    model.keys.clear();
    list(model, model.chosen.clone(), effects);
    model.ask_for(Command::RefreshNow, effects);
}

fn ask_who_and_where(model: &mut Model, effects: &mut Vec<Effect>) {
    let id = model.ask(Awaited::Account);
    effects.push(Effect::AskAccount { id });
    let id = model.ask(Awaited::Regions);
    effects.push(Effect::ListRegions { id });
}

/// Takes another set of regions.
pub(super) fn choose(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    let others = model.chosen != regions;
    model.chosen = regions;
    let new = model.catalogue.choose(&model.chosen);
    model.images.changed = true;
    forget_lists(model, |region, chosen| !chosen.contains(region));
    list(model, new, effects);
    if others && model.account.is_some() {
        follow(model, effects);
    }
}

/// Takes other people's images, or one's own again.
pub(super) fn choose_whose(model: &mut Model, whose: OwnerFilter, effects: &mut Vec<Effect>) {
    model.query = model.query_for(whose);
    start_over(model, effects);
}

/// Drops every row and asks anew: nothing of the old question may stay on the screen.
fn start_over(model: &mut Model, effects: &mut Vec<Effect>) {
    forget_lists(model, |_, _| true);
    model.catalogue.clear();
    model.images.start_over();
    let chosen = model.chosen.clone();
    choose(model, chosen, effects);
}

fn forget_lists(model: &mut Model, drop: impl Fn(&Region, &[Region]) -> bool) {
    let chosen = std::mem::take(&mut model.chosen);
    model.awaited.retain(|_, a| !matches!(a, Awaited::Images { region, .. } if drop(region, &chosen)));
    model.to_list.retain(|region| !drop(region, &chosen));
    model.chosen = chosen;
}

/// Asks for regions' images, so many at a time.
fn list(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    for region in regions {
        let under_way = model.awaited.values().any(|a| matches!(a, Awaited::Images { region: r, .. } if *r == region));
        if !under_way && !model.to_list.contains(&region) {
            model.to_list.push(region);
        }
    }
    list_next(model, effects);
}

/// A list this long is not fetched again for one new image.
const LONG: usize = 5_000;

/// A copy has ended: its region's list, where it is on the screen, is to show it.
pub(super) fn list_where_copies_ended(model: &mut Model, ended: &[JobId], effects: &mut Vec<Effect>) {
    let regions: BTreeSet<Region> =
        ended.iter().filter_map(|id| model.board.job(*id)).map(|j| j.request.destination.clone()).collect();
    let shown = |r: &Region| {
        model.query.whose == OwnerFilter::Mine && model.chosen.contains(r) && model.catalogue.count(r) < LONG
    };
    let regions: Vec<Region> = regions.into_iter().filter(shown).collect();
    list(model, regions, effects);
}

fn list_next(model: &mut Model, effects: &mut Vec<Effect>) {
    if !matches!(model.session, Session::Ready(_)) {
        return;
    }
    let busy = model.awaited.values().filter(|a| matches!(a, Awaited::Images { .. })).count();
    let free = model.start.config.browse.concurrent_regions.max(1).saturating_sub(busy);
    let next: Vec<Region> = model.to_list.drain(..free.min(model.to_list.len())).collect();
    for region in next {
        model.catalogue.begin(&region);
        let id = model.ask(Awaited::Images { region: region.clone(), listed: 0 });
        effects.push(Effect::ListImages { id, region, query: model.query.clone(), token: None });
    }
}

/// Who is signed in, and so whose jobs are shown, is known now.
pub(super) fn signed_in(model: &mut Model, account: Account, effects: &mut Vec<Effect>) {
    if model.account.as_ref() == Some(&account) {
        return;
    }
    let key = model.account_key(&account);
    // What was stored for the profile may be another account's: then nothing of it may stay.
    if model.board.account.as_ref().is_some_and(|shown| *shown != key) {
        model.board.clear();
        model.jobs.forget();
    }
    model.account = Some(account);
    effects.push(Effect::OpenJobs { account: key });
    follow(model, effects);
}

/// Asks for the credentials again, if it is time for that.
pub(super) fn reconnect_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.reconnect, Some(Reconnect::At(at)) if at <= model.now) {
        let id = model.id();
        model.reconnect = Some(Reconnect::Asked(id));
        effects.push(Effect::Connect { id, profile: model.profile.clone() });
    }
}

/// Somebody may have signed in: what waits for that does not wait any longer.
pub(super) fn login_changed(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.reconnect, Some(Reconnect::At(_))) {
        model.reconnect = Some(Reconnect::At(model.now));
    }
    if model.board.status.paused.is_some() {
        model.ask_for(Command::RefreshNow, effects);
    }
}

/// The account is asked for again in a while, if that can help.
/// Shows stored jobs while the account is not known.
pub(super) fn show_stored_jobs(model: &Model, effects: &mut Vec<Effect>) {
    if model.account.is_none() {
        effects.push(Effect::ShowStoredJobs);
    }
}

/// Watches for a login while credentials do not work.
pub(super) fn watch_login(model: &mut Model, effects: &mut Vec<Effect>) {
    let waits = match model.session {
        Session::Failed(_) => true,
        // As before, until the result is known.
        Session::Connecting(_) => model.watches_login,
        Session::Ready(_) => model.board.status.paused.is_some(),
    };
    if model.watches_login != waits {
        model.watches_login = waits;
        effects.push(Effect::WatchLogin(waits));
    }
}

pub(super) fn ask_account_later(model: &mut Model, failure: &Failure) {
    model.account_again = banner::reconnects(failure).then(|| model.now + BETWEEN_TRIES);
}

pub(super) fn ask_account_if_due(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.account_again.is_some_and(|at| at <= model.now) && matches!(model.session, Session::Ready(_)) {
        model.account_again = None;
        let id = model.ask(Awaited::Account);
        effects.push(Effect::AskAccount { id });
        if model.regions.is_empty() {
            let id = model.ask(Awaited::Regions);
            effects.push(Effect::ListRegions { id });
        }
    }
}

/// What could not be listed while nobody could be reached.
pub(super) fn list_failed(model: &mut Model, effects: &mut Vec<Effect>) {
    let failed =
        model.catalogue.listings().filter(|(_, l)| matches!(&l.progress, Progress::Failed(f) if banner::reconnects(f)));
    let regions: Vec<Region> = failed.map(|(region, _)| region.clone()).collect();
    list(model, regions, effects);
}

/// Copies started elsewhere are looked for where images are listed.
fn follow(model: &mut Model, effects: &mut Vec<Effect>) {
    if !model.chosen.is_empty() {
        model.ask_for(Command::Follow(model.chosen.clone()), effects);
    }
}

pub(super) fn note<T>(model: &mut Model, what: &'static str, result: &Result<T, Failure>) {
    match result {
        Ok(_) => model.lookup_problems.remove(what),
        Err(failure) => model.lookup_problems.insert(what, failure.clone()),
    };
}

pub(super) fn on_connected(model: &mut Model, result: Result<Connected, Failure>, effects: &mut Vec<Effect>) {
    match result {
        Err(failure) => {
            let wait = banner::reconnects(&failure).then(|| model.login_backoff.next_wait());
            model.reconnect = wait.map(|wait| Reconnect::At(model.now + wait));
            model.session = Session::Failed(failure);
            show_stored_jobs(model, effects);
        }
        Ok(connected) => {
            model.reconnect = None;
            model.login_backoff = LoginBackoff::default();
            let wanted: Vec<Region> =
                model.start.config.browse.regions.iter().filter_map(|r| Region::new(r).ok()).collect();
            let regions = if !wanted.is_empty() {
                wanted
            } else if connected.remembered.is_empty() {
                vec![connected.home.clone()]
            } else {
                connected.remembered.clone()
            };
            if !connected.region_given && regions == [connected.home.clone()] {
                model.say(format!("No region is configured; this is {}. r chooses others.", connected.home));
            }
            model.session = Session::Ready(connected);
            ask_who_and_where(model, effects);
            model.chosen = regions;
            start_over(model, effects);
        }
    }
}

pub(super) fn choose_all_if_asked(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.browse.regions.iter().any(|r| r == "all") {
        let all = model.regions.iter().filter(|r| r.enabled()).map(|r| r.region.clone()).collect();
        choose(model, all, effects);
    }
}

pub(super) fn on_page(
    model: &mut Model,
    region: Region,
    listed: usize,
    page: Result<Page, Failure>,
    effects: &mut Vec<Effect>,
) {
    model.images.changed = true;
    match page {
        Err(failure) => {
            model.complain(format!("{region}: {} (press ! for problems)", failure.why));
            model.catalogue.fail(&region, failure);
        }
        Ok(page) => {
            let listed = listed + page.images.len();
            let others = matches!(
                model.query.whose,
                OwnerFilter::Public { .. } | OwnerFilter::Amazon | OwnerFilter::Marketplace
            );
            let capped = others && listed >= model.start.config.browse.public_limit && page.next.is_some();
            let next = page.next.filter(|_| !capped);
            model.catalogue.page(&region, page.images, next.is_none(), capped, model.now);
            if let Some(token) = next {
                let id = model.ask(Awaited::Images { region: region.clone(), listed });
                effects.push(Effect::ListImages { id, region, query: model.query.clone(), token: Some(token) });
                return;
            }
        }
    }
    list_next(model, effects);
}

/// The regions are known now: those chosen that are not among them, or not enabled, are named as such, instead of what
/// EC2 says there, which is that the credentials are bad.
pub(super) fn refuse_unknown_regions(model: &mut Model) {
    for region in model.chosen.clone() {
        let failure = match model.regions.iter().find(|r| r.region == region) {
            Some(info) if info.enabled() => continue,
            Some(_) => Failure::new(format!("list images in {region}"), "the region is not enabled for this account")
                .hint("Enable it in the account's settings, or choose others with r."),
            None => {
                let far = |r: &&RegionInfo| strsim::damerau_levenshtein(r.region.as_str(), region.as_str());
                let nearest = model.regions.iter().min_by_key(far).map(|r| format!(" The nearest is {}.", r.region));
                Failure::new(format!("list images in {region}"), "this account has no such region")
                    .hint(format!("r chooses others.{}", nearest.unwrap_or_default()))
            }
        };
        forget_lists(model, |r, _| *r == region);
        model.complain(format!("{region}: {}.", failure.why));
        model.catalogue.fail(&region, failure);
    }
}

/// Another profile: nothing of the old account may stay.
pub(super) fn switch_profile(model: &mut Model, profile: String, effects: &mut Vec<Effect>) {
    quit::leave_profile(model, effects);
    model.board.clear();
    model.jobs.forget();
    effects.push(Effect::CloseJobs);
    forget_lists(model, |_, _| true);
    model.awaited.clear();
    model.account = None;
    model.regions.clear();
    model.keys.clear();
    model.lookup_problems.clear();
    model.catalogue.clear();
    model.chosen.clear();
    model.images.start_over();
    model.overlays.clear();
    model.profile = Some(profile);
    let connect = model.connect();
    effects.push(connect);
}

/// What the images pane waits for, in words.
pub(super) fn waiting_for(model: &Model) -> Option<String> {
    let loading: Vec<&Region> = model
        .catalogue
        .listings()
        .filter(|(_, l)| matches!(l.progress, Progress::Loading(_) | Progress::Waiting))
        .map(|(r, _)| r)
        .collect();
    match (&model.session, loading.as_slice()) {
        (Session::Connecting(_), _) => Some("looking for credentials".into()),
        (_, []) => None,
        (_, [one]) => Some(format!("listing {one}")),
        (_, [one, rest @ ..]) => Some(format!("listing {one} +{}", rest.len())),
    }
}
