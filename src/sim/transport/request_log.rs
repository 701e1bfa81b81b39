//! The latest requests as they were received, which the server shows at `/_requests`: what a client sends can be held against
//! AWS's own model of it.

use std::collections::VecDeque;

use serde_json::{Value, json};

use crate::sim::transport::query::Request;

/// Bytes of requests to keep; older ones are dropped.
const CAPACITY: usize = 8 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    /// With the size of each.
    requests: VecDeque<(Value, usize)>,
    size: usize,
}

impl RequestLog {
    /// Records a request with the HTTP status of its response. No credentials are kept.
    pub(crate) fn record(&mut self, request: &Request<'_>, status: u16) {
        let scope = request.authorization.and_then(|a| a.split_once("Credential=")?.1.split(',').next());
        let mut scope = scope.unwrap_or_default().rsplit('/').skip(1);
        let (service, region) = (scope.next(), scope.next());
        let entry = json!({
            "service": service,
            "region": region,
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "target": request.target,
            "body": String::from_utf8_lossy(request.body),
            "status": status,
        });
        let size = request.path.len() + request.query.len() + request.body.len() + 128;
        self.requests.push_back((entry, size));
        self.size += size;
        while self.size > CAPACITY {
            let Some((_, size)) = self.requests.pop_front() else { break };
            self.size -= size;
        }
    }

    /// Returns the requests, oldest first.
    pub(crate) fn json(&self) -> String {
        Value::Array(self.requests.iter().map(|(entry, _)| entry.clone()).collect()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_latest_requests_and_no_credentials() {
        let mut log = RequestLog::default();
        let body = vec![b'x'; 1024 * 1024];
        let authorization = Some("AWS4-HMAC-SHA256 Credential=KEY/20260305/eu-west-1/ec2/aws4_request, Signature=0");
        for status in 200..220 {
            log.record(
                &Request { method: "POST", path: "/", authorization, body: &body, ..Request::default() },
                status,
            );
        }
        assert!(!log.json().contains("KEY") && log.json().contains(r#""service":"ec2","region":"eu-west-1""#));
        let kept: Vec<u64> = log.requests.iter().filter_map(|(entry, _)| entry["status"].as_u64()).collect();
        assert_eq!(kept, (213..220).collect::<Vec<_>>());
    }
}
