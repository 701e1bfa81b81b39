//! `CopyImage` and `DeregisterImage`.

use aws_sdk_ec2::operation::copy_image::builders::CopyImageFluentBuilder;
use aws_sdk_ec2::types::{DeleteSnapshotReturnCode, ResourceType, SnapshotReturnCodes, Tag, TagSpecification};
use aws_smithy_types::retry::RetryConfig;

use super::session::Session;
use crate::{
    domain::{
        self, CopyRequest, Encryption, Failure, FailureKind, ImageId, Placement, Region, Retry, SnapshotId,
        review::checks::Permission,
    },
    engine::{Deregistration, JobTags, SnapshotReturnCode},
};

impl Session {
    /// Starts a copy in its destination and returns the new image's id. A repeated request with the same token returns the same
    /// copy.
    ///
    /// Sent once, without the SDK's retries, which would hide the outcome of the first attempt: a throttle after a lost response
    /// looks like a refusal, although the copy runs.
    ///
    /// A bad key is no error here, because EC2 fails the copy later.
    pub async fn copy_image(&self, request: &CopyRequest, tags: Option<&JobTags>) -> Result<ImageId, Failure> {
        let own = tags.map(|tags| [tag(JobTags::JOB, tags.job.as_str()), tag(JobTags::BATCH, tags.batch.as_str())]);
        let call = self.copy_call(request, own.as_ref()).client_token(request.client_token().as_str());
        let what = format!("copy {} from {} to {}", request.source, request.source_region, request.destination);
        let call = call.customize().config_override(sent_once()).send();
        let answer = self.call(&what, "ec2:CopyImage", call).await?;
        answer.image_id().and_then(|id| ImageId::new(id).ok()).ok_or_else(|| {
            Failure::new(what, "the answer names no image")
                .hint("Is this endpoint EC2's? Sending the same copy again is safe.")
                .retry(Retry::Later)
        })
    }

    /// Returns the call for a copy with amigrate's own tags, without a client token.
    fn copy_call(&self, request: &CopyRequest, own: Option<&[Tag; 2]>) -> CopyImageFluentBuilder {
        let mut call = self
            .ec2(&request.destination)
            .copy_image()
            .source_image_id(request.source.as_str())
            .source_region(request.source_region.as_str())
            .name(request.name.as_str())
            .set_snapshot_copy_completion_duration_minutes(request.completion.map(|d| i64::from(d.minutes())));
        call = match &request.placement {
            Placement::Region => call,
            Placement::Outpost(arn) => call.destination_outpost_arn(arn.as_str()),
            Placement::Zone(name) => call.destination_availability_zone(name.as_str()),
            Placement::ZoneId(id) => call.destination_availability_zone_id(id.as_str()),
        };
        if !request.description.as_str().is_empty() {
            call = call.description(request.description.as_str());
        }
        if let Encryption::Encrypt { key } = &request.encryption {
            call = call.encrypted(true).set_kms_key_id(key.as_ref().map(ToString::to_string));
        }
        if request.copy_tags {
            call = call.copy_image_tags(true);
        }
        let with_own = |tags: &[domain::image::Tag]| -> Vec<Tag> {
            own.into_iter().flatten().cloned().chain(tags.iter().map(|t| tag(&t.key, &t.value))).collect()
        };
        let of_image = with_own(&request.image_tags);
        let of_snapshots = if request.volumes.is_empty() { Vec::new() } else { with_own(&request.snapshot_tags) };
        for specification in
            [specification(ResourceType::Image, of_image), specification(ResourceType::Snapshot, of_snapshots)]
        {
            call = specification.into_iter().fold(call, CopyImageFluentBuilder::tag_specifications);
        }
        call
    }

    /// Returns whether this request is permitted, by a dry run without a client token. AWS judges nothing else about it.
    ///
    /// Where only amigrate's own tags are not permitted, the engine sends the copy without them.
    pub(super) async fn copy_permission(&self, request: &CopyRequest, job_tags: bool) -> Result<Permission, Failure> {
        let own = job_tags.then(|| [JobTags::JOB, JobTags::BATCH].map(|key| tag(key, "dry-run")));
        match self.dry_run(request, own.as_ref()).await? {
            Permission::Denied { .. } if job_tags && self.dry_run(request, None).await? == Permission::Allowed => {
                Ok(Permission::WithoutJobTags)
            }
            permission => Ok(permission),
        }
    }

