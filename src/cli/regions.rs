//! The regions that a command works in: named, those of the settings, or all enabled ones.
//!
//! The enabled regions are remembered, so that a command that asks all of them starts at once; EC2 is asked beside, and what has
//! changed since is added and dropped.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use tokio::task::JoinSet;

use super::{exit::CommandError, setup::Setup};
use crate::{
    aws::Session,
    config::{self, EnabledRegions, StartRegions},
    domain::{Failure, FailureKind, Region, RegionInfo, Retry, text::clean},
};

/// Which regions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selection {
    /// The home region of the session.
    Home,
    Named(Vec<Region>),
    /// Every region that is enabled for the account.
    All,
}

impl std::str::FromStr for Selection {
    type Err = Failure;

    /// Reads `all`, or the names of regions between commas. Names are checked by form only.
    fn from_str(text: &str) -> Result<Self, Failure> {
        if text.trim() == "all" {
            return Ok(Self::All);
        }
        let mut named = Vec::new();
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let region: Region = name.parse()?;
            if !named.contains(&region) {
                named.push(region);
            }
        }
        if named.is_empty() {
            return Err(Failure::new("choose regions", "none is named")
                .hint("Name regions as in `eu-west-1,us-east-1`, or `all`."));
        }
        Ok(Self::Named(named))
    }
}

impl Selection {
    /// Returns the regions of `--region`, else of the setting `browse.regions`, else the home region.
    pub(super) fn configured(setup: &Setup) -> Self {
        match setup.config.browse.start_regions() {
            // A command does not wait to see which answer fast.
            StartRegions::Fast | StartRegions::Home => Self::Home,
            StartRegions::All => Self::All,
            StartRegions::Named(regions) => Self::Named(regions),
        }
    }

    /// Returns the regions of a command that is about many: those that are named, else those of the setting, else every enabled one. One
    /// region alone lacks nothing, and hides what others hold.
    pub(super) fn of_many(named: Option<&Self>, all: bool, setup: &Setup) -> Self {
        match named {
            _ if all => Self::All,
            Some(selection) => selection.clone(),
            None if setup.config.browse.start_regions() == StartRegions::Fast => Self::All,
            None => Self::configured(setup),
        }
    }
}

/// Returns the regions that are not to be asked, besides those that a command is about: those of `--ignore-regions`, else of its setting.
///
/// # Errors
/// If the option names a region that the command is about, which `about` says; in the setting, which is for every run, such a region does not
/// count.
pub(super) fn ignored(
    given: Option<&[Region]>,
    setting: BTreeSet<Region>,
    named: &BTreeSet<&Region>,
    about: impl Fn(&Region) -> String,
) -> Result<BTreeSet<Region>, CommandError> {
    let Some(given) = given else {
        return Ok(setting.into_iter().filter(|region| !named.contains(region)).collect());
    };
    match given.iter().find(|region| named.contains(region)) {
        None => Ok(given.iter().cloned().collect()),
        Some(region) => {
            let failure = Failure::new("use --ignore-regions", about(region));
            Err(CommandError::usage(failure.hint("Name other regions only.")))
        }
    }
}

/// The arguments of a command that is about many regions.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ManyRegions {
    /// Regions between commas, or all; without it those of the setting browse.regions, else every enabled one
    #[arg(long, value_name = "REGIONS")]
    regions: Option<Selection>,
    /// Every region that is enabled for the account
    #[arg(long, conflicts_with = "regions")]
    all_regions: bool,
}

impl ManyRegions {
    pub(super) fn selection(&self, setup: &Setup) -> Selection {
        Selection::of_many(self.regions.as_ref(), self.all_regions, setup)
    }
}

/// Initial regions, and whether EC2 is still to be queried for others.
struct Plan {
    begin: Vec<Region>,
    check: bool,
}

/// What came of a request in every region of a selection.
pub(super) struct Answers<T> {
    /// In the order of the regions.
    pub(super) by_region: Vec<(Region, T)>,
    /// Why EC2 does not report which regions are enabled, if those that it told last were asked: others may be missing.
    pub(super) others: Option<Failure>,
}

/// Returns the regions of a selection.
///
/// # Errors
/// Wrong usage if there is no such region, or it is not enabled; the nearest name is offered.
pub(super) async fn resolve(
    selection: &Selection,
    session: &Session,
    setup: &Setup,
) -> Result<Vec<Region>, CommandError> {
    match selection {
        Selection::Home => {
            let home = vec![session.home_region().clone()];
            check_named(&home, session, setup).await.map_err(|(_, error)| error)?;
            Ok(home)
        }
        Selection::All => Ok(Memory::of(session, setup).await.ask(session).await?),
        Selection::Named(named) => {
            check_named(named, session, setup).await.map_err(|(_, error)| error)?;
            Ok(named.clone())
        }
    }
}

