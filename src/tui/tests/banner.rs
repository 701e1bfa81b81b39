//! Badges, banner and problems: credentials, the driver, the store.

use super::{jobs::*, *};
use crate::{
    domain::{AccountKey, CredentialSource},
    driver::{OtherProcess, Warning},
    engine::Status,
    store::DriverProcess,
};

fn expired() -> Failure {
    Failure::new("copy", "the SSO session has expired")
        .hint("Sign in again: `aws sso login --profile prod`.")
        .retry(Retry::AfterLogin)
}

#[test]
fn a_pause_shows_the_login_command_and_the_next_retry() {
    let mut model = with_jobs(vec![job(1), copying(2)]);
    let next_try = Some(now() + SignedDuration::from_secs(20));
    let status = Status { paused: Some(expired()), next_try, ..Status::default() };
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    shows(
        &mut model,
        &["PAUSED", "`aws sso login --profile prod`", "Nothing has failed. Retrying", "next in 20 s", "1 problem (!)"],
    );
    lacks(&mut model, "failed ");
    keys(&mut model, "!");
    shows(&mut model, &["copies are paused: the credentials do not work", "the SSO session has expired"]);
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(Status::default()) });
    press(&mut model, KeyCode::Esc);
    lacks(&mut model, "PAUSED");
    lacks(&mut model, "problem");
}

#[test]
fn another_driver_is_named() {
    let mut model = with_jobs((1..=5).map(copying).collect());
    lacks(&mut model, "running the queue");
    lacks(&mut model, "VIEW ONLY");
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::OtherProcess(None)));
    shows(&mut model, &[" Jobs 5 copies, another amigrate is running the queue "]);
    let process = DriverProcess { pid: 1234, host: "bastion\u{1b}[2J".into(), version: "0.0.9".into() };
    let another = OtherProcess { process, here: true, older: false, unresponsive: false };
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::OtherProcess(Some(another.clone()))));
    shows(&mut model, &[" Jobs 5 copies, another amigrate (pid 1234) is running the queue "]);
    let older = OtherProcess { here: false, older: true, ..another.clone() };
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::OtherProcess(Some(older.clone()))));
    shows(&mut model, &["Jobs 5 copies, an older amigrate"]);
    assert!(screen(&mut model, 120, 40).contains("an older amigrate (0.0.9, pid 1234 on bastion"));
    assert!(screen(&mut model, 80, 24).contains("Jobs 5 copies, an older amigrate is running the queue"));
    lacks(&mut model, "does not respond");
    update_jobs(
        &mut model,
        JobUpdate::Driver(DriverStatus::OtherProcess(Some(OtherProcess { unresponsive: true, ..another }))),
    );
    shows(&mut model, &["but does not respond", "`kill -CONT", "(pid 1234)"]);
    assert!(
        !crate::labels::driver::unresponsive(&model.jobs_view.driver).unwrap().contains("KILL"),
        "the number may be another process's by now"
    );
    update_jobs(
        &mut model,
        JobUpdate::Driver(DriverStatus::NotRunning(Failure::new("lock the jobs", "this file system has no locks"))),
    );
    shows(&mut model, &["JOBS: VIEW ONLY", "Jobs can only be viewed: this file system has no locks", "1 problem (!)"]);
}

#[test]
fn a_store_that_cannot_be_written_is_shown_until_it_can() {
    let mut model = with_jobs(vec![job(1)]);
    update_jobs(
        &mut model,
        JobUpdate::StoreProblem(Some(Failure::new("store the jobs", "the disk is full").hint("Make room."))),
    );
    shows(
        &mut model,
        &["QUEUE STOPPED", "The queue is stopped: store the jobs: the disk is full. Make room.", "1 problem (!)"],
    );
    update_jobs(&mut model, JobUpdate::StoreProblem(None));
    lacks(&mut model, "QUEUE STOPPED");
    lacks(&mut model, "problem");
}

fn fail(model: &mut Model, effects: &[Effect], failure: Failure) {
    let id = connect_id(effects);
    let wanted = [Effect::ShowStoredJobs, Effect::WatchLogin(true)];
    assert_eq!(reply(model, id, Reply::Connected(Err(failure))), wanted);
}

