//! What our program sends, held to botocore's model of EC2, and what comes of it, read back by boto3.

use amigrate::{
    domain::{CopyRequest, Description, Encryption, KmsKeyRef, image::Tag},
    engine::Command,
};

use super::{python, simulator};
use crate::processes::fixture::{ProcessFixture, account_at};

const NAME: &str = "everything-set";
const TO: &str = "eu-west-2";

/// Parameters of `CopyImage` that [`everything`] leads to.
const MEMBERS: [&str; 9] = [
    "ClientToken",
    "CopyImageTags",
    "Description",
    "Encrypted",
    "KmsKeyId",
    "Name",
    "SourceImageId",
    "SourceRegion",
    "TagSpecifications",
];

/// A request with everything set that a copy can have.
fn everything(fixture: &ProcessFixture) -> CopyRequest {
    let key = Some(KmsKeyRef::new("alias/images").expect("a key"));
    CopyRequest {
        description: Description::new("all of it").expect("a description"),
        encryption: Encryption::Encrypt { key },
        copy_tags: true,
        image_tags: vec![Tag { key: "Made".into(), value: "by-amigrate".into() }],
        ..fixture.request(NAME, TO, 7)
    }
}

#[test]
fn every_request_of_ours_is_valid_and_stands_as_asked() {
    let Some(python) = python::python() else { return };
    let simulator = simulator::start("demo", 60);
    // The same scenario, so the same images.
    let mut fixture = ProcessFixture::new();
    fixture.account = account_at(&simulator.url);
    fixture.settings = vec![("AWS_ENDPOINT_URL", simulator.url.clone())];
    let request = everything(&fixture);
    let source = request.source.to_string();
    fixture.ask(&Command::Copy(vec![request]));
    fixture.finish_copies();

    python.check("check_requests.py", &[&[simulator.url.as_str(), "CopyImage"], &MEMBERS[..]].concat());
    let expected = serde_json::json!({
        "state": "available",
        "description": "all of it",
        "source": source,
        "source_region": "us-east-1",
        "encrypted": [true],
        "public": false,
        "launch_permissions": [],
        "volume_permissions": [[]],
        "protection": "disabled",
    });
    python.check("check_copy.py", &[&simulator.url, TO, NAME, &expected.to_string()]);
}