/// Carries out `request` in every region of a selection, in all of them at once, and returns what came of it.
/// Remembered regions are not waited for: they begin at once, others as EC2 names them, and those that are not enabled any more
/// are left out.
///
/// # Errors
/// Wrong usage as for [`resolve`], and why EC2 does not report the enabled regions if none are remembered.
pub(super) async fn in_each<T, F>(
    selection: &Selection,
    session: &Session,
    setup: &Setup,
    mut request: impl FnMut(Region) -> F,
) -> Result<Answers<T>, CommandError>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let memory = Memory::of(session, setup).await;
    let plan = match (selection, memory.read()) {
        (Selection::All, Some(begin)) => Plan { begin, check: true },
        _ => Plan { begin: resolve(selection, session, setup).await?, check: false },
    };
    let mut running = JoinSet::new();
    let mut start = |region: Region, running: &mut JoinSet<(Region, T)>| {
        let work = request(region.clone());
        running.spawn(async move { (region, work.await) });
    };
    let mut begun: BTreeSet<Region> = BTreeSet::new();
    for region in plan.begin {
        begun.insert(region.clone());
        start(region, &mut running);
    }
    let (mut dropped, mut others) = (BTreeSet::new(), None);
    if plan.check {
        match memory.ask(session).await {
            Ok(now) => {
                dropped = begun.iter().filter(|region| !now.contains(region)).cloned().collect();
                now.into_iter().filter(|region| !begun.contains(region)).for_each(|region| start(region, &mut running));
            }
            // What is remembered stands; a region that is not enabled says so itself.
            Err(failure) => others = Some(others_may_be_missing(failure)),
        }
    }
    let mut by_region = Vec::new();
    while let Some(ended) = running.join_next().await {
        let ended = ended.map_err(|error| Failure::new("ask a region", error.to_string()))?;
        if !dropped.contains(&ended.0) {
            by_region.push(ended);
        }
    }
    by_region.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(Answers { by_region, others })
}

fn others_may_be_missing(failure: Failure) -> Failure {
    let hint = format!(
        "{} Only the regions of the last successful listing were queried: others may be missing.",
        failure.hint
    );
    Failure { hint: hint.trim_start().to_owned(), ..failure }
}

/// Looks up the names that are not known as enabled.
///
/// # Errors
/// As [`resolve`], with the region that is wrong if it is one.
pub(super) async fn check_named(
    named: &[Region],
    session: &Session,
    setup: &Setup,
) -> Result<(), (Option<Region>, CommandError)> {
    let memory = Memory::of(session, setup).await;
    let (enabled, home) = (memory.read().unwrap_or_default(), session.home_region());
    // A home region that nobody has heard of is most likely mistyped, so it cannot be asked itself.
    let doubted = || setup.config.prices().is_ok_and(|prices| prices.regions().all(|region| region != home));
    if named.iter().all(|region| enabled.contains(region) || (region == home && !doubted())) {
        return Ok(());
    }
    let main = home.partition().main_region().and_then(|name| Region::new(name).ok());
    let asked = if enabled.contains(home) || !doubted() { home.clone() } else { main.unwrap_or(home.clone()) };
    match session.regions_as_told_by(&asked).await {
        Ok(listed) => {
            memory.keep(&listed);
            let wrong = |region: &Region, failure| (Some(region.clone()), CommandError::usage(failure));
            named.iter().try_for_each(|region| check_one(region, &listed).map_err(|failure| wrong(region, failure)))
        }
        Err(failure) if failure.retry == Retry::AfterLogin => Err((None, failure.into())),
        // EC2 reports it with the first request there, though not what was meant.
        Err(_) => {
            named
                .iter()
                .filter_map(|region| advice(region, &remembered_names()))
                .for_each(|note| setup.output.note(&note));
            Ok(())
        }
    }
}

/// A region that nobody has heard of may be a new one, or mistyped.
fn advice(region: &Region, remembered: &[String]) -> Option<String> {
    let names = || Region::KNOWN.into_iter().chain(remembered.iter().map(String::as_str));
    if names().any(|name| name == region.as_str()) {
        return None;
    }
    let near = nearest(region.as_str(), names())?;
    Some(format!("`{region}` is no region that is known here; did you mean `{near}`?"))
}

