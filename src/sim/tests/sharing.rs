//! What one account sees of another's images, snapshots and keys, and what it may copy of them.

use rstest::rstest;
use serde_json::{Value, json};

use super::{TestAws, between, region};
use crate::{
    domain::{AccountId, image_access::GRANTED_OPERATIONS, key_policy},
    sim::{Scenario, World},
};

const BUILD: &str = "AKIASIMULATEDBUILD00";
const US: &str = "123456789012";

fn names(answer: &str) -> Vec<String> {
    // A name with its date; filters of snapshots have none.
    let mut names: Vec<String> = between(answer, "<name>", "</name>")
        .iter()
        .map(|name| name.rsplit_once('-').map_or(name.as_str(), |(family, _)| family).to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

impl TestAws {
    /// Returns the newest image of the build account by its name.
    fn built(&mut self, pattern: &str) -> String {
        let mut id = String::new();
        self.as_build(|aws| id = aws.image("us-east-1", pattern));
        id
    }

    fn snapshots_of(&mut self, image: &str) -> Vec<String> {
        let answer = self.ec2("us-east-1", &format!("Action=DescribeImages&ImageId.1={image}")).1;
        between(&answer, "<snapshotId>", "</snapshotId>")
    }

    fn kms(&mut self, action: &str, input: &Value) -> Value {
        let target = format!("TrentService.{action}");
        let response = self.send("kms", "us-east-1", Some(&target), &input.to_string());
        serde_json::from_slice(&response.body).unwrap()
    }

    fn copy_code(&mut self, image: &str) -> String {
        let copy = format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={image}&Name=ours");
        self.code("us-west-2", &copy)
    }

    fn as_build(&mut self, act: impl FnOnce(&mut Self)) {
        let before = (self.access_key_id, self.session_token.clone());
        self.sign_in(BUILD);
        act(self);
        (self.access_key_id, self.session_token) = before;
    }
}

#[test]
fn images_are_seen_by_those_they_are_shared_with() {
    let mut aws = TestAws::new("accounts");
    let shared = "Action=DescribeImages&ExecutableBy.1=self";
    let all = ["golden-erp", "golden-fips", "golden-linux", "golden-windows"];
    let seen = aws.ec2("us-east-1", shared).1;
    assert_eq!(names(&seen), all);
    assert!(!seen.contains("<tagSet><item>"), "tags are the owner's: {seen}");
    assert_eq!(names(&aws.ec2("us-east-1", "Action=DescribeImages&Owner.1=210987654321").1), all);
    assert_eq!(names(&aws.ec2("eu-west-1", shared).1), ["golden-linux"]);
    assert_eq!(names(&aws.ec2("us-east-1", "Action=DescribeImages&Owner.1=self").1), ["app-web"]);
    aws.assume("arn:aws:iam::555566667777:role/image-copier");
    assert_eq!(names(&aws.ec2("us-east-1", shared).1), ["golden-erp", "golden-linux"]);
    let fips = aws.built("golden-fips-*");
    assert_eq!(aws.code("us-east-1", &format!("Action=DescribeImages&ImageId.1={fips}")), "InvalidAMIID.NotFound");
}

#[test]
fn pages_have_every_image_once() {
    let mut aws = TestAws::new("accounts");
    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let answer = aws.ec2("us-east-1", &format!("Action=DescribeImages&MaxResults=5{token}")).1;
        ids.extend(between(&answer, "<imageId>", "</imageId>"));
        let Some(next) = between(&answer, "<nextToken>", "</nextToken>").pop() else { break };
        token = format!("&NextToken={next}");
    }
    let whole = between(&aws.ec2("us-east-1", "Action=DescribeImages").1, "<imageId>", "</imageId>");
    assert_eq!(ids, whole);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), whole.len());
}

#[rstest]
#[case::shared_whole("golden-linux-*", "")]
#[case::shared_key("golden-erp-*", "")]
#[case::snapshots_not_shared("golden-windows-*", "InvalidRequest")]
#[case::key_not_shared("golden-fips-*", "InvalidRequest")]
#[case::not_shared("golden-candidate-*", "InvalidAMIID.NotFound")]
fn a_copy_takes_image_snapshots_and_key(#[case] name: &str, #[case] code: &str) {
    let mut aws = TestAws::new("accounts");
    let image = aws.built(name);
    assert_eq!(aws.copy_code(&image), code);
}

