//! Detects truncated responses. The SDK's XML parser takes the end of the text as the end of every open element, so that half a
//! list would pass for a complete one.

use aws_sdk_ec2::{
    config::{ConfigBag, Intercept, RuntimeComponents},
    error::BoxError,
};
use aws_smithy_runtime_api::client::interceptors::context::AfterDeserializationInterceptorContextRef;

#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off")]
pub(super) struct TruncatedResponse;

/// Refuses successful XML responses whose outermost element is not closed.
#[derive(Debug)]
pub(super) struct TruncationInterceptor;

impl Intercept for TruncationInterceptor {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.response().body().bytes().unwrap_or_default();
        if context.output_or_error().is_err() || whole(body) { Ok(()) } else { Err(TruncatedResponse.into()) }
    }
}

/// Returns true if the text ends with the closing tag of its first element. Reads only both ends, because lists are large.
fn whole(body: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&body[..body.len().min(512)]);
    let Some(root) = head.split('<').skip(1).find(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic())) else {
        return false;
    };
    let name: &str = root.split(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).next().unwrap_or_default();
    let end = body.trim_ascii_end();
    let closing = format!("</{name}>");
    // An empty response is one self-closing element.
    let start = head.find(root).unwrap_or_default();
    let empty = end.ends_with(b"/>") && end.len() <= start + root.trim_end().len();
    empty || end.ends_with(closing.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_ends_where_it_began() {
        let cases = [
            ("<?xml version=\"1.0\"?>\n<R xmlns=\"x\"><a/></R>\n", true),
            ("<R/>", true),
            ("<?xml version=\"1.0\"?><R/>", true),
            ("<R><a>1</a>", false),
            ("<R><a><b/></a", false),
            ("<R><a><b/><c/>", false),
            ("<R", false),
            ("", false),
            ("text", false),
        ];
        for (text, expected) in cases {
            assert_eq!(whole(text.as_bytes()), expected, "{text:?}");
        }
    }
}
