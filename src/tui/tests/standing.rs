//! What holds for everything: credentials, who drives, whether the store can be written.

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
fn a_pause_says_what_to_run_and_that_it_goes_on_by_itself() {
    let mut model = board(vec![job(1), copying(2)]);
    let next_try = Some(now() + SignedDuration::from_secs(20));
    let status = Status { paused: Some(expired()), next_try, ..Status::default() };
    post(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    shows(
        &mut model,
        &["PAUSED", "`aws sso login --profile prod`", "Nothing has failed. Retrying", "next in 20 s", "1 problem (!)"],
    );
    lacks(&mut model, "failed ");
    keys(&mut model, "!");
    shows(&mut model, &["copies are paused: the credentials cannot be used", "the SSO session has expired"]);
    post(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(Status::default()) });
    press(&mut model, KeyCode::Esc);
    lacks(&mut model, "PAUSED");
    lacks(&mut model, "problem");
}

#[test]
fn who_drives_is_said_if_it_is_not_us() {
    let mut model = board((1..=5).map(copying).collect());
    lacks(&mut model, "running the queue");
    lacks(&mut model, "LOOK ONLY");
    post(&mut model, JobUpdate::Driver(DriverStatus::Another(None)));
    shows(&mut model, &[" Jobs 5 copies, another amigrate is running the queue "]);
    let process = DriverProcess { pid: 1234, host: "bastion\u{1b}[2J".into(), version: "0.0.9".into() };
    let another = OtherProcess { process, here: true, older: false, silent: false };
    post(&mut model, JobUpdate::Driver(DriverStatus::Another(Some(another.clone()))));
    shows(&mut model, &[" Jobs 5 copies, another amigrate (pid 1234) is running the queue "]);
    let older = OtherProcess { here: false, older: true, ..another.clone() };
    post(&mut model, JobUpdate::Driver(DriverStatus::Another(Some(older.clone()))));
    shows(&mut model, &["an older amigrate (0.0.9, pid 1234 on bastion"]);
    lacks(&mut model, "stopped or hangs");
    post(&mut model, JobUpdate::Driver(DriverStatus::Another(Some(OtherProcess { silent: true, ..another }))));
    shows(&mut model, &["but does not respond", "`kill -CONT", "(pid 1234)"]);
    assert!(
        !crate::labels::driver::unresponsive(&model.board.driver).unwrap().contains("KILL"),
        "the number may be another process's by now"
    );
    post(
        &mut model,
        JobUpdate::Driver(DriverStatus::Nobody(Failure::new("lock the jobs", "this file system has no locks"))),
    );
    shows(
        &mut model,
        &["JOBS: LOOK ONLY", "Jobs can only be looked at: this file system has no locks", "1 problem (!)"],
    );
}

#[test]
fn a_store_that_cannot_be_written_is_said_until_it_can() {
    let mut model = board(vec![job(1)]);
    post(
        &mut model,
        JobUpdate::StoreProblem(Some(Failure::new("write the jobs down", "the disk is full").hint("Make room."))),
    );
    shows(
        &mut model,
        &["NOTHING SENT", "Nothing is sent: write the jobs down: the disk is full. Make room.", "1 problem (!)"],
    );
    post(&mut model, JobUpdate::StoreProblem(None));
    lacks(&mut model, "NOTHING SENT");
    lacks(&mut model, "problem");
}

fn fail(model: &mut Model, effects: &[Effect], failure: Failure) {
    let id = connect_id(effects);
    let wanted = [Effect::ShowStoredJobs, Effect::WatchLogin(true)];
    assert_eq!(reply(model, id, Reply::Connected(Err(failure))), wanted);
}

/// What the next attempt is preceded by: the seconds until it begins.
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
fn credentials_that_are_not_there_are_looked_for_less_and_less_often() {
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
        model.update(Msg::Reply { id, reply: Reply::Connected(Err(expired())) }, at);
    }
    assert_eq!(waits, [10, 20, 40, 80, 160, 300, 300]);
    // A login tries at once, and one that works begins anew.
    let effects = model.update(Msg::LoginChanged, then);
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    assert!(matches!(effects[0], Effect::AskAccount { .. }), "{effects:?}");
    assert!(matches!(model.session, Session::Ready(_)));
    lacks(&mut model, "Retrying");
    assert_eq!(model.update(Msg::LoginChanged, then), [], "nothing waits for it");
}

