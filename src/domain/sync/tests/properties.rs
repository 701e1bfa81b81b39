//! Random accounts, in which people copy, tag, share and rename what they like: nothing that is not sync's own is ever retired.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

const REGIONS: [&str; 3] = [US, EU, "eu-west-2"];

/// What may be odd about an image.
#[derive(Debug, Clone, Copy)]
struct Odd {
    /// Which of its regions, tags and lineage were changed, and how.
    region: usize,
    source: usize,
    tag: u8,
    lineage: u8,
    owner: bool,
    state: u8,
    protection: bool,
    days_ago: i64,
    launched: Option<i64>,
    public: bool,
    usage: u8,
    deprecated: bool,
    version: u8,
    family: bool,
    /// Whether its policy's tag is missing, another's, or its own.
    policy: u8,
}

fn odd() -> impl Strategy<Value = Odd> {
    let first = (0..3_usize, 0..6_usize, 0..8_u8, 0..6_u8, prop::bool::weighted(0.05), 0..12_u8);
    let second =
        (prop::bool::weighted(0.1), 0..40_i64, prop::option::weighted(0.2, 0..20_i64), prop::bool::weighted(0.05));
    let third = (0..16_u8, prop::bool::weighted(0.1), 0..9_u8, any::<bool>(), 0..8_u8);
    (first, second, third).prop_map(|(first, second, third)| {
        let (region, source, tag, lineage, owner, state) = first;
        let (protection, days_ago, launched, public) = second;
        let (usage, deprecated, version, family, policy) = third;
        Odd {
            region,
            source,
            tag,
            lineage,
            owner,
            state,
            protection,
            days_ago,
            launched,
            public,
            usage,
            deprecated,
            version,
            family,
            policy,
        }
    })
}

fn image(n: usize, odd: Odd) -> Image {
    let mut image = Image::bare(id(&format!("ami-c{n}")), region(REGIONS[odd.region]), account());
    let (from, of) = (region(US), id(&format!("ami-{}", odd.source)));
    let family = if odd.family { "web" } else { "db" };
    image.name = format!("{family}-{}", odd.version).into();
    (image.source_region, image.source_image_id) = match odd.lineage {
        0 => (None, None),
        1 => (Some(region(EU)), Some(of.clone())),
        2 => (Some(from.clone()), Some(id("ami-99"))),
        _ => (Some(from.clone()), Some(of.clone())),
    };
    let destination = image.region.clone();
    let value = match odd.tag {
        0 => None,
        1 => Some("true".to_owned()),
        2 => Some(format!("{US}/{of}/eu-west-3")),
        3 => Some(format!("{US}/ami-98/{destination}")),
        _ => Some(SyncTag { source_region: from, source: of, destination }.to_string()),
    };
    image.tags.push(Tag { key: "DR".into(), value: "true".into() });
    image.tags.extend(value.map(|value| Tag { key: SYNC_TAG.into(), value: value.into() }));
    let for_policy = match odd.policy {
        0 => None,
        1 => Some("0123456789abcdef".to_owned()),
        _ => Some(policy(&[EU]).tag_value(&image.region)),
    };
    image.tags.extend(for_policy.map(|value| Tag { key: POLICY_TAG.into(), value: value.into() }));
    // Now and then somebody else keeps more, or has written what nobody reads.
    let keeps = match (odd.usage, odd.version) {
        (15, 0) => Some("9/deregister"),
        (15, 1) => Some("2/deprecate"),
        (15, 2) => Some("many"),
        _ => None,
    };
    image.tags.extend(keeps.map(|value| Tag { key: KEEP_TAG.into(), value: value.into() }));
    if odd.version.is_multiple_of(2) {
        let created = now() - days(odd.days_ago + i64::from(odd.version));
        image.tags.push(Tag { key: CREATED_TAG.into(), value: created.to_string().into() });
    }
    if odd.owner {
        image.owner_id = AccountId::new("210987654321").unwrap();
    }
    image.state = match odd.state {
        0 => ImageState::Pending,
        1 => ImageState::Disabled,
        2 => ImageState::Failed,
        _ => ImageState::Available,
    };
    image.deregistration_protection = odd.protection.then(|| "enabled-without-cooldown".into());
    image.created = Some(now() - days(odd.days_ago));
    image.last_launched = odd.launched.map(|n| now() - days(n));
    image.public = odd.public;
    image.deprecated = odd.deprecated.then(|| now() - days(1));
    image
}

fn usage(image: &Image, kind: u8) -> Option<ImageUsage> {
    let mut usage = unused(image);
    match kind {
        0 => return None,
        1 => usage.references = Err(Failure::new("read", "denied")),
        2 => usage.permissions = Ok(vec![LaunchPermission::Public]),
        3 => {
            let arn = "arn:aws:ec2:eu-west-1:1:instance/i-1".into();
            usage.references = Ok(vec![ImageReference { kind: ReferenceKind::Instance, arn }]);
        }
        4 => {
            let snapshot = SnapshotId::new("snap-1").unwrap();
            usage.shared_snapshots = Ok(vec![SharedSnapshot { snapshot, images: vec![id("ami-8")] }]);
        }
        _ => {}
    }
    Some(usage)
}

/// An account: sources 0 to 4, of which 5 is gone, and whatever there is elsewhere.
fn worlds() -> impl Strategy<Value = AccountState> {
    prop::collection::vec(odd(), 0..40).prop_map(|all| {
        let mut made = account_state((0..5).map(|n| source(n, &format!("web-{n}"), i64::from(40 - n))));
        for (n, odd) in all.into_iter().enumerate() {
            let image = image(n, odd);
            if let Some(usage) = usage(&image, odd.usage) {
                made.usage.insert((image.region.clone(), image.id.clone()), usage);
            }
            made.images.get_mut(&image.region).unwrap().push(Arc::new(image));
        }
        made
    })
}

