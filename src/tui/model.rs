//! The state of the screen, in one place with one owner. Only [`Model::update`] changes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::{
    config::{
        Config, KeyMap, RememberedView, Theme, Themes,
        theme::{DEFAULT, WITHOUT_COLOURS},
    },
    domain::{
        Account, AccountId, AccountKey, ClientToken, Failure, ImageQuery, LoginBackoff, OwnerFilter, Region,
        RegionInfo, filter::Filter, image_access::ShareRequest, kms_key::KeyList, price::Prices, review::Review,
    },
    term::Caps,
    tui::{
        bindings::Context,
        catalogue::Catalogue,
        fast_regions::FastRegions,
        freshness::Freshness,
        jobs_view::JobsView,
        line_mode::state::LineModeState,
        msg::{Connected, Effect, EffectId},
        others::{OtherAccount, ProfileId, WorkspaceRequest},
        problem_log::ProblemLog,
        screens::{Overlay, images::ImagesPane, jobs::JobsPane, palette::PaletteHistory, review::requested::Requested},
        shown_ends::ShownEnds,
    },
};

pub(super) use super::pending::PendingReply;
pub use super::pending::{FilterRequest, FormRequest, StorageWork, SyncWork};

/// The two panes of the main screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Images,
    Jobs,
}

/// How the program was started.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    pub config: Config,
    pub caps: Caps,
    /// Name of the demo's scenario; `None` outside the demo.
    pub demo: Option<String>,
    pub profile: Option<String>,
    /// The profiles of the other accounts on the screen.
    pub other_profiles: Vec<String>,
    /// Random bits that keep this run's client tokens apart from those of other runs.
    pub seed: u128,
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// For estimates.
    pub prices: Prices,
    pub themes: Themes,
    /// Nobody has seen the screen here before.
    pub first_run: bool,
    /// The view is remembered by account.
    pub remembers: bool,
}

/// The connection to AWS.
#[derive(Debug, Clone, PartialEq)]
pub enum Connection {
    /// Configuration and credentials are being looked up.
    Connecting(EffectId),
    Ready(Connected),
    /// There are no credentials, or they cannot be used.
    Failed(Failure),
}

/// A message in the footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub text: String,
    pub is_error: bool,
    /// When it disappears.
    pub until: Timestamp,
}

/// An automatic attempt to get credentials after a failed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reconnect {
    At(Timestamp),
    /// Under way; the last failure stays on the screen meanwhile.
    Running(EffectId),
}

/// The whole state.
#[derive(Debug)]
pub struct Model {
    /// The number of its profile.
    pub id: ProfileId,
    /// The other accounts on the screen, in the order of their profiles.
    pub others: Vec<OtherAccount>,
    /// What the workspace is to do once the message is handled.
    pub(super) requests: Vec<WorkspaceRequest>,
    pub start: Start,
    /// Time of the last message.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub connection: Connection,
    /// The profile chosen last.
    pub profile: Option<String>,
    /// The account of the data on the screen, once known.
    pub account: Option<Account>,
    /// Why the account or the regions could not be looked up.
    pub lookup_problems: BTreeMap<&'static str, Failure>,
    /// All regions of the account, once known.
    pub regions: Vec<RegionInfo>,
    /// The regions whose images are listed.
    pub chosen: Vec<Region>,
    pub query: ImageQuery,
    pub catalogue: Catalogue,
    pub jobs_view: JobsView,
    pub(super) problem_log: ProblemLog,
    /// KMS keys of destinations, as far as they were listed.
    pub keys: BTreeMap<Region, KeyList>,
    pub images: ImagesPane,
    pub jobs: JobsPane,
    /// The pane with the focus.
    pub focus: Pane,
    /// The pane that takes the full height.
    pub full: Option<Pane>,
    /// The height that the user gave the jobs pane, with its border.
    pub jobs_height: Option<u16>,
    /// True if the user wants details beside the lists, where there is room.
    pub details_beside: bool,
    /// What is open over the panes; the last is on top.
    pub overlays: Vec<Overlay>,
    pub notice: Option<Notice>,
    /// What this is and how to leave, until the first key. It would hide a plan that is made at the start, and take its first key.
    pub welcome: bool,
    /// The title that the window has.
    pub(super) title: Option<String>,
    /// The profile whose view is shown, and the view as it was remembered last.
    pub(super) view_memory: Option<(Option<String>, RememberedView)>,
    /// The account whose view it is, the one that was shown first; `None` while another one is shown.
    pub(super) view_of: Option<ProfileId>,
    /// Which ends of copies were shown.
    pub(super) shown_ends: ShownEnds,
    /// The theme in force.
    pub theme: Theme,
    /// The keys in force.
    pub keymap: KeyMap,
    /// What line mode has to answer.
    pub line_mode: LineModeState,
    /// What was run from the palette.
    pub(super) palette_history: PaletteHistory,
    /// True while the mouse is reported to us.
    pub mouse: bool,
    pub(super) pending: BTreeMap<EffectId, PendingReply>,
    pub(super) reconnect: Option<Reconnect>,
    pub(super) login_backoff: LoginBackoff,
    /// When the account is looked up again after a failure.
    pub(super) account_retry_at: Option<Timestamp>,
    /// True while the files that a login writes are watched.
    pub(super) watches_login: bool,
    /// Regions to list as soon as fewer than the limit are being listed.
    pub(super) to_list: Vec<Region>,
    pub(super) live: Freshness,
    /// The filter or search that was opened with its last text: a character that is typed first replaces it.
    pub(super) filter_selected: bool,
    /// Which regions are still asked whether they answer fast; `None` where regions were chosen.
    pub(super) fast_regions: Option<FastRegions>,
    /// The filter by which the query was narrowed last, if it could be.
    pub(super) narrowed_for: String,
    /// The review that was closed last, for its answers.
    pub(super) last_review: Option<Box<Review>>,
    /// Copies that were requested and are no jobs yet.
    pub(super) requested: Requested,
    /// Snapshots that were deleted here: a list that was begun before may still have them.
    pub(super) deleted_snapshots: BTreeSet<(Region, String)>,
    /// The other accounts that are on the screen: they can share their images with this one.
    pub(super) owners_on_screen: BTreeSet<AccountId>,
    /// What the user has confirmed that another account gives, until it is asked.
    pub(super) share_request: Option<ShareRequest>,
    next_id: u64,
    last_token: u128,
}

