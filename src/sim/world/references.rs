//! Resources of the account that name an image: instances, launch templates, SSM parameters, recipes of Image Builder. Nothing else is
//! known of them.

use crate::domain::{AccountId, ImageId, Region, image_usage::ReferenceKind};

/// A resource that names an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    pub(crate) image: ImageId,
    pub(crate) kind: ReferenceKind,
    pub(crate) arn: String,
}

impl Reference {
    /// Makes one of a resource such as `instance/i-0123456789abcdef0`.
    pub(crate) fn new(
        region: &Region,
        account: &AccountId,
        image: ImageId,
        kind: ReferenceKind,
        resource: &str,
    ) -> Self {
        let service = kind.as_str().split(':').next().unwrap_or_default();
        let arn = format!("arn:{}:{service}:{region}:{account}:{resource}", region.partition().as_str());
        Self { image, kind, arn }
    }
}
