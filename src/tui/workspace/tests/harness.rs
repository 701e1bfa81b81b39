//! A screen with several accounts, and what answers it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::super::*;
use crate::{
    aws::ImagePage,
    config::{Config, RememberedView},
    domain::{
        Account, AccountId, CredentialSource, Failure, Image, ImageId, OptIn, Region, RegionInfo, Retry,
        image::{BlockDevice, Ebs},
    },
    driver::{DriverStatus, JobUpdate},
    engine::{Job, Status},
    term::{
        Caps,
        input::{KeyCode, KeyEvent, KeyModifiers},
    },
    tui::{
        msg::{Connected, Reply},
        screens::Overlay,
        view,
    },
};

pub(super) const BUILD: &str = "123456789012";
pub(super) const PRODUCTION: &str = "555566667777";
const AUDIT: &str = "345678901234";
/// An image that both accounts list: build shares it.
pub(super) const SHARED: u32 = 99;

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(super) fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

pub(super) fn image(n: u32, owner: &str) -> Image {
    let id = ImageId::new(&format!("ami-{n:08x}")).unwrap();
    let mut image = Image::bare(id, region("us-east-1"), AccountId::new(owner).unwrap());
    image.name = format!("web-{n}").into();
    image.created = Some(now() - SignedDuration::from_hours(i64::from(n)));
    image.block_devices = vec![BlockDevice {
        device_name: "/dev/xvda".into(),
        ebs: Some(Ebs { volume_size: Some(8), ..Ebs::default() }),
        virtual_name: None,
    }];
    image
}

/// A screen, and what answers it: the profiles' accounts and images.
pub(super) struct Harness {
    pub(super) workspace: Workspace,
    pub(super) accounts: BTreeMap<&'static str, &'static str>,
    pub(super) images: BTreeMap<&'static str, Vec<Image>>,
    /// Profiles that nobody is signed in to.
    pub(super) signed_out: Vec<&'static str>,
    /// A region that does not answer.
    pub(super) slow: Option<Region>,
    /// How the profiles' images were shown last.
    remembered: BTreeMap<&'static str, RememberedView>,
    /// What was sent and is not answered here.
    pub(super) sent: Vec<ProfileEffect>,
    /// Everything that was sent, with the name of the profile then.
    pub(super) log: Vec<(String, Effect)>,
}

impl Harness {
    pub(super) fn new(profiles: &[&str]) -> Self {
        Self::signed_out(profiles, Vec::new())
    }

    pub(super) fn signed_out(profiles: &[&str], signed_out: Vec<&'static str>) -> Self {
        Self::configured(profiles, signed_out, Config::default())
    }

    /// A screen that remembers views, and has these.
    pub(super) fn remembering(profiles: &[&str], remembered: BTreeMap<&'static str, RememberedView>) -> Self {
        Self::started(profiles, Vec::new(), Config::default(), remembered)
    }

    /// With the plan of a policy file at the start.
    pub(super) fn with_plan(profiles: &[&str]) -> Self {
        let mut config = Config::default();
        (config.sync.screen_policy, config.sync.plans_at_start) = (Some("policy.toml".into()), true);
        Self::configured(profiles, Vec::new(), config)
    }

    /// With automatic regions, of which eu-west-1 does not answer.
    pub(super) fn automatic(profiles: &[&str]) -> Self {
        let mut config = Config::default();
        config.browse.regions = vec!["auto".into()];
        Self::configured(profiles, Vec::new(), config)
    }

    fn configured(profiles: &[&str], signed_out: Vec<&'static str>, config: Config) -> Self {
        Self::started(profiles, signed_out, config, BTreeMap::new())
    }

    fn started(
        profiles: &[&str],
        signed_out: Vec<&'static str>,
        mut config: Config,
        remembered: BTreeMap<&'static str, RememberedView>,
    ) -> Self {
        let slow = (config.browse.regions == ["auto"]).then(|| region("eu-west-1"));
        config.browse.regions = if slow.is_some() { Config::default().browse.regions } else { vec!["home".into()] };
        let start = Start {
            config,
            caps: Caps::full(),
            demo: None,
            profile: profiles.first().map(|&profile| profile.to_owned()),
            other_profiles: profiles.iter().skip(1).map(|&profile| profile.to_owned()).collect(),
            seed: 7,
            now: now(),
            size: (120, 30),
            prices: crate::domain::price::Prices::default(),
            themes: crate::config::Themes::default(),
            first_run: false,
            remembers: !remembered.is_empty(),
        };
        let (workspace, effects) = Workspace::new(start);
        let mut harness = Self {
            workspace,
            accounts: BTreeMap::from([
                ("build", BUILD),
                ("production", PRODUCTION),
                ("again", PRODUCTION),
                ("audit", AUDIT),
            ]),
            images: BTreeMap::from([
                ("build", vec![image(1, BUILD), image(3, BUILD), image(SHARED, BUILD)]),
                ("production", vec![image(2, PRODUCTION), image(4, PRODUCTION), image(SHARED, BUILD)]),
                ("audit", vec![image(5, AUDIT)]),
            ]),
            signed_out,
            slow,
            remembered,
            sent: Vec::new(),
            log: Vec::new(),
        };
        harness.answer(effects);
        harness
    }

