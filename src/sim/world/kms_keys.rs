//! A key of KMS. Owns which keys a region has and which of them can encrypt.

use crate::{
    domain::Region,
    sim::world::scenario::{KeySpec, Scenario},
};

/// The alias of the key AWS keeps for EBS in every region.
pub(crate) const EBS_ALIAS: &str = "alias/aws/ebs";

/// A key of one region.
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
}

impl KmsKey {
    /// The keys of a region: AWS's own for EBS, then the scenario's.
    pub(crate) fn of_region(scenario: &Scenario, region: &Region) -> Vec<Self> {
        let specs = scenario.keys.iter().enumerate().filter(|(_, k)| k.regions.contains(region));
        let own = specs.map(|(n, spec)| Self::from_spec(spec, &uuid(scenario.seed, region, n + 1)));
        let ebs = Self {
            id: uuid(scenario.seed, region, 0),
            alias: Some(EBS_ALIAS.into()),
            description: "Default key that protects my EBS volumes when no other key is defined".into(),
            state: "Enabled".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            manager: "AWS",
        };
        std::iter::once(ebs).chain(own).collect()
    }

    fn from_spec(spec: &KeySpec, id: &str) -> Self {
        Self {
            id: id.to_owned(),
            alias: spec.alias.as_ref().map(|a| format!("alias/{a}")),
            description: spec.description.clone(),
            state: spec.state.clone(),
            spec: spec.spec.clone(),
            usage: spec.usage.clone(),
            manager: "CUSTOMER",
        }
    }

    /// Whether it can encrypt a snapshot.
    pub(crate) fn usable(&self) -> bool {
        self.state == "Enabled" && self.spec == "SYMMETRIC_DEFAULT" && self.usage == "ENCRYPT_DECRYPT"
    }
}

/// The same for the same seed, region and number.
fn uuid(seed: u64, region: &Region, n: usize) -> String {
    let mut state = region.as_str().bytes().fold(seed ^ 0x6b6d_7300, |h, b| h.rotate_left(7) ^ u64::from(b));
    state ^= (n as u64) << 48;
    let mut rng = fastrand::Rng::with_seed(state);
    hyphens(rng.u128(..))
}

/// Bits in a UUID's form.
pub(crate) fn hyphens(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}
