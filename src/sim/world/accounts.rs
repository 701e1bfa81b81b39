//! Whose access key signed a request. The scenario's account is the world's; every other one is an account of its own, which
//! has nothing but what is public, and whose calls are written down: the program should never have made them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::{
    domain::{AccountId, Region},
    sim::{
        faults::{request_rates::RequestRates, rules::FaultRules},
        world::{
            kms_keys::EBS_ALIAS,
            scenario::Access,
            state::{RegionState, World},
        },
    },
};

/// A call to EC2 or KMS that another account's key signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignCall {
    /// When.
    pub at: Timestamp,
    /// The account of the key.
    pub account: AccountId,
    /// Where.
    pub region: Region,
    /// What was asked.
    pub action: String,
}

impl World {
    /// From now on requests signed by this access key are this account's. A key that was never signed in is the scenario's
    /// account's.
    pub fn sign_in(&mut self, access_key_id: &str, account: &AccountId) {
        self.access_keys.insert(access_key_id.to_owned(), account.clone());
    }

    /// All calls but `GetCallerIdentity` that were signed for another account than the scenario's.
    pub fn foreign_calls(&self) -> &[ForeignCall] {
        &self.foreign_calls
    }

    /// The account of an access key.
    pub(crate) fn account_of(&self, access_key_id: &str) -> &AccountId {
        self.access_keys.get(access_key_id).unwrap_or(&self.account)
    }

    /// Acts on the world as an account sees it. Another account's is made when it is first asked for, and remembers what it did.
    pub(crate) fn as_account<T>(&mut self, account: &AccountId, act: impl FnOnce(&mut Self) -> T) -> T {
        if *account == self.account {
            return act(self);
        }
        let mut other = self.others.remove(account).unwrap_or_else(|| self.other_account(account));
        let result = act(&mut other);
        self.others.insert(account.clone(), other);
        result
    }

    fn other_account(&self, account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            home: self.home.clone(),
            seed: self.seed,
            start: self.start,
            pace: self.pace,
            limits: self.limits,
            regions: self.regions.iter().map(RegionState::public).collect(),
            faults: FaultRules::default(),
            traffic: RequestRates::default(),
            copies_made: 0,
            ids: fastrand::Rng::with_seed(self.seed ^ 0x6f74_6865_7200),
            request_ids: fastrand::Rng::with_seed(self.seed),
            changes: Vec::new(),
            access_keys: HashMap::new(),
            foreign_calls: Vec::new(),
            others: BTreeMap::new(),
        }
    }
}

impl RegionState {
    /// The region with nothing in it but public images and AWS's own key.
    fn public(&self) -> Self {
        Self {
            region: self.region.clone(),
            opt_in: self.opt_in,
            encrypts_by_default: false,
            default_key: None,
            keys: self.keys.iter().filter(|k| k.alias.as_deref() == Some(EBS_ALIAS)).cloned().collect(),
            families: self.families.iter().filter(|l| l.family.access == Access::Public).cloned().collect(),
            gone: self.gone.clone(),
            deregistered: BTreeMap::new(),
            tags: HashMap::new(),
            made: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            tokens: HashMap::new(),
        }
    }
}