#[test]
fn a_shared_image_is_its_owners_to_change() {
    let mut aws = TestAws::new("accounts");
    let image = aws.built("golden-linux-*");
    for ask in ["DeregisterImage&ImageId={}", "DescribeImageAttribute&Attribute=launchPermission&ImageId={}"] {
        let code = aws.code("us-east-1", &format!("Action={}", ask.replace("{}", &image)));
        assert_eq!(code, "AuthFailure", "{ask}");
    }
    let snapshot = aws.snapshots_of(&image).remove(0);
    let delete = format!("Action=DeleteSnapshot&SnapshotId={snapshot}");
    assert_eq!(aws.code("us-east-1", &delete), "UnauthorizedOperation");
    assert!(aws.world.changes().is_empty());
}

#[test]
fn nobody_gives_away_what_belongs_to_another_account() {
    let mut aws = TestAws::new("accounts");
    let image = aws.built("golden-linux-*");
    let snapshot = aws.snapshots_of(&image).remove(0);
    for ask in [
        format!("ModifyImageAttribute&ImageId={image}&LaunchPermission.Add.1.UserId=555566667777"),
        format!("ModifySnapshotAttribute&SnapshotId={snapshot}&CreateVolumePermission.Add.1.UserId=555566667777"),
    ] {
        assert_eq!(aws.code("us-east-1", &format!("Action={ask}")), "AuthFailure", "{ask}");
    }
    let mut managed = String::new();
    aws.as_build(|aws| {
        let legacy = aws.image("us-east-1", "golden-legacy-*");
        let snapshot = aws.snapshots_of(&legacy).remove(0);
        let share = format!("Action=ModifySnapshotAttribute&SnapshotId={snapshot}&CreateVolumePermission.Add.1.UserId={US}");
        assert_eq!(aws.code("us-east-1", &share), "OperationNotPermitted");
        let seen = aws.ec2("us-east-1", &format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}")).1;
        managed = between(&seen, "<kmsKeyId>", "</kmsKeyId>").remove(0);
        let grant = json!({ "KeyId": managed, "GranteePrincipal": format!("arn:aws:iam::{US}:root"), "Operations": ["Decrypt"] });
        assert_eq!(aws.kms("CreateGrant", &grant)["__type"], "AccessDeniedException", "nobody grants it");
    });
    assert_eq!(aws.kms("DescribeKey", &json!({ "KeyId": managed }))["__type"], "AccessDeniedException");
    assert!(aws.world.changes().is_empty());
}

#[test]
fn sharing_the_snapshots_makes_a_copy_possible_and_unsharing_ends_it() {
    let mut aws = TestAws::new("accounts");
    let image = aws.built("golden-windows-*");
    let snapshot = aws.snapshots_of(&image).remove(0);
    let read = format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}");
    assert_eq!(aws.code("us-east-1", &read), "InvalidSnapshot.NotFound");
    let share = format!("Action=ModifySnapshotAttribute&SnapshotId={snapshot}&CreateVolumePermission.");
    aws.as_build(|aws| assert_eq!(aws.code("us-east-1", &format!("{share}Add.1.UserId={US}")), ""));
    assert_eq!(aws.code("us-east-1", &read), "");
    let restorable = aws.ec2("us-east-1", "Action=DescribeSnapshots&RestorableBy.1=self&Owner.1=210987654321").1;
    assert!(restorable.contains(&snapshot), "{restorable}");
    assert_eq!(aws.copy_code(&image), "");
    aws.as_build(|aws| assert_eq!(aws.code("us-east-1", &format!("{share}Remove.1.UserId={US}")), ""));
    assert_eq!(aws.copy_code(&image), "InvalidRequest");
    // Without a launch permission the image is not seen at all.
    let unshare = format!("Action=ModifyImageAttribute&ImageId={image}&LaunchPermission.Remove.1.UserId={US}");
    aws.as_build(|aws| assert_eq!(aws.code("us-east-1", &unshare), ""));
    assert_eq!(aws.copy_code(&image), "InvalidAMIID.NotFound");
}

