//! What an account lacks to copy another one's image, and giving it. Each call that changes something in EC2 is sent once, without the
//! SDK's retries; a grant of a key may be requested again, since its name makes that the same grant.

use std::collections::BTreeSet;

use aws_sdk_kms::types::{GrantListEntry, GrantOperation, KeyManagerType};

use super::session::Session;
use crate::domain::{
    AccountId, Failure, FailureKind, Image, LaunchPermission, Region, SnapshotId,
    image_access::{AccessTarget, GRANTED_OPERATIONS, MissingAccess, key_owner},
    image_details::VolumePermission,
    key_policy,
    review::checks::KeyVerdict,
};

impl Session {
    /// Returns what this session's account lacks to copy an image of another one: the image or snapshots that it does not see, and keys
    /// of other accounts that it may not use.
    ///
    /// # Errors
    /// If that cannot be read.
    pub async fn missing_access(&self, image: &Image) -> Result<Vec<MissingAccess>, Failure> {
        let wanted: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let seen = self.describe_snapshots(&image.region, &wanted, &[]).await?;
        let unseen = wanted.into_iter().filter(|id| seen.iter().all(|snapshot| snapshot.id != *id));
        let mut missing: Vec<MissingAccess> = unseen.map(MissingAccess::Snapshot).collect();
        let own = self.account().await?.id;
        let keys: BTreeSet<Box<str>> = seen.into_iter().filter_map(|snapshot| snapshot.kms_key_id).collect();
        let mut unknown = None;
        for key in keys.into_iter().filter(|key| key_owner(key).is_some_and(|owner| owner != own)) {
            match self.can_use_key(&image.region, &key).await {
                Ok(true) => {}
                Ok(false) => missing.push(MissingAccess::Key(key)),
                Err(failure) => unknown = Some(failure),
            }
        }
        // One that another account on the screen lists need not be shared with this one.
        if self.describe_images(&image.region, std::slice::from_ref(&image.id)).await?.is_empty() {
            missing.push(MissingAccess::Image);
        }
        missing.sort();
        // What is missing for certain is missing, whatever else is not known.
        match unknown {
            Some(failure) if missing.is_empty() => Err(failure),
            _ => Ok(missing),
        }
    }

