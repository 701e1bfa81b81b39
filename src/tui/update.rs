//! What each message does. Screens do their own keys; here is what belongs to none of them.

use std::collections::BTreeSet;

use crate::{
    domain::{Failure, Region, Whose},
    engine::{Event, JobId, catalogue::Progress},
    term::{
        Input,
        input::{KeyEvent, MouseEventKind},
    },
    tui::{
        keys::{self, Action},
        model::{Awaited, Model, Pane, Session},
        msg::{Connected, Effect, Msg, Page, Reply, RequestId},
        screens::{self, Overlay, question::Question, reading::Reading},
    },
};

pub(super) fn update(model: &mut Model, msg: Msg, effects: &mut Vec<Effect>) {
    match msg {
        Msg::Input(Input::Key(key)) => on_key(model, &key, effects),
        Msg::Input(Input::Paste(text)) => on_paste(model, &text),
        Msg::Input(Input::Resize(columns, rows)) => model.size = (columns, rows),
        Msg::Input(Input::Mouse(event)) => {
            let action = match event.kind {
                MouseEventKind::ScrollDown => Action::Down,
                MouseEventKind::ScrollUp => Action::Up,
                _ => return,
            };
            act(model, action, effects);
        }
        Msg::Input(Input::Continued) => {
            model.drive(Event::LookNow, effects);
            effects.push(Effect::Retake);
        }
        Msg::Input(Input::Hangup) | Msg::Terminate => effects.push(Effect::Quit),
        Msg::Answer(answer) => model.drive(Event::Answer(answer), effects),
        Msg::Tick => model.drive(Event::Tick, effects),
        Msg::Reply { id, reply } => on_reply(model, id, reply, effects),
    }
}

fn on_key(model: &mut Model, key: &KeyEvent, effects: &mut Vec<Effect>) {
    let smallest = crate::tui::layout::SMALLEST;
    let contexts = if model.size.0 < smallest.0 || model.size.1 < smallest.1 {
        vec![keys::Context::Everywhere]
    } else {
        model.contexts()
    };
    // Ctrl-c always leaves, Ctrl-z and Ctrl-l always work: no screen may hold a person.
    let always = keys::lookup(&[keys::Context::Everywhere], key)
        .filter(|a| keys::steers(key) && matches!(a, Action::Quit | Action::Suspend | Action::Repaint));
    if let Some(action) = always {
        return act(model, action, effects);
    }
    // What was said of the text as it was is not true of the text as it is.
    let notice = model.notice.take();
    if screens::type_into(model, key, effects) {
        return;
    }
    model.notice = notice;
    if let Some(action) = keys::lookup(&contexts, key) {
        model.notice = None;
        act(model, action, effects);
    }
}

fn on_paste(model: &mut Model, text: &str) {
    if !screens::paste_into(model, text) {
        model.say("Nothing here takes a paste: open a filter with / or a text field first.");
    }
}

/// Does what a key, or a command by name, asks for.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    if screens::act(model, action, effects) {
        return;
    }
    match action {
        Action::Help => model.overlays.push(Overlay::Reading(Reading::help())),
        Action::Problems => model.overlays.push(Overlay::Reading(Reading::problems())),
        Action::Commands => screens::picker::open_commands(model),
        Action::OtherPane => {
            model.focus = if model.focus == Pane::Images { Pane::Jobs } else { Pane::Images };
            if model.full.is_some() {
                model.full = Some(model.focus);
            }
        }
        Action::ImagesOnly => full(model, Pane::Images),
        Action::JobsOnly => full(model, Pane::Jobs),
        Action::Refresh => refresh(model, effects),
        Action::Repaint => effects.push(Effect::Repaint),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Mouse => {
            model.mouse = !model.mouse;
            model.say(if model.mouse {
                "Mouse on: the wheel scrolls."
            } else {
                "Mouse off: your terminal selects text."
            });
            effects.push(Effect::Mouse(model.mouse));
        }
        Action::Quit => quit(model, effects),
        _ => {}
    }
}

fn full(model: &mut Model, pane: Pane) {
    model.full = if model.full == Some(pane) { None } else { Some(pane) };
    model.focus = pane;
}

/// Copies that EC2 has taken go on without us; those not yet sent, and cancels under way, would not.
fn quit(model: &mut Model, effects: &mut Vec<Effect>) {
    use crate::engine::JobState as S;
    if model.overlays.iter().any(|o| matches!(o, Overlay::Question(q) if q.quits())) {
        effects.push(Effect::Quit);
        return;
    }
    let count = |f: &dyn Fn(&S) -> bool| model.engine.jobs().filter(|j| f(&j.state)).count();
    let queued = count(&|s| matches!(s, S::Queued | S::Starting));
    let cancelling = count(&|s| matches!(s, S::Cancelling(_)));
    if queued + cancelling == 0 {
        effects.push(Effect::Quit);
    } else {
        model.overlays.push(Overlay::Question(Question::quit(queued, cancelling)));
    }
}

