//! Which images are compared, and what is read of them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{
    copy::CopyRequest,
    failure::Failure,
    ids::ImageId,
    image::{Image, ImageState},
    image_details::SnapshotDetails,
    post_copy::LaunchPermission,
    region::Region,
};

/// An image, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    pub region: Region,
    pub id: ImageId,
}

impl ImageRef {
    pub fn of(image: &Image) -> Self {
        Self { region: image.region.clone(), id: image.id.clone() }
    }

    /// Returns the source of a copy that was requested here.
    pub fn source_of(request: &CopyRequest) -> Self {
        Self { region: request.source_region.clone(), id: request.source.clone() }
    }
}

impl std::fmt::Display for ImageRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.id, self.region)
    }
}

/// Which images are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CompareRequest {
    /// Any two.
    Pair(ImageRef, ImageRef),
    /// A copy with its source.
    Copy {
        copy: ImageRef,
        /// The source according to the job that made it: EC2 may not know it.
        source: Option<ImageRef>,
    },
}

/// An image, and what is read of it besides its listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    pub image: Arc<Image>,
    /// In the order of the devices. Those that this account may not see are left out.
    pub snapshots: Result<Vec<SnapshotDetails>, Failure>,
    /// `None` of another account's image.
    pub of_owner: Option<OwnerDetails>,
}

/// What EC2 reports the owner only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerDetails {
    /// Who may launch it.
    pub permissions: Result<Vec<LaunchPermission>, Failure>,
    /// The non-volatile variables of its firmware, in base64; `None` if it has none.
    pub uefi_data: Result<Option<Box<str>>, Failure>,
}

/// Two images that can be compared. Of a copy and its source the source is on the left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pair {
    pub left: Described,
    pub right: Described,
}

/// Why two images cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Incomparable {
    /// There is no such image any more, or this account may not see it.
    Gone(ImageRef),
    /// The same of a copy's source.
    SourceGone {
        copy: ImageRef,
        source: ImageRef,
    },
    /// Nobody knows what it is a copy of.
    NoSource(ImageRef),
    /// It is no copy: it was made from an instance.
    FromInstance(ImageRef),
    /// It has not become available, and may never.
    NotReady(ImageRef, ImageState),
    Failed(Failure),
}

impl Incomparable {
    /// Returns it as the failure of `what`.
    pub fn failure(&self, what: impl Into<String>) -> Failure {
        match self {
            Self::Gone(place) => {
                Failure::new(what, format!("there is no image {place}, or this account may not see it"))
            }
            Self::SourceGone { source, .. } => Failure::new(
                what,
                format!("its source is gone: {source} was deregistered, or is not shared with this account any more"),
            )
            .hint("There is nothing to compare it with; see the job's details for whether it matches the request."),
            Self::NoSource(_) => {
                Failure::new(what, "EC2 reports no source image, and no job in the list made this copy")
                    .hint("`amigrate diff` compares any two images.")
            }
            Self::FromInstance(_) => {
                Failure::new(what, "it was made from an instance, so that it is no copy and has no source")
                    .hint("`amigrate diff` compares any two images.")
            }
            Self::NotReady(_, ImageState::Pending) => {
                Failure::new(what, "it is still pending").hint("Wait until it is available.")
            }
            Self::NotReady(_, state) => Failure::new(what, format!("it {}", state.predicate())),
            Self::Failed(failure) => failure.clone(),
        }
    }
}
