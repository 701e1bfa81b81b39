//! The reads of a review before copies start.

use aws_sdk_ec2::types::{AvailabilityZone, AvailabilityZoneOptInStatus, ImageCriterion};

use super::{images::filter, session::Session};
use crate::domain::{
    Failure, Placement, Region,
    review::{
        CheckAnswer, CheckRequest,
        checks::{AllowedImages, ZoneProblem, ZoneVerdict},
    },
};

impl Session {
    /// Carries out a check. A refused or failed read is a failure: what it was to find stays unknown.
    pub async fn check(&self, request: &CheckRequest) -> Result<CheckAnswer, Failure> {
        match request {
            CheckRequest::Permission { copy, job_tags } => {
                self.copy_permission(copy, *job_tags).await.map(CheckAnswer::Permission)
            }
            CheckRequest::Key { region, key } => self.key_verdict(region, key.as_str()).await.map(CheckAnswer::Key),
            CheckRequest::EncryptionByDefault { region } => {
                self.encrypts(region).await.map(CheckAnswer::EncryptionByDefault)
            }
            CheckRequest::DefaultKey { region } => self.default_key(region).await.map(CheckAnswer::DefaultKey),
            CheckRequest::EbsKey { region } => self.ebs_key(region).await.map(CheckAnswer::EbsKey),
            CheckRequest::Names { region, names: values } | CheckRequest::Suffixes { region, patterns: values } => {
                let named = filter("name", values.iter().map(String::as_str));
                self.own_images(region, named).await.map(CheckAnswer::Images)
            }
            CheckRequest::CopiesOf { region, sources } => {
                self.copies_of(region, sources).await.map(CheckAnswer::Images)
            }
            CheckRequest::SnapshotKeys { region, snapshots } => {
                let found = self.describe_snapshots(region, snapshots, &[]).await?;
                Ok(CheckAnswer::SnapshotKeys(found.into_iter().map(|s| (s.id, s.kms_key_id)).collect()))
            }
            CheckRequest::PendingCopies { region } => {
                let pending = self.pending_images(region).await?;
                let copies = pending.iter().filter(|image| image.copied_from().is_some()).count();
                Ok(CheckAnswer::PendingCopies(copies))
            }
            CheckRequest::Regions => self.regions().await.map(CheckAnswer::Regions),
            CheckRequest::BlockPublicAccess { region } => {
                self.public_access_blocked(region).await.map(CheckAnswer::PublicAccessBlocked)
            }
            CheckRequest::AllowedImages { region } => self.allowed_images(region).await.map(CheckAnswer::AllowedImages),
            CheckRequest::Zone { region, zone } => self.zone_verdict(region, zone).await.map(CheckAnswer::Zone),
            CheckRequest::Sources { region, images } => {
                self.describe_images(region, images).await.map(CheckAnswer::Images)
            }
            CheckRequest::MissingAccess { image } => self.missing_access(image).await.map(CheckAnswer::MissingAccess),
        }
    }

    /// Returns true if images cannot be shared with everyone. Source: EC2 API reference, `GetImageBlockPublicAccessState`.
    async fn public_access_blocked(&self, region: &Region) -> Result<bool, Failure> {
        let what = format!("ask whether {region} blocks public access to images");
        let call = self.ec2(region).get_image_block_public_access_state();
        let answer = self.call(&what, "ec2:GetImageBlockPublicAccessState", call.send()).await?;
        match answer.image_block_public_access_state() {
            Some("unblocked") => Ok(false),
            Some("block-new-sharing") => Ok(true),
            state => Err(Failure::new(what, format!("the state `{}` is not known", state.unwrap_or_default()))),
        }
    }

