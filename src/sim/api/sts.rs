//! STS's one action here, `GetCallerIdentity`, and its form of an error.

use crate::{
    domain::Region,
    sim::{api_error::ApiError, transport::xml::Xml, world::state::World},
};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Carries out one action and gives the answer's body.
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

/// STS's form of an error.
pub(crate) fn error(refusal: &ApiError, request_id: &str) -> String {
    Xml::document("ErrorResponse", Some(NAMESPACE), |xml| {
        xml.element("Error", |xml| {
            xml.leaf("Type", if refusal.status >= 500 { "Receiver" } else { "Sender" });
            xml.leaf("Code", refusal.code);
            xml.leaf("Message", &refusal.message);
        });
        xml.leaf("RequestId", request_id);
    })
}
