//! Everything the program knows, in one place with one owner.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::Config,
    domain::{
        Account, AccountKey, ClientToken, Failure, Image, ImageQuery, LoginBackoff, OwnerFilter, Region, RegionInfo,
        kms_key::KeyList,
    },
    driver::DriverStatus,
    engine::{Command, JobId},
    term::Caps,
    tui::{
        bindings::Context,
        catalogue::Catalogue,
        jobs_view::JobsView,
        msg::{Connected, Effect, EffectId},
        screens::{Overlay, images::ImagesPane, jobs::JobsPane},
    },
};

/// The two panes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    /// Above.
    Images,
    /// Below.
    Jobs,
}

/// How the program was started; fixed for its run.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The settings.
    pub config: Config,
    /// What the terminal can do.
    pub caps: Caps,
    /// The scenario of the embedded EC2, in the demo.
    pub demo: Option<String>,
    /// The profile asked for.
    pub profile: Option<String>,
    /// Random bits that make this run's client tokens its own.
    pub seed: u128,
    /// The time.
    pub now: Timestamp,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
}

/// Whether there is somebody to ask AWS as.
#[derive(Debug, Clone, PartialEq)]
pub enum Session {
    /// Configuration and credentials are being looked up.
    Connecting(EffectId),
    /// There are credentials.
    Ready(Connected),
    /// There are none, or they cannot be used.
    Failed(Failure),
}

/// A line of news in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The news.
    pub text: String,
    /// Whether it is bad.
    pub bad: bool,
    /// When it goes.
    pub until: Timestamp,
}

/// Credentials that could not be had are looked for again without being asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reconnect {
    /// At this time.
    At(Timestamp),
    /// Now; what is known of the failure stays on the screen meanwhile.
    Asked(EffectId),
}

/// What a request that is under way is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Awaited {
    Account,
    Regions,
    Images { region: Region, listed: usize },
    Keys,
    Profiles,
    History,
    Audit(JobId),
}

/// The whole state.
#[derive(Debug)]
pub struct Model {
    /// How it was started.
    pub start: Start,
    /// The time of the last message.
    pub now: Timestamp,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Who asks AWS.
    pub session: Session,
    /// The profile asked for last.
    pub profile: Option<String>,
    /// Whose data is on the screen.
    pub account: Option<Account>,
    /// Why the account or the regions could not be looked up.
    pub lookup_problems: BTreeMap<&'static str, Failure>,
    /// The account's regions, once known.
    pub regions: Vec<RegionInfo>,
    /// The regions chosen.
    pub chosen: Vec<Region>,
    /// What is listed in them.
    pub query: ImageQuery,
    /// The images.
    pub catalogue: Catalogue,
    /// The copies.
    pub board: JobsView,
    /// Destinations' keys, as far as they were asked for.
    pub keys: BTreeMap<Region, KeyList>,
    /// The images pane.
    pub images: ImagesPane,
    /// The jobs pane.
    pub jobs: JobsPane,
    /// The pane with the focus.
    pub focus: Pane,
    /// The pane that has the whole height.
    pub full: Option<Pane>,
    /// What lies over the panes; the last is on top.
    pub overlays: Vec<Overlay>,
    /// News.
    pub notice: Option<Notice>,
    /// Whether the mouse is on.
    pub mouse: bool,
    pub(super) awaited: BTreeMap<EffectId, Awaited>,
    pub(super) reconnect: Option<Reconnect>,
    /// How long until then, the next time.
    pub(super) login_backoff: LoginBackoff,
    /// When the account is asked for again.
    pub(super) account_again: Option<Timestamp>,
    /// The files that a login writes are being watched.
    pub(super) watches_login: bool,
    /// Regions whose list waits for a free place among the requests.
    pub(super) to_list: Vec<Region>,
    next_id: u64,
    tokens: u128,
}

impl Model {
    /// The state before anything is known, and what is wanted first.
    pub fn new(start: Start) -> (Self, Vec<Effect>) {
        let stall = jiff::SignedDuration::from_mins(start.config.jobs.stall_warning_minutes.into());
        let whose = crate::config::parse_whose(&start.config.browse.whose).unwrap_or_default();
        let mut model = Self {
            now: start.now,
            size: start.size,
            session: Session::Connecting(EffectId(0)),
            profile: start.profile.clone(),
            account: None,
            lookup_problems: BTreeMap::new(),
            regions: Vec::new(),
            chosen: Vec::new(),
            query: ImageQuery::default(),
            catalogue: Catalogue::default(),
            board: JobsView::new(stall),
            keys: BTreeMap::new(),
            images: ImagesPane::default(),
            jobs: JobsPane::default(),
            focus: Pane::Images,
            full: None,
            overlays: Vec::new(),
            notice: None,
            mouse: start.config.ui.mouse,
            awaited: BTreeMap::new(),
            reconnect: None,
            login_backoff: LoginBackoff::default(),
            account_again: None,
            watches_login: false,
            to_list: Vec::new(),
            next_id: 0,
            tokens: start.seed,
            start,
        };
        model.query = model.query_for(whose);
        let effects = vec![model.connect()];
        (model, effects)
    }