    /// Asks by a filter: a zone that is named and not there would be a refusal.
    async fn zone_verdict(&self, region: &Region, zone: &Placement) -> Result<ZoneVerdict, Failure> {
        let by = match zone {
            Placement::Zone(name) => filter("zone-name", [name.as_str()]),
            Placement::ZoneId(id) => filter("zone-id", [id.as_str()]),
            Placement::Region | Placement::Outpost(_) => return Ok(ZoneVerdict::Usable),
        };
        let what = format!("look for the zone in {region}");
        // Without `AllAvailabilityZones` only the zones of enabled groups are listed.
        let call = self.ec2(region).describe_availability_zones().all_availability_zones(true).filters(by);
        let answer = self.call(&what, "ec2:DescribeAvailabilityZones", call.send()).await?;
        Ok(answer.availability_zones().first().map_or(ZoneVerdict::Unusable(ZoneProblem::NotFound), verdict))
    }

    async fn allowed_images(&self, region: &Region) -> Result<AllowedImages, Failure> {
        let what = format!("read the Allowed AMIs settings of {region}");
        let call = self.ec2(region).get_allowed_images_settings();
        let answer = self.call(&what, "ec2:GetAllowedImagesSettings", call.send()).await?;
        let providers = answer.image_criteria().iter().flat_map(ImageCriterion::image_providers);
        Ok(AllowedImages { enforced: answer.state() == Some("enabled"), providers: providers.cloned().collect() })
    }
}