fn refresh(model: &mut Model, effects: &mut Vec<Effect>) {
    if matches!(model.session, Session::Failed(_)) {
        let connect = model.connect();
        effects.push(connect);
        return;
    }
    if model.regions.is_empty() || model.account.is_none() {
        ask_who_and_where(model, effects);
    }
    model.keys.clear();
    list(model, model.chosen.clone(), effects);
    model.drive(Event::LookNow, effects);
}

fn ask_who_and_where(model: &mut Model, effects: &mut Vec<Effect>) {
    let id = model.ask(Awaited::Account);
    effects.push(Effect::AskAccount { id });
    let id = model.ask(Awaited::Regions);
    effects.push(Effect::ListRegions { id });
}

/// Takes another set of regions.
pub(super) fn choose(model: &mut Model, regions: Vec<Region>, effects: &mut Vec<Effect>) {
    model.chosen = regions;
    let new = model.catalogue.choose(&model.chosen);
    model.images.changed = true;
    forget_lists(model, |region, chosen| !chosen.contains(region));
    list(model, new, effects);
}

/// Takes other people's images, or one's own again.
pub(super) fn choose_whose(model: &mut Model, whose: Whose, effects: &mut Vec<Effect>) {
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
        ended.iter().filter_map(|id| model.engine.job(*id)).map(|j| j.request.destination.clone()).collect();
    let shown =
        |r: &Region| model.query.whose == Whose::Mine && model.chosen.contains(r) && model.catalogue.count(r) < LONG;
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

fn on_reply(model: &mut Model, id: RequestId, reply: Reply, effects: &mut Vec<Effect>) {
    if let Reply::Connected(result) = reply {
        if model.session == Session::Connecting(id) {
            on_connected(model, result, effects);
        }
        return;
    }
    let Some(awaited) = model.awaited.remove(&id) else { return };
    match (awaited, reply) {
        (Awaited::Account, Reply::Account(result)) => {
            note(model, "account", &result);
            model.account = result.ok().or(model.account.take());
            model.images.changed = true;
        }
        (Awaited::Regions, Reply::Regions(result)) => {
            note(model, "regions", &result);
            if let Ok(regions) = result {
                model.regions = regions;
                choose_all_if_asked(model, effects);
                screens::picker::regions_arrived(model);
            }
        }
        (Awaited::Images { listed, .. }, Reply::Images { region, page }) => {
            on_page(model, region, listed, page, effects);
        }
        (Awaited::Keys, Reply::Keys { region, keys }) => {
            model.keys.insert(region, keys);
            screens::picker::keys_arrived(model);
        }
        (Awaited::Profiles, Reply::Profiles(profiles)) => screens::picker::open_profiles(model, &profiles),
        _ => {}
    }
}

fn note<T>(model: &mut Model, what: &'static str, result: &Result<T, Failure>) {
    match result {
        Ok(_) => model.lookup_problems.remove(what),
        Err(failure) => model.lookup_problems.insert(what, failure.clone()),
    };
}

fn on_connected(model: &mut Model, result: Result<Connected, Failure>, effects: &mut Vec<Effect>) {
    match result {
        Err(failure) => model.session = Session::Failed(failure),
        Ok(connected) => {
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

fn choose_all_if_asked(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.start.config.browse.regions.iter().any(|r| r == "all") {
        let all = model.regions.iter().filter(|r| r.enabled()).map(|r| r.region.clone()).collect();
        choose(model, all, effects);
    }
}

fn on_page(model: &mut Model, region: Region, listed: usize, page: Result<Page, Failure>, effects: &mut Vec<Effect>) {
    model.images.changed = true;
    match page {
        Err(failure) => {
            model.complain(format!("{region}: {} (press ! for problems)", failure.why));
            model.catalogue.fail(&region, failure);
        }
        Ok(page) => {
            let listed = listed + page.images.len();
            let others = matches!(model.query.whose, Whose::Public { .. } | Whose::Amazon | Whose::Marketplace);
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

/// Another profile: nothing of the old account may stay.
pub(super) fn switch_profile(model: &mut Model, profile: String, effects: &mut Vec<Effect>) {
    if !model.engine.idle() {
        model.complain("Copies are under way for this account; switch when they have ended.");
        return;
    }
    let jobs: Vec<_> = model.engine.jobs().map(|j| j.id).collect();
    for job in jobs {
        model.drive(Event::Dismiss(job), effects);
    }
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