    /// Returns false if the key's owner does not let this account look at it, as far as it asks KMS itself. That it may be described proves
    /// nothing more; EC2 has the last word.
    ///
    /// # Errors
    /// If it is not known, also because the key cannot be used by anybody.
    pub async fn can_use_key(&self, region: &Region, key: &str) -> Result<bool, Failure> {
        let unusable = |why: String| Err(Failure::new(format!("use key {key}"), why));
        match self.key_verdict(region, key).await {
            Ok(KeyVerdict::Usable { .. }) => Ok(true),
            Ok(KeyVerdict::Unusable { why }) => unusable(why),
            Ok(KeyVerdict::NotFound) => unusable("there is no such key".into()),
            Err(failure) if failure.kind == FailureKind::AccessDenied && !is_denied_to_oneself(&failure) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Returns what another account lacks to copy an image of this session's account. `theirs` is a session of that account.
    ///
    /// # Errors
    /// If that cannot be read, or a key cannot be shared.
    pub async fn access_to_give(
        &self,
        image: &Image,
        target: &AccessTarget,
        theirs: &Self,
    ) -> Result<Vec<MissingAccess>, Failure> {
        let mut missing = Vec::new();
        let (permissions, _) = self.image_permissions(&image.region, &image.id).await?;
        let allowed = |permission: &LaunchPermission| match permission {
            LaunchPermission::Account(account) => *account == target.account,
            LaunchPermission::Public => true,
            _ => false,
        };
        if !permissions.iter().any(allowed) {
            missing.push(MissingAccess::Image);
        }
        let ids: Vec<SnapshotId> = image.snapshot_ids().cloned().collect();
        let mut keys = BTreeSet::new();
        for snapshot in self.snapshot_details(&image.region, &ids).await? {
            let shared = |permission: &VolumePermission| match permission {
                VolumePermission::Account(account) => *account == target.account,
                VolumePermission::Public => true,
            };
            if !snapshot.permissions?.iter().any(shared) {
                missing.push(MissingAccess::Snapshot(snapshot.id));
            }
            keys.extend(snapshot.key);
        }
        let own = self.account().await?.id;
        for key in keys {
            if self.lacks_key(target, &key, &own, theirs).await? {
                missing.push(MissingAccess::Key(key));
            }
        }
        missing.sort();
        Ok(missing)
    }

    /// Returns true if a grant of the key is to be made. Its policy may let them use it, or an earlier grant. That they may look at it is no
    /// proof: a policy may allow nothing else.
    ///
    /// # Errors
    /// If nobody can use the key, it belongs to a third account that does not share it with them, or that cannot be read.
    async fn lacks_key(
        &self,
        target: &AccessTarget,
        key: &str,
        own: &AccountId,
        theirs: &Self,
    ) -> Result<bool, Failure> {
        let seen = theirs.can_use_key(&target.region, key).await == Ok(true);
        if let Some(of) = key_owner(key).filter(|of| of != own) {
            if seen {
                return Ok(false);
            }
            let why = format!("its snapshots are encrypted with {key}, which belongs to account {of}");
            let hint = format!("The administrators of account {of} can let account {} use the key.", target.account);
            return Err(Failure::new(format!("share {}", target.image), why).hint(hint));
        }
        if seen {
            // What may not be read is not known: they can try, and nothing is given that they may have.
            let granted = self.is_granted(target, key).await.unwrap_or(true);
            return Ok(!granted && self.policy_excludes(target, key).await.unwrap_or(false));
        }
        self.refuse_managed_key(target, key).await?;
        // What keeps their account from asking does not keep this one from giving; a key that nobody can use is of no use to them either.
        self.can_use_key(&target.region, key).await?;
        Ok(!self.is_granted(target, key).await?)
    }

    /// Returns true if the key's policy does not let the account copy snapshots, whoever in it asks.
    async fn policy_excludes(&self, target: &AccessTarget, key: &str) -> Result<bool, Failure> {
        let what = format!("read the policy of {key}");
        let call = self.kms(&target.region).get_key_policy().key_id(key);
        let policy = self.call(&what, "kms:GetKeyPolicy", call.send()).await?.policy.unwrap_or_default();
        Ok(!key_policy::may_allow(&policy, &target.account, &GRANTED_OPERATIONS))
    }

    /// Returns true if a grant of the key lets the account copy snapshots.
    async fn is_granted(&self, target: &AccessTarget, key: &str) -> Result<bool, Failure> {
        let what = format!("list the grants of {key}");
        let (grantee, mut marker) = (target.grantee(), None);
        loop {
            let call = self.kms(&target.region).list_grants().key_id(key).grantee_principal(&grantee);
            let answer = self.call(&what, "kms:ListGrants", call.set_marker(marker).send()).await?;
            if answer.grants().iter().any(suffices) {
                return Ok(true);
            }
            marker = answer.next_marker.filter(|m| answer.truncated && !m.is_empty());
            if marker.is_none() {
                return Ok(false);
            }
        }
    }

    /// Refuses the key that AWS manages for EBS, of which nobody makes grants.
    ///
    /// # Errors
    /// If it is that key, or cannot be looked at.
    pub async fn refuse_managed_key(&self, target: &AccessTarget, key: &str) -> Result<(), Failure> {
        if self.is_managed_key(&target.region, key).await? { Err(encrypted_with_managed_key(target)) } else { Ok(()) }
    }

    async fn is_managed_key(&self, region: &Region, key: &str) -> Result<bool, Failure> {
        let what = format!("look at key {key}");
        let call = self.kms(region).describe_key().key_id(key);
        let found = self.call(&what, "kms:DescribeKey", call.send()).await?.key_metadata;
        Ok(found.is_some_and(|key| key.key_manager == Some(KeyManagerType::Aws)))
    }

    /// Refuses an image of this session's account that nobody can share: one with a snapshot encrypted with the key that AWS manages for
    /// EBS. What may not be looked at is not refused: EC2 has the last word.
    ///
    /// # Errors
    /// If it is such an image.
    pub async fn refuse_unshareable(&self, target: &AccessTarget) -> Result<(), Failure> {
        let region = &target.region;
        let images = self.describe_images(region, std::slice::from_ref(&target.image)).await.unwrap_or_default();
        let ids: Vec<SnapshotId> = images.iter().flat_map(Image::snapshot_ids).cloned().collect();
        if ids.is_empty() {
            return Ok(());
        }
        let snapshots = self.describe_snapshots(region, &ids, &[]).await.unwrap_or_default();
        let keys: BTreeSet<Box<str>> = snapshots.into_iter().filter_map(|snapshot| snapshot.kms_key_id).collect();
        for key in keys {
            if self.is_managed_key(region, &key).await.unwrap_or(false) {
                return Err(encrypted_with_managed_key(target));
            }
        }
        Ok(())
    }

    /// Gives another account a permission. Returns the id of the grant, for a key.
    ///
    /// # Errors
    /// AWS's refusal, or that there was no answer.
    pub async fn give_access(&self, target: &AccessTarget, missing: &MissingAccess) -> Result<Option<String>, Failure> {
        let AccessTarget { image, region, account } = target;
        match missing {
            MissingAccess::Key(arn) => {
                let what = format!("grant account {account} the use of {arn}");
                let operations = GRANTED_OPERATIONS.iter().map(|operation| GrantOperation::from(*operation)).collect();
                let call = self.kms(region).create_grant().key_id(&**arn).grantee_principal(target.grantee());
                let call = call.set_operations(Some(operations)).name(target.grant_name());
                let answer = self.call(&what, "kms:CreateGrant", call.send()).await?;
                Ok(answer.grant_id)
            }
            MissingAccess::Snapshot(snapshot) => {
                self.share_snapshot(region, snapshot, std::slice::from_ref(account)).await.map(|()| None)
            }
            MissingAccess::Image => {
                let permission = LaunchPermission::Account(account.clone());
                self.add_launch_permissions(region, image, &[permission]).await.map(|()| None)
            }
        }
    }
}

fn encrypted_with_managed_key(target: &AccessTarget) -> Failure {
    let why = "its snapshots are encrypted with the AWS managed key for EBS, which cannot be shared";
    Failure::new(format!("share {}", target.image), why)
        .hint("Its owner can copy it with a customer managed key (--kms-key-id), and share that copy.")
}

/// Returns true if the denial comes from the caller's own account, whose policies must allow the use of another account's key as well:
/// then the key's policy is not known. Source: KMS developer guide, "Troubleshooting permission to AWS KMS", which has the messages.
fn is_denied_to_oneself(failure: &Failure) -> bool {
    let own = ["identity-based polic", "permissions boundar", "session polic", "service control polic"];
    own.iter().any(|policy| failure.why.contains(policy))
}

fn suffices(grant: &GrantListEntry) -> bool {
    GRANTED_OPERATIONS.iter().all(|needed| grant.operations().iter().any(|operation| operation.as_str() == *needed))
}
