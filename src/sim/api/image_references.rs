//! `DescribeImageReferences`. Source of the rules: EC2 API reference and user guide, "Identify your resources referencing
//! specified AMIs".

use crate::{
    domain::image_usage::ReferenceKind,
    sim::{
        api::{call::Call, validation::check_image_id},
        api_error::ApiError,
    },
};

/// The most images of a request.
const IMAGES: usize = 10;
/// Versions of a launch template that are searched if the request does not say how many, and always with `IncludeAllResourceTypes`.
const DEPTH: u32 = 10;
/// Entries of a page where the request does not say.
const PAGE: usize = 1000;

impl Call<'_> {
    pub(crate) fn describe_image_references(self) -> Result<String, ApiError> {
        let ids = self.params.strings("ImageId");
        let all = self.params.flag("IncludeAllResourceTypes")? == Some(true);
        let entries = self.params.entries("ResourceType");
        let kinds: Vec<String> =
            entries.iter().map(|entry| self.params.text(&format!("{entry}.ResourceType"))).collect();
        let depth = self.version_depth(&entries, &kinds)?;
        let page = self.page()?;
        let ready = self.ready()?;
        if ids.is_empty() {
            return Err(ApiError::missing("ImageId"));
        }
        if ids.len() > IMAGES {
            return Err(ApiError::new("InvalidParameterValue", format!("At most {IMAGES} images may be specified.")));
        }
        if !all && kinds.is_empty() {
            return Err(ApiError::new(
                "MissingParameter",
                "Either IncludeAllResourceTypes or ResourceTypes must be specified.",
            ));
        }
        for kind in &kinds {
            if matches!(ReferenceKind::parse(kind), ReferenceKind::Other(_)) {
                return Err(ApiError::bad_value("ResourceType", kind, "Unknown resource type."));
            }
        }
        ids.iter().try_for_each(|id| check_image_id(id).map(drop))?;
        let from: usize = match &page.token {
            None => 0,
            Some(token) => token.parse().map_err(|_| ApiError::bad_value("NextToken", token, "Unknown token."))?,
        };
        let state = ready.world.enabled(ready.region)?;
        let wanted = state.references.iter().filter(|r| ids.iter().any(|id| id == r.image.as_str()));
        let wanted = wanted.filter(|r| all || kinds.iter().any(|kind| kind == r.kind.as_str()));
        let wanted: Vec<_> = wanted.filter(|r| r.newer_versions < if all { DEPTH } else { depth }).collect();
        let to = from.saturating_add(page.max.unwrap_or(PAGE)).min(wanted.len());
        let shown = wanted.get(from.min(to)..to).unwrap_or_default();
        Ok(ready.response(|xml| {
            xml.items("imageReferenceSet", shown, |xml, reference| {
                xml.leaf("imageId", reference.image.as_str());
                xml.leaf("resourceType", reference.kind.as_str());
                xml.leaf("arn", &reference.arn);
            });
            let next = (to < wanted.len()).then(|| to.to_string());
            xml.optional("nextToken", next.as_deref());
        }))
    }

    /// Returns how many versions of launch templates are searched.
    fn version_depth(&self, entries: &[String], kinds: &[String]) -> Result<u32, ApiError> {
        let mut depth = DEPTH;
        for (entry, kind) in entries.iter().zip(kinds) {
            for option in self.params.entries(&format!("{entry}.ResourceTypeOption")) {
                let name = self.params.text(&format!("{option}.OptionName"));
                let values = self.params.list(&format!("{option}.OptionValue"));
                match (kind.as_str(), name.as_str(), &values[..]) {
                    // All of the world's instances run.
                    ("ec2:Instance", "state-name", _) => {}
                    ("ec2:LaunchTemplate", "version-depth", [value]) => {
                        let number = value.parse().ok().filter(|number| (1..=10_000).contains(number));
                        let refused = || ApiError::bad_value("version-depth", value, "It must be between 1 and 10000.");
                        depth = number.ok_or_else(refused)?;
                    }
                    _ => return Err(ApiError::bad_value("OptionName", &name, "Not an option of this resource type.")),
                }
            }
        }
        Ok(depth)
    }
}