/// Ticks until the next attempt; returns its time and id.
fn next_attempt(model: &mut Model, from: Timestamp) -> (Timestamp, EffectId) {
    let mut now = from;
    loop {
        now = model.next_deadline().expect("it is tried again").max(now + SignedDuration::from_millis(1));
        let effects = model.update(Msg::Tick, now);
        if !effects.is_empty() {
            return (now, connect_id(&effects));
        }
    }
}

#[test]
fn missing_credentials_are_retried_with_backoff() {
    let (mut model, effects) = start(|_| {});
    fail(&mut model, &effects, expired());
    shows(
        &mut model,
        &[
            "No credentials for profile prod. Retrying automatically (next in 10 s).",
            "session has expired.",
            "prod no credentials",
        ],
    );
    let (mut then, mut waits) = (now(), Vec::new());
    for _ in 0..7 {
        let (at, id) = next_attempt(&mut model, then);
        waits.push(at.duration_since(then).as_secs());
        then = at;
        assert_eq!(model.update(Msg::Tick, at + SignedDuration::from_secs(60)), [], "one at a time");
        _ = model.update(Msg::Reply { id, reply: Reply::Connected(Err(expired())) }, at);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    // A login retries at once, and success resets the backoff.
    let effects = model.update(Msg::LoginChanged, then);
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    assert!(matches!(effects[0], Effect::AskAccount { .. }), "{effects:?}");
    assert!(matches!(model.connection, Connection::Ready(_)));
    lacks(&mut model, "Retrying");
    assert_eq!(model.update(Msg::LoginChanged, then), [], "nothing waits for a login now");
}

#[test]
fn logins_are_watched_while_credentials_do_not_work() {
    let mut model = with_jobs(vec![job(1)]);
    let mut watched = |paused: Option<Failure>| {
        let status = Some(Status { paused, ..Status::default() });
        model.update(Msg::Jobs(JobUpdate::Changed { jobs: vec![], status }), now())
    };
    assert_eq!(watched(Some(expired())), [Effect::WatchLogin(true)]);
    assert_eq!(watched(Some(expired())), []);
    assert_eq!(watched(None), [Effect::WatchLogin(false)]);
    assert_eq!(watched(None), []);
    assert!(model.account.is_some(), "stored jobs are shown only until the account is known");
}

#[test]
fn a_login_ends_a_pause_at_once() {
    let mut model = with_jobs(vec![job(1)]);
    let status = Status { paused: Some(expired()), ..Status::default() };
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    assert_eq!(model.update(Msg::LoginChanged, now()), [Effect::Command(Command::RefreshNow)]);
}

#[test]
fn credentials_of_another_account_are_named_with_both_accounts() {
    let mut model = with_jobs(vec![job(1), copying(2)]);
    let theirs =
        Account { id: AccountId::new("210987654321").unwrap(), arn: "arn:aws:iam::210987654321:role/x".into() };
    let paused = crate::aws::other_account(&theirs, &"123456789012");
    let status = Status { paused: Some(paused), ..Status::default() };
    update_jobs(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    let screen = screen(&mut model, 80, 24);
    let header = screen.lines().next().unwrap_or_default();
    assert!(header.contains("OTHER ACCOUNT") && header.contains("123456789012"), "{header}");
    let banner: String = screen.lines().skip(1).take(2).collect();
    assert!(banner.contains("now belong to account 210987654321,"), "{banner}");
    assert!(banner.contains("here to account 123456789012"), "{banner}");
    lacks(&mut model, "failed");
}

#[test]
fn the_header_always_shows_account_source_regions_and_owner() {
    let long = "organisation-production-administrator-access";
    let sources = [
        (CredentialSource::Environment, "environment"),
        (CredentialSource::Sso(long.into()), "SSO org"),
        (CredentialSource::AssumedRole(long.into()), "role org"),
        (CredentialSource::Instance, "instance"),
    ];
    for (source, shown) in sources {
        let mut model = listed(vec![image(1)]);
        model.connection = Connection::Ready(Connected { source: Some(source), ..connected() });
        model.chosen = vec![region("ap-northeast-1"), region("us-east-1"), region("us-east-2")];
        for text in ["123456789012", shown, "ap-northeast-1 +2", "mine"] {
            let screen = screen(&mut model, 80, 24);
            let header = screen.lines().next().unwrap_or_default();
            assert!(header.contains(text), "{text}: {header}");
        }
    }
}

#[test]
fn failures_that_waiting_cannot_fix_are_not_retried() {
    for (retry, again) in
        [(Retry::AfterLogin, true), (Retry::Later, true), (Retry::AfterChange, false), (Retry::Never, false)]
    {
        let (mut model, effects) = start(|_| {});
        fail(&mut model, &effects, Failure::new("find credentials", "no such profile").retry(retry));
        assert_eq!(model.next_deadline().is_some(), again, "{retry:?}");
    }
}

#[test]
fn a_manual_reconnect_replaces_an_automatic_one() {
    let (mut model, effects) = start(|_| {});
    fail(&mut model, &effects, expired());
    let ten = now() + SignedDuration::from_secs(10);
    let own = connect_id(&model.update(Msg::Tick, ten));
    let by_key = connect_id(&keys(&mut model, "R"));
    assert_eq!(reply(&mut model, own, Reply::Connected(Ok(connected()))), []);
    assert!(matches!(model.connection, Connection::Connecting(_)));
    assert!(!reply(&mut model, by_key, Reply::Connected(Ok(connected()))).is_empty());
}

fn key(digits: &str) -> AccountKey {
    AccountKey::new(&AccountId::new(digits).unwrap(), None)
}

fn open(model: &mut Model, digits: &str, job: Job) {
    update_jobs(
        model,
        JobUpdate::Opened { account: key(digits), jobs: vec![Arc::new(job)], status: Status::default() },
    );
}

#[test]
fn stored_jobs_are_shown_before_sign_in() {
    let (mut model, effects) = start(|_| {});
    fail(&mut model, &effects, expired());
    open(&mut model, "123456789012", copying(1));
    let signed_out = Failure::new("ask for that", "nobody is signed in");
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::NotRunning(signed_out)));
    shows(&mut model, &["app-web-00001", "Jobs 1 copy", "1 problem (!)"]);
    assert!(model.account.is_none());
    keys(&mut model, "2");
    assert_eq!(keys(&mut model, "x"), []);
    says(&model, "nobody is signed in");
}

