//! Settings of the listing of images.

use serde::{Deserialize, Serialize};

/// Listing of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Browse {
    /// Regions at the start, as [`Browse::start_regions`] reads them.
    pub regions: Vec<String>,
    /// Whose images at the start, as [`OwnerFilter::parse`](crate::domain::OwnerFilter::parse) reads it.
    pub whose: String,
    /// The name pattern for Amazon's images.
    pub amazon_name: String,
    /// The name pattern for the Marketplace's images.
    pub marketplace_name: String,
    /// The most public images listed in a region.
    pub public_limit: usize,
    /// Minutes after which images are listed again by themselves; 0 for never.
    pub refresh_minutes: u32,
    /// Regions listed at the same time.
    pub concurrent_regions: usize,
    /// Profiles whose accounts the screen shows together; none for the one in use.
    pub profiles: Vec<String>,
    /// Columns of the image list, as [`ImageColumn::parse`](crate::domain::ImageColumn::parse) reads them; none for those that fit.
    pub columns: Vec<String>,
}

impl Default for Browse {
    fn default() -> Self {
        Self {
            regions: Vec::new(),
            whose: "mine".into(),
            amazon_name: "al2023-ami-2023*".into(),
            marketplace_name: "*".into(),
            public_limit: 10_000,
            refresh_minutes: 5,
            concurrent_regions: 8,
            profiles: Vec::new(),
            columns: Vec::new(),
        }
    }
}