    /// Answers effects until none is left to answer, and draws.
    pub(super) fn answer(&mut self, effects: Vec<ProfileEffect>) {
        let mut open = std::collections::VecDeque::from(effects);
        while let Some((id, effect)) = open.pop_front() {
            let name = self.workspace.account(id).and_then(|model| model.profile.clone()).unwrap_or_default();
            self.log.push((name.clone(), effect.clone()));
            let name = self.accounts.keys().copied().find(|profile| *profile == name).unwrap_or("build");
            let (of, reply) = match &effect {
                Effect::Connect { id, .. } if self.signed_out.contains(&name) => {
                    let failure =
                        Failure::new("find AWS credentials", "the token has expired").retry(Retry::AfterLogin);
                    (*id, Reply::Connected(Err(failure)))
                }
                Effect::Connect { id, profile } => {
                    let connected = Connected {
                        profile: profile.clone(),
                        source: Some(CredentialSource::Sso(name.into())),
                        home: region("us-east-1"),
                        endpoint: None,
                        cached_regions: Vec::new(),
                        remembered: self.remembered.get(name).cloned(),
                        region_configured: true,
                    };
                    (*id, Reply::Connected(Ok(connected)))
                }
                Effect::AskAccount { id } => {
                    let account = AccountId::new(self.accounts[name]).unwrap();
                    (*id, Reply::Account(Ok(Account { id: account, arn: format!("arn of {name}") })))
                }
                Effect::ListRegions { id } => {
                    let info = |name| RegionInfo { region: region(name), opt_in: OptIn::NotRequired };
                    (*id, Reply::Regions(Ok(["us-east-1", "eu-west-1"].map(info).to_vec())))
                }
                Effect::ListImages { id, region, .. } if self.slow.as_ref() != Some(region) => {
                    let listed = self.images.get(name).into_iter().flatten();
                    let images = listed.filter(|image| image.region == *region).cloned().collect();
                    (*id, Reply::Images { region: region.clone(), page: Ok(ImagePage { images, next: None }) })
                }
                Effect::ListProfiles { id } => {
                    (*id, Reply::Profiles(["build", "production", "again"].map(str::to_owned).to_vec()))
                }
                _ => {
                    self.sent.push((id, effect));
                    continue;
                }
            };
            open.extend(self.workspace.update(id, Msg::Reply { id: of, reply }, now()));
        }
        let effects = self.workspace.update(ProfileId::default(), Msg::Frame, now());
        assert_eq!(effects.iter().filter(|(_, effect)| !matches!(effect, Effect::Title(_))).count(), 0);
    }

    pub(super) fn press(&mut self, code: KeyCode) {
        let key = Msg::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)));
        let effects = self.workspace.update(ProfileId::default(), key, now());
        self.answer(effects);
    }

    pub(super) fn keys(&mut self, text: &str) {
        text.chars().for_each(|c| self.press(KeyCode::Char(c)));
    }

    pub(super) fn jobs(&mut self, profile: &str, update: JobUpdate) {
        let id = self.id(profile);
        let effects = self.workspace.update(id, Msg::Jobs(update), now());
        self.answer(effects);
    }

    /// Opens the queue of a profile with these jobs, run by this process.
    pub(super) fn open_jobs(&mut self, profile: &str, jobs: Vec<Job>) {
        let account = crate::domain::AccountKey::new(&AccountId::new(self.accounts[profile]).unwrap(), None);
        let jobs = jobs.into_iter().map(std::sync::Arc::new).collect();
        self.jobs(profile, JobUpdate::Opened { account, jobs, status: Status::default() });
        self.jobs(profile, JobUpdate::Driver(DriverStatus::ThisProcess));
    }

    pub(super) fn id(&self, profile: &str) -> ProfileId {
        let named = |model: &&Model| model.profile.as_deref() == Some(profile);
        self.workspace.accounts().find(named).unwrap_or_else(|| panic!("no {profile}")).id
    }

    pub(super) fn shown(&self) -> &str {
        self.workspace.shown().profile.as_deref().unwrap_or_default()
    }

    pub(super) fn screen(&self) -> String {
        view::plain_text(self.workspace.shown())
    }

    /// Puts the cursor on the row of an image, as a profile lists it.
    pub(super) fn go_to(&mut self, profile: &str, n: u32) {
        let (id, wanted) = (self.id(profile), format!("ami-{n:08x}"));
        self.press(KeyCode::Home);
        for _ in 0..20 {
            let pane = &self.workspace.shown().images;
            let line = pane.list.cursor;
            let is_it = pane.rows.get(line).is_some_and(|image| image.id.as_str() == wanted);
            if is_it && pane.rows.list_of(line).is_some_and(|list| list.profile == id) {
                return;
            }
            self.press(KeyCode::Down);
        }
        panic!("no {wanted} of {profile}:\n{}", self.screen());
    }

    pub(super) fn notice(&self) -> &str {
        self.workspace.shown().notice.as_ref().map_or("", |notice| &notice.text)
    }

    /// The rows: profile and name.
    pub(super) fn rows(&self) -> Vec<String> {
        let model = self.workspace.shown();
        let row = |(list, image): (&crate::tui::others::ListKey, &std::sync::Arc<Image>)| {
            format!("{} {}", model.profile_name(list.profile), image.name)
        };
        model.images.rows.with_lists().map(row).collect()
    }

    /// The names of the sources of the form that is open.
    pub(super) fn sources(&self) -> Vec<String> {
        let form =
            self.workspace.shown().overlays.iter().find_map(|o| if let Overlay::Form(f) = o { Some(f) } else { None });
        form.map_or_else(Vec::new, |form| form.draft.sources.iter().map(|image| image.name.to_string()).collect())
    }
}

/// Has the model expect the account once more; returns the number of the effect.
pub(super) fn ask_account(harness: &mut Harness, id: ProfileId) -> crate::tui::EffectId {
    let model = harness.workspace.account_mut(id).unwrap();
    model.expect_reply(crate::tui::model::PendingReply::Account)
}