fn sign_in(model: &mut Model, effects: &[Effect], digits: &str) -> Vec<Effect> {
    let effects = reply(model, connect_id(effects), Reply::Connected(Ok(connected())));
    let Effect::AskAccount { id } = effects[0] else { panic!("{effects:?}") };
    reply(model, id, Reply::Account(Ok(Account { id: AccountId::new(digits).unwrap(), arn: "arn".into() })))
}

#[test]
fn jobs_of_another_account_disappear_once_the_account_is_known() {
    for (digits, stay) in [("123456789012", true), ("999999999999", false)] {
        let (mut model, effects) = start(|_| {});
        open(&mut model, "123456789012", copying(1));
        keys(&mut model, "?");
        assert_eq!(model.overlays.len(), 1);
        let effects = sign_in(&mut model, &effects, digits);
        assert_eq!(effects[0], Effect::OpenJobs { account: key(digits) });
        assert_eq!(effects[1], Effect::Command(Command::ListPendingIn(vec![region("us-east-1")])));
        assert_eq!(model.jobs_view.jobs().count() == 1, stay, "{digits}");
        assert_eq!(!model.overlays.is_empty(), stay, "the other account's job 1 is another copy");
        // An update of the other account that was already on its way.
        open(&mut model, "888888888888", copying(2));
        assert_eq!(model.jobs_view.job(JobId(2)), None);
    }
}

#[test]
fn chosen_regions_are_followed_once_the_account_is_known() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "r*");
    let effects = press(&mut model, KeyCode::Enter);
    let all = ["us-east-1", "eu-west-1", "eu-west-2"].map(region);
    let followed = |effects: &[Effect]| {
        effects.iter().find_map(|e| match e {
            Effect::Command(Command::ListPendingIn(regions)) => Some(regions.clone()),
            _ => None,
        })
    };
    let mut regions = followed(&effects).unwrap();
    regions.sort();
    assert_eq!(regions.len(), all.len());
    assert!(all.iter().all(|r| regions.contains(r)), "{regions:?}");
    // The same regions again: nothing new to follow.
    keys(&mut model, "w/marketp");
    assert_eq!(followed(&press(&mut model, KeyCode::Enter)), None);
}

