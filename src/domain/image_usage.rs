//! Who uses an image: what a person should know before it is deregistered. Each part is read by a call of its own and may be
//! denied on its own.

use std::fmt;

use serde::{Deserialize, Serialize};

pub use crate::domain::reference_kind::ReferenceKind;
use crate::domain::{
    failure::Failure,
    ids::{ImageId, SnapshotId},
    image_details::VolumePermission,
    post_copy::LaunchPermission,
    usage_report::Reported,
};

/// Who uses an image, besides what its listing shows (when it was last launched).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUsage {
    pub image: ImageId,
    /// Resources of the account that name it (`DescribeImageReferences`).
    pub references: Result<Vec<ImageReference>, Failure>,
    /// Who may launch it (`DescribeImageAttribute`).
    pub permissions: Result<Vec<LaunchPermission>, Failure>,
    /// The account's other images with the same snapshots (`DescribeImages`).
    pub shared_snapshots: Result<Vec<SharedSnapshot>, Failure>,
    /// Who may create volumes of its snapshots (`DescribeSnapshotAttribute`); those that nobody else may use are left out.
    pub volume_permissions: Result<Vec<(SnapshotId, Vec<VolumePermission>)>, Failure>,
    /// What a usage report says of other accounts; `None` if that was not asked.
    #[serde(default)]
    pub reported: Option<Result<Reported, Failure>>,
}

impl ImageUsage {
    /// Returns the failures of the parts that are not known.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        let parts = [
            self.references.as_ref().err(),
            self.permissions.as_ref().err(),
            self.shared_snapshots.as_ref().err(),
            self.volume_permissions.as_ref().err(),
            self.reported.as_ref().and_then(|reported| reported.as_ref().err()),
        ];
        parts.into_iter().flatten()
    }
}

/// A resource that names an image. Source: EC2 API reference, `ImageReference`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageReference {
    pub kind: ReferenceKind,
    pub arn: Box<str>,
}

impl ImageReference {
    /// Returns what follows the account in the ARN, without the type: `i-0123456789abcdef0`, `golden/web`.
    pub fn name(&self) -> &str {
        let resource = self.arn.splitn(6, ':').nth(5).unwrap_or(&self.arn);
        resource.split_once('/').map_or(resource, |(_, name)| name)
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.noun(), self.name())
    }
}

/// A snapshot that other images use too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedSnapshot {
    pub snapshot: SnapshotId,
    /// The other images.
    pub images: Vec<ImageId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_named_by_its_kind_and_its_own_id() {
        let named =
            |kind: &str, arn: &str| ImageReference { kind: ReferenceKind::parse(kind), arn: arn.into() }.to_string();
        assert_eq!(named("ec2:Instance", "arn:aws:ec2:us-east-1:1:instance/i-1"), "instance i-1");
        assert_eq!(named("ssm:Parameter", "arn:aws:ssm:us-east-1:1:parameter/golden/web"), "SSM parameter golden/web");
        assert_eq!(
            named("imagebuilder:ImageRecipe", "arn:aws:imagebuilder:us-east-1:1:image-recipe/web/1.0.0"),
            "image recipe web/1.0.0"
        );
        assert_eq!(named("new:Thing", "no arn"), "new:Thing no arn");
    }
}
