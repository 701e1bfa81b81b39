//! Outposts, Local Zones and time-based copies.

use super::*;
use crate::domain::{
    completion::CompletionDuration,
    price::{Money, Prices},
};

const OUTPOST: &str = "arn:aws:outposts:us-east-1:123456789012:outpost/op-0123456789abcdef0";

fn minutes(n: u16) -> CompletionDuration {
    CompletionDuration::from_minutes(n).unwrap()
}

fn home(d: &mut Draft) {
    d.destinations = vec![region("us-east-1")];
    d.name = "{name}-2".into();
}

fn outpost(d: &mut Draft, arn: &str) {
    home(d);
    d.placement = PlacementDraft::Outpost(arn.into());
}

fn zone(d: &mut Draft, zone: &str) {
    home(d);
    d.placement = PlacementDraft::LocalZone(zone.into());
}

fn instance_store(image: &mut Image) {
    image.root_device_type = "instance-store".into();
    image.block_devices.clear();
}

#[test]
fn outposts_and_local_zones_have_their_rules() {
    let elsewhere = OUTPOST.replace("us-east-1", "us-west-2");
    let at = Field::Placement;
    assert_mistakes(&[
        (&|d| outpost(d, "garbage"), at.clone(), "not the ARN of an Outpost"),
        (&|d| outpost(d, &elsewhere), at.clone(), "The Outpost is in us-west-2, the copies go to us-east-1."),
        (&|d| d.placement = PlacementDraft::Outpost(OUTPOST.into()), at.clone(), "choose that region alone"),
        (
            &|d| {
                outpost(d, &OUTPOST.replace("us-east-1", "eu-west-1"));
                d.destinations = vec![region("eu-west-1")];
            },
            at.clone(),
            "ami-1 is in us-east-1; only an image of eu-west-1",
        ),
        (&|d| zone(d, "lax"), at.clone(), "A zone is named like"),
        (&|d| zone(d, "us-west-2-lax-1a"), at.clone(), "not a Local Zone of us-east-1"),
        (&|d| zone(d, "usw2-lax1-az1"), at.clone(), "not a Local Zone of us-east-1: the ids there begin with use1-."),
        (&|d| zone(d, "use11-bos1-az1"), at.clone(), "not a Local Zone of us-east-1"),
        (&|d| zone(d, "us-east-1a"), at.clone(), "is an Availability Zone"),
        (&|d| zone(d, "use1-az1"), at.clone(), "is the id of an Availability Zone"),
        (&|d| zone(d, "us-east-1-wl1-bos-wlz-1"), at.clone(), "is a Wavelength Zone"),
        (&|d| zone(d, "use1-wl1-bos-wlz1"), at.clone(), "is a Wavelength Zone"),
        (
            &|d| {
                zone(d, "us-east-1-bos-1a");
                d.completion = Some(minutes(60));
            },
            Field::Completion,
            "cannot be time-based",
        ),
        (
            &|d| {
                zone(d, "us-east-1-bos-1a");
                d.sources = source(instance_store);
            },
            at,
            "instance-store",
        ),
    ]);
}

#[test]
fn a_place_is_sent_as_what_it_is_and_outposts_encrypt() {
    let copy = |change: &dyn Fn(&mut Draft)| {
        let mut d = draft();
        change(&mut d);
        let mut plan = check(&d);
        assert_eq!(plan.mistakes, []);
        plan.copies.remove(0)
    };
    let on_outpost = copy(&|d| {
        outpost(d, OUTPOST);
        d.key = "alias/web".into();
    });
    assert!(matches!(&on_outpost.placement, Placement::Outpost(arn) if arn.as_str() == OUTPOST));
    assert!(
        matches!(&on_outpost.encryption, Encryption::Encrypt { key: Some(key) } if key.as_str() == "alias/web"),
        "though encryption is off"
    );
    assert!(matches!(copy(&|d| zone(d, " us-east-1-bos-1a ")).placement, Placement::Zone(_)));
    assert!(matches!(copy(&|d| zone(d, "use1-bos1-az1")).placement, Placement::ZoneId(_)));
    let mut d = draft();
    outpost(&mut d, OUTPOST);
    assert_eq!(d.encryption_fixed(), Some("A copy on an Outpost is always encrypted."));
}

