//! KMS keys of a region.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{
    domain::{AccountId, Region},
    sim::world::timeline::Timeline,
};

/// Alias of the key that AWS manages for EBS in every region.
pub(crate) const EBS_ALIAS: &str = "alias/aws/ebs";

/// A customer managed key of a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeySpec {
    /// `None` is the scenario's account.
    #[serde(default)]
    pub(crate) account: Option<AccountId>,
    pub(crate) regions: Vec<Region>,
    /// Without `alias/`; `None` is a key without alias.
    #[serde(default)]
    pub(crate) alias: Option<String>,
    #[serde(default)]
    pub(crate) description: String,
    /// `Enabled`, `Disabled`, `PendingDeletion`.
    #[serde(default = "enabled")]
    pub(crate) state: String,
    #[serde(default = "symmetric")]
    pub(crate) spec: String,
    #[serde(default = "encrypt_decrypt")]
    pub(crate) usage: String,
    /// The same key in all its regions; the first has the primary.
    #[serde(default)]
    pub(crate) multi_region: bool,
    /// The key's policy allows the account's user nothing.
    #[serde(default)]
    pub(crate) denied: bool,
    /// Other accounts that the key's policy allows to use it.
    #[serde(default)]
    pub(crate) shared_with: Vec<AccountId>,
}

fn enabled() -> String {
    "Enabled".into()
}
fn symmetric() -> String {
    "SYMMETRIC_DEFAULT".into()
}
fn encrypt_decrypt() -> String {
    "ENCRYPT_DECRYPT".into()
}

/// What another account does with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyUse {
    /// `DescribeKey`.
    Describe,
    /// Copying a snapshot that is encrypted with it.
    ReadSnapshot,
    /// Encrypting a new snapshot with it.
    Encrypt,
}

impl KeyUse {
    /// Returns the operations that one grant has to allow, besides `DescribeKey`, which may be another's. EC2 works by grants that it makes
    /// in the account's name, and a grant made by the right of another allows no operation that the other does not. Sources: EBS user guide,
    /// "Share an Amazon EBS snapshot", of a key's policy; KMS developer guide, "Granting `CreateGrant` permission".
    fn operations(self) -> &'static [&'static str] {
        match self {
            Self::Describe => &[],
            Self::ReadSnapshot => &["CreateGrant", "Decrypt", "ReEncryptFrom"],
            Self::Encrypt => &["CreateGrant", "Decrypt", "GenerateDataKeyWithoutPlaintext", "ReEncryptTo"],
        }
    }
}

/// Whether another account may use a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyAccess {
    No,
    /// By a grant that is not known to all of KMS yet.
    Later,
    Yes,
}

/// A grant of a key.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// ARN.
    pub(crate) grantee: String,
    pub(crate) retiring: Option<String>,
    pub(crate) operations: Vec<String>,
    pub(crate) timeline: Timeline,
    /// When all of KMS knows it, in milliseconds of the timeline (`Latencies::grants_after_ms`). Until then it is of use only to requests
    /// that carry its token, and EC2's own do not.
    pub(crate) known_after_ms: i64,
}

impl Grant {
    /// Returns the token by which a request uses it at once.
    pub(crate) fn token(&self) -> String {
        format!("AQp{}", self.id)
    }

    fn allows(&self, operation: &str) -> bool {
        self.operations.iter().any(|one| one == operation)
    }

    /// Returns true if a request with these tokens can use it.
    fn works(&self, tokens: &[&str], now: Timestamp) -> bool {
        self.timeline.age_ms(now) >= self.known_after_ms || tokens.contains(&self.token().as_str())
    }
}

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
    /// Other accounts that the key's policy allows to use it.
    pub(crate) shared_with: Vec<AccountId>,
    /// Other accounts that the key's policy allows to describe it, and nothing else.
    pub(crate) described_by: Vec<AccountId>,
    pub(crate) grants: Vec<Grant>,
}

impl KmsKey {
    /// Returns an account's keys of a scenario in a region; `None` is the scenario's account.
    pub(crate) fn of_scenario(seed: u64, specs: &[KeySpec], region: &Region, account: Option<&AccountId>) -> Vec<Self> {
        let own = |key: &KeySpec| key.account.as_ref() == account && key.regions.contains(region);
        let specs = specs.iter().enumerate().filter(|(_, key)| own(key));
        let keys = specs.map(|(n, spec)| {
            let id = match spec.regions.first().filter(|_| spec.multi_region) {
                // The same id in every region.
                Some(primary) => format!("mrk-{}", uuid(seed, primary, n + 1).replace('-', "")),
                None => uuid(seed, region, n + 1),
            };
            Self::from_spec(spec, id)
        });
        keys.collect()
    }

    /// Returns the key that AWS manages for EBS in the region, for another account than the scenario's if there is one.
    pub(crate) fn of_ebs(seed: u64, region: &Region, account: Option<&AccountId>) -> Self {
        let number: u64 = account.and_then(|id| id.as_str().parse().ok()).unwrap_or_default();
        Self {
            id: uuid(seed ^ number, region, 0),
            alias: Some(EBS_ALIAS.into()),
            description: "Default key that protects my EBS volumes when no other key is defined".into(),
            state: "Enabled".into(),
            spec: "SYMMETRIC_DEFAULT".into(),
            usage: "ENCRYPT_DECRYPT".into(),
            manager: "AWS",
            denied: false,
            replicas: Vec::new(),
            shared_with: Vec::new(),
            described_by: Vec::new(),
            grants: Vec::new(),
        }
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
            shared_with: spec.shared_with.clone(),
            described_by: Vec::new(),
            grants: Vec::new(),
        }
    }

    /// Returns whether the key's policy or its grants let another account use it so. One that is disabled or about to be deleted is of use
    /// for nothing but to be described.
    pub(crate) fn lets(&self, account: &AccountId, kind: KeyUse, tokens: &[&str], now: Timestamp) -> KeyAccess {
        if kind != KeyUse::Describe && self.state != "Enabled" {
            return KeyAccess::No;
        }
        if self.shared_with.contains(account) || (kind == KeyUse::Describe && self.described_by.contains(account)) {
            return KeyAccess::Yes;
        }
        let root = format!("arn:aws:iam::{account}:root");
        let best = |suffices: &dyn Fn(&Grant) -> bool| {
            let access = |grant: &Grant| if grant.works(tokens, now) { KeyAccess::Yes } else { KeyAccess::Later };
            let of_account = self.grants.iter().filter(|grant| grant.grantee == root && suffices(grant));
            of_account.map(access).max().unwrap_or(KeyAccess::No)
        };
        let described = if self.described_by.contains(account) {
            KeyAccess::Yes
        } else {
            best(&|grant| grant.allows("DescribeKey"))
        };
        let used = kind.operations();
        if used.is_empty() {
            return described;
        }
        described.min(best(&|grant| used.iter().all(|operation| grant.allows(operation))))
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
