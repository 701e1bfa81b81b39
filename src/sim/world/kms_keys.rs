//! KMS keys of a region.

use crate::{
    domain::Region,
    sim::world::scenario::{KeySpec, Scenario},
};

/// Alias of the key that AWS manages for EBS in every region.
pub(crate) const EBS_ALIAS: &str = "alias/aws/ebs";

#[derive(Debug, Clone)]
pub(crate) struct KmsKey {
    pub(crate) id: String,
    /// With `alias/`.
    pub(crate) alias: Option<String>,
    pub(crate) description: String,
    pub(crate) state: String,
    pub(crate) spec: String,
    pub(crate) usage: String,
    /// `AWS` or `CUSTOMER`.
    pub(crate) manager: &'static str,
    /// The key's policy allows the account's user nothing.
    pub(crate) denied: bool,
    /// All regions of a multi-Region key, the primary's first; empty for others.
    pub(crate) replicas: Vec<Region>,
}

impl KmsKey {
    /// Returns the keys of a region: AWS's own for EBS, then the scenario's.
    pub(crate) fn of_region(scenario: &Scenario, region: &Region) -> Vec<Self> {
        let specs = scenario.keys.iter().enumerate().filter(|(_, k)| k.regions.contains(region));
        let own = specs.map(|(n, spec)| {
            let id = match spec.regions.first().filter(|_| spec.multi_region) {
                // The same id in every region.
                Some(primary) => format!("mrk-{}", uuid(scenario.seed, primary, n + 1).replace('-', "")),
                None => uuid(scenario.seed, region, n + 1),
            };
            Self::from_spec(spec, id)
        });
        let ebs = Self {
            id: uuid(scenario.seed, region, 0),
            alias: Some(EBS_ALIAS.into()),
            description: "Default key that protects my EBS volumes when no other key is defined".into(),
            state: "Enabled".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            manager: "AWS",
            denied: false,
            replicas: Vec::new(),
        };
        std::iter::once(ebs).chain(own).collect()
    }

    fn from_spec(spec: &KeySpec, id: String) -> Self {
        Self {
            id,
            alias: spec.alias.as_ref().map(|a| format!("alias/{a}")),
            description: spec.description.clone(),
            state: spec.state.clone(),
            spec: spec.spec.clone(),
            usage: spec.usage.clone(),
            manager: "CUSTOMER",
            denied: spec.denied,
            replicas: if spec.multi_region { spec.regions.clone() } else { Vec::new() },
        }
    }

    /// Returns true if the key can encrypt a snapshot.
    pub(crate) fn usable(&self) -> bool {
        !self.denied && self.state == "Enabled" && self.spec == "SYMMETRIC_DEFAULT" && self.usage == "ENCRYPT_DECRYPT"
    }
}

/// Returns a UUID that depends on seed, region and number only.
fn uuid(seed: u64, region: &Region, n: usize) -> String {
    let mut state = region.as_str().bytes().fold(seed ^ 0x6b6d_7300, |h, b| h.rotate_left(7) ^ u64::from(b));
    state ^= (n as u64) << 48;
    let mut rng = fastrand::Rng::with_seed(state);
    format_uuid(rng.u128(..))
}

/// Formats 128 bits as a UUID.
pub(crate) fn format_uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