/// The ids are those of Local Zones that AWS lists.
#[test]
fn a_zones_id_is_one_of_its_region() {
    let in_region = |place: &str, id: &str| {
        let mut image = image("ami-1", "web");
        image.region = region(place);
        let placement = PlacementDraft::LocalZone(id.into());
        let d = Draft { sources: vec![image.into()], destinations: vec![region(place)], placement, ..draft() };
        check(&d).mistake(&Field::Placement).map(str::to_owned)
    };
    let zones = [
        ("us-west-2", "usw2-lax1-az1"),
        ("us-east-1", "use1-bue1-az1"),
        ("ap-northeast-1", "apne1-tpe1-az1"),
        ("ap-southeast-2", "apse2-per1-az1"),
        ("ap-south-1", "aps1-del1-az1"),
        ("eu-central-1", "euc1-ham1-az1"),
        ("eu-north-1", "eun1-hel1-az1"),
        ("me-south-1", "mes1-mct1-az1"),
        ("af-south-1", "afs1-los1-az1"),
        ("cn-northwest-1", "cnnw1-xxx1-az1"),
        // AWS publishes no ids of this one.
        ("us-iso-east-1", "usie1-xxx1-az1"),
    ];
    for (place, id) in zones {
        assert_eq!(in_region(place, id), None, "{id} in {place}");
        let elsewhere = zones.iter().filter(|(other, _)| *other != place && !other.contains("-iso-"));
        for (other, _) in elsewhere {
            assert!(in_region(other, id).is_some_and(|text| text.contains("begin with")), "{id} in {other}");
        }
    }
}

/// A source with volumes of these sizes.
fn sized(id: &str, sizes: &[u32]) -> Arc<Image> {
    let mut image = image(id, id);
    let device = |size: &u32| BlockDevice {
        ebs: Some(Ebs { volume_size: Some(*size), ..Ebs::default() }),
        ..BlockDevice::default()
    };
    image.block_devices = sizes.iter().map(device).collect();
    image.into()
}

/// The seconds are worked out by hand, at 500 MiB/s a snapshot and 2,000 MiB/s a pair of regions.
#[test]
fn a_time_based_copy_needs_the_time_that_its_size_takes() {
    let with = |sources: &[&[u32]]| {
        let sources = sources.iter().enumerate().map(|(n, sizes)| sized(&format!("ami-{n}"), sizes)).collect();
        Draft { sources, ..draft() }
    };
    let mut two_regions = with(&[&[400; 8], &[400; 8]]);
    Arc::make_mut(&mut two_regions.sources[1]).region = region("us-east-2");
    let cases = [
        (with(&[&[8]]), Some(15)),
        // 500 x 1,024 / 500 = 1,024 s = 17.1 min.
        (with(&[&[500]]), Some(30)),
        // 8 x 400 x 1,024 / 2,000 = 1,638.4 s = 27.3 min; each snapshot alone would take 13.7 min.
        (with(&[&[400; 8]]), Some(30)),
        // Twice that: 54.6 min. Each destination is a pair of its own.
        (with(&[&[400; 8], &[400; 8]]), Some(60)),
        (two_regions, Some(30)),
        // 7 x 50,000 x 1,024 / 2,000 = 179,200 s = 49.8 h.
        (with(&[&[50_000; 7]]), None),
    ];
    for (draft, least) in cases {
        assert_eq!(draft.least_completion().map(CompletionDuration::minutes), least, "{:?}", draft.sources.len());
    }
    let large = with(&[&[500]]);
    let timed = |draft: &Draft, n| check(&Draft { completion: Some(minutes(n)), ..draft.clone() });
    let expected = "500 GiB take at least 30 min if the volumes are full: a snapshot is copied at 500 MiB/s at most, all \
                    between two regions at 2,000 MiB/s.";
    let warned = |plan: Plan| {
        assert_eq!(plan.mistakes, [], "EC2 copies what is stored, which may be less");
        plan.warnings.into_iter().map(|w| w.text).collect::<Vec<_>>()
    };
    assert_eq!(warned(timed(&large, 15)), [expected]);
    let enough = timed(&large, 30);
    assert_eq!(enough.copies[0].completion, Some(minutes(30)));
    assert_eq!(warned(enough), [""; 0]);
    let never = warned(timed(&with(&[&[50_000; 7]]), 2_880));
    assert!(never[0].contains("longer than 48 h"), "{never:?}");
    let stored = Draft { sources: source(instance_store), ..draft() };
    assert!(timed(&stored, 60).mistake(&Field::Completion).is_some_and(|text| text.contains("cannot be time-based")));
}

#[test]
fn the_choices_say_what_is_long_enough_and_what_it_costs() {
    let mut prices = Prices::default();
    prices.set_time_based(minutes(30), Money::parse("0.018").unwrap());
    prices.set_time_based(minutes(60), Money::parse("0.016").unwrap());
    let choices = Draft { sources: vec![sized("ami-1", &[500])], ..draft() }.completion_choices(&prices);
    let shown: Vec<_> =
        choices[..4].iter().map(|c| (c.duration.minutes(), c.price.map(|p| p.to_string()), c.enough)).collect();
    // 500 GiB to two regions: 1,000 x 0.018 and 1,000 x 0.016.
    let expected = [
        (15, None, false),
        (30, Some("$18.00".to_owned()), true),
        (45, Some("$18.00".to_owned()), true),
        (60, Some("$16.00".to_owned()), true),
    ];
    assert_eq!(shown, expected);
    assert_eq!(choices.len(), 192);
}
