//! Giving access between two accounts of the embedded EC2.

use tokio::time::Instant;

use super::super::{AccessGiver, AuditedCalls, StoreHandle, clock::tests::with_tokio, wait_for_access};
use crate::{
    aws::{HttpClient, Session, SimulatedLogin},
    domain::{
        AccountId, AccountKey, FailureKind, Image, ImageQuery, OwnerFilter, Region, Retry,
        image_access::{AccessTarget, MissingAccess, Share, ShareOutcome, ShareRequest},
    },
    engine::Outcome,
    sim::{Scenario, SharedWorld, World, connector},
    store::Store,
};

const BUILD: &str = "AKIASIMULATEDBUILD00";

/// The account that copies, and the one that owns the images.
struct Accounts {
    world: SharedWorld,
    ours: Session,
    theirs: Session,
    login: SimulatedLogin,
    store: StoreHandle,
    calls: AuditedCalls,
    us: AccountId,
    owner: AccountId,
}

impl Accounts {
    async fn new() -> Self {
        let clock = with_tokio();
        let world = SharedWorld::new(World::new(&Scenario::named("accounts").unwrap(), clock.now()));
        let http = || -> HttpClient { connector::http_client(world.clone(), move || clock.now()).into() };
        let home = world.with(|w| w.home().clone());
        let login = SimulatedLogin::new(BUILD);
        let ours = Session::simulated(http(), home.clone());
        let theirs = Session::simulated_as(http(), home, &login);
        let store = StoreHandle::inline(Store::in_memory().unwrap());
        let (us, owner) = (ours.account().await.unwrap().id, theirs.account().await.unwrap().id);
        let calls = AuditedCalls::new(store.clone(), AccountKey::new(&owner, None), clock);
        Self { world, ours, theirs, login, store, calls, us, owner }
    }

    /// An image that is shared with us.
    async fn shared(&self, name: &str) -> Image {
        let query = ImageQuery { whose: OwnerFilter::Shared, ..ImageQuery::default() };
        let page = self.ours.image_page(&region(), &query, None).await.unwrap();
        page.images.into_iter().find(|image| image.name.starts_with(name)).unwrap()
    }

    /// An image of the owner, shared or not.
    async fn owned(&self, name: &str) -> Image {
        let page = self.theirs.image_page(&region(), &ImageQuery::default(), None).await.unwrap();
        page.images.into_iter().find(|image| image.name.starts_with(name)).unwrap()
    }

    async fn missing(&self, name: &str) -> Share {
        let image = self.shared(name).await;
        let target = AccessTarget { image: image.id.clone(), region: region(), account: self.us.clone() };
        Share { target, missing: self.ours.missing_access(&image).await.unwrap() }
    }

    async fn give(&self, owner: &AccountId, shares: Vec<Share>) -> ShareOutcome {
        let giver = AccessGiver { session: &self.theirs, calls: &self.calls, owner: &self.owner };
        giver.give_all(&ShareRequest::new(owner.clone(), shares)).await
    }

    async fn audited(&self) -> Vec<(String, Option<bool>)> {
        let account = AccountKey::new(&self.owner, None);
        let entries = self.store.with(move |store| store.audit(&account, None)).await.unwrap();
        entries.into_iter().map(|entry| (entry.action.clone(), Some(entry.outcome == Outcome::Done))).collect()
    }

    /// How often something of the owner's was changed.
    fn changes(&self) -> usize {
        self.world.with(|w| w.as_account(&self.owner, |w| w.changes().len()))
    }
}

