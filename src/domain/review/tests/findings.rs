//! What each answer means.

use super::{super::findings::UnknownCheck, *};
use crate::domain::{
    ImageState, LaunchPermission, PostCopyStep,
    draft::Field,
    plan::{Superseded, ValidationMessage},
    review::{
        CellValue, Column, FindingKind, ReviewTable, Severity, Status,
        checks::{AllowedImages, ZoneProblem, ZoneVerdict},
        context::{CompletedCopy, UnderWay},
        duration_estimator::SampleRegions,
        outlook::{Confirmation, Time},
    },
};

fn after(copies: Vec<CopyRequest>, answer: Answer<'_>) -> ReviewTable {
    let mut review = review(copies);
    answer_all(&mut review, answer);
    review.table()
}

fn web() -> CopyRequest {
    copy("ami-1", "eu-west-1", "web")
}

fn public() -> CopyRequest {
    CopyRequest { post_copy: vec![PostCopyStep::LaunchPermissions(vec![LaunchPermission::Public])], ..web() }
}

/// Answers one kind of request; `None` is a refused read.
fn only(
    so: impl Fn(&CheckRequest) -> bool + 'static,
    answer: Option<CheckAnswer>,
) -> impl Fn(&CheckRequest) -> Option<Result<CheckAnswer, Failure>> {
    move |request| so(request).then(|| answer.clone().ok_or_else(denied))
}

#[test]
fn nothing_is_found_where_all_is_well() {
    let table = after(vec![web()], &|_| None);
    assert_eq!(table.findings, []);
    assert_eq!((table.sources, table.copies.len(), table.settled), (Status::Fine, 1, true));
    let row = &table.rows[0];
    for column in [Column::Enabled, Column::Permission, Column::Exists, Column::Encryption, Column::Pending] {
        assert_eq!(row.cell(column).status, Status::Fine, "{column:?}");
    }
    assert_eq!(row.cell(Column::Key).status, Status::NotNeeded);
    assert_eq!(row.cell(Column::Pending).value, CellValue::Count(0));
}

#[test]
fn each_refusal_blocks_and_names_its_field() {
    type Case = (CopyRequest, fn(&CheckRequest) -> bool, CheckAnswer, FindingKind, Field, Column);
    let key = || KmsKeyRef::new("alias/web").unwrap();
    let with_key = || CopyRequest { encryption: encrypted(Some("alias/web")), ..web() };
    let is_key: fn(&CheckRequest) -> bool = |r| matches!(r, CheckRequest::Key { .. });
    let cases: [Case; 4] = [
        (
            web(),
            |r| matches!(r, CheckRequest::Permission { .. }),
            CheckAnswer::Permission(Permission::Denied { why: "no".into(), hint: "Ask.".into() }),
            FindingKind::NotPermitted { why: "no".into(), hint: "Ask.".into() },
            Field::Destinations,
            Column::Permission,
        ),
        (
            with_key(),
            is_key,
            CheckAnswer::Key(KeyVerdict::NotFound),
            FindingKind::KeyNotFound(key()),
            Field::Key,
            Column::Key,
        ),
        (
            with_key(),
            is_key,
            CheckAnswer::Key(KeyVerdict::Unusable { why: "it is disabled".into() }),
            FindingKind::KeyUnusable { key: key(), why: "it is disabled".into() },
            Field::Key,
            Column::Key,
        ),
        (
            public(),
            |r| matches!(r, CheckRequest::BlockPublicAccess { .. }),
            CheckAnswer::PublicAccessBlocked(true),
            FindingKind::PublicBlocked,
            Field::Public,
            Column::Public,
        ),
    ];
    for (copy, so, answer, kind, field, column) in cases {
        let table = after(vec![copy], &only(so, Some(answer)));
        let found = table.refusal().unwrap();
        assert_eq!((&found.kind, &found.field), (&kind, &field));
        assert_eq!(found.regions, [region("eu-west-1")]);
        assert_eq!(table.rows[0].cell(column).status, Status::Refused);
    }
    let elsewhere = after(vec![copy("ami-1", "af-south-1", "web")], &|_| None);
    assert_eq!(elsewhere.refusal().unwrap().kind, FindingKind::NotEnabled);
}