    async fn dry_run(&self, request: &CopyRequest, own: Option<&[Tag; 2]>) -> Result<Permission, Failure> {
        let what = format!("check the permission to copy to {}", request.destination);
        // Sent once: an endpoint that ignores `DryRun` would make an image for every attempt.
        let call = self.copy_call(request, own).dry_run(true).customize().config_override(sent_once()).send();
        match self.call(&what, "ec2:CopyImage", call).await {
            Ok(answer) => Ok(Permission::DryRunIgnored { made: answer.image_id().unwrap_or("an image").to_owned() }),
            Err(failure) if failure.is("DryRunOperation") => Ok(Permission::Allowed),
            Err(failure) if failure.kind == FailureKind::Denied => {
                Ok(Permission::Denied { why: failure.why, hint: failure.hint })
            }
            Err(failure) => Err(failure),
        }
    }

    /// Deregisters an image, which stops a pending copy, and deletes its snapshots unless they are kept. An image unknown to EC2
    /// is no failure.
    ///
    /// Sent once, without the SDK's retries, because a copy may become available between them.
    pub async fn deregister(
        &self,
        region: &Region,
        image: &ImageId,
        keep_snapshots: bool,
    ) -> Result<Deregistration, Failure> {
        let call = self.ec2(region).deregister_image().image_id(image.as_str());
        let call = call.delete_associated_snapshots(!keep_snapshots);
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("deregister {image} in {region}");
        match self.call(&what, "ec2:DeregisterImage", call).await {
            Ok(answer) => {
                Ok(Deregistration::Done(answer.delete_snapshot_results().iter().filter_map(return_code).collect()))
            }
            Err(failure) if failure.is("InvalidAMIID.NotFound") => Ok(Deregistration::Unknown),
            Err(failure) if failure.is("InvalidAMIID.Unavailable") => Ok(Deregistration::Unavailable),
            Err(failure) => Err(failure),
        }
    }
}

pub(super) fn sent_once() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

fn return_code(result: &DeleteSnapshotReturnCode) -> Option<(SnapshotId, SnapshotReturnCode)> {
    let code = match result.return_code()? {
        SnapshotReturnCodes::Success => SnapshotReturnCode::Deleted,
        SnapshotReturnCodes::WarnSkipped => SnapshotReturnCode::Skipped,
        SnapshotReturnCodes::ErrorMissingPermissions => SnapshotReturnCode::MissingPermissions,
        SnapshotReturnCodes::ErrorCodeClientError => SnapshotReturnCode::ClientError,
        _ => SnapshotReturnCode::InternalError,
    };
    Some((SnapshotId::new(result.snapshot_id()?).ok()?, code))
}

pub(super) fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build()
}

