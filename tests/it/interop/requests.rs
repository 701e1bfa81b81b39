//! What our program sends, held to botocore's model of EC2, and what comes of it, read back by boto3.

use amigrate::{
    domain::{
        AccountId, ClientToken, CompletionDuration, CopyRequest, Description, Encryption, KmsKeyRef, LaunchPermission,
        OutpostArn, Placement, PostCopyStep, ZoneName, image::Tag,
    },
    engine::Command,
};

use super::{python, simulator};
use crate::processes::fixture::{ProcessFixture, account_at, region};

const NAME: &str = "everything-set";
const TO: &str = "eu-west-2";
/// Has an Outpost and a Local Zone, which take images of their own region only.
const EDGE: &str = "us-west-2";
const FRIEND: &str = "222233334444";
const ORGANIZATION: &str = "arn:aws:organizations::123456789012:organization/o-abcdef1234";
const DEPRECATION: &str = "2034-05-06T07:08:00.000Z";

fn tag(key: &str, value: &str) -> Vec<Tag> {
    vec![Tag { key: key.into(), value: value.into() }]
}

/// A request with everything set that a copy to a region can have.
fn everything(fixture: &ProcessFixture) -> CopyRequest {
    let key = Some(KmsKeyRef::new("alias/images").expect("a key"));
    CopyRequest {
        description: Description::new("all of it").expect("a description"),
        encryption: Encryption::Encrypt { key },
        copy_tags: true,
        source_tags: Vec::new(),
        image_tags: tag("Made", "by-amigrate"),
        snapshot_tags: tag("Of", "everything"),
        completion: Some(CompletionDuration::from_minutes(15).expect("a duration")),
        given_token: Some(ClientToken::from_random(8)),
        templates: std::sync::Arc::default(),
        post_copy: vec![
            PostCopyStep::LaunchPermissions(
                [FRIEND, ORGANIZATION].map(|who| LaunchPermission::parse(who).expect("it")).into(),
            ),
            PostCopyStep::SnapshotPermissions(vec![AccountId::new(FRIEND).expect("digits")]),
            PostCopyStep::Deprecation(DEPRECATION.parse().expect("a date")),
            PostCopyStep::DeregistrationProtection { cooldown: true },
            PostCopyStep::SourceTag,
        ],
        ..fixture.request(NAME, TO, 7)
    }
}

/// Requests for the places that are no region.
fn to_the_edge(fixture: &ProcessFixture) -> Vec<CopyRequest> {
    let (source, volumes, source_snapshots) = fixture.ec2.newest(EDGE, "");
    let outpost = "arn:aws:outposts:us-west-2:123456789012:outpost/op-0a1b2c3d4e5f67890";
    let places = [
        ("outpost", Placement::Outpost(OutpostArn::new(outpost).expect("an ARN"))),
        ("zone", Placement::Zone(ZoneName::new("us-west-2-lax-1a").expect("a name"))),
        ("zone-id", Placement::ZoneId(ZoneName::new("usw2-lax1-az1").expect("an id"))),
    ];
    let request = |((name, placement), token): ((&str, Placement), u128)| CopyRequest {
        source: source.clone(),
        source_region: region(EDGE),
        volumes: volumes.clone(),
        source_snapshots: source_snapshots.clone(),
        placement,
        ..fixture.request(&format!("at-the-{name}"), EDGE, token)
    };
    places.into_iter().zip(10..).map(request).collect()
}

#[test]
fn every_request_of_ours_is_valid_and_stands_as_asked() {
    let Some(python) = python::python() else { return };
    // Fifteen minutes of a time-based copy are under two seconds.
    let simulator = simulator::start("demo", 600);
    // The same scenario, so the same images.
    let mut fixture = ProcessFixture::new();
    fixture.account = account_at(&simulator.url);
    fixture.settings = vec![("AWS_ENDPOINT_URL", simulator.url.clone())];
    let request = everything(&fixture);
    let source = request.source.to_string();
    fixture.ask(&Command::Copy([vec![request], to_the_edge(&fixture)].concat()));
    fixture.finish_copies();

    // Every member of `CopyImage` but this was sent at least once.
    python.check("check_requests.py", &[&simulator.url, "CopyImage", "DryRun"]);
    let expected = serde_json::json!({
        "state": "available",
        "description": "all of it",
        "source": source,
        "source_region": "us-east-1",
        "encrypted": [true],
        "public": false,
        "launch_permissions": [FRIEND, ORGANIZATION],
        "volume_permissions": [[FRIEND]],
        "deprecation": DEPRECATION,
        "protection": "enabled-with-cooldown",
        "transfer_types": ["time-based"],
        "minutes": [15],
        "tags": { "Made": "by-amigrate", "Team": "web" },
        "snapshot_tags": { "Of": "everything" },
        "keys": "alias/images",
        "copied_to": true,
    });
    python.check("check_copy.py", &[&simulator.url, TO, NAME, &expected.to_string()]);
}
