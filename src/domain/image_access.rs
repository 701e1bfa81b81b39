//! What another account needs to copy an image: the launch permission, those of its snapshots, and the keys of encrypted ones.

use serde::{Deserialize, Serialize};

use crate::domain::{
    account::AccountId,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image::Image,
    region::Region,
};

/// An image and the account that is to copy it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessTarget {
    pub image: ImageId,
    pub region: Region,
    pub account: AccountId,
}

/// A permission that the account lacks. In the order in which they are given: an image that is seen can be copied then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MissingAccess {
    /// Use of the customer managed key with this ARN, at which the account may not look.
    Key(Box<str>),
    /// The create-volume permission.
    Snapshot(SnapshotId),
    /// The launch permission.
    Image,
}

/// The operations of a key that copying an encrypted snapshot takes. Source: EBS user guide, "Share an Amazon EBS snapshot".
pub const GRANTED_OPERATIONS: [&str; 4] = ["CreateGrant", "Decrypt", "DescribeKey", "ReEncryptFrom"];

/// What an account lacks to copy an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    pub target: AccessTarget,
    pub missing: Vec<MissingAccess>,
}

/// What the owner of images is asked to give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareRequest {
    pub owner: AccountId,
    pub shares: Vec<Share>,
}

/// A permission that was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenAccess {
    pub target: AccessTarget,
    pub access: MissingAccess,
    /// Id of the grant, of a key.
    pub grant: Option<String>,
}

/// What came of a [`ShareRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareOutcome {
    pub owner: AccountId,
    /// In the order in which it was given.
    pub given: Vec<GivenAccess>,
    /// Why the rest was not, each once.
    pub failures: Vec<Failure>,
    /// The images that cannot be shared, whoever is asked.
    #[serde(default)]
    pub unshareable: Vec<Unshareable>,
    /// Why outcomes of calls that were carried out could not be written to the audit.
    pub audit_failures: Vec<Failure>,
}

/// An image that its owner cannot share, and why. The failure is among those of the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unshareable {
    pub image: ImageId,
    pub failure: Failure,
}

impl ShareRequest {
    /// Makes a request that names what several images have in common, such as a key, once.
    pub fn new(owner: AccountId, shares: Vec<Share>) -> Self {
        let mut named: Vec<(AccessTarget, MissingAccess)> = Vec::new();
        let mut distinct = Vec::new();
        for Share { target, mut missing } in shares {
            missing.retain(|one| {
                let same = |(known, of): &(AccessTarget, MissingAccess)| {
                    *of == *one && known.region == target.region && known.account == target.account
                };
                // The launch permission is each image's own.
                let known = *one != MissingAccess::Image && named.iter().any(same);
                if !known {
                    named.push((target.clone(), one.clone()));
                }
                !known
            });
            if !missing.is_empty() {
                distinct.push(Share { target, missing });
            }
        }
        Self { owner, shares: distinct }
    }
}

impl ShareOutcome {
    /// The outcome of a request before anything is given.
    pub fn empty(owner: AccountId) -> Self {
        Self { owner, given: Vec::new(), failures: Vec::new(), unshareable: Vec::new(), audit_failures: Vec::new() }
    }

    /// The outcome of a request of which nothing was given.
    pub fn failed(owner: AccountId, failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::empty(owner) }
    }
}

/// Returns true if an account can copy the image only as far as its owner shares snapshots and keys. So it is with public images, whose
/// snapshots are shared apart from them: EC2 refuses the copies otherwise (awslabs/amazon-eks-ami#52, rancher/os#725). Those of AWS and its
/// Marketplace need not be seen.
pub fn needs_owners_permissions(image: &Image, account: &AccountId) -> bool {
    image.owner_id != *account && image.image_owner_alias.is_none()
}

impl AccessTarget {
    /// Returns the principal of the account's users and roles, as grants name it.
    pub fn grantee(&self) -> String {
        format!("arn:{}:iam::{}:root", self.region.partition().as_str(), self.account)
    }

    /// Returns the name of the grant, by which a repeated request is recognised.
    pub fn grant_name(&self) -> String {
        format!("amigrate-copies-by-{}", self.account)
    }
}

impl MissingAccess {
    /// Returns true if EC2 refuses the copy for certain. A key that may not be looked at may be used all the same, where its policy allows
    /// that through EC2 only (`kms:ViaService`).
    pub fn is_certain(&self) -> bool {
        !matches!(self, Self::Key(_))
    }

    /// Returns what it is of: the image, the snapshot or the key.
    pub fn resource(&self, target: &AccessTarget) -> String {
        match self {
            Self::Key(arn) => arn.to_string(),
            Self::Snapshot(id) => id.to_string(),
            Self::Image => target.image.to_string(),
        }
    }

    /// Returns AWS's name of the action that gives it.
    pub fn action(&self) -> &'static str {
        match self {
            Self::Key(_) => "CreateGrant",
            Self::Snapshot(_) => "ModifySnapshotAttribute",
            Self::Image => "ModifyImageAttribute",
        }
    }

    /// Returns the AWS CLI command by which the owner gives it.
    pub fn aws_cli(&self, target: &AccessTarget) -> String {
        match self {
            Self::Key(arn) => format!(
                "aws kms create-grant --region {} --key-id {arn} --grantee-principal {} --operations {} --name {}",
                target.region,
                target.grantee(),
                GRANTED_OPERATIONS.join(" "),
                target.grant_name()
            ),
            Self::Snapshot(_) | Self::Image => self.permission(target, "add"),
        }
    }

    /// Returns the AWS CLI command by which the owner takes it back. `grant` is the id of the grant that gave the use of a key.
    pub fn undo_aws_cli(&self, target: &AccessTarget, grant: Option<&str>) -> String {
        match self {
            Self::Key(arn) => format!(
                "aws kms revoke-grant --region {} --key-id {arn} --grant-id {}",
                target.region,
                grant.unwrap_or("GRANT_ID")
            ),
            Self::Snapshot(_) | Self::Image => self.permission(target, "remove"),
        }
    }

    fn permission(&self, target: &AccessTarget, operation: &str) -> String {
        let AccessTarget { image, region, account } = target;
        let of = match self {
            Self::Snapshot(id) => {
                format!(
                    "modify-snapshot-attribute --region {region} --snapshot-id {id} --attribute createVolumePermission"
                )
            }
            _ => format!("modify-image-attribute --region {region} --image-id {image} --attribute launchPermission"),
        };
        format!("aws ec2 {of} --operation-type {operation} --user-ids {account}")
    }
}