#[test]
fn the_driver_status_outlives_job_updates() {
    let mut model = listed(vec![image(1)]);
    update_jobs(&mut model, JobUpdate::Driver(DriverStatus::ThisProcess));
    open(&mut model, "123456789012", copying(1));
    assert_eq!(model.jobs_view.driver, DriverStatus::ThisProcess);
}

#[test]
fn no_command_is_sent_before_the_account_is_known() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let Effect::ListRegions { id } = effects[1] else { panic!("{effects:?}") };
    let enabled = |r| RegionInfo { region: region(r), opt_in: OptIn::NotRequired };
    reply(&mut model, id, Reply::Regions(Ok(["us-east-1", "eu-west-1"].map(enabled).to_vec())));
    let (id, at, _) = lists(&effects).remove(0);
    let page = Ok(ImagePage { images: vec![image(1)], next: None });
    reply(&mut model, id, Reply::Images { region: at, page });
    frame(&mut model);
    open_form(&mut model);
    assert_eq!(start_form(&mut model), []);
    says(&model, "the account is not known yet");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Review(_))), "the review stays open");
}

#[test]
fn a_failed_account_lookup_is_retried_and_failed_lists_with_it() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let gone = || Failure::new("ask", "the endpoint refuses the connection").retry(Retry::Later);
    for effect in effects {
        match effect {
            Effect::AskAccount { id } => drop(reply(&mut model, id, Reply::Account(Err(gone())))),
            Effect::ListRegions { id } => drop(reply(&mut model, id, Reply::Regions(Err(gone())))),
            Effect::ListImages { id, region, .. } => {
                drop(reply(&mut model, id, Reply::Images { region, page: Err(gone()) }));
            }
            _ => {}
        }
    }
    assert_eq!(model.update(Msg::Tick, now() + SignedDuration::from_secs(1)), []);
    let later = now() + SignedDuration::from_secs(10);
    assert!(model.next_deadline().is_some_and(|at| at <= later), "{:?}", model.next_deadline());
    let effects = model.update(Msg::Tick, later);
    let [Effect::AskAccount { id }, Effect::ListRegions { .. }] = effects[..] else { panic!("{effects:?}") };
    let account = Account { id: AccountId::new("123456789012").unwrap(), arn: "arn".into() };
    let effects = reply(&mut model, id, Reply::Account(Ok(account)));
    assert!(effects.iter().any(|e| matches!(e, Effect::OpenJobs { .. })), "{effects:?}");
    assert!(effects.iter().any(|e| matches!(e, Effect::ListImages { .. })), "{effects:?}");
}

#[test]
fn a_damaged_store_stays_among_the_problems() {
    let mut model = with_jobs(vec![job(1)]);
    update_jobs(&mut model, JobUpdate::Warning(Warning::StoreSetAside("jobs-damaged.db".into())));
    keys(&mut model, "j");
    let account = AccountKey::new(&AccountId::new("123456789012").unwrap(), None);
    update_jobs(&mut model, JobUpdate::Opened { account, jobs: vec![], status: Status::default() });
    keys(&mut model, "!");
    shows(&mut model, &["it is kept as", "jobs-damaged.db."]);
}

#[test]
fn deadlines_move_with_a_clock_that_is_set() {
    let mut model = with_jobs(vec![copying(1)]);
    update_jobs(&mut model, JobUpdate::Warning(Warning::Unreadable(2)));
    let left = model.next_deadline().unwrap().duration_since(model.now);
    let notice = |model: &Model| model.notice.as_ref().map(|n| n.until.duration_since(model.now));
    let before = notice(&model).unwrap();
    for hours in [-5, 10] {
        let later = model.now + SignedDuration::from_hours(hours);
        _ = model.update(Msg::ClockStepped(SignedDuration::from_hours(hours)), later);
        assert_eq!(notice(&model), Some(before), "{hours}");
        assert_eq!(model.next_deadline().unwrap().duration_since(model.now), left);
    }
    let later = model.now + before;
    _ = model.update(Msg::Tick, later);
    assert!(model.notice.is_none(), "it goes when it is due");
}
