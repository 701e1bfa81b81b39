//! What EC2 finds by the part of a filter that it can apply, and what passes the filter of it, is what passes of all images.

use jiff::Timestamp;
use proptest::{prelude::*, sample::select};

use super::*;
use crate::{
    domain::{
        AccountId, Image, ImageState,
        filter::{self, Scratch},
        image::{BlockDevice, Ebs},
    },
    sim::world::{locations::Location, permissions::Permissions},
};

const NAMES: [&str; 8] =
    ["app-web-1", "App-Web-1", "APP", "al2023-ami-2023", "AL2023-x", "db*1", "a?b", "Z\u{fc}rich \u{1f980}"];
const TAGS: [(&str, &str); 7] = [
    ("Team", "web"),
    ("Team", "Web ops"),
    ("team", "web"),
    ("Cost Center", "7"),
    ("a*b", "1"),
    ("DR", ""),
    ("Stra\u{df}e", "a\\*b"),
];
const STATES: [&str; 6] = ["available", "pending", "failed", "disabled", "invalid", "unknown"];
const ARCHITECTURES: [&str; 6] = ["x86_64", "x86_64_mac", "arm64", "arm64_mac", "i386", ""];
const OWNERS: [(&str, Option<&str>); 3] =
    [("123456789012", None), ("801119661308", Some("amazon")), ("679593333241", Some("aws-marketplace"))];
const PLATFORMS: [&str; 4] = ["Windows", "Windows with SQL Server Standard", "Linux/UNIX", "Red Hat Enterprise Linux"];
const BOOT_MODES: [&str; 3] = ["uefi", "uefi-preferred", "legacy-bios"];
const ROOTS: [&str; 2] = ["ebs", "instance-store"];

fn image() -> impl Strategy<Value = SeenImage> {
    let kinds = (select(&STATES[..]), select(&ARCHITECTURES[..]), select(&OWNERS[..]), select(&ROOTS[..]));
    let optional = (
        proptest::option::of(select(&PLATFORMS[..])),
        proptest::option::of(select(&BOOT_MODES[..])),
        proptest::collection::vec(any::<Option<bool>>(), 0..3),
    );
    let tags = proptest::sample::subsequence(&TAGS[..], 0..3);
    (select(&NAMES[..]), kinds, optional, tags, any::<bool>()).prop_map(
        |(name, (state, architecture, (owner, alias), root), (platform, boot, devices), tags, public)| {
            let id = ImageId::new("ami-1").unwrap();
            let mut image = Image::bare(id, Region::new("eu-west-1").unwrap(), AccountId::new(owner).unwrap());
            image.name = name.into();
            image.state = ImageState::parse(state);
            image.architecture = architecture.into();
            image.image_owner_alias = alias.map(Into::into);
            image.root_device_type = root.into();
            image.platform_details = platform.map(Into::into);
            image.boot_mode = boot.map(Into::into);
            image.public = public;
            image.tags = tags.iter().map(|(key, value)| Tag { key: (*key).into(), value: (*value).into() }).collect();
            let device = |encrypted| BlockDevice {
                device_name: "/dev/xvda".into(),
                ebs: Some(Ebs { encrypted, ..Ebs::default() }),
                virtual_name: None,
            };
            image.block_devices = devices.into_iter().map(device).collect();
            SeenImage {
                image,
                launch_permissions: Permissions::default(),
                snapshots_readable: true,
                allowed: None,
                location: Location::Region,
            }
        },
    )
}

/// A term about something that images have, about a beginning of it, or in other letters.
fn term() -> impl Strategy<Value = String> {
    let of = |key: &'static str, values: Vec<&'static str>| {
        (select(values), 1..30_usize, any::<bool>(), any::<bool>()).prop_map(move |(value, length, upper, excludes)| {
            let part: String = value.chars().take(length).collect();
            let part = if upper { part.to_uppercase() } else { part };
            format!("{}{key}:\"{part}\"", if excludes && length % 4 == 0 { "!" } else { "" })
        })
    };
    let patterns = vec!["app-*", "?pp*", "*web*", "App-*", "al2023*", "web", "2023", "db*1", "z\u{fc}*"];
    prop_oneof![
        of("name", [&NAMES[..], &patterns].concat()),
        of("state", STATES.to_vec()),
        of("arch", ARCHITECTURES.to_vec()),
        of("owner", OWNERS.iter().flat_map(|(id, alias)| [*id, alias.unwrap_or("self")]).collect()),
        of("platform", PLATFORMS.to_vec()),
        of("boot", BOOT_MODES.to_vec()),
        of("root", ROOTS.to_vec()),
        of("enc", vec!["yes", "no"]),
        of("public", vec!["yes", "no"]),
        select(&TAGS[..]).prop_map(|(key, value)| format!("tag:\"{key}\"=\"{value}\"")),
        select(&TAGS[..]).prop_map(|(key, _)| format!("tag:\"{key}\"")),
        Just("web".to_owned()),
    ]
}

proptest! {
    #[test]
    fn a_narrowed_list_has_every_image_that_passes(
        images in proptest::collection::vec(image(), 12),
        terms in proptest::collection::vec(term(), 1..4),
    ) {
        let filter = filter::Filter::parse(&terms.join(" "), Timestamp::UNIX_EPOCH);
        let sent: Vec<Filter> =
            filter.ec2_filters().into_iter().map(|f| Filter { name: f.name, values: f.values }).collect();
        let narrowed = IMAGES.compile(&sent).unwrap();
        let mut scratch = Scratch::default();
        for seen in &images {
            let (passes, found) = (filter.passes(&seen.image, &mut scratch), narrowed.matches(seen));
            prop_assert!(found || !passes, "{terms:?} sent as {sent:?} misses {:?}", seen.image);
        }
    }
}
