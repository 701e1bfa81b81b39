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
/// Entries of a page where the request does not say.
const PAGE: usize = 1000;

impl Call<'_> {
    pub(crate) fn describe_image_references(self) -> Result<String, ApiError> {
        let ids = self.params.strings("ImageId");
        let all = self.params.flag("IncludeAllResourceTypes")? == Some(true);
        let entries = self.params.entries("ResourceType");
        let kinds: Vec<String> =
            entries.iter().map(|entry| self.params.text(&format!("{entry}.ResourceType"))).collect();
        for entry in &entries {
            for option in self.params.entries(&format!("{entry}.ResourceTypeOption")) {
                // All of the world's instances run, and its templates have one version: options change nothing.
                let _ = (
                    self.params.get(&format!("{option}.OptionName")),
                    self.params.list(&format!("{option}.OptionValue")),
                );
            }
        }
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
        let wanted: Vec<_> = wanted.filter(|r| all || kinds.iter().any(|kind| kind == r.kind.as_str())).collect();
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
}
