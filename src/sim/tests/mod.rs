//! Tests of the simulator by requests, without a transport.

mod account_settings;
mod accounts;
mod attributes;
mod copies;
mod destinations;
mod eventual_consistency;
mod image_references;
mod lifecycle;
mod listing;
mod other_users;
mod protocol;
mod recycle_bin;
mod register_image;
mod request_rates;
mod robust;
mod roles;
mod sharing;
mod strictness;
mod tags;
mod time_based;
mod time_scale;
mod usage_reports;

use std::str::FromStr as _;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Region;
use crate::sim::{
    Scenario, World,
    transport::query::{self, Request, Response},
};

/// A world with a clock and the access key that signs its requests.
struct TestAws {
    world: World,
    now: Timestamp,
    access_key_id: &'static str,
    session_token: Option<String>,
}

impl TestAws {
    fn new(scenario: &str) -> Self {
        let now = Timestamp::from_str("2026-03-05T12:00:00Z").unwrap();
        let world = World::new(&Scenario::named(scenario).unwrap(), now);
        Self { world, now, access_key_id: "AKIAIOSFODNN7EXAMPLE", session_token: None }
    }

    fn advance(&mut self, ms: i64) {
        self.now += SignedDuration::from_millis(ms);
    }

    fn send(&mut self, service: &str, region: &str, target: Option<&str>, body: &str) -> Response {
        self.send_to("/", service, region, target, body)
    }

    fn send_to(&mut self, path: &str, service: &str, region: &str, target: Option<&str>, body: &str) -> Response {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential={}/20260305/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0",
            self.access_key_id
        );
        let (authorization, body) = (Some(authorization.as_str()), body.as_bytes());
        let security_token = self.session_token.as_deref();
        let request = Request { method: "POST", path, query: "", authorization, security_token, target, body };
        query::respond(&mut self.world, &request, self.now)
    }

    /// Sends an EC2 request and returns status and body.
    fn ec2(&mut self, region: &str, body: &str) -> (u16, String) {
        let response = self.send("ec2", region, None, body);
        (response.status, String::from_utf8(response.body).unwrap())
    }

    /// Sends an EC2 request and returns its error code, or an empty string.
    fn code(&mut self, region: &str, body: &str) -> String {
        let (_, body) = self.ec2(region, body);
        between(&body, "<Code>", "</Code>").first().cloned().unwrap_or_default()
    }

    /// Starts a copy, which must succeed, and returns the new image's id.
    fn copy(&mut self, to: &str, rest: &str) -> String {
        let (status, body) = self.ec2(to, &format!("Action=CopyImage&{rest}"));
        assert_eq!(status, 200, "{body}");
        between(&body, "<imageId>", "</imageId>")[0].clone()
    }

    /// Returns the id of the newest own image whose name matches.
    fn image(&mut self, region: &str, pattern: &str) -> String {
        let (_, body) = self.ec2(
            region,
            &format!("Action=DescribeImages&IncludeDisabled=true&Filter.1.Name=name&Filter.1.Value.1={pattern}"),
        );
        between(&body, "<imageId>", "</imageId>")
            .first()
            .unwrap_or_else(|| panic!("no {pattern} in {region}: {body}"))
            .clone()
    }
}

fn region(name: &str) -> Region {
    Region::new(name).unwrap()
}

/// Returns every text between two delimiters.
fn between(text: &str, from: &str, to: &str) -> Vec<String> {
    text.split(from).skip(1).filter_map(|rest| Some(rest.split_once(to)?.0.to_owned())).collect()
}
