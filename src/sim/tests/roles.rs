//! Roles: who may assume them, what their sessions may do, and when they expire.

use rstest::rstest;

use super::{TestAws, between};

const COPIER: &str = "arn:aws:iam::555566667777:role/image-copier";
const AUDITOR: &str = "arn:aws:iam::555566667777:role/auditor";

impl TestAws {
    fn sts(&mut self, body: &str) -> String {
        String::from_utf8(self.send("sts", "us-east-1", None, body).body).unwrap()
    }

    /// Assumes a role, whose session signs all later requests.
    pub(super) fn assume(&mut self, role: &str) {
        let answer = self.sts(&format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=tests"));
        let one = |name: &str| between(&answer, &format!("<{name}>"), &format!("</{name}>")).concat();
        self.access_key_id = one("AccessKeyId").leak();
        self.session_token = Some(one("SessionToken"));
        assert!(self.access_key_id.starts_with("ASIA"), "{answer}");
    }

    pub(super) fn sign_in(&mut self, key: &'static str) {
        (self.access_key_id, self.session_token) = (key, None);
    }
}

#[test]
fn a_session_is_the_roles_account_until_it_expires() {
    let mut aws = TestAws::new("accounts");
    aws.assume(COPIER);
    let who = aws.sts("Action=GetCallerIdentity");
    assert!(who.contains("<Account>555566667777</Account>"), "{who}");
    assert!(who.contains("<Arn>arn:aws:sts::555566667777:assumed-role/image-copier/tests</Arn>"), "{who}");
    let batch = "Action=DescribeImages&Owner.1=self";
    assert_eq!(between(&aws.ec2("us-east-1", batch).1, "<name>", "</name>").len(), 2);
    aws.advance(3_599_000);
    assert_eq!(aws.code("us-east-1", batch), "");
    aws.advance(1_000);
    assert_eq!(aws.code("us-east-1", batch), "RequestExpired");
    assert!(aws.sts("Action=GetCallerIdentity").contains("<Code>ExpiredToken</Code>"));
    let kms = aws.send("kms", "us-east-1", Some("TrentService.ListKeys"), "{}").body;
    assert!(String::from_utf8(kms).unwrap().contains("ExpiredTokenException"));
    // Another session goes on.
    aws.sign_in("x");
    aws.assume(COPIER);
    assert_eq!(aws.code("us-east-1", batch), "");
}

#[test]
fn a_session_needs_its_token() {
    let mut aws = TestAws::new("accounts");
    aws.assume(COPIER);
    for token in [None, Some("another")] {
        aws.session_token = token.map(str::to_owned);
        assert_eq!(aws.code("us-east-1", "Action=DescribeRegions"), "AuthFailure", "{token:?}");
    }
    aws.sign_in("ASIASIMULATED0000000");
    assert_eq!(aws.code("us-east-1", "Action=DescribeRegions"), "AuthFailure", "nobody was given this key");
}

#[rstest]
#[case::not_trusted("RoleArn=arn:aws:iam::555566667777:role/break-glass&RoleSessionName=tests", "AccessDenied")]
#[case::no_such_role("RoleArn=arn:aws:iam::555566667777:role/nobody&RoleSessionName=tests", "AccessDenied")]
#[case::no_such_account("RoleArn=arn:aws:iam::999999999999:role/image-copier&RoleSessionName=tests", "AccessDenied")]
#[case::no_name("RoleArn=arn:aws:iam::555566667777:role/image-copier", "ValidationError")]
#[case::bad_name("RoleArn=arn:aws:iam::555566667777:role/image-copier&RoleSessionName=a%20b", "ValidationError")]
#[case::no_role("RoleSessionName=tests", "ValidationError")]
#[case::short(
    "RoleArn=arn:aws:iam::555566667777:role/image-copier&RoleSessionName=tests&DurationSeconds=899",
    "ValidationError"
)]
#[case::long(
    "RoleArn=arn:aws:iam::555566667777:role/image-copier&RoleSessionName=tests&DurationSeconds=3601",
    "ValidationError"
)]
#[case::fits("RoleArn=arn:aws:iam::555566667777:role/image-copier&RoleSessionName=tests&DurationSeconds=900", "")]
fn a_role_is_assumed_by_whom_it_trusts(#[case] parameters: &str, #[case] code: &str) {
    let mut aws = TestAws::new("accounts");
    let answer = aws.sts(&format!("Action=AssumeRole&Version=2011-06-15&{parameters}"));
    assert_eq!(between(&answer, "<Code>", "</Code>").concat(), code, "{answer}");
}

#[test]
fn a_policy_may_deny_to_assume_and_a_role_may_deny_actions() {
    let mut aws = TestAws::new("accounts");
    aws.assume(AUDITOR);
    let image = aws.image("us-east-1", "app-batch-*");
    let denied = aws.ec2("us-east-1", &format!("Action=DeregisterImage&ImageId={image}")).1;
    assert!(denied.contains("<Code>UnauthorizedOperation</Code>"), "{denied}");
    assert!(denied.contains("User: arn:aws:sts::555566667777:assumed-role/auditor/tests is not"), "{denied}");
    aws.sign_in("x");
    aws.world.policy().deny("AssumeRole");
    let answer = aws.sts(&format!("Action=AssumeRole&RoleArn={COPIER}&RoleSessionName=tests"));
    assert!(answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    assert!(aws.sts("Action=GetCallerIdentity").contains("123456789012"));
}

#[test]
fn a_session_may_assume_the_next_role() {
    let mut aws = TestAws::new("accounts");
    aws.assume("arn:aws:iam::210987654321:role/image-publisher");
    aws.assume(COPIER);
    assert!(aws.sts("Action=GetCallerIdentity").contains("<Account>555566667777</Account>"));
}