impl Model {
    /// The state before anything is known, and the first effects.
    pub fn new(start: Start) -> (Self, Vec<Effect>) {
        let mut model = Self {
            id: ProfileId::default(),
            others: Vec::new(),
            requests: Vec::new(),
            now: start.now,
            size: start.size,
            connection: Connection::Connecting(EffectId(0)),
            profile: start.profile.clone(),
            account: None,
            lookup_problems: BTreeMap::new(),
            regions: Vec::new(),
            chosen: Vec::new(),
            query: ImageQuery::default(),
            catalogue: Catalogue::default(),
            jobs_view: JobsView::new(SignedDuration::from_mins(start.config.jobs.stall_warning_minutes.into())),
            problem_log: ProblemLog::default(),
            keys: BTreeMap::new(),
            images: ImagesPane::with_columns(&start.config.browse.columns),
            jobs: JobsPane::default(),
            focus: Pane::Images,
            full: None,
            jobs_height: None,
            details_beside: false,
            overlays: Vec::new(),
            notice: None,
            welcome: start.first_run && !start.config.sync.plans_at_start,
            title: None,
            view_memory: None,
            view_of: Some(ProfileId::default()),
            shown_ends: ShownEnds::default(),
            theme: start.themes.get(DEFAULT).cloned().unwrap_or_default(),
            keymap: KeyMap::new(&start.config.keys),
            line_mode: LineModeState::default(),
            palette_history: PaletteHistory::default(),
            mouse: start.config.ui.mouse,
            pending: BTreeMap::new(),
            reconnect: None,
            login_backoff: LoginBackoff::default(),
            account_retry_at: None,
            watches_login: false,
            to_list: Vec::new(),
            live: Freshness::default(),
            filter_selected: false,
            fast_regions: None,
            narrowed_for: String::new(),
            last_review: None,
            requested: Requested::default(),
            deleted_snapshots: BTreeSet::new(),
            owners_on_screen: BTreeSet::new(),
            share_request: None,
            next_id: 0,
            last_token: start.seed,
            start,
        };
        model.query = model.query_for(OwnerFilter::parse(&model.start.config.browse.whose).unwrap_or_default());
        model.apply_settings();
        let effects = vec![model.connect()];
        (model, effects)
    }

    /// Draws with the theme of the settings, and says what is to be said about them.
    fn apply_settings(&mut self) {
        if let Err(failure) = self.use_theme(&self.start.config.ui.theme.clone()) {
            self.show_failure("theme", &failure);
        } else if let Some(note) = self.start.config.notes.first().cloned() {
            self.show_notice(note);
        }
    }

    /// Draws with this theme from now on; without colours, with the one that has none.
    ///
    /// # Errors
    /// An unknown name, or the mistake in the theme's file; then the theme stays.
    pub(super) fn use_theme(&mut self, name: &str) -> Result<(), Failure> {
        let chosen = self.start.themes.get(name)?;
        self.theme = if self.start.caps.colors { chosen } else { self.start.themes.get(WITHOUT_COLOURS)? }.clone();
        Ok(())
    }