#[test]
fn a_grant_of_the_key_makes_a_copy_possible() {
    let mut aws = TestAws::new("accounts");
    let image = aws.built("golden-fips-*");
    let snapshot = aws.snapshots_of(&image).remove(0);
    let described = aws.ec2("us-east-1", &format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}")).1;
    let key = between(&described, "<kmsKeyId>", "</kmsKeyId>").remove(0);
    assert!(aws.kms("DescribeKey", &json!({ "KeyId": key }))["__type"] == "AccessDeniedException");
    let grantee = format!("arn:aws:iam::{US}:root");
    let mut grant = json!({ "KeyId": key, "GranteePrincipal": grantee, "Name": "copies", "Operations": ["Decrypt"] });
    assert_eq!(aws.kms("CreateGrant", &grant)["__type"], "AccessDeniedException", "the key is not ours");
    aws.as_build(|aws| assert!(aws.kms("CreateGrant", &grant)["GrantId"].is_string()));
    assert_eq!(aws.copy_code(&image), "InvalidRequest", "to decrypt is not enough");
    grant["Operations"] = json!(["CreateGrant", "Decrypt", "DescribeKey", "ReEncryptFrom"]);
    let mut id = String::new();
    aws.as_build(|aws| {
        let first = aws.kms("CreateGrant", &grant);
        assert_eq!(aws.kms("CreateGrant", &grant)["GrantId"], first["GrantId"], "a repeated one is the same");
        id = first["GrantId"].as_str().unwrap().to_owned();
        let listed = aws.kms("ListGrants", &json!({ "KeyId": key }));
        assert_eq!(listed["Grants"].as_array().unwrap().len(), 2, "{listed}");
    });
    aws.advance(3_000);
    assert_eq!(aws.kms("DescribeKey", &json!({ "KeyId": key }))["KeyMetadata"]["AWSAccountId"], "210987654321");
    assert_eq!(aws.copy_code(&image), "");
    aws.as_build(|aws| {
        assert_eq!(aws.kms("RevokeGrant", &json!({ "KeyId": key, "GrantId": id })), json!({}));
        assert_eq!(aws.kms("RevokeGrant", &json!({ "KeyId": key, "GrantId": id }))["__type"], "NotFoundException");
    });
    assert_eq!(aws.copy_code(&image), "InvalidRequest");
}

impl TestAws {
    /// Returns the newest image of the build account by its name, and the key of its snapshots.
    fn encrypted(&mut self, name: &str) -> (String, String) {
        let image = self.built(name);
        let snapshot = self.snapshots_of(&image).remove(0);
        let described = self.ec2("us-east-1", &format!("Action=DescribeSnapshots&SnapshotId.1={snapshot}")).1;
        (image, between(&described, "<kmsKeyId>", "</kmsKeyId>").remove(0))
    }

    /// Has the build account make a grant, and returns its token.
    fn grant(&mut self, key: &str, operations: &[&str]) -> String {
        let grant =
            json!({ "KeyId": key, "GranteePrincipal": format!("arn:aws:iam::{US}:root"), "Operations": operations });
        let mut token = String::new();
        self.as_build(|aws| token = aws.kms("CreateGrant", &grant)["GrantToken"].as_str().unwrap().to_owned());
        token
    }

    /// Copies the image and returns the state in which the copy ends.
    fn copied(&mut self, image: &str) -> String {
        let id = self.copy("us-west-2", &format!("SourceRegion=us-east-1&SourceImageId={image}&Name=ours"));
        self.advance(1_200_000);
        let seen = self.ec2("us-west-2", &format!("Action=DescribeImages&ImageId.1={id}")).1;
        between(&seen, "<imageState>", "</imageState>").concat()
    }
}