fn to_zone() -> CopyRequest {
    let zone = crate::domain::ZoneName::new("euw1-dub1-az1").unwrap();
    CopyRequest { placement: Placement::ZoneId(zone), ..web() }
}

#[test]
fn a_zone_that_cannot_be_used_is_refused_at_its_field() {
    let asked = answer_all(&mut review(vec![to_zone(), to_zone()]), &|_| None);
    assert_eq!(asked.iter().filter(|r| matches!(r, CheckRequest::Zone { .. })).count(), 1, "asked once");
    assert!(answer_all(&mut review(vec![web()]), &|_| None).iter().all(|r| !matches!(r, CheckRequest::Zone { .. })));
    assert_eq!(after(vec![to_zone()], &|_| None).findings, []);
    for problem in
        [ZoneProblem::NotFound, ZoneProblem::NotLocal, ZoneProblem::NotOptedIn { group: "eu-west-1-dub-1".into() }]
    {
        let verdict = CheckAnswer::Zone(ZoneVerdict::Unusable(problem.clone()));
        let table = after(vec![to_zone()], &only(|r| matches!(r, CheckRequest::Zone { .. }), Some(verdict)));
        let refusal = table.refusal().unwrap();
        assert_eq!(refusal.kind, FindingKind::Zone { zone: to_zone().placement, problem });
        assert_eq!((&refusal.field, &refusal.regions), (&Field::Placement, &vec![region("eu-west-1")]));
        assert_eq!(table.rows[0].cell(Column::Enabled).status, Status::Refused);
    }
}

#[test]
fn a_read_that_is_refused_is_unknown_and_blocks_nothing() {
    let copies = || vec![CopyRequest { encryption: encrypted(Some("alias/web")), ..web() }, public(), to_zone()];
    let asked = answer_all(&mut review(copies()), &|_| None);
    for request in asked {
        let refused = request.clone();
        let table = after(copies(), &only(move |r| *r == refused, None));
        let unknown: Vec<_> = table.findings.iter().filter(|f| f.severity == Severity::Unknown).collect();
        assert_eq!(unknown.len(), 1, "{request:?}: {:?}", table.findings);
        assert!(matches!(&unknown[0].kind, FindingKind::Unknown { why: Some(why), .. } if why == "not authorized"));
        assert!(table.refusal().is_none() && table.settled, "{request:?}");
    }
}

#[test]
fn one_finding_names_all_its_regions() {
    let copies = vec![web(), copy("ami-1", "eu-west-2", "web")];
    let table = after(copies, &only(|r| matches!(r, CheckRequest::PendingCopies { .. }), None));
    assert_eq!(table.findings.len(), 1);
    assert_eq!(table.findings[0].regions, [region("eu-west-1"), region("eu-west-2")]);
    let what = UnknownCheck::Column(Column::Pending);
    assert_eq!(table.findings[0].kind, FindingKind::Unknown { what, why: Some("not authorized".into()) });
}

#[test]
fn warnings_are_listed() {
    let pending = after(
        vec![web()],
        &only(|r| matches!(r, CheckRequest::PendingCopies { .. }), Some(CheckAnswer::PendingCopies(300))),
    );
    assert_eq!(pending.findings[0].kind, FindingKind::LimitReached { pending: 300, limit: 300, copies: 1 });
    let by_default = |r: &CheckRequest| match r {
        CheckRequest::EncryptionByDefault { .. } => Some(Ok(CheckAnswer::EncryptionByDefault(true))),
        CheckRequest::DefaultKey { .. } => Some(Ok(CheckAnswer::DefaultKey(Some(KEY.into())))),
        _ => None,
    };
    let table = after(vec![web()], &by_default);
    assert_eq!(table.findings[0].kind, FindingKind::EncryptsByDefault { key: Some(KEY.into()) });
    let encrypts = CopyRequest { encryption: encrypted(None), ..web() };
    assert_eq!(after(vec![encrypts], &by_default).findings, [], "it is encrypted in any case");
    let untagged = only(
        |r| matches!(r, CheckRequest::Permission { .. }),
        Some(CheckAnswer::Permission(Permission::WithoutJobTags)),
    );
    assert_eq!(after(vec![web()], &untagged).findings[0].kind, FindingKind::JobTagsNotPermitted);
    let ebs = CopyRequest { encryption: encrypted(Some("alias/aws/ebs")), ..web() };
    assert_eq!(after(vec![ebs], &|_| None).findings, [], "it is never looked at, which might create it");
    let other = CopyRequest { encryption: encrypted(Some("alias/aws/s3")), ..web() };
    assert!(matches!(after(vec![other], &|_| None).refusal().unwrap().kind, FindingKind::KeyUnusable { .. }));
}