fn specification(kind: ResourceType, tags: Vec<Tag>) -> Option<TagSpecification> {
    (!tags.is_empty()).then(|| TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, ami, eu, scripted, us},
        domain::{ClientToken, ImageName, KmsKeyRef},
        engine::BatchId,
    };

    fn request(encryption: Encryption) -> CopyRequest {
        CopyRequest {
            source_name: "web".into(),
            encryption,
            copy_tags: true,
            volumes: vec![8],
            ..CopyRequest::bare(
                (ami("ami-1"), us()),
                eu(),
                ImageName::new("web copy").unwrap(),
                ClientToken::from_random(7),
            )
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_copy_goes_to_its_destination_with_our_token_once_a_call() {
        let (session, asked) = scripted(|n, _| match n {
            0 => CannedResponse::error(503, "RequestLimitExceeded", "slow down"),
            1 => CannedResponse::Broken(std::io::ErrorKind::ConnectionReset, "reset"),
            _ => CannedResponse::ok("<R><imageId>ami-new</imageId></R>"),
        });
        let request = request(Encryption::Encrypt { key: Some(KmsKeyRef::new("alias/web").unwrap()) });
        let tags = JobTags { job: request.token.clone(), batch: BatchId::new("batch-1") };
        for (n, code) in [Some("RequestLimitExceeded"), None].into_iter().enumerate() {
            let failure = session.copy_image(&request, Some(&tags)).await.unwrap_err();
            assert_eq!((failure.retry, failure.code.as_deref()), (Retry::Later, code));
            assert_eq!(asked.all().len(), n + 1, "the SDK must not try again by itself");
        }
        assert_eq!(session.copy_image(&request, Some(&tags)).await.unwrap(), ami("ami-new"));
        let calls = asked.all();
        assert_eq!(calls.len(), 3);
        for call in &calls {
            assert!(call.host.contains("eu-west-1"), "{}", call.host);
            assert_eq!(call.param("ClientToken"), request.token.as_str());
            let sent = ["SourceImageId", "SourceRegion", "Name", "Encrypted", "KmsKeyId", "CopyImageTags"]
                .map(|key| call.param(key).to_owned());
            assert_eq!(sent, ["ami-1", "us-east-1", "web copy", "true", "alias/web", "true"]);
            assert!(!call.params.contains_key("Description"));
            for (n, kind) in [(1, "image"), (2, "snapshot")] {
                let of = |field: &str| call.param(&format!("TagSpecification.{n}.{field}")).to_owned();
                assert_eq!(of("ResourceType"), kind);
                assert_eq!([of("Tag.1.Key"), of("Tag.1.Value")], ["amigrate:job", request.token.as_str()]);
                assert_eq!([of("Tag.2.Key"), of("Tag.2.Value")], ["amigrate:batch", "batch-1"]);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn tags_a_person_wants_are_sent_without_our_own_too() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok("<R><imageId>ami-new</imageId></R>"));
        let wanted = CopyRequest {
            copy_tags: false,
            source_tags: Vec::new(),
            image_tags: vec![crate::domain::image::Tag { key: "Team".into(), value: "web".into() }],
            snapshot_tags: Vec::new(),
            placement: crate::domain::Placement::Region,
            completion: None,
            post_copy: Vec::new(),
            given_token: None,
            expected: crate::domain::Expected::default(),
            ..request(Encryption::Keep)
        };
        session.copy_image(&wanted, None).await.unwrap();
        let call = asked.all().remove(0);
        let sent = ["ResourceType", "Tag.1.Key", "Tag.1.Value"]
            .map(|f| call.param(&format!("TagSpecification.1.{f}")).to_owned());
        assert_eq!(sent, ["image", "Team", "web"]);
        assert!(
            !call.params.contains_key("CopyImageTags") && !call.params.contains_key("TagSpecification.2.ResourceType")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn keeping_encryption_says_nothing_about_it() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok("<R/>"));
        let failure = session.copy_image(&request(Encryption::Keep), None).await.unwrap_err();
        assert_eq!((failure.why.as_str(), failure.retry), ("the answer names no image", Retry::Later));
        assert!(!asked.all()[0].params.contains_key("Encrypted"));
        assert!(!asked.all()[0].params.keys().any(|k| k.starts_with("TagSpecification")));
    }

    #[tokio::test(start_paused = true)]
    async fn deregistering_tells_what_was_left() {
        let results = "<R><return>true</return><deleteSnapshotResultSet>\
            <item><snapshotId>snap-1</snapshotId><returnCode>success</returnCode></item>\
            <item><snapshotId>snap-2</snapshotId><returnCode>skipped</returnCode></item>\
            <item><snapshotId>snap-3</snapshotId><returnCode>missing-permissions</returnCode></item>\
            <item><snapshotId>snap-4</snapshotId><returnCode>client-error</returnCode></item>\
            <item><snapshotId>snap-5</snapshotId><returnCode>internal-error</returnCode></item>\
            </deleteSnapshotResultSet></R>";
        let snap = |id: &str| SnapshotId::new(id).unwrap();
        let done = Deregistration::Done(vec![
            (snap("snap-1"), SnapshotReturnCode::Deleted),
            (snap("snap-2"), SnapshotReturnCode::Skipped),
            (snap("snap-3"), SnapshotReturnCode::MissingPermissions),
            (snap("snap-4"), SnapshotReturnCode::ClientError),
            (snap("snap-5"), SnapshotReturnCode::InternalError),
        ]);
        let cases = [
            (CannedResponse::ok(results), Ok(done)),
            (CannedResponse::ok("<R><return>true</return></R>"), Ok(Deregistration::Done(Vec::new()))),
            (CannedResponse::error(400, "InvalidAMIID.NotFound", "x"), Ok(Deregistration::Unknown)),
            (CannedResponse::error(400, "InvalidAMIID.Unavailable", "x"), Ok(Deregistration::Unavailable)),
            (CannedResponse::error(400, "OperationNotPermitted", "x"), Err("OperationNotPermitted")),
            (CannedResponse::error(503, "RequestLimitExceeded", "x"), Err("RequestLimitExceeded")),
        ];
        for (answer, expected) in cases {
            let (session, asked) = scripted(move |_, _| answer.clone());
            let got = session.deregister(&eu(), &ami("ami-1"), false).await;
            assert_eq!(got.as_ref().map_err(|f| f.code.as_deref().unwrap()), expected.as_ref().map_err(|code| *code));
            assert_eq!(asked.all()[0].param("DeleteAssociatedSnapshots"), "true");
            assert_eq!(asked.all().len(), 1, "the SDK must not try again by itself");
        }
    }
}
