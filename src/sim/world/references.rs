//! Resources of the account that name an image: instances, launch templates, SSM parameters, recipes of Image Builder. Nothing else is
//! known of them.

use serde::Deserialize;

use crate::domain::{AccountId, ImageId, Region, image_usage::ReferenceKind};

/// A resource that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) image: ImageId,
    pub(crate) kind: ReferenceKind,
    pub(crate) arn: String,
    /// Newer versions of the launch template, which name other images: EC2 searches as many versions as the request says.
    pub(crate) newer_versions: u32,
}

impl Reference {
    /// Makes one of a resource such as `instance/i-0123456789abcdef0`.
    pub(crate) fn new(
        region: &Region,
        account: &AccountId,
        image: ImageId,
        kind: ReferenceKind,
        resource: &str,
        newer_versions: u32,
    ) -> Self {
        let service = kind.as_str().split(':').next().unwrap_or_default();
        let arn = format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition().as_str());
        Self { image, kind, arn, newer_versions }
    }
}

/// A resource of the account that names an image, in a scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReferenceSpec {
    pub(crate) region: Region,
    /// Pattern of the image's name; the newest match is named.
    pub(crate) image: String,
    /// EC2's name of the resource's type, such as `ec2:Instance`.
    pub(crate) kind: String,
    /// The end of the resource's ARN, such as `instance/i-0123456789abcdef0`.
    pub(crate) resource: String,
    /// Newer versions of a launch template, which name other images.
    #[serde(default)]
    pub(crate) newer_versions: u32,
}
