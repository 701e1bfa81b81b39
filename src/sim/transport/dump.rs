//! The test door: what the account owns, as JSON. Read-only.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    domain::Region,
    sim::{
        api::listing::{ImagesCall, SnapshotsCall},
        world::state::World,
    },
};

/// A region with more images than this gives only their number: the door is for checks, not for listing.
const MOST: u64 = 5_000;

/// All regions' own images and snapshots, as a client would be shown them, and how often each action was asked:
/// `{ "REGION": { "images": [..], "snapshots": [..], "calls": { "ACTION": { "asked": 2, "throttled": 1 } } } }`.
pub(crate) fn json(world: &World, now: Timestamp) -> String {
    let mut regions = Map::new();
    for area in &world.regions {
        let own = area.families.iter().filter(|l| *l.owner() == world.account);
        let total: u64 = own.map(|l| u64::from(l.count())).sum();
        if total > MOST {
            regions.insert(area.region.to_string(), json!({ "count": total, "calls": calls(world, &area.region) }));
            continue;
        }
        let owners = vec!["self".to_owned()];
        let images = ImagesCall { owners: owners.clone(), include_disabled: true, ..ImagesCall::default() };
        let snapshots = SnapshotsCall { owners, ..SnapshotsCall::default() };
        let images = world.describe_images(&area.region, &images, now).map(|p| p.items).unwrap_or_default();
        let snapshots = world.describe_snapshots(&area.region, &snapshots, now).map(|p| p.items).unwrap_or_default();
        let calls = calls(world, &area.region);
        if images.is_empty() && snapshots.is_empty() && calls.is_empty() {
            continue;
        }
        let images: Vec<Value> = images.iter().map(|i| json!(i.image)).collect();
        let snapshots: Vec<Value> = snapshots.iter().map(|s| json!(s.snapshot)).collect();
        regions.insert(area.region.to_string(), json!({ "images": images, "snapshots": snapshots, "calls": calls }));
    }
    Value::Object(regions).to_string()
}

fn calls(world: &World, region: &Region) -> Map<String, Value> {
    let here = world.calls().iter().filter(|((of, _), _)| of == region);
    here.map(|((_, action), c)| (action.clone(), json!({ "asked": c.asked, "throttled": c.throttled }))).collect()
}
