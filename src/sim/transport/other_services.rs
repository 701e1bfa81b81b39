//! The answer to requests for services that are not simulated: an error that says so, in the form of the service's protocol.

use crate::sim::{api::sts, api_error::ApiError, transport::xml::Xml};

/// Returns status, content type and body of the response to a request that was signed for `service`. `has_action` tells the
/// query protocol.
pub(crate) fn refuse(service: &str, path: &str, has_action: bool, request_id: &str) -> (u16, &'static str, Vec<u8>) {
    let message = format!("The simulator has EC2, KMS and STS. The service '{service}' is not simulated.");
    // A status that clients do not take for a passing failure.
    let error = ApiError::with_status(501, "ServiceNotSimulated", message);
    let (content_type, body) = if service == "s3" {
        ("application/xml", s3(&error, request_id).into_bytes())
    } else if path.starts_with("/service/") {
        ("application/cbor", cbor(&error))
    } else if has_action || ["cloudfront", "route53"].contains(&service) {
        ("text/xml", sts::error_body(&error, request_id).into_bytes())
    } else {
        let json = serde_json::json!({ "__type": error.code, "message": error.message });
        ("application/x-amz-json-1.1", json.to_string().into_bytes())
    };
    (error.status, content_type, body)
}

fn s3(error: &ApiError, request_id: &str) -> String {
    Xml::document("Error", None, |xml| {
        xml.leaf("Code", error.code);
        xml.leaf("Message", &error.message);
        xml.leaf("RequestId", request_id);
    })
}

/// Encodes `{"__type": CODE, "message": MESSAGE}` as RFC 8949 does.
fn cbor(error: &ApiError) -> Vec<u8> {
    const MAP_OF_TWO: u8 = 0xa2;
    const TEXT_WITH_TWO_BYTES_OF_LENGTH: u8 = 0x79;
    let mut encoded = vec![MAP_OF_TWO];
    for text in ["__type", error.code, "message", &error.message] {
        encoded.push(TEXT_WITH_TWO_BYTES_OF_LENGTH);
        let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
        encoded.extend(length.to_be_bytes());
        encoded.extend(text.bytes().take(length.into()));
    }
    encoded
}
