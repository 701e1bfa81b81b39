//! State of the account as JSON at `/_state`, for tests.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    domain::Region,
    sim::{
        api::listing::{ImagesCall, SnapshotsCall},
        world::state::World,
    },
};

/// Maximum number of images to list for a region; of more, only the number is given.
const MAX_IMAGES: u64 = 5_000;

/// Returns each region's own images and snapshots, as clients see them, and its request counts:
/// `{ "REGION": { "images": [..], "snapshots": [..], "calls": { "ACTION": { "received": 2, "throttled": 1 } } } }`.
pub(crate) fn json(world: &World, now: Timestamp) -> String {
    let mut regions = Map::new();
    for state in &world.regions {
        let own = state.families.iter().filter(|f| *f.owner() == world.account);
        let total: u64 = own.map(|f| u64::from(f.count())).sum();
        if total > MAX_IMAGES {
            regions.insert(state.region.to_string(), json!({ "count": total, "calls": calls(world, &state.region) }));
            continue;
        }
        let owners = vec!["self".to_owned()];
        let images = ImagesCall { owners: owners.clone(), include_disabled: true, ..ImagesCall::default() };
        let snapshots = SnapshotsCall { owners, ..SnapshotsCall::default() };
        let images = world.describe_images(&state.region, &images, now).map(|p| p.items).unwrap_or_default();
        let snapshots = world.describe_snapshots(&state.region, &snapshots, now).map(|p| p.items).unwrap_or_default();
        let calls = calls(world, &state.region);
        if images.is_empty() && snapshots.is_empty() && calls.is_empty() {
            continue;
        }
        let images: Vec<Value> = images.iter().map(|i| json!(i.image)).collect();
        let snapshots: Vec<Value> = snapshots.iter().map(|s| json!(s.snapshot)).collect();
        regions.insert(state.region.to_string(), json!({ "images": images, "snapshots": snapshots, "calls": calls }));
    }
    Value::Object(regions).to_string()
}

fn calls(world: &World, region: &Region) -> Map<String, Value> {
    let here = world.calls().iter().filter(|((of, _), _)| of == region);
    here.map(|((_, action), c)| (action.clone(), json!({ "received": c.received, "throttled": c.throttled }))).collect()
}
