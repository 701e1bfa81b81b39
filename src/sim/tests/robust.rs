//! Properties: no request makes the simulator panic, and EC2's guarantees hold for any sequence of requests.

use proptest::prelude::*;

use super::TestAws;
use crate::sim::glob::glob;

/// Matches by the definition, for comparison.
fn slow_glob(pattern: &[char], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some(('*', rest)) => (0..=text.len()).any(|n| slow_glob(rest, &text[n..])),
        Some(('?', rest)) => !text.is_empty() && slow_glob(rest, &text[1..]),
        Some((c, rest)) => text.first() == Some(c) && slow_glob(rest, &text[1..]),
    }
}

const ACTIONS: [&str; 10] = [
    "DescribeRegions",
    "DescribeImages",
    "DescribeSnapshots",
    "CopyImage",
    "DeregisterImage",
    "DeleteSnapshot",
    "CreateTags",
    "GetEbsDefaultKmsKeyId",
    "GetEbsEncryptionByDefault",
    "Nothing",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn wildcards_match_by_the_definition(pattern in "[ab*?]{0,8}", text in "[abc]{0,10}") {
        let chars = |s: &str| s.chars().collect::<Vec<_>>();
        prop_assert_eq!(glob(&pattern, &text), slow_glob(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn any_form_gets_a_response(
        action in prop::sample::select(&ACTIONS[..]),
        rest in prop::collection::vec(("[A-Za-z.0-9]{0,20}", any::<String>()), 0..6),
        bytes in any::<Vec<u8>>(),
    ) {
        let mut aws = TestAws::new("empty");
        let mut form = form_urlencoded::Serializer::new(format!("Action={action}"));
        form.extend_pairs(&rest);
        let (status, _) = aws.ec2("us-east-1", &form.finish());
        prop_assert!((200..600).contains(&status));
        let noise = String::from_utf8_lossy(&bytes);
        prop_assert!((400..500).contains(&aws.send("ec2", "us-east-1", None, &noise).status));
        prop_assert!((200..500).contains(&aws.send("kms", "us-east-1", Some("TrentService.ListKeys"), &noise).status));
    }

    #[test]
    fn tokens_never_make_two_images(asks in prop::collection::vec((0..3_u8, 0..3_u8, 0..90_000_i64), 1..12)) {
        let mut aws = TestAws::new("empty");
        let source = aws.image("us-east-1", "al2023-*");
        for (token, name, wait) in asks {
            let ask = format!("Action=CopyImage&SourceRegion=us-east-1&SourceImageId={source}&Name=name-{name}&ClientToken=t{token}");
            aws.ec2("us-west-2", &ask);
            aws.advance(wait);
        }
        let state = aws.world.regions.iter().find(|a| a.region.as_str() == "us-west-2").unwrap();
        let created = state.created_images.len();
        prop_assert!(created <= 3, "{created}");
        prop_assert_eq!(state.tokens.len(), created);
    }
}