#[test]
fn sources_are_checked_as_they_are_now() {
    let theirs = AccountId::new("999999999999").unwrap();
    let source = |change: &dyn Fn(&mut Image)| {
        let mut source = image("ami-1", "us-east-1", true);
        change(&mut source);
        let answer = CheckAnswer::Images(vec![source]);
        let settings = AllowedImages { enforced: true, providers: vec!["amazon".into()] };
        let table = after(vec![web()], &move |r| match r {
            CheckRequest::Sources { .. } => Some(Ok(answer.clone())),
            CheckRequest::AllowedImages { .. } => Some(Ok(CheckAnswer::AllowedImages(settings.clone()))),
            _ => None,
        });
        table.findings.into_iter().map(|f| (f.severity, f.kind)).collect::<Vec<_>>()
    };
    assert_eq!(source(&|_| ()), []);
    let (id, owner) = (ami("ami-1"), theirs.clone());
    let disabled = FindingKind::SourceUnavailable { source: id.clone(), state: Some(ImageState::Disabled) };
    assert_eq!(source(&|s| s.state = ImageState::Disabled), [(Severity::Refusal, disabled)]);
    let found = source(&|s| {
        s.owner_id = theirs.clone();
        s.deprecated = Some(now());
    });
    let warnings = [
        FindingKind::OwnerNotAllowed { source: id.clone(), owner },
        FindingKind::Deprecated { source: id.clone(), since: now() },
    ];
    assert_eq!(found, warnings.map(|kind| (Severity::Warning, kind)));
    let allowed = source(&|s| (s.owner_id, s.image_owner_alias) = (theirs.clone(), Some("amazon".into())));
    assert!(allowed.iter().all(|(_, kind)| !matches!(kind, FindingKind::OwnerNotAllowed { .. })), "{allowed:?}");
    let gone =
        after(vec![web()], &only(|r| matches!(r, CheckRequest::Sources { .. }), Some(CheckAnswer::Images(Vec::new()))));
    assert_eq!(gone.refusal().unwrap().kind, FindingKind::SourceUnavailable { source: id, state: None });
}

#[test]
fn large_and_public_requests_are_confirmed_by_typing() {
    let copies = |n: usize, gib: u32| -> Vec<CopyRequest> {
        (0..n).map(|i| CopyRequest { volumes: vec![gib], ..copy("ami-1", "eu-west-1", &format!("web-{i}")) }).collect()
    };
    let confirmation = |copies| after(copies, &|_| None).outlook.confirmation;
    assert_eq!(confirmation(copies(20, 50)), Confirmation::default());
    assert_eq!(confirmation(copies(21, 1)).number, Some(21));
    assert_eq!(confirmation(copies(2, 501)).number, Some(2));
    assert_eq!(confirmation(vec![public()]), Confirmation { number: None, public: true });
    let both = Confirmation { number: Some(25), public: true };
    for (typed, accepted) in [
        ("25 public", true),
        (" public  25 ", true),
        ("25", false),
        ("public", false),
        ("26 public", false),
        ("", false),
    ] {
        assert_eq!(both.accepts(typed), accepted, "{typed:?}");
    }
}