#[test]
fn a_grant_is_of_use_at_once_with_its_token_only_and_ec2_has_none() {
    let mut aws = TestAws::new("accounts");
    let (image, key) = aws.encrypted("golden-fips-*");
    let token = aws.grant(&key, &["CreateGrant", "Decrypt", "DescribeKey", "ReEncryptFrom"]);
    assert_eq!(aws.kms("DescribeKey", &json!({ "KeyId": key }))["__type"], "AccessDeniedException");
    let described = aws.kms("DescribeKey", &json!({ "KeyId": key, "GrantTokens": [token] }));
    assert_eq!(described["KeyMetadata"]["KeyState"], "Enabled");
    assert_eq!(
        aws.kms("DescribeKey", &json!({ "KeyId": key, "GrantTokens": ["AQp"] }))["__type"],
        "AccessDeniedException"
    );
    // The request is accepted, and the copy fails while it runs.
    assert_eq!(aws.copied(&image), "failed");
    assert_eq!(aws.copied(&image), "available", "by now the grant has taken effect");
}

#[test]
fn what_a_copy_takes_is_granted_by_one_grant() {
    let mut aws = TestAws::new("accounts");
    let (image, key) = aws.encrypted("golden-fips-*");
    for operations in [&["CreateGrant", "DescribeKey"][..], &["Decrypt", "ReEncryptFrom"]] {
        aws.grant(&key, operations);
    }
    aws.advance(3_000);
    assert_eq!(
        aws.copy_code(&image),
        "InvalidRequest",
        "a grant made by the first could not have the second's operations"
    );
    aws.grant(&key, &["CreateGrant", "Decrypt", "ReEncryptFrom"]);
    aws.advance(3_000);
    assert_eq!(aws.copied(&image), "available", "the key may be described by another grant");
}

#[test]
fn who_may_describe_a_key_may_do_nothing_else() {
    let mut aws = TestAws::new("accounts");
    let (image, key) = aws.encrypted("golden-erp-*");
    let us = AccountId::new(US).unwrap();
    let policy = |aws: &mut TestAws| {
        let mut text = String::new();
        aws.as_build(|aws| {
            text = aws.kms("GetKeyPolicy", &json!({ "KeyId": key }))["Policy"].as_str().unwrap().to_owned();
        });
        text
    };
    let may = |policy: &str| key_policy::may_allow(policy, &us, &GRANTED_OPERATIONS);
    assert!(may(&policy(&mut aws)), "it is shared");
    aws.as_build(|aws| {
        let build = AccountId::new("210987654321").unwrap();
        aws.world.as_account(&build, |w| w.let_describe_keys(&region("us-east-1"), &us));
    });
    assert_eq!(aws.kms("DescribeKey", &json!({ "KeyId": key }))["KeyMetadata"]["KeyState"], "Enabled");
    assert_eq!(aws.kms("GetKeyPolicy", &json!({ "KeyId": key }))["__type"], "AccessDeniedException");
    assert!(!may(&policy(&mut aws)));
    assert_eq!(aws.copy_code(&image), "InvalidRequest");
}

#[test]
fn a_disabled_key_decrypts_for_nobody() {
    let mut aws = TestAws::new("accounts");
    let (image, key) = aws.encrypted("golden-erp-*");
    let build = AccountId::new("210987654321").unwrap();
    aws.world.as_account(&build, |w| w.set_key_states(&region("us-east-1"), "Disabled"));
    assert_eq!(aws.copy_code(&image), "InvalidRequest");
    assert_eq!(aws.kms("DescribeKey", &json!({ "KeyId": key }))["KeyMetadata"]["KeyState"], "Disabled");
    aws.as_build(|aws| assert_eq!(aws.copied(&image), "failed", "not for its owner either"));
}

