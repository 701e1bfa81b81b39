//! Accounts by access key. The scenario's account owns the world; any other account sees only what is public. Calls signed
//! by other accounts are recorded: the program should never make them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    domain::AccountId,
    sim::{
        faults::{request_rates::RequestRates, rules::FaultRules},
        world::{
            allowed_images::AllowedImages,
            kms_keys::EBS_ALIAS,
            policy::Policy,
            records::ForeignCall,
            retention::Bin,
            scenario::Access,
            state::{RegionState, World},
            usage_reports::UsageReports,
        },
    },
};

impl World {
    /// Assigns an access key to an account. Keys that were never assigned belong to the scenario's account.
    pub fn sign_in(&mut self, access_key_id: &str, account: &AccountId) {
        self.access_keys.insert(access_key_id.to_owned(), account.clone());
    }

    /// Returns all calls but `GetCallerIdentity` that were signed by another account than the scenario's.
    pub fn foreign_calls(&self) -> &[ForeignCall] {
        &self.foreign_calls
    }

    pub(crate) fn account_of(&self, access_key_id: &str) -> &AccountId {
        self.access_keys.get(access_key_id).unwrap_or(&self.account)
    }

    /// Runs `act` on the world as this account sees it. Another account's world is created on first use and kept.
    pub(crate) fn as_account<T>(&mut self, account: &AccountId, act: impl FnOnce(&mut Self) -> T) -> T {
        if *account == self.account {
            return act(self);
        }
        let mut other = self.other_accounts.remove(account).unwrap_or_else(|| self.other_account(account));
        let result = act(&mut other);
        self.other_accounts.insert(account.clone(), other);
        result
    }

    fn other_account(&self, account: &AccountId) -> Self {
        Self {
            account: account.clone(),
            home: self.home.clone(),
            seed: self.seed,
            start: self.start,
            time_scale: self.time_scale,
            latencies: self.latencies,
            limits: self.limits,
            regions: self.regions.iter().map(RegionState::public).collect(),
            policy: Policy::default(),
            faults: FaultRules::default(),
            request_rates: RequestRates::default(),
            copies_made: 0,
            ids: fastrand::Rng::with_seed(self.seed ^ 0x6f74_6865_7200),
            request_ids: fastrand::Rng::with_seed(self.seed),
            changes: Vec::new(),
            access_keys: HashMap::new(),
            foreign_calls: Vec::new(),
            other_accounts: BTreeMap::new(),
        }
    }
}

impl RegionState {
    /// Returns the region with only its public images and AWS's own key.
    fn public(&self) -> Self {
        Self {
            region: self.region.clone(),
            opt_in: self.opt_in,
            encrypts_by_default: false,
            default_key: None,
            block_public_access: self.block_public_access,
            allowed_images: AllowedImages::default(),
            outposts: Vec::new(),
            local_zones: self.local_zones.clone(),
            keys: self.keys.iter().filter(|k| k.alias.as_deref() == Some(EBS_ALIAS)).cloned().collect(),
            families: self.families.iter().filter(|f| f.spec.access == Access::Public).cloned().collect(),
            removed: self.removed.clone(),
            deregistered: BTreeMap::new(),
            tags: HashMap::new(),
            attributes: HashMap::new(),
            snapshot_permissions: HashMap::new(),
            created_images: BTreeMap::new(),
            created_snapshots: BTreeMap::new(),
            tokens: HashMap::new(),
            references: Vec::new(),
            usage_reports: UsageReports::default(),
            retention: Vec::new(),
            bin: Bin::default(),
            locked: BTreeSet::new(),
            fast_restore: BTreeSet::new(),
        }
    }
}