/// Returns the account of a key's ARN.
pub fn key_owner(arn: &str) -> Option<AccountId> {
    AccountId::new(arn.split(':').nth(4)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_images_have_in_common_is_requested_once() {
        let account = AccountId::new("123456789012").unwrap();
        let target = |id: &str, region: &str| AccessTarget {
            image: ImageId::new(id).unwrap(),
            region: Region::new(region).unwrap(),
            account: account.clone(),
        };
        let key = MissingAccess::Key("arn:aws:kms:eu-west-1:210987654321:key/1".into());
        let snapshot = |id: &str| MissingAccess::Snapshot(SnapshotId::new(id).unwrap());
        let share = |target: AccessTarget, missing: &[&MissingAccess]| Share {
            target,
            missing: missing.iter().copied().cloned().collect(),
        };
        let (one, two, image) = (snapshot("snap-1"), snapshot("snap-2"), MissingAccess::Image);
        let request = ShareRequest::new(
            AccountId::new("210987654321").unwrap(),
            vec![
                share(target("ami-1", "eu-west-1"), &[&key, &one, &image]),
                share(target("ami-2", "eu-west-1"), &[&key, &two, &image]),
                share(target("ami-3", "eu-west-1"), &[&one]),
                share(target("ami-4", "eu-west-2"), &[&key]),
            ],
        );
        assert_eq!(
            request.shares,
            [
                share(target("ami-1", "eu-west-1"), &[&key, &one, &image]),
                share(target("ami-2", "eu-west-1"), &[&two, &image]),
                share(target("ami-4", "eu-west-2"), &[&key]),
            ]
        );
    }

    #[test]
    fn images_of_aws_and_ones_own_need_nobody() {
        let own = AccountId::new("123456789012").unwrap();
        let image = |owner: &str, alias: Option<&str>, public| Image {
            image_owner_alias: alias.map(Into::into),
            public,
            ..Image::bare(
                ImageId::new("ami-1").unwrap(),
                Region::new("eu-west-1").unwrap(),
                AccountId::new(owner).unwrap(),
            )
        };
        for (image, expected) in [
            (image("123456789012", None, false), false),
            (image("210987654321", None, false), true),
            // That an image is public says nothing of its snapshots.
            (image("210987654321", None, true), true),
            (image("137112412989", Some("amazon"), true), false),
            (image("679593333241", Some("aws-marketplace"), true), false),
        ] {
            assert_eq!(needs_owners_permissions(&image, &own), expected, "{image:?}");
        }
    }

    #[test]
    fn each_permission_has_its_commands() {
        let target = AccessTarget {
            image: ImageId::new("ami-1").unwrap(),
            region: Region::new("cn-north-1").unwrap(),
            account: AccountId::new("123456789012").unwrap(),
        };
        let key = "arn:aws-cn:kms:cn-north-1:210987654321:key/1";
        let cases = [
            (
                MissingAccess::Key(key.into()),
                format!(
                    "aws kms create-grant --region cn-north-1 --key-id {key} --grantee-principal \
                     arn:aws-cn:iam::123456789012:root --operations CreateGrant Decrypt DescribeKey ReEncryptFrom \
                     --name amigrate-copies-by-123456789012"
                ),
                format!("aws kms revoke-grant --region cn-north-1 --key-id {key} --grant-id g1"),
            ),
            (
                MissingAccess::Snapshot(SnapshotId::new("snap-1").unwrap()),
                "aws ec2 modify-snapshot-attribute --region cn-north-1 --snapshot-id snap-1 --attribute \
                 createVolumePermission --operation-type add --user-ids 123456789012"
                    .into(),
                "aws ec2 modify-snapshot-attribute --region cn-north-1 --snapshot-id snap-1 --attribute \
                 createVolumePermission --operation-type remove --user-ids 123456789012"
                    .into(),
            ),
            (
                MissingAccess::Image,
                "aws ec2 modify-image-attribute --region cn-north-1 --image-id ami-1 --attribute launchPermission \
                 --operation-type add --user-ids 123456789012"
                    .into(),
                "aws ec2 modify-image-attribute --region cn-north-1 --image-id ami-1 --attribute launchPermission \
                 --operation-type remove --user-ids 123456789012"
                    .into(),
            ),
        ];
        for (missing, give, undo) in &cases {
            assert_eq!(
                (missing.aws_cli(&target), missing.undo_aws_cli(&target, Some("g1"))),
                (give.clone(), undo.clone())
            );
        }
        let order: Vec<_> = cases.iter().map(|(missing, ..)| missing).collect();
        assert!(order.is_sorted(), "the image is shared last");
        assert_eq!(key_owner(key).unwrap().as_str(), "210987654321");
        assert_eq!(key_owner("alias/web"), None);
    }
}