#[test]
fn each_account_has_its_own_opt_in_regions() {
    let text = "summary = 'x'\nseed = 7\naccount = '123456789012'\nhome = 'us-east-1'\nextends = 'accounts'\n\
                [[other_account]]\nid = '777788889999'\nprofile = 'bahrain'\naccess_key = 'AKIASIMULATEDBAHRAIN'\nopted_in = ['me-south-1']";
    let now = "2026-03-05T12:00:00Z".parse().unwrap();
    let world = World::new(&Scenario::parse(text).unwrap(), now);
    let mut aws = TestAws { world, ..TestAws::new("empty") };
    let enabled = |aws: &mut TestAws| {
        let there = between(&aws.ec2("us-east-1", "Action=DescribeRegions").1, "<regionName>", "</regionName>");
        (there.contains(&"me-south-1".to_owned()), aws.code("me-south-1", "Action=DescribeImages&Owner.1=self"))
    };
    assert_eq!(enabled(&mut aws), (false, "AuthFailure".into()));
    aws.sign_in("AKIASIMULATEDBAHRAIN");
    assert_eq!(enabled(&mut aws), (true, String::new()));
    aws.world.as_account(&AccountId::new("777788889999").unwrap(), |w| w.set_opted_in(&region("me-south-1"), false));
    assert_eq!(enabled(&mut aws), (false, "AuthFailure".into()));
    aws.sign_in("AKIAIOSFODNN7EXAMPLE");
    aws.world.set_opted_in(&region("me-south-1"), true);
    assert_eq!(enabled(&mut aws), (true, String::new()));
    // Those that need no opting in are always enabled.
    aws.world.set_opted_in(&region("us-west-2"), false);
    assert_eq!(aws.code("us-west-2", "Action=DescribeImages&Owner.1=self"), "");
}

#[rstest]
#[case(json!({ "GranteePrincipal": "123456789012" }), "InvalidArnException")]
#[case(json!({ "GranteePrincipal": "arn:aws:iam::123456789012:group/x" }), "InvalidArnException")]
#[case(json!({ "Operations": ["Decrypted"] }), "ValidationException")]
#[case(json!({ "Operations": [] }), "ValidationException")]
#[case(json!({ "KeyId": "alias/golden" }), "NotFoundException")]
#[case(json!({ "KeyId": "alias/aws/ebs" }), "NotFoundException")]
fn a_grant_that_kms_would_refuse_is_refused(#[case] change: Value, #[case] code: &str) {
    let mut aws = TestAws::new("accounts");
    aws.sign_in(BUILD);
    let keys = aws.kms("ListAliases", &json!({}));
    let golden = keys["Aliases"].as_array().unwrap().iter().find(|a| a["AliasName"] == "alias/golden").unwrap();
    let mut grant = json!({ "KeyId": golden["TargetKeyId"], "GranteePrincipal": "arn:aws:iam::123456789012:root",
        "Operations": ["Decrypt"] });
    for (name, value) in change.as_object().unwrap() {
        grant[name] = value.clone();
    }
    assert_eq!(aws.kms("CreateGrant", &grant)["__type"], code);
}

#[test]
fn an_image_with_the_default_key_cannot_be_shared() {
    let mut aws = TestAws::new("accounts");
    aws.sign_in(BUILD);
    let image = aws.image("us-east-1", "golden-legacy-*");
    let share = format!("Action=ModifyImageAttribute&ImageId={image}&LaunchPermission.Add.1.UserId={US}");
    assert_eq!(aws.code("us-east-1", &share), "InvalidParameter");
}

#[test]
fn a_copy_belongs_to_the_account_that_made_it() {
    let mut aws = TestAws::new("accounts");
    let image = aws.built("golden-erp-*");
    aws.assume("arn:aws:iam::555566667777:role/image-copier");
    let copy =
        format!("SourceRegion=us-east-1&SourceImageId={image}&Name=erp&Encrypted=true&KmsKeyId=alias/production");
    let id = aws.copy("us-west-2", &copy);
    aws.advance(1_200_000);
    let ask = format!("Action=DescribeImages&ImageId.1={id}");
    let seen = aws.ec2("us-west-2", &ask).1;
    assert!(seen.contains("<imageState>available") && seen.contains("<imageOwnerId>555566667777"), "{seen}");
    for (key, name) in [("x", "the scenario's account"), (BUILD, "the source's owner")] {
        aws.sign_in(key);
        assert_eq!(aws.code("us-west-2", &ask), "InvalidAMIID.NotFound", "{name}");
    }
}

#[test]
fn public_images_are_seen_by_every_account() {
    let mut aws = TestAws::new("accounts");
    let ask = "Action=DescribeImages&Owner.1=amazon";
    let ours = names(&aws.ec2("us-east-1", ask).1);
    aws.sign_in(BUILD);
    assert_eq!(names(&aws.ec2("us-east-1", ask).1), ours);
    assert!(ours.len() > 2, "{ours:?}");
}