fn policies() -> impl Strategy<Value = Vec<SyncPolicy>> {
    let one = (1..4_usize, 0..3_usize, prop::sample::subsequence(vec![EU, "eu-west-2"], 1..=2));
    prop::collection::vec(one, 1..3).prop_map(|all| {
        let policy = |(keep, mode, to): (usize, usize, Vec<&str>)| {
            let retire = Retiring { mode: RetireMode::ALL[mode], max: 100, min_age: MIN_AGE };
            SyncPolicy {
                versions: VersionLimit::Newest { keep: keep.try_into().unwrap(), retire: Some(retire) },
                ..policy(&to)
            }
        };
        all.into_iter().map(policy).collect()
    })
}

/// States the rules once more, in other words than the plan does.
fn may_be_retired(image: &Image, account_state: &AccountState) -> Result<(), &'static str> {
    let tag = image.tags.iter().find(|tag| &*tag.key == "amigrate:sync").ok_or("no tag")?;
    let source = image.source_image_id.as_ref().ok_or("no source")?;
    let from = image.source_region.as_ref().ok_or("no source region")?;
    let source_there = account_state.images[&region(US)].iter().any(|image| image.id == *source);
    let usage = account_state.usage.get(&(image.region.clone(), image.id.clone())).ok_or("unknown usage")?;
    let wrong = [
        (*tag.value != *format!("{from}/{source}/{}", image.region), "another route"),
        (image.owner_id.as_str() != OWN, "another owner"),
        (image.tag("amigrate:sync-policy") != Some(&*policy(&[EU]).tag_value(&image.region)), "another policy's"),
        (!matches!(image.state, ImageState::Available | ImageState::Disabled), "not available"),
        (!source_there && image.tag("amigrate:sync-created").is_none(), "of an unknown date"),
        (image.deregistration_protection.is_some(), "protected"),
        (image.created.is_none_or(|at| at > now() - days(1)), "young"),
        (image.last_launched.is_some_and(|at| at > now() - days(7)), "launched"),
        (image.public, "public"),
        (usage.failures().next().is_some(), "usage not known"),
        (usage.references.as_ref().is_ok_and(|all| !all.is_empty()), "used"),
        (usage.permissions.as_ref().is_ok_and(|all| !all.is_empty()), "shared"),
        (usage.shared_snapshots.as_ref().is_ok_and(|all| !all.is_empty()), "snapshots used"),
    ];
    wrong.into_iter().find(|(is_wrong, _)| *is_wrong).map_or(Ok(()), |(_, why)| Err(why))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_is_retired_that_is_not_syncs_own_or_that_anybody_needs(account_state in worlds(), policies in policies(), after: bool) {
        let stage = if after { Stage::AfterCopies } else { Stage::BeforeCopies };
        let plan = plan_at(&policies, &account_state, stage);
        let mut gone = BTreeSet::new();
        for image in would_retire(&plan) {
            prop_assert_eq!(may_be_retired(image, &account_state), Ok(()), "{:?}", image);
            prop_assert!(gone.insert(image.id.clone()), "retired twice");
            prop_assert!(image.region != region(US), "a source");
        }
        for image in plan.failed() {
            let proof = made_by_sync(image, &account());
            prop_assert!(proof.is_ok() && image.state == ImageState::Failed && image.region != region(US), "{:?}", image);
            let of_policy = policy(&[EU]).tag_value(&image.region);
            prop_assert_eq!(image.tag(POLICY_TAG), Some(of_policy.as_str()));
            prop_assert!(gone.insert(image.id.clone()), "retired as well");
        }
        // Of each family that loses an image in a region, one is left; before the copies, at the latest once they are there.
        let pattern = VersionPattern::of_sync();
        let name = |image: &Image| {
            let sources = &account_state.images[&region(US)];
            let is_copy = image.source_region.as_ref().is_none_or(|from| *from == region(US));
            let of = image.source_image_id.as_ref().filter(|_| is_copy);
            let source = of.and_then(|of| sources.iter().find(|source| source.id == *of && source.owner_id == account()));
            pattern.family(source.map_or(&image.name, |source| &source.name)).to_owned()
        };
        for image in would_retire(&plan).filter(|_| after) {
            let family = name(image);
            let left = account_state.images[&image.region].iter().any(|other| {
                other.state == ImageState::Available && other.owner_id == account() && other.deprecated.is_none_or(|at| at > now())
                    && !gone.contains(&other.id) && name(other) == family
            });
            prop_assert!(left, "{} was the last of {}", image.id, family);
        }
    }

    #[test]
    fn nothing_is_copied_that_is_there_or_that_sync_has_made(account_state in worlds(), policies in policies()) {
        let plan = plan_of(&policies, &account_state);
        let mut routes = BTreeSet::new();
        for copy in plan.copies() {
            prop_assert!(routes.insert((copy.source.clone(), copy.destination.clone())), "copied twice");
            let source = account_state.images[&region(US)].iter().find(|image| image.id == copy.source).unwrap();
            prop_assert!(made_by_sync(source, &account()).is_err() && source.state == ImageState::Available);
            let there = account_state.images[&copy.destination].iter().find(|image| {
                image.source_image_id.as_ref() == Some(&copy.source)
                    && image.source_region == Some(region(US))
                    && image.owner_id == account()
                    && matches!(image.state, ImageState::Available | ImageState::Pending | ImageState::Disabled)
            });
            prop_assert!(there.is_none(), "{:?}", there);
        }
    }
}