#[test]
fn a_login_is_watched_for_while_credentials_do_not_work() {
    let mut model = board(vec![job(1)]);
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
    let mut model = board(vec![job(1)]);
    let status = Status { paused: Some(expired()), ..Status::default() };
    post(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    assert_eq!(model.update(Msg::LoginChanged, now()), [Effect::Command(Command::RefreshNow)]);
}

#[test]
fn credentials_of_another_account_are_named_with_both_accounts() {
    let mut model = board(vec![job(1), copying(2)]);
    let theirs =
        Account { id: AccountId::new("210987654321").unwrap(), arn: "arn:aws:iam::210987654321:role/x".into() };
    let paused = crate::aws::other_account(&theirs, &"123456789012");
    let status = Status { paused: Some(paused), ..Status::default() };
    post(&mut model, JobUpdate::Changed { jobs: vec![], status: Some(status) });
    let screen = screen(&mut model, 80, 24);
    let header = screen.lines().next().unwrap_or_default();
    assert!(header.contains("OTHER ACCOUNT") && header.contains("123456789012"), "{header}");
    let banner: String = screen.lines().skip(1).take(2).collect();
    assert!(banner.contains("now belong to account 210987654321,"), "{banner}");
    assert!(banner.contains("here to account 123456789012"), "{banner}");
    lacks(&mut model, "failed");
}

#[test]
fn the_header_never_loses_account_source_regions_and_whose() {
    let long = "organisation-production-administrator-access";
    let sources = [
        (CredentialSource::Environment, "environment"),
        (CredentialSource::Sso(long.into()), "SSO org"),
        (CredentialSource::AssumedRole(long.into()), "role org"),
        (CredentialSource::Instance, "instance"),
    ];
    for (source, shown) in sources {
        let mut model = listed(vec![image(1)]);
        model.session = Session::Ready(Connected { source: Some(source), ..connected() });
        model.chosen = vec![region("ap-northeast-1"), region("us-east-1"), region("us-east-2")];
        for text in ["123456789012", shown, "ap-northeast-1 +2", "mine"] {
            let screen = screen(&mut model, 80, 24);
            let header = screen.lines().next().unwrap_or_default();
            assert!(header.contains(text), "{text}: {header}");
        }
    }
}

#[test]
fn what_waiting_cannot_mend_is_not_looked_for_again() {
    for (retry, again) in
        [(Retry::AfterLogin, true), (Retry::Later, true), (Retry::AfterChange, false), (Retry::Never, false)]
    {
        let (mut model, effects) = start(|_| {});
        fail(&mut model, &effects, Failure::new("find credentials", "no such profile").retry(retry));
        assert_eq!(model.next_deadline().is_some(), again, "{retry:?}");
    }
}

#[test]
fn asking_by_key_takes_the_place_of_asking_by_itself() {
    let (mut model, effects) = start(|_| {});
    fail(&mut model, &effects, expired());
    let ten = now() + SignedDuration::from_secs(10);
    let own = connect_id(&model.update(Msg::Tick, ten));
    let by_key = connect_id(&keys(&mut model, "R"));
    assert_eq!(reply(&mut model, own, Reply::Connected(Ok(connected()))), []);
    assert!(matches!(model.session, Session::Connecting(_)));
    assert!(!reply(&mut model, by_key, Reply::Connected(Ok(connected()))).is_empty());
}

fn key(digits: &str) -> AccountKey {
    AccountKey::new(&AccountId::new(digits).unwrap(), None)
}

fn open(model: &mut Model, digits: &str, job: Job) {
    post(model, JobUpdate::Opened { account: key(digits), jobs: vec![Arc::new(job)], status: Status::default() });
}

#[test]
fn what_was_stored_is_shown_before_anybody_is_signed_in() {
    let (mut model, effects) = start(|_| {});
    fail(&mut model, &effects, expired());
    open(&mut model, "123456789012", copying(1));
    let signed_out = Failure::new("ask for that", "nobody is signed in");
    post(&mut model, JobUpdate::Driver(DriverStatus::Nobody(signed_out)));
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
fn jobs_of_another_account_go_once_it_is_known_who_is_signed_in() {
    for (digits, stay) in [("123456789012", true), ("999999999999", false)] {
        let (mut model, effects) = start(|_| {});
        open(&mut model, "123456789012", copying(1));
        let effects = sign_in(&mut model, &effects, digits);
        assert_eq!(effects[0], Effect::OpenJobs { account: key(digits) });
        assert_eq!(effects[1], Effect::Command(Command::Follow(vec![region("us-east-1")])));
        assert_eq!(model.board.jobs().count() == 1, stay, "{digits}");
        // News of the other account that were under way.
        open(&mut model, "888888888888", copying(2));
        assert_eq!(model.board.job(JobId(2)), None);
    }
}

#[test]
fn chosen_regions_are_followed_once_the_account_is_known() {
    let mut model = listed(vec![image(1)]);
    keys(&mut model, "ra");
    let effects = press(&mut model, KeyCode::Enter);
    let all = ["us-east-1", "eu-west-1", "eu-west-2"].map(region);
    let followed = |effects: &[Effect]| {
        effects.iter().find_map(|e| match e {
            Effect::Command(Command::Follow(regions)) => Some(regions.clone()),
            _ => None,
        })
    };
    let mut regions = followed(&effects).unwrap();
    regions.sort();
    assert_eq!(regions.len(), all.len());
    assert!(all.iter().all(|r| regions.contains(r)), "{regions:?}");
    // The same regions once more: nothing new to follow.
    keys(&mut model, "w/marketp");
    assert_eq!(followed(&press(&mut model, KeyCode::Enter)), None);
}

#[test]
fn who_drives_outlives_news_of_the_jobs() {
    let mut model = listed(vec![image(1)]);
    post(&mut model, JobUpdate::Driver(DriverStatus::Us));
    open(&mut model, "123456789012", copying(1));
    assert_eq!(model.board.driver, DriverStatus::Us);
}

#[test]
fn nothing_is_asked_for_before_it_is_known_for_whom() {
    let (mut model, effects) = start(|_| {});
    let effects = reply(&mut model, connect_id(&effects), Reply::Connected(Ok(connected())));
    let Effect::ListRegions { id } = effects[1] else { panic!("{effects:?}") };
    let enabled = |r| RegionInfo { region: region(r), opt_in: OptIn::NotRequired };
    reply(&mut model, id, Reply::Regions(Ok(["us-east-1", "eu-west-1"].map(enabled).to_vec())));
    let (id, at, _) = lists(&effects).remove(0);
    let page = Ok(Page { images: vec![image(1)], next: None });
    reply(&mut model, id, Reply::Images { region: at, page });
    model.prepare();
    form(&mut model);
    assert_eq!(ctrl(&mut model, 's'), []);
    says(&model, "it is not known whose account this is");
    assert!(matches!(overlay(&model), Some(screens::Overlay::Form(_))), "nothing of it is lost");
}

#[test]
fn an_account_that_could_not_be_asked_is_asked_again_and_the_lists_with_it() {
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
fn what_became_of_a_damaged_store_stays_among_the_problems() {
    let mut model = board(vec![job(1)]);
    post(&mut model, JobUpdate::Warning(Warning::StoreSetAside("jobs-damaged.db".into())));
    keys(&mut model, "j");
    let account = AccountKey::new(&AccountId::new("123456789012").unwrap(), None);
    post(&mut model, JobUpdate::Opened { account, jobs: vec![], status: Status::default() });
    keys(&mut model, "!");
    shows(&mut model, &["it is kept as", "jobs-damaged.db."]);
}

#[test]
fn a_clock_set_back_by_hours_leaves_no_notice_standing_for_hours() {
    let mut model = board(vec![copying(1)]);
    post(&mut model, JobUpdate::Warning(Warning::Unreadable(2)));
    let left = model.next_deadline().unwrap().duration_since(model.now);
    let notice = |model: &Model| model.notice.as_ref().map(|n| n.until.duration_since(model.now));
    let before = notice(&model).unwrap();
    for hours in [-5, 10] {
        model.clock_stepped(SignedDuration::from_hours(hours));
        assert_eq!(notice(&model), Some(before), "{hours}");
        assert_eq!(model.next_deadline().unwrap().duration_since(model.now), left);
    }
    let later = model.now + before;
    model.update(Msg::Tick, later);
    assert!(model.notice.is_none(), "it goes when it is due");
}
