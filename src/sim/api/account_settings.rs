//! Settings of the account in a region: block public access for images, and allowed images.

use crate::sim::{api::call::Call, api_error::ApiError, world::allowed_images::AllowedState};

const BLOCKED: &str = "block-new-sharing";
const UNBLOCKED: &str = "unblocked";

impl Call<'_> {
    pub(crate) fn block_public_access_state(self) -> Result<String, ApiError> {
        let ready = self.ready()?;
        let blocked = ready.world.enabled(ready.region)?.block_public_access;
        Ok(ready.response(|xml| {
            xml.leaf("imageBlockPublicAccessState", if blocked { BLOCKED } else { UNBLOCKED });
            xml.leaf("managedBy", "account");
        }))
    }

    /// EC2 may take up to ten minutes; here it happens at once.
    pub(crate) fn enable_block_public_access(self) -> Result<String, ApiError> {
        let parameter = "ImageBlockPublicAccessState";
        let state = self.params.required(parameter)?;
        let ready = self.ready()?;
        if state != BLOCKED {
            return Err(ApiError::bad_value(parameter, state, &format!("Expected {BLOCKED}.")));
        }
        ready.world.enabled_mut(ready.region)?.block_public_access = true;
        Ok(ready.response(|xml| xml.leaf("imageBlockPublicAccessState", BLOCKED)))
    }

    pub(crate) fn disable_block_public_access(self) -> Result<String, ApiError> {
        let ready = self.ready()?;
        ready.world.enabled_mut(ready.region)?.block_public_access = false;
        Ok(ready.response(|xml| xml.leaf("imageBlockPublicAccessState", UNBLOCKED)))
    }

    pub(crate) fn allowed_images_settings(self) -> Result<String, ApiError> {
        let ready = self.ready()?;
        let allowed = &ready.world.enabled(ready.region)?.allowed_images;
        Ok(ready.response(|xml| {
            xml.leaf("state", allowed.state.as_str());
            if allowed.state != AllowedState::Disabled {
                xml.items("imageCriterionSet", [&allowed.providers], |xml, providers| {
                    xml.element("imageProviderSet", |xml| providers.iter().for_each(|p| xml.leaf("item", p)));
                });
            }
            xml.leaf("managedBy", "account");
        }))
    }
}