fn region() -> Region {
    Region::new("us-east-1").unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_owner_gives_what_is_missing_on_record_in_its_account() {
    let accounts = Accounts::new().await;
    let (windows, fips) = (accounts.missing("golden-windows").await, accounts.missing("golden-fips").await);
    assert!(matches!(windows.missing[..], [MissingAccess::Snapshot(_)]), "{windows:?}");
    assert!(matches!(fips.missing[..], [MissingAccess::Key(_)]), "{fips:?}");
    let outcome = accounts.give(&accounts.owner, vec![windows, fips]).await;
    assert_eq!((outcome.failures, outcome.audit_failures), (vec![], vec![]));
    assert_eq!(outcome.given.len(), 2);
    assert!(outcome.given[1].grant.is_some(), "by which it is taken back");
    let fips = accounts.shared("golden-fips").await;
    assert!(!accounts.ours.missing_access(&fips).await.unwrap().is_empty(), "no grant takes effect at once");
    wait_for_access(&accounts.ours, &fips).await.unwrap();
    for name in ["golden-windows", "golden-fips"] {
        assert_eq!(accounts.missing(name).await.missing, [], "{name}");
    }
    let owner = AccountKey::new(&accounts.owner, None);
    let entries = accounts.store.with(move |store| store.audit(&owner, None)).await.unwrap();
    let (grant, to) = (outcome.given[1].grant.clone().unwrap(), format!(" for {}", accounts.us));
    assert!(entries.iter().all(|entry| entry.resource.contains(&to) && entry.request_id.is_some()), "{entries:?}");
    assert!(entries.iter().any(|entry| entry.resource.ends_with(&format!("{to} > {grant}"))), "{entries:?}");
    assert_eq!(
        accounts.audited().await,
        [("ModifySnapshotAttribute".into(), Some(true)), ("CreateGrant".into(), Some(true))]
    );
}

#[tokio::test(start_paused = true)]
async fn a_grant_that_does_not_take_effect_is_not_waited_for_without_end() {
    let accounts = Accounts::new().await;
    let fips = accounts.missing("golden-fips").await;
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.latencies().grants_after_ms = 3_600_000));
    assert_eq!(accounts.give(&accounts.owner, vec![fips]).await.given.len(), 1);
    let (image, began) = (accounts.shared("golden-fips").await, Instant::now());
    let failure = wait_for_access(&accounts.ours, &image).await.unwrap_err();
    assert!((290..=300).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!((failure.retry, failure.why.contains("5 minutes")), (Retry::Later, true), "{failure:?}");
    // What is not known is not waited for.
    accounts.world.with(|w| w.policy().deny("DescribeKey"));
    let began = Instant::now();
    assert_eq!(
        wait_for_access(&accounts.ours, &image).await.unwrap_err().code.as_deref(),
        Some("AccessDeniedException")
    );
    assert_eq!(began.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_may_only_be_looked_at_is_granted() {
    let accounts = Accounts::new().await;
    let erp = accounts.shared("golden-erp").await;
    let target = AccessTarget { image: erp.id.clone(), region: region(), account: accounts.us.clone() };
    let missing = async || {
        let missing = accounts.theirs.access_to_give(&erp, &target, &accounts.ours).await.unwrap();
        missing.iter().map(MissingAccess::action).collect::<Vec<_>>()
    };
    assert_eq!(missing().await, [""; 0], "its policy lets them use it");
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.let_describe_keys(&region(), &accounts.us)));
    assert_eq!(missing().await, ["CreateGrant"]);
    // Whether it lets them cannot be read: nothing is given that they may have.
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.policy().deny("GetKeyPolicy")));
    assert_eq!(missing().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_by_another_account_than_the_owner() {
    let accounts = Accounts::new().await;
    let windows = accounts.missing("golden-windows").await;
    let other = AccountId::new("555566667777").unwrap();
    let outcome = accounts.give(&other, vec![windows.clone()]).await;
    assert!(outcome.given.is_empty() && outcome.failures[0].why.contains("555566667777"), "{outcome:?}");
    // Between the yes and the call, somebody signs in elsewhere with the profile.
    accounts.login.sign_in(SimulatedLogin::ACCESS_KEY);
    let outcome = accounts.give(&accounts.owner, vec![windows]).await;
    assert!(outcome.given.is_empty() && outcome.failures[0].kind == FailureKind::OtherAccount, "{outcome:?}");
    assert_eq!(accounts.changes(), 0);
    let ours = AccountKey::new(&accounts.us, None);
    assert_eq!(accounts.store.with(move |store| store.audit(&ours, None)).await.unwrap(), [], "theirs is not ours");
}

#[tokio::test(start_paused = true)]
async fn a_key_of_a_third_account_is_not_granted() {
    let accounts = Accounts::new().await;
    let fips = accounts.missing("golden-fips").await;
    let key = "arn:aws:kms:us-east-1:555566667777:key/1";
    let share = Share { missing: vec![MissingAccess::Key(key.into())], ..fips };
    let outcome = accounts.give(&accounts.owner, vec![share]).await;
    assert!(outcome.given.is_empty() && outcome.failures[0].why.contains("account 555566667777"), "{outcome:?}");
    assert_eq!((accounts.changes(), accounts.audited().await), (0, vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_told_and_the_other_images_are_shared() {
    let accounts = Accounts::new().await;
    let (windows, fips) = (accounts.missing("golden-windows").await, accounts.missing("golden-fips").await);
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.policy().deny("ModifySnapshotAttribute")));
    let outcome = accounts.give(&accounts.owner, vec![windows, fips.clone()]).await;
    assert_eq!(outcome.given.iter().map(|given| &given.target).collect::<Vec<_>>(), [&fips.target]);
    assert_eq!(outcome.failures.len(), 1, "{outcome:?}");
    assert_eq!(
        accounts.audited().await,
        [("ModifySnapshotAttribute".into(), Some(false)), ("CreateGrant".into(), Some(true))]
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_is_not_shared_without_its_snapshots() {
    let accounts = Accounts::new().await;
    let candidate = accounts.owned("golden-candidate").await;
    let target = AccessTarget { image: candidate.id.clone(), region: region(), account: accounts.us.clone() };
    let missing = accounts.theirs.access_to_give(&candidate, &target, &accounts.ours).await.unwrap();
    assert!(matches!(missing[..], [MissingAccess::Snapshot(_), MissingAccess::Image]), "{missing:?}");
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.policy().deny("ModifySnapshotAttribute")));
    let outcome = accounts.give(&accounts.owner, vec![Share { target, missing }]).await;
    assert!(outcome.given.is_empty() && outcome.failures.len() == 1, "{outcome:?}");
    assert_eq!(accounts.audited().await, [("ModifySnapshotAttribute".into(), Some(false))]);
}

#[tokio::test(start_paused = true)]
async fn the_key_that_aws_manages_is_not_granted() {
    let accounts = Accounts::new().await;
    let legacy = accounts.owned("golden-legacy").await;
    let ids: Vec<_> = legacy.snapshot_ids().cloned().collect();
    let snapshots = accounts.theirs.describe_snapshots(&region(), &ids, &[]).await.unwrap();
    let key = snapshots.into_iter().find_map(|snapshot| snapshot.kms_key_id).unwrap();
    let target = AccessTarget { image: legacy.id, region: region(), account: accounts.us.clone() };
    let share = Share { target, missing: vec![MissingAccess::Key(key)] };
    let outcome = accounts.give(&accounts.owner, vec![share]).await;
    assert!(outcome.given.is_empty() && outcome.failures[0].hint.contains("customer managed key"), "{outcome:?}");
    assert_eq!(accounts.changes(), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_given_where_one_image_cannot_be_shared() {
    let accounts = Accounts::new().await;
    let windows = accounts.missing("golden-windows").await;
    let legacy = accounts.owned("golden-legacy").await;
    // As the account that copies sees it, from which the snapshots' key is hidden.
    let missing: Vec<_> =
        legacy.snapshot_ids().cloned().map(MissingAccess::Snapshot).chain([MissingAccess::Image]).collect();
    let target = AccessTarget { image: legacy.id.clone(), region: region(), account: accounts.us.clone() };
    let legacy_share = Share { target, missing };
    let outcome = accounts.give(&accounts.owner, vec![windows.clone(), legacy_share.clone()]).await;
    assert_eq!((outcome.given, accounts.audited().await), (vec![], vec![]), "not even asked");
    let [unshareable] = &outcome.unshareable[..] else { panic!("{:?}", outcome.unshareable) };
    assert_eq!((&unshareable.image, std::slice::from_ref(&unshareable.failure)), (&legacy.id, &outcome.failures[..]));
    assert!(unshareable.failure.why.contains("AWS managed key"), "{unshareable:?}");
    // What may not be looked at is left to EC2.
    accounts.world.with(|w| w.as_account(&accounts.owner, |w| w.policy().deny("DescribeKey")));
    let outcome = accounts.give(&accounts.owner, vec![legacy_share, windows]).await;
    assert_eq!((outcome.given.len(), outcome.failures.len(), outcome.unshareable.len()), (1, 1, 0), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn what_ones_own_policies_deny_is_not_called_missing() {
    let accounts = Accounts::new().await;
    let fips = accounts.shared("golden-fips").await;
    accounts.world.with(|w| w.policy().deny("DescribeKey"));
    let denied = accounts.ours.missing_access(&fips).await.unwrap_err();
    assert_eq!(denied.code.as_deref(), Some("AccessDeniedException"));
    accounts.world.with(|w| w.policy().deny("DescribeSnapshots"));
    let denied = accounts.ours.missing_access(&fips).await.unwrap_err();
    assert_eq!(denied.code.as_deref(), Some("UnauthorizedOperation"));
}