fn verdict(zone: &AvailabilityZone) -> ZoneVerdict {
    if zone.zone_type() != Some("local-zone") {
        return ZoneVerdict::Unusable(ZoneProblem::NotLocal);
    }
    match zone.opt_in_status() {
        Some(AvailabilityZoneOptInStatus::NotOptedIn) => {
            ZoneVerdict::Unusable(ZoneProblem::NotOptedIn { group: zone.group_name().unwrap_or_default().to_owned() })
        }
        _ => ZoneVerdict::Usable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::testing::{CannedResponse, RecordedRequest, ami, eu, images, scripted, us},
        domain::{
            ClientToken, CopyRequest, Encryption, ImageName, KmsKeyRef, SnapshotId, ZoneName,
            review::checks::{KeyVerdict, Permission},
        },
    };

    fn copy() -> CopyRequest {
        CopyRequest {
            source_name: "web".into(),
            encryption: Encryption::Encrypt { key: None },
            volumes: vec![8],
            given_token: Some(ClientToken::given("mine").unwrap()),
            ..CopyRequest::bare(
                (ami("ami-1"), us()),
                eu(),
                ImageName::new("web copy").unwrap(),
                ClientToken::from_random(7),
            )
        }
    }

    fn dry_run_operation() -> CannedResponse {
        CannedResponse::error(412, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
    }

    fn unauthorized() -> CannedResponse {
        let message = "You are not authorized to perform this operation. Encoded authorization failure message: abc";
        CannedResponse::error(403, "UnauthorizedOperation", message)
    }

    #[tokio::test(start_paused = true)]
    async fn a_dry_run_tells_permission_and_carries_no_token() {
        type Script = fn(bool) -> CannedResponse;
        let tagged = |asked: &RecordedRequest| !asked.param("TagSpecification.1.ResourceType").is_empty();
        let denied = Permission::Denied {
            why: "You are not authorized to perform this operation.".into(),
            hint: "The identity needs the IAM action `ec2:CopyImage`; its administrator can grant it.".into(),
        };
        let cases: [(Script, bool, Permission, usize); 4] = [
            (|_| dry_run_operation(), true, Permission::Allowed, 1),
            (|_| unauthorized(), true, denied.clone(), 2),
            (|_| unauthorized(), false, denied, 1),
            (|tagged| if tagged { unauthorized() } else { dry_run_operation() }, true, Permission::WithoutJobTags, 2),
        ];
        for (script, job_tags, expected, calls) in cases {
            let (session, asked) = scripted(move |_, asked| script(tagged(asked)));
            let request = CheckRequest::Permission { copy: Box::new(copy()), job_tags };
            assert_eq!(session.check(&request).await.unwrap(), CheckAnswer::Permission(expected));
            let sent = asked.of("CopyImage");
            assert_eq!(sent.len(), calls);
            for call in sent {
                assert_eq!([call.param("DryRun"), call.param("Encrypted")], ["true", "true"]);
                // The SDK fills in a token of its own.
                let token = call.param("ClientToken");
                assert!(token != "mine" && !token.contains("amigrate"), "{token}");
                assert!(!call.body.contains(copy().token.as_str()), "{}", call.body);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_ignores_dry_runs_is_named() {
        let (session, _) = scripted(|_, _| CannedResponse::ok("<R><imageId>ami-new</imageId></R>"));
        let request = CheckRequest::Permission { copy: Box::new(copy()), job_tags: false };
        let made = Permission::DryRunIgnored { made: "ami-new".into() };
        assert_eq!(session.check(&request).await.unwrap(), CheckAnswer::Permission(made));
    }

    #[tokio::test(start_paused = true)]
    async fn keys_are_told_apart() {
        let key = KmsKeyRef::new("alias/web").unwrap();
        let metadata = |rest: &str| {
            CannedResponse::ok(&format!(
                r#"{{"KeyMetadata":{{"KeyId":"k","Arn":"arn:k","Enabled":true,"KeyUsage":"ENCRYPT_DECRYPT",{rest}}}}}"#
            ))
        };
        let error = |code: &str| CannedResponse::new(400, &format!(r#"{{"__type":"{code}","message":"m"}}"#));
        let cases = [
            (
                metadata(r#""KeyState":"Enabled","KeySpec":"SYMMETRIC_DEFAULT""#),
                Ok(KeyVerdict::Usable { arn: "arn:k".into() }),
            ),
            (
                metadata(r#""KeyState":"Disabled","KeySpec":"SYMMETRIC_DEFAULT""#),
                Ok(KeyVerdict::Unusable { why: "it is disabled".into() }),
            ),
            (
                metadata(r#""KeyState":"Enabled","KeySpec":"RSA_2048""#),
                Ok(KeyVerdict::Unusable { why: "it is a key of RSA_2048 for ENCRYPT_DECRYPT".into() }),
            ),
            (error("NotFoundException"), Ok(KeyVerdict::NotFound)),
            (error("AccessDeniedException"), Err(Some("AccessDeniedException".to_owned()))),
        ];
        for (answer, expected) in cases {
            let (session, _) = scripted(move |_, _| answer.clone());
            let got = session.check(&CheckRequest::Key { region: eu(), key: key.clone() }).await;
            assert_eq!(got.map_err(|failure| failure.code), expected.map(CheckAnswer::Key));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn images_made_from_instances_of_a_source_are_no_copies_of_it() {
        let made = |id: &str, more: &str| {
            format!(
                "<item><imageId>{id}</imageId><imageState>pending</imageState><sourceImageId>ami-1</sourceImageId>{more}</item>"
            )
        };
        let (copy, built) = (made("ami-2", ""), made("ami-3", "<sourceInstanceId>i-1</sourceInstanceId>"));
        let (session, _) =
            scripted(move |_, _| CannedResponse::ok(&format!("<R><imagesSet>{copy}{built}</imagesSet></R>")));
        let request = CheckRequest::CopiesOf { region: eu(), sources: vec![ami("ami-1")] };
        let CheckAnswer::Images(found) = session.check(&request).await.unwrap() else { panic!() };
        assert_eq!(found.iter().map(|image| &image.id).collect::<Vec<_>>(), [&ami("ami-2")]);
        let pending = session.check(&CheckRequest::PendingCopies { region: eu() }).await.unwrap();
        assert_eq!(pending, CheckAnswer::PendingCopies(1));
    }

    #[tokio::test(start_paused = true)]
    async fn filters_and_settings_are_read() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImages" => CannedResponse::ok(&images(&["ami-2"])),
            "DescribeSnapshots" => CannedResponse::ok(
                "<R><snapshotSet><item><snapshotId>snap-1</snapshotId><status>completed</status>\
                 <kmsKeyId>arn:k</kmsKeyId></item></snapshotSet></R>",
            ),
            "GetImageBlockPublicAccessState" => CannedResponse::ok(
                "<R><imageBlockPublicAccessState>block-new-sharing</imageBlockPublicAccessState></R>",
            ),
            _ => CannedResponse::ok(
                "<R><state>enabled</state><imageCriterionSet><item><imageProviderSet><item>amazon</item>\
                 </imageProviderSet></item></imageCriterionSet></R>",
            ),
        });
        for (request, name, value) in [
            (CheckRequest::Names { region: eu(), names: vec!["web".into()] }, "name", "web"),
            (CheckRequest::Suffixes { region: eu(), patterns: vec!["web-?".into()] }, "name", "web-?"),
            (CheckRequest::CopiesOf { region: eu(), sources: vec![ami("ami-1")] }, "source-image-id", "ami-1"),
        ] {
            let CheckAnswer::Images(found) = session.check(&request).await.unwrap() else { panic!("{request:?}") };
            // EC2 names the source of what it finds by that.
            let expected = if matches!(request, CheckRequest::CopiesOf { .. }) { vec![] } else { vec![ami("ami-2")] };
            assert_eq!(found.into_iter().map(|image| image.id).collect::<Vec<_>>(), expected);
            let call = asked.of("DescribeImages").pop().unwrap();
            let sent = ["Owner.1", "IncludeDisabled", "Filter.1.Name", "Filter.1.Value.1"].map(|p| call.param(p));
            assert_eq!(sent, ["self", "true", name, value]);
        }
        let pending = session.check(&CheckRequest::PendingCopies { region: eu() }).await.unwrap();
        assert_eq!(pending, CheckAnswer::PendingCopies(0), "an image that is being created is no copy");
        let blocked = session.check(&CheckRequest::BlockPublicAccess { region: eu() }).await.unwrap();
        assert_eq!(blocked, CheckAnswer::PublicAccessBlocked(true));
        let allowed = session.check(&CheckRequest::AllowedImages { region: us() }).await.unwrap();
        let settings = AllowedImages { enforced: true, providers: vec!["amazon".into()] };
        assert_eq!(allowed, CheckAnswer::AllowedImages(settings));
        let snapshots = vec![SnapshotId::new("snap-1").unwrap()];
        let keys = session.check(&CheckRequest::SnapshotKeys { region: eu(), snapshots }).await.unwrap();
        assert_eq!(keys, CheckAnswer::SnapshotKeys(vec![(SnapshotId::new("snap-1").unwrap(), Some("arn:k".into()))]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_zone_is_looked_up_in_its_region() {
        let item = |kind: &str, opt_in: &str| {
            format!(
                "<R><availabilityZoneInfo><item><zoneType>{kind}</zoneType><groupName>eu-west-1-dub-1</groupName>\
                 <optInStatus>{opt_in}</optInStatus></item></availabilityZoneInfo></R>"
            )
        };
        let name = |text: &str| ZoneName::new(text).unwrap();
        let not_opted_in = ZoneProblem::NotOptedIn { group: "eu-west-1-dub-1".into() };
        for (zone, body, by, expected) in [
            (Placement::ZoneId(name("euw1-dub1-az1")), item("local-zone", "opted-in"), "zone-id", ZoneVerdict::Usable),
            (
                Placement::Zone(name("eu-west-1-dub-1a")),
                item("local-zone", "not-opted-in"),
                "zone-name",
                ZoneVerdict::Unusable(not_opted_in),
            ),
            (
                Placement::Zone(name("eu-west-1a")),
                item("availability-zone", "opt-in-not-required"),
                "zone-name",
                ZoneVerdict::Unusable(ZoneProblem::NotLocal),
            ),
            (
                Placement::ZoneId(name("usw2-lax1-az1")),
                "<R><availabilityZoneInfo/></R>".into(),
                "zone-id",
                ZoneVerdict::Unusable(ZoneProblem::NotFound),
            ),
        ] {
            let (session, asked) = scripted(move |_, _| CannedResponse::ok(&body));
            let request = CheckRequest::Zone { region: eu(), zone };
            assert_eq!(session.check(&request).await.unwrap(), CheckAnswer::Zone(expected));
            let call = asked.of("DescribeAvailabilityZones").pop().unwrap();
            assert_eq!([call.param("AllAvailabilityZones"), call.param("Filter.1.Name")], ["true", by]);
        }
    }
}
