//! The loop and its effects when the terminal is closed, or a background process does not start.

use std::{io, time::Duration};

use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::{EffectConfig, Effects, FormFiles, TerminalPort, WorkspaceEffects, region_cache::RegionCache, run};
use crate::{
    config::{Config, RememberedViews},
    domain::{AccountKey, palette::ExportFormat},
    driver::{Clock, DriverSettings, DriverStatus, JobUpdate, SessionSource, StoreLocation, Warning},
    sim::{Scenario, SharedWorld, World, connector},
    store::DriverLock,
    term::{Caps, Input},
    tui::{Effect, EffectId, ExportRequest, Model, Msg, ProfileId, Start, Workspace},
};

/// A terminal that is closed when it is given back to the shell.
struct ClosingTerminal(UnboundedSender<Input>);

impl TerminalPort for ClosingTerminal {
    fn draw(&mut self, model: &Model) -> io::Result<()> {
        if model.jobs_view.driver == DriverStatus::ThisProcess {
            // The loop ends after the first.
            _ = self.0.send(Input::Suspend);
        }
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Err(io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error()))
    }
}

/// In real time: the store has a thread of its own.
#[tokio::test]
async fn a_terminal_closed_while_the_program_is_suspended_leaves_no_queue_paused() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::real());
    let world = SharedWorld::new(World::new(&Scenario::named("demo").unwrap(), clock.now()));
    let (home, account) = world.with(|w| (w.home().clone(), AccountKey::new(&w.account().clone(), None)));
    let source = SessionSource::simulated(connector::http_client(world, move || clock.now()).into(), home);
    let config = EffectConfig {
        store: StoreLocation::Dir(dir.path().to_owned()),
        driver: DriverSettings::default(),
        region_cache: RegionCache::default(),
        views: RememberedViews::default(),
        forms: FormFiles::default(),
        background: Vec::new(),
    };
    let start = Start {
        config: Config::default(),
        caps: Caps::full(),
        demo: Some("demo".into()),
        profile: None,
        other_profiles: Vec::new(),
        seed: 7,
        now: clock.now(),
        size: (80, 24),
        prices: crate::domain::price::Prices::default(),
        themes: crate::config::Themes::default(),
        first_run: false,
        remembers: false,
    };
    let (mut workspace, first) = Workspace::new(start);
    let mut effects = WorkspaceEffects::new(source, config, clock);
    let (keys, mut inputs) = unbounded_channel();
    let ended = run(&mut workspace, first, &mut effects, &mut inputs, &mut ClosingTerminal(keys), clock, 30).await;
    assert_eq!(ended.unwrap_err().raw_os_error(), Some(rustix::io::Errno::IO.raw_os_error()));
    let taken = async {
        while DriverLock::try_take(dir.path(), &account).unwrap().is_some() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), taken).await.unwrap();
}

#[tokio::test]
async fn a_background_process_that_ends_at_once_is_reported_though_another_account_is_shown() {
    let clock = Clock::real();
    let config = EffectConfig {
        store: StoreLocation::Memory,
        driver: DriverSettings::default(),
        region_cache: RegionCache::default(),
        views: RememberedViews::default(),
        forms: FormFiles::default(),
        // The program is the test itself, which knows no such option.
        background: vec!["--no-such-option".into()],
    };
    let mut effects = Effects::new(SessionSource::NotSet, config, clock);
    effects.start(Effect::Background);
    effects.start(Effect::CloseJobs);
    assert!(effects.background().is_none(), "the next account's queue does not continue there");
    let msg = effects.next().await;
    assert!(matches!(&msg, Some(Msg::Jobs(JobUpdate::Warning(Warning::NotInBackground(_))))), "{msg:?}");
}

#[tokio::test]
async fn every_account_ends_what_it_has_begun_also_one_that_has_left() {
    let (dir, clock) = (tempfile::tempdir().unwrap(), Clock::real());
    let config = EffectConfig {
        store: StoreLocation::Memory,
        driver: DriverSettings::default(),
        region_cache: RegionCache::default(),
        views: RememberedViews::default(),
        forms: FormFiles::default(),
        background: Vec::new(),
    };
    let mut effects = WorkspaceEffects::new(SessionSource::NotSet, config, clock);
    let request = |profile: u32| ExportRequest {
        path: dir.path().join(format!("{profile}.csv")),
        format: ExportFormat::Csv,
        replace: false,
        images: Vec::new(),
        failures: Vec::new(),
    };
    for profile in 0..3 {
        effects.start(ProfileId(profile), Effect::Export { id: EffectId(1), request: request(profile) });
    }
    assert_eq!(effects.unwritten(), 3);
    effects.start(ProfileId(0), Effect::LeaveAccount);
    // It comes too late.
    let request = ExportRequest { path: dir.path().join("late.csv"), ..request(0) };
    effects.start(ProfileId(0), Effect::Export { id: EffectId(2), request });
    assert_eq!(effects.unwritten(), 2);
    effects.finish().await;
    assert_eq!(effects.unwritten(), 0);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 3);
}
