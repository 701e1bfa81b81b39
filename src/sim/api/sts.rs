//! STS: `GetCallerIdentity`.

use crate::{
    domain::Region,
    sim::{api_error::ApiError, transport::xml::Xml, world::state::World},
};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Carries out one action and returns the body of the response.
pub(crate) fn call(world: &World, region: &Region, action: &str, request_id: &str) -> Result<String, ApiError> {
    world.enabled(region).map_err(|_| ApiError::invalid_client_token())?;
    if action != "GetCallerIdentity" {
        return Err(ApiError::new(
            "InvalidAction",
            format!("Could not find operation {action} for version 2011-06-15"),
        ));
    }
    Ok(Xml::document("GetCallerIdentityResponse", Some(NAMESPACE), |xml| {
        xml.element("GetCallerIdentityResult", |xml| {
            xml.leaf("Arn", &world.user_arn());
            xml.leaf("UserId", "AIDASIMULATEDUSER0000");
            xml.leaf("Account", world.account.as_str());
        });
        xml.element("ResponseMetadata", |xml| xml.leaf("RequestId", request_id));
    }))
}

/// Returns an error as STS's XML.
pub(crate) fn error_body(error: &ApiError, request_id: &str) -> String {
    Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.element("Error", |xml| {
            xml.leaf("Type", if error.status >= 500 { "Receiver" } else { "Sender" });
            xml.leaf("Code", error.code);
            xml.leaf("Message", &error.message);
        });
        xml.leaf("RequestId", request_id);
    })
}