    /// When the next [`Msg::Tick`](crate::tui::Msg::Tick) is due: for clocks on the screen, a notice that ends, a retry.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let millis = |n| self.now + SignedDuration::from_millis(n);
        let spinner = self.waits_for_network().then(|| millis(250));
        // Elapsed times of copies, and the seconds until the next retry.
        let counts = !self.jobs_view.idle() || matches!(self.reconnect, Some(Reconnect::At(_)));
        let seconds = counts.then(|| millis(1_000));
        let notice = self.notice.as_ref().map(|n| n.until);
        let reconnect = match self.reconnect {
            Some(Reconnect::At(at)) => Some(at),
            _ => None,
        };
        let review = self.overlays.iter().find_map(|overlay| match overlay {
            Overlay::Review(screen) => screen.review().deadline(),
            _ => None,
        });
        let slow = self.fast_regions.as_ref().and_then(FastRegions::deadline);
        [spinner, seconds, notice, reconnect, self.account_retry_at, review, self.live.deadline, slow]
            .into_iter()
            .flatten()
            .min()
    }

    /// Moves all deadlines with the wall clock, so that each stays as far away as it was.
    pub(super) fn shift_deadlines(&mut self, step: SignedDuration) {
        let shifted = |at: Timestamp| at.checked_add(step).unwrap_or(at);
        if let Some(notice) = &mut self.notice {
            notice.until = shifted(notice.until);
        }
        if let Some(Reconnect::At(at)) = &mut self.reconnect {
            *at = shifted(*at);
        }
        self.account_retry_at = self.account_retry_at.map(shifted);
        for overlay in &mut self.overlays {
            if let Overlay::Review(screen) = overlay {
                screen.review_mut().shift(step);
            }
        }
        self.jobs_view.requested_at = self.jobs_view.requested_at.map(shifted);
        self.catalogue.shift(step);
        self.live.shift(step);
        if let Some(fast) = &mut self.fast_regions {
            fast.shift(step);
        }
    }

    /// Returns true while a spinner is shown.
    pub fn waits_for_network(&self) -> bool {
        matches!(self.connection, Connection::Connecting(_)) || !self.pending.values().all(PendingReply::is_quiet)
    }

    /// Returns true while what is typed is a client token.
    pub fn enters_client_token(&self) -> bool {
        matches!(self.overlays.last(), Some(Overlay::Form(form)) if form.enters_client_token())
    }

    /// The contexts whose keys apply now, innermost first.
    pub fn contexts(&self) -> Vec<Context> {
        match self.overlays.last() {
            Some(overlay) => overlay.contexts(),
            None if self.images.editing || self.jobs.editing => vec![Context::Filter, Context::Lists],
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

    /// Returns false for a region that the account does not have or has not enabled, as far as that is known.
    pub(super) fn may_list(&self, region: &Region) -> bool {
        self.regions.is_empty() || self.regions.iter().any(|info| info.region == *region && info.enabled())
    }

    pub(super) fn next_effect_id(&mut self) -> EffectId {
        self.next_id += 1;
        EffectId(self.next_id)
    }

    pub(super) fn expect_reply(&mut self, reply: PendingReply) -> EffectId {
        let id = self.next_effect_id();
        self.pending.insert(id, reply);
        id
    }

    /// A client token that no other run and no other copy uses.
    pub(super) fn next_client_token(&mut self) -> ClientToken {
        self.last_token = self.last_token.wrapping_add(1);
        ClientToken::from_random(self.last_token)
    }

    pub(super) fn connect(&mut self) -> Effect {
        let id = self.next_effect_id();
        self.connection = Connection::Connecting(id);
        self.reconnect = None;
        Effect::Connect { id, profile: self.profile.clone() }
    }

    /// The query for an owner filter; Amazon's and the Marketplace's images are narrowed by the settings' patterns, and those of others
    /// by what EC2 can apply of the filter, once it is typed.
    pub(super) fn query_for(&self, whose: OwnerFilter) -> ImageQuery {
        let browse = &self.start.config.browse;
        let pattern = |p: &String| Some(p.clone()).filter(|p| !p.is_empty() && p != "*");
        let name = match &whose {
            OwnerFilter::Amazon => pattern(&browse.amazon_name),
            OwnerFilter::Marketplace => pattern(&browse.marketplace_name),
            _ => None,
        };
        let own = matches!((&whose, &self.account), (OwnerFilter::Account(id), Some(account)) if *id == account.id);
        let mut query = ImageQuery { whose, name, narrowed: Vec::new() };
        if !own && !self.images.editing {
            query.narrow(Filter::parse(self.images.filter.value(), self.now).ec2_filters());
        }
        query
    }

    /// The key under which the account's jobs are stored. Behind another endpoint the same digits mean another account.
    pub(super) fn account_key(&self, account: &Account) -> AccountKey {
        let endpoint = match &self.connection {
            Connection::Ready(connected) => connected.endpoint.as_deref(),
            _ => None,
        };
        AccountKey::new(&account.id, endpoint)
    }
}