fn check_one(region: &Region, listed: &[RegionInfo]) -> Result<(), Failure> {
    let what = format!("use region `{region}`");
    let ours = listed.first().map(|info| info.region.partition());
    match listed.iter().find(|info| info.region == *region) {
        Some(info) if info.enabled() => Ok(()),
        Some(_) => Err(Failure::new(what, "it is not enabled for this account")
            .kind(FailureKind::Other)
            .hint("Enable it in the account's settings first.")),
        None if let Some(ours) = ours.filter(|ours| *ours != region.partition()) => {
            let (theirs, ours) = (region.partition().as_str(), ours.as_str());
            Err(Failure::new(what, format!("it is in partition {theirs}, and this account is in {ours}")).hint(
                format!(
                    "Copies do not leave {ours}; CreateStoreImageTask and CreateRestoreImageTask carry an image over."
                ),
            ))
        }
        None => {
            let names = listed.iter().filter(|info| info.enabled()).map(|info| info.region.as_str());
            let hint = match nearest(region.as_str(), names) {
                Some(near) => format!("Did you mean `{near}`?"),
                None => "`amigrate list --all-regions` lists the images of every enabled region.".into(),
            };
            Err(Failure::new(what, "there is no such region").hint(hint))
        }
    }
}

/// Returns the name most like this one, if any is.
pub(super) fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = names.map(|known| (strsim::damerau_levenshtein(known, name), known)).min();
    // In a short word three letters are another word.
    near.filter(|(distance, _)| *distance <= 3 && 2 * distance <= name.len()).map(|(_, known)| known)
}

/// Returns the names of all regions that are remembered as enabled, without asking anybody.
pub(super) fn remembered_names() -> Vec<String> {
    file().of_anybody().iter().map(|region| clean(region.as_str()).into_owned()).collect()
}

fn file() -> EnabledRegions {
    config::state_dir().map_or_else(EnabledRegions::default, |dir| EnabledRegions::in_dir(&dir))
}

/// The remembered regions of whoever is signed in.
struct Memory {
    file: EnabledRegions,
    /// `None` if the credentials' origin says nothing about whose they are.
    key: Option<String>,
}

impl Memory {
    async fn of(session: &Session, setup: &Setup) -> Self {
        let key = match setup.session_source().profile_key(None).await {
            Some(key) => Some(key),
            // The account of an access key never changes, but that of a role that a profile assumes with it is another one. The key is
            // no secret, but does not have to lie about either.
            None => std::env::var("AWS_ACCESS_KEY_ID").ok().filter(|id| !id.is_empty()).map(|id| {
                let mut hasher = DefaultHasher::new();
                (id, session.profile(), session.endpoint_url()).hash(&mut hasher);
                format!("access key {:016x}", hasher.finish())
            }),
        };
        Self { file: file(), key }
    }

    fn read(&self) -> Option<Vec<Region>> {
        self.file.read(self.key.as_deref()?)
    }

    fn keep(&self, listed: &[RegionInfo]) -> Vec<Region> {
        let enabled: Vec<Region> =
            listed.iter().filter(|info| info.enabled()).map(|info| info.region.clone()).collect();
        if let Some(key) = &self.key {
            self.file.keep(key, &enabled);
        }
        enabled
    }

    async fn ask(&self, session: &Session) -> Result<Vec<Region>, Failure> {
        Ok(self.keep(&session.regions().await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::OptIn;

    #[test]
    fn regions_are_named_between_commas_or_all_of_them() {
        let region = |name| Region::new(name).unwrap();
        assert_eq!("all".parse(), Ok(Selection::All));
        let both = Selection::Named(vec![region("eu-west-1"), region("us-east-1")]);
        assert_eq!(" EU-west-1, us-east-1,eu-west-1,".parse(), Ok(both));
        for bad in ["", ",", "eu-west-1,Frankfurt"] {
            assert!(bad.parse::<Selection>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_word_that_has_little_in_common_is_not_the_nearest() {
        assert_eq!(nearest("nope", ["huge"].into_iter()), None);
        assert_eq!(nearest("dmeo", ["huge", "demo"].into_iter()), Some("demo"));
    }

    #[test]
    fn an_unknown_region_is_told_with_the_nearest_name() {
        let info = |name, opt_in| RegionInfo { region: Region::new(name).unwrap(), opt_in };
        let listed = [info("eu-west-1", OptIn::NotRequired), info("me-south-1", OptIn::NotOptedIn)];
        let check = |name| check_one(&Region::new(name).unwrap(), &listed);
        assert_eq!(check("eu-west-1"), Ok(()));
        assert_eq!(check("eu-wset-1").unwrap_err().hint, "Did you mean `eu-west-1`?");
        assert!(check("me-south-1").unwrap_err().why.contains("not enabled"));
        let elsewhere = "it is in partition aws-us-gov, and this account is in aws";
        assert_eq!(check("us-gov-west-1").unwrap_err().why, elsewhere);
        let advice = |name| advice(&Region::new(name).unwrap(), &["xx-new-1".into()]);
        assert!(advice("eu-wset-1").unwrap().ends_with("did you mean `eu-west-1`?"));
        assert_eq!((advice("xx-new-1"), advice("eu-west-1"), advice("mars-north-42")), (None, None, None));
        assert!(check("mars-north-42").unwrap_err().hint.contains("--all-regions"));
    }
}