#[test]
fn the_time_follows_from_copies_seen_here_and_the_limit() {
    let copies: Vec<CopyRequest> = (0..5).map(|n| copy("ami-1", "eu-west-1", &format!("web-{n}"))).collect();
    let seconds = |completed: Vec<CompletedCopy>, limit: usize| {
        let limits = ReviewLimits { pending: limit, ..context().limits };
        let context = ReviewContext { completed, limits, ..context() };
        let mut review = Review::new(Plan { copies: copies.clone(), ..Plan::default() }, context, now());
        let pending = only(|r| matches!(r, CheckRequest::PendingCopies { .. }), Some(CheckAnswer::PendingCopies(1)));
        answer_all(&mut review, &pending);
        review.table().outlook.time
    };
    let took = |place: &str, gib, seconds| CompletedCopy { destination: region(place), gib, seconds };
    let seen = |seconds, copies, regions| Time::Estimated { seconds, copies, regions };
    assert_eq!(seconds(Vec::new(), 300), Time::Unknown);
    assert_eq!(seconds(vec![took("eu-west-1", 8, 80)], 300), seen(80, 1, SampleRegions::Same));
    assert_eq!(seconds(vec![took("eu-west-2", 8, 80)], 300), seen(80, 1, SampleRegions::Other));
    // With room for 2 of 5 at once that is three rounds.
    assert_eq!(seconds(vec![took("eu-west-1", 8, 80)], 3), seen(240, 1, SampleRegions::Same));
}

#[test]
fn a_time_based_copy_takes_what_was_requested_and_queued_copies_go_first() {
    let completion = crate::domain::completion::CompletionDuration::from_minutes(15).ok();
    let copies: Vec<CopyRequest> =
        (0..5).map(|n| CopyRequest { completion, ..copy("ami-1", "eu-west-1", &format!("web-{n}")) }).collect();
    let time = |limit: usize, queued: usize| {
        let under_way = |n| UnderWay {
            source: ami("ami-2"),
            destination: region("eu-west-1"),
            name: ImageName::new(&format!("queued-{n}")).unwrap(),
            encryption: Encryption::Keep,
            placement: Placement::Region,
            image: None,
        };
        let limits = ReviewLimits { pending: limit, ..context().limits };
        let context = ReviewContext { limits, under_way: (0..queued).map(under_way).collect(), ..context() };
        Review::new(Plan { copies: copies.clone(), ..Plan::default() }, context, now()).table().outlook.time
    };
    assert_eq!(time(300, 0), Time::Requested(900));
    assert_eq!(time(3, 0), Time::InRounds(1_800), "two rounds are not what was requested");
    assert_eq!(time(3, 2), Time::InRounds(2_700));
}

/// Worked out by hand: 2,048 GiB at 500 MiB/s are 4,194.3 s; five of 1,000 GiB at 2,000 MiB/s together are 2,560 s.
#[test]
fn a_time_that_full_volumes_do_not_allow_is_not_promised() {
    let time = |minutes: u16, volumes: u32, copies: usize| {
        let completion = crate::domain::completion::CompletionDuration::from_minutes(minutes).ok();
        let copy =
            |n| CopyRequest { completion, volumes: vec![volumes], ..copy("ami-1", "eu-west-1", &format!("web-{n}")) };
        let plan = Plan { copies: (0..copies).map(copy).collect(), ..Plan::default() };
        Review::new(plan, context(), now()).table().outlook.time
    };
    assert_eq!(time(75, 2_048, 1), Time::Requested(4_500));
    assert_eq!(time(15, 2_048, 1), Time::TooShort(4_195));
    assert_eq!(time(45, 1_000, 5), Time::Requested(2_700));
    assert_eq!(time(30, 1_000, 5), Time::TooShort(2_560));
}

#[test]
fn nothing_is_warned_of_where_copies_are_skipped() {
    let there = Image { source_image_id: Some(ami("ami-1")), name: "web".into(), ..image("ami-9", "eu-west-1", true) };
    let text = "There would be two images of that name.".to_owned();
    let warnings = vec![ValidationMessage { field: Field::Name, text, count: 1, superseded: Superseded::ByLookup }];
    let plan = Plan { copies: vec![web()], warnings, ..Plan::default() };
    let mut review = Review::new(plan, context(), now());
    answer_all(&mut review, &|request| match request {
        CheckRequest::Names { .. } => Some(Ok(CheckAnswer::Images(vec![there.clone()]))),
        CheckRequest::EncryptionByDefault { .. } => Some(Ok(CheckAnswer::EncryptionByDefault(true))),
        _ => None,
    });
    let kinds = |review: &Review| review.table().findings.into_iter().map(|f| f.kind).collect::<Vec<_>>();
    assert!(matches!(kinds(&review)[..], [FindingKind::EncryptsByDefault { .. }]), "{:?}", kinds(&review));
    review.choose(0, crate::domain::review::Choice::Skip);
    assert_eq!(kinds(&review), []);
}
