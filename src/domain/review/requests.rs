//! The reads that a plan needs, each once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{checks::CheckRequest, context::ReviewContext};
use crate::domain::{
    copy::{ClientToken, CopyRequest, Encryption},
    ids::ImageId,
    kms_key::KmsKeyRef,
    placement::Placement,
    post_copy::{LaunchPermission, PostCopyStep},
    region::Region,
};

/// What distinguishes requests for which a policy may decide differently.
#[derive(PartialEq, Eq, Hash)]
struct Shape<'a> {
    encryption: &'a Encryption,
    copy_tags: bool,
    image_tags: BTreeSet<&'a str>,
    snapshot_tags: BTreeSet<&'a str>,
    /// Without snapshots, no tags are requested for them.
    snapshots: bool,
    placement: &'a Placement,
    timed: bool,
}

/// Values of tags, about which policies decide as well (`aws:RequestTag`).
type TagValues<'a> = BTreeSet<(&'a str, &'a str)>;

/// Sets of tag values that are tried in each destination: templates may give every copy its own.
const TAG_VALUES: usize = 3;

fn shape(copy: &CopyRequest) -> Shape<'_> {
    Shape {
        encryption: &copy.encryption,
        copy_tags: copy.copy_tags,
        image_tags: copy.image_tags.iter().map(|t| &*t.key).collect(),
        snapshot_tags: copy.snapshot_tags.iter().map(|t| &*t.key).collect(),
        snapshots: !copy.volumes.is_empty(),
        placement: &copy.placement,
        timed: copy.completion.is_some(),
    }
}

/// What a destination's copies need.
#[derive(Default)]
struct Needs<'a> {
    shapes: HashSet<Shape<'a>>,
    tag_values: HashSet<TagValues<'a>>,
    trials: Vec<&'a CopyRequest>,
    /// Of a shape that is tried, with other tag values.
    more_trials: Vec<&'a CopyRequest>,
    keys: Vec<&'a KmsKeyRef>,
    names: BTreeSet<&'a str>,
    zones: Vec<&'a Placement>,
    sources: BTreeSet<&'a ImageId>,
    public: bool,
}

/// Returns true if everyone will be allowed to launch the copy.
pub fn becomes_public(copy: &CopyRequest) -> bool {
    copy.post_copy
        .iter()
        .any(|step| matches!(step, PostCopyStep::LaunchPermissions(who) if who.contains(&LaunchPermission::Public)))
}

/// Returns the service of an AWS managed key, such as `ebs`. `DescribeKey` might create such a key.
pub(super) fn managed_by_aws(key: &KmsKeyRef) -> Option<&str> {
    let name = key.as_str();
    name.strip_prefix("alias/aws/").or_else(|| Some(name.split_once(":alias/aws/")?.1))
}

/// Returns the first requests, and the destinations with more shapes than are tried.
pub(super) fn initial(copies: &[CopyRequest], context: &ReviewContext) -> (Vec<CheckRequest>, BTreeSet<Region>) {
    let mut requests = Vec::new();
    if context.regions.is_empty() {
        requests.push(CheckRequest::Regions);
    }
    let mut sources: BTreeMap<&Region, BTreeSet<&ImageId>> = BTreeMap::new();
    let mut destinations: BTreeMap<&Region, Needs<'_>> = BTreeMap::new();
    for copy in copies {
        sources.entry(&copy.source_region).or_default().insert(&copy.source);
        let needs = destinations.entry(&copy.destination).or_default();
        let tags = copy.image_tags.iter().chain(&copy.snapshot_tags);
        let values: TagValues<'_> = tags.map(|tag| (&*tag.key, &*tag.value)).collect();
        if needs.shapes.insert(shape(copy)) {
            needs.tag_values.insert(values);
            needs.trials.push(copy);
        } else if needs.tag_values.len() < TAG_VALUES && needs.tag_values.insert(values) {
            needs.more_trials.push(copy);
        }
        if let Encryption::Encrypt { key: Some(key) } = &copy.encryption
            && !needs.keys.contains(&key)
        {
            needs.keys.push(key);
        }
        if matches!(copy.placement, Placement::Zone(_) | Placement::ZoneId(_))
            && !needs.zones.contains(&&copy.placement)
        {
            needs.zones.push(&copy.placement);
        }
        needs.names.insert(copy.name.as_str());
        needs.sources.insert(&copy.source);
        needs.public |= becomes_public(copy);
    }
    for (region, images) in sources {
        let images: Vec<ImageId> = images.into_iter().cloned().collect();
        requests.push(CheckRequest::Sources { region: region.clone(), images });
    }
    let mut untried = BTreeSet::new();
    for (region, needs) in destinations {
        // A region that is not enabled refuses every call.
        if context.regions.iter().any(|known| known.region == *region && !known.enabled()) {
            continue;
        }
        let trials = context.limits.start_burst.max(1);
        if needs.trials.len() > trials {
            untried.insert(region.clone());
        }
        let tried = needs.trials.iter().chain(&needs.more_trials).take(trials);
        requests.extend(tried.map(|copy| trial(copy, context.limits.job_tags)));
        requests.extend(destination(region, &needs));
    }
    (requests, untried)
}

/// A dry run of a copy, which never carries its token.
fn trial(copy: &CopyRequest, job_tags: bool) -> CheckRequest {
    let copy = CopyRequest { token: ClientToken::from_random(0), given_token: None, ..copy.clone() };
    CheckRequest::Permission { copy: Box::new(copy), job_tags }
}

fn destination(region: &Region, needs: &Needs<'_>) -> Vec<CheckRequest> {
    let region = || region.clone();
    let mut requests: Vec<CheckRequest> = needs
        .keys
        .iter()
        .filter(|key| managed_by_aws(key).is_none())
        .map(|key| CheckRequest::Key { region: region(), key: (*key).clone() })
        .collect();
    let names: Vec<String> = needs.names.iter().map(|name| (*name).to_owned()).collect();
    let sources: Vec<ImageId> = needs.sources.iter().map(|id| (*id).clone()).collect();
    requests.extend(
        names.chunks(CheckRequest::VALUES).map(|names| CheckRequest::Names { region: region(), names: names.to_vec() }),
    );
    requests.extend(
        sources
            .chunks(CheckRequest::VALUES)
            .map(|sources| CheckRequest::CopiesOf { region: region(), sources: sources.to_vec() }),
    );
    requests.extend([
        CheckRequest::EncryptionByDefault { region: region() },
        CheckRequest::DefaultKey { region: region() },
        CheckRequest::PendingCopies { region: region() },
    ]);
    requests.extend(needs.zones.iter().map(|&zone| CheckRequest::Zone { region: region(), zone: zone.clone() }));
    requests.extend(needs.public.then(|| CheckRequest::BlockPublicAccess { region: region() }));
    requests
}
