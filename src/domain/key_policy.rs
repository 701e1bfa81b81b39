//! What the policy of a KMS key may allow another account, as far as its JSON shows.

use regex::RegexBuilder;
use serde_json::Value;

use crate::domain::account::AccountId;

/// Returns true unless the policy allows the account nothing, or less than these operations: true as well if that depends on a condition,
/// on who in the account asks, or cannot be read. Denials are not looked at.
pub fn may_allow(policy: &str, account: &AccountId, operations: &[&str]) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else { return true };
    let statements: Vec<&Value> = list(&policy["Statement"]).filter(|one| one["Effect"] == "Allow").collect();
    let allowed = |operation: &&str| {
        let of = |statement: &&&Value| is_about(statement, account) && has_action(statement, operation);
        statements.iter().any(|statement| of(&statement))
    };
    operations.iter().all(allowed)
}

fn is_about(statement: &Value, account: &AccountId) -> bool {
    let principal = &statement["Principal"];
    let named = |one: &str| one == "*" || one == account.as_str() || one.split(':').nth(4) == Some(account.as_str());
    let of_aws = || list(&principal["AWS"]).filter_map(Value::as_str).any(named);
    !statement["NotPrincipal"].is_null() || principal == "*" || of_aws()
}

fn has_action(statement: &Value, operation: &str) -> bool {
    let action = format!("kms:{operation}");
    let matches = |pattern: &str| wildcard(pattern, &action);
    !statement["NotAction"].is_null() || list(&statement["Action"]).filter_map(Value::as_str).any(matches)
}

/// Returns the elements of an array, or the value itself: IAM takes one for the other.
fn list(value: &Value) -> impl Iterator<Item = &Value> {
    let one = if value.is_null() || value.is_array() { None } else { Some(value) };
    value.as_array().into_iter().flatten().chain(one)
}

/// Returns true if the action is as the pattern, in which `*` stands for any text and `?` for one character. Case makes no difference.
fn wildcard(pattern: &str, action: &str) -> bool {
    let expression = regex::escape(pattern).replace(r"\*", ".*").replace(r"\?", ".");
    // One that is too large is not read.
    RegexBuilder::new(&format!("^(?:{expression})$"))
        .case_insensitive(true)
        .build()
        .is_ok_and(|expression| expression.is_match(action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::image_access::GRANTED_OPERATIONS;

    #[rstest::rstest]
    #[case::whole_account(
        r#"{"AWS": "arn:aws:iam::123456789012:root"}"#,
        r#"["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:ReEncrypt*"]"#,
        true
    )]
    #[case::by_its_id(r#"{"AWS": ["999999999999", "123456789012"]}"#, r#""kms:*""#, true)]
    #[case::a_role_of_it(r#"{"AWS": "arn:aws:iam::123456789012:role/copier"}"#, r#""KMS:*""#, true)]
    #[case::everybody(r#""*""#, r#""*""#, true)]
    #[case::everybody_in_aws(r#"{"AWS": "*"}"#, r#"["kms:CreateGrant", "kms:D*", "kms:ReEncryptFro?"]"#, true)]
    #[case::another_account(r#"{"AWS": "arn:aws:iam::999999999999:root"}"#, r#""kms:*""#, false)]
    #[case::a_service(r#"{"Service": "ec2.amazonaws.com"}"#, r#""kms:*""#, false)]
    #[case::only_looks(r#"{"AWS": "123456789012"}"#, r#"["kms:Describe*", "kms:List*"]"#, false)]
    #[case::no_grants(r#"{"AWS": "123456789012"}"#, r#"["kms:Decrypt", "kms:DescribeKey", "kms:ReEncrypt*"]"#, false)]
    #[case::only_to(r#"{"AWS": "123456789012"}"#, r#"["kms:CreateGrant", "kms:De*", "kms:ReEncryptTo"]"#, false)]
    fn a_policy_allows_whom_and_what_it_names(#[case] principal: &str, #[case] action: &str, #[case] expected: bool) {
        let account = AccountId::new("123456789012").unwrap();
        let own = r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": "kms:*"}"#;
        let statement = format!(r#"{{"Effect": "Allow", "Principal": {principal}, "Action": {action}}}"#);
        let may =
            |statements: &str| may_allow(&format!(r#"{{"Statement": {statements}}}"#), &account, &GRANTED_OPERATIONS);
        assert_eq!(may(&format!("[{own}, {statement}]")), expected);
        assert_eq!(may(&statement), expected, "one statement needs no list");
        assert!(!may(&format!("[{own}]")));
        assert!(!may(&statement.replace("Allow", "Deny")));
    }

    #[test]
    fn what_several_statements_allow_is_allowed_and_what_cannot_be_read_may_be() {
        let account = AccountId::new("123456789012").unwrap();
        let may = |policy: &str| may_allow(policy, &account, &GRANTED_OPERATIONS);
        let statement = |action: &str| {
            format!(
                r#"{{"Effect": "Allow", "Principal": {{"AWS": "123456789012"}}, "Action": {action},
                    "Condition": {{"Bool": {{"kms:GrantIsForAWSResource": "true"}}}}}}"#
            )
        };
        let (grants, uses) = (statement(r#""kms:CreateGrant""#), statement(r#"["kms:De*", "kms:ReEncrypt*"]"#));
        assert!(may(&format!(r#"{{"Statement": [{grants}, {uses}]}}"#)));
        assert!(!may(&format!(r#"{{"Statement": [{grants}]}}"#)));
        assert!(may("") && may("<policy>"), "nothing is known of it");
        let rest = r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "999999999999"}, "NotAction": "kms:Delete*"}"#;
        assert!(may(&format!(r#"{{"Statement": {rest}}}"#)));
    }
}
