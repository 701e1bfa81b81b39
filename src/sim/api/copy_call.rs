//! Parameters of `CopyImage`, and the checks that depend on nothing else.

use crate::{
    domain::image::Tag,
    sim::{
        api::{
            call::Call,
            validation::{check_description, check_image_name, check_tags, not_taggable},
        },
        api_error::ApiError,
        world::timeline::Actor,
    },
};

/// Parameters of `CopyImage`.
#[derive(Debug, Clone, Default)]
pub(crate) struct CopyCall {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) source: String,
    pub(crate) source_region: String,
    pub(crate) encrypted: Option<bool>,
    pub(crate) key: Option<String>,
    pub(crate) copy_tags: bool,
    pub(crate) image_tags: Vec<Tag>,
    pub(crate) snapshot_tags: Vec<Tag>,
    pub(crate) outpost: Option<String>,
    /// Name of a Local Zone.
    pub(crate) zone: Option<String>,
    pub(crate) zone_id: Option<String>,
    /// Completion duration of a time-based copy, minutes.
    pub(crate) minutes: Option<usize>,
    pub(crate) token: Option<String>,
    pub(crate) by: Actor,
}

impl Call<'_> {
    pub(crate) fn copy_image(self) -> Result<String, ApiError> {
        let params = self.params;
        let mut call = CopyCall {
            name: params.required("Name")?.to_owned(),
            description: params.text("Description"),
            source: params.required("SourceImageId")?.to_owned(),
            source_region: params.required("SourceRegion")?.to_owned(),
            encrypted: params.flag("Encrypted")?,
            key: params.optional("KmsKeyId"),
            copy_tags: params.flag("CopyImageTags")? == Some(true),
            outpost: params.optional("DestinationOutpostArn"),
            zone: params.optional("DestinationAvailabilityZone"),
            zone_id: params.optional("DestinationAvailabilityZoneId"),
            minutes: params.number("SnapshotCopyCompletionDurationMinutes")?,
            token: params.optional("ClientToken"),
            by: Actor::Request,
            ..CopyCall::default()
        };
        let tags = params.tag_specifications();
        let ready = self.ready()?;
        (call.image_tags, call.snapshot_tags) = image_and_snapshot_tags(tags)?;
        let id = ready.world.copy_image(ready.region, call, ready.now)?;
        Ok(ready.response(|xml| xml.leaf("imageId", id.as_str())))
    }
}

impl CopyCall {
    /// Checks name, description, token, tags and duration.
    pub(crate) fn check(&self) -> Result<(), ApiError> {
        check_image_name(&self.name)?;
        check_description(&self.description)?;
        if self.token.as_ref().is_some_and(|t| t.len() > 128 || !t.is_ascii()) {
            let why = "The client token must be at most 128 ASCII characters.";
            return Err(ApiError::new("InvalidParameterValue", why));
        }
        if let Some(minutes) = self.minutes.filter(|n| !n.is_multiple_of(15) || !(15..=2880).contains(n)) {
            let why = "Expecting a multiple of 15 from 15 to 2880.";
            return Err(ApiError::bad_value("SnapshotCopyCompletionDurationMinutes", &minutes.to_string(), why));
        }
        check_tags(&self.image_tags)?;
        check_tags(&self.snapshot_tags)
    }
}

/// Returns the tags for the image and those for its snapshots.
fn image_and_snapshot_tags(specifications: Vec<(String, Vec<Tag>)>) -> Result<(Vec<Tag>, Vec<Tag>), ApiError> {
    let (mut image, mut snapshot) = (None, None);
    for (kind, tags) in specifications {
        let of_kind = match kind.as_str() {
            "image" => &mut image,
            "snapshot" => &mut snapshot,
            _ => return Err(not_taggable(&kind)),
        };
        if tags.is_empty() {
            return Err(ApiError::new("InvalidParameterValue", "Tag specification must have at least one tag"));
        }
        if of_kind.replace(tags).is_some() {
            let why = "The same resource type may not be specified more than once in tag specifications";
            return Err(ApiError::new("InvalidParameterValue", why));
        }
    }
    Ok((image.unwrap_or_default(), snapshot.unwrap_or_default()))
}
