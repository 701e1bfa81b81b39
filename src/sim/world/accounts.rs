//! The accounts of a world. The scenario's account owns the world; every other account has a world of its own, in which it sees
//! what is public and what others share with it ([`super::sharing`]). Calls signed by other accounts are recorded: where only
//! one account is meant, the program should never make them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    domain::AccountId,
    sim::{
        faults::{request_rates::RequestRates, rules::FaultRules},
        world::{
            allowed_images::AllowedImages,
            directory::{BadCredentials, Caller, Directory},
            kms_keys::KmsKey,
            policy::Policy,
            records::ForeignCall,
            retention::Bin,
            state::{RegionState, World},
            usage_reports::UsageReports,
        },
    },
};

impl World {
    /// Assigns an access key to an account. Keys that were never assigned belong to the scenario's account.
    pub fn sign_in(&mut self, access_key_id: &str, account: &AccountId) {
        self.directory.sign_in(access_key_id, account);
    }

    /// Returns all calls but `GetCallerIdentity` that were signed by another account than the scenario's.
    pub fn foreign_calls(&self) -> &[ForeignCall] {
        &self.foreign_calls
    }

    /// Returns the account and the caller of these credentials.
    pub(crate) fn authenticate(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        now: Timestamp,
    ) -> Result<(AccountId, Caller), BadCredentials> {
        self.directory.authenticate(access_key_id, token, &self.account, now)
    }

    /// Runs `act` on the world as this account sees it, with the other accounts in `other_accounts`. The world of an account that
    /// the scenario does not name is created on first use and kept.
    pub fn as_account<T>(&mut self, account: &AccountId, act: impl FnOnce(&mut Self) -> T) -> T {
        if *account == self.account {
            return act(self);
        }
        let mut owner = self.other_accounts.remove(account).unwrap_or_else(|| self.other_account(account));
        // From here on `self` is the account and `owner` the scenario's.
        std::mem::swap(self, &mut owner);
        self.other_accounts = std::mem::take(&mut owner.other_accounts);
        self.directory = std::mem::take(&mut owner.directory);
        let owner_id = owner.account.clone();
        self.other_accounts.insert(owner_id.clone(), owner);
        let result = act(self);
        if let Some(mut owner) = self.other_accounts.remove(&owner_id) {
            owner.other_accounts = std::mem::take(&mut self.other_accounts);
            owner.directory = std::mem::take(&mut self.directory);
            std::mem::swap(self, &mut owner);
            self.other_accounts.insert(account.clone(), owner);
        }
        result
    }

    /// Returns the world of another account, without any resources but AWS's own keys.
    pub(super) fn other_account(&self, account: &AccountId) -> Self {
        // Ids of one account never occur in another.
        let number: u64 = account.as_str().parse().unwrap_or_default();
        let seed = self.seed ^ 0x6f74_6865_7200 ^ number.rotate_left(17);
        Self {
            account: account.clone(),
            home: self.home.clone(),
            seed: self.seed,
            start: self.start,
            time_scale: self.time_scale,
            latencies: self.latencies,
            limits: self.limits,
            regions: self.regions.iter().map(|state| state.of_other_account(self.seed, account)).collect(),
            policy: Policy::default(),
            faults: FaultRules::default(),
            request_rates: RequestRates::default(),
            copies_made: 0,
            ids: fastrand::Rng::with_seed(seed),
            request_ids: fastrand::Rng::with_seed(!seed),
            changes: Vec::new(),
            directory: Directory::default(),
            caller: Caller::User,
            foreign_calls: Vec::new(),
            other_accounts: BTreeMap::new(),
        }
    }
}

impl RegionState {
    /// Returns the region as an account sees it that has nothing there.
    fn of_other_account(&self, seed: u64, account: &AccountId) -> Self {
        Self {
            region: self.region.clone(),
            opt_in: self.opt_in,
            encrypts_by_default: false,
            default_key: None,
            block_public_access: false,
            allowed_images: AllowedImages::default(),
            outposts: Vec::new(),
            local_zones: self.local_zones.clone(),
            keys: vec![KmsKey::of_ebs(seed, &self.region, Some(account))],
            families: Vec::new(),
            removed: HashSet::new(),
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