    /// When a [`Msg::Tick`] is wanted next: for the engine, for clocks on the screen, for a notice to go.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let seconds = |s| self.now + jiff::SignedDuration::from_millis(s);
        let spinning = self.waits_for_network().then(|| seconds(250));
        // Copies' clocks, and the time until the next try.
        let counts = !self.board.idle() || matches!(self.reconnect, Some(Reconnect::At(_)));
        let counting = counts.then(|| seconds(1_000));
        let notice = self.notice.as_ref().map(|n| n.until);
        let reconnect = match self.reconnect {
            Some(Reconnect::At(at)) => Some(at),
            _ => None,
        };
        [spinning, counting, notice, reconnect, self.account_again].into_iter().flatten().min()
    }

    /// The clock was set by so much: what is due is as far away as it was.
    pub fn clock_stepped(&mut self, step: SignedDuration) {
        let shifted = |at: Timestamp| at.checked_add(step).unwrap_or(at);
        self.now = shifted(self.now);
        if let Some(notice) = &mut self.notice {
            notice.until = shifted(notice.until);
        }
        if let Some(Reconnect::At(at)) = &mut self.reconnect {
            *at = shifted(*at);
        }
        self.account_again = self.account_again.map(shifted);
        self.board.asked = self.board.asked.map(shifted);
    }

    /// Whether something on the screen spins.
    pub fn waits_for_network(&self) -> bool {
        matches!(self.session, Session::Connecting(_)) || !self.awaited.is_empty()
    }

    /// The contexts whose keys hold now, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.overlays.last() {
            Some(overlay) => overlay.contexts(),
            None if self.images.editing || self.jobs.editing => vec![Context::Prompt],
            None => vec![
                match self.focus {
                    Pane::Images => Context::Images,
                    Pane::Jobs => Context::Jobs,
                },
                Context::Lists,
                Context::Everywhere,
            ],
        }
    }

    /// The image under the cursor.
    pub fn current_image(&self) -> Option<&Arc<Image>> {
        self.images.rows.get(self.images.list.cursor)
    }

    /// Says something in the footer for some seconds.
    pub fn say(&mut self, text: impl Into<String>) {
        self.tell(text.into(), false);
    }

    /// Says something that went wrong.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.tell(text.into(), true);
    }

    fn tell(&mut self, text: String, bad: bool) {
        let until = self.now + jiff::SignedDuration::from_secs(if bad { 12 } else { 6 });
        self.notice = Some(Notice { text, bad, until });
    }

    /// Sends a text to the clipboard of the user's terminal. Nobody answers, so it is never said to be copied.
    pub(super) fn yank(&mut self, text: String, effects: &mut Vec<Effect>) {
        self.say(format!("Sent to your terminal: {text}"));
        effects.push(Effect::Clipboard(text));
    }

    pub(super) fn id(&mut self) -> EffectId {
        self.next_id += 1;
        EffectId(self.next_id)
    }

    pub(super) fn ask(&mut self, what: Awaited) -> EffectId {
        let id = self.id();
        self.awaited.insert(id, what);
        id
    }

    /// A client token that no other run and no other copy has.
    pub(super) fn token(&mut self) -> ClientToken {
        self.tokens = self.tokens.wrapping_add(1);
        ClientToken::from_random(self.tokens)
    }

    pub(super) fn connect(&mut self) -> Effect {
        let id = self.id();
        self.session = Session::Connecting(id);
        self.reconnect = None;
        Effect::Connect { id, profile: self.profile.clone() }
    }

    /// What is asked for when these are wanted; other people's images are narrowed by the settings' patterns.
    pub(super) fn query_for(&self, whose: OwnerFilter) -> ImageQuery {
        let browse = &self.start.config.browse;
        let pattern = |p: &String| Some(p.clone()).filter(|p| !p.is_empty() && p != "*");
        let name = match &whose {
            OwnerFilter::Amazon => pattern(&browse.amazon_name),
            OwnerFilter::Marketplace => pattern(&browse.marketplace_name),
            _ => None,
        };
        ImageQuery { whose, name }
    }

    /// Whose jobs are shown, once it is known who is signed in. Behind another endpoint the digits mean another account.
    pub(super) fn account_key(&self, account: &Account) -> AccountKey {
        let endpoint = match &self.session {
            Session::Ready(connected) => connected.endpoint.as_deref(),
            _ => None,
        };
        AccountKey::new(&account.id, endpoint)
    }

    /// Whether anything can be asked for. If not, it says why.
    pub(super) fn can_ask(&mut self) -> bool {
        if let DriverStatus::Nobody(failure) = &self.board.driver {
            let words = failure.lines().join(". ");
            self.complain(words);
            return false;
        }
        if self.account.is_none() {
            self.complain(
                "Not yet: copies are kept by account, and it is not known whose account this is. ! says more.",
            );
            return false;
        }
        true
    }

    /// Asks for something; what comes of it is on the board once it is written down.
    pub(super) fn ask_for(&mut self, ask: Command, effects: &mut Vec<Effect>) {
        let passing = matches!(ask, Command::RefreshNow | Command::Follow(_));
        if passing || self.can_ask() {
            if !passing {
                let now = self.now;
                self.board.note_request(now);
            }
            effects.push(Effect::Command(ask));
        }
    }

    /// Has failed copies made again, each under a token of its own.
    pub(super) fn try_again(&mut self, jobs: &[JobId], effects: &mut Vec<Effect>) {
        let jobs = jobs.iter().map(|id| (*id, self.token())).collect();
        self.ask_for(Command::Retry(jobs), effects);
    }
}
