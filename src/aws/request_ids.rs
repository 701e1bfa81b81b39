//! Request ids of all calls, also successful ones, for the audit log.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_ec2::{
    config::{ConfigBag, Intercept, RuntimeComponents},
    error::BoxError,
};
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;

type Cell = Arc<Mutex<Option<String>>>;

tokio::task_local! {
    /// Receives the request id of calls made by this task.
    static LAST: Cell;
}

/// Runs calls and returns the request id of the last response.
pub async fn with_request_id<T>(calls: impl Future<Output = T>) -> (T, Option<String>) {
    let cell = Cell::default();
    let result = LAST.scope(Arc::clone(&cell), calls).await;
    let id = cell.lock().unwrap_or_else(PoisonError::into_inner).take();
    (result, id)
}

/// Records the request id of every response, also of unreadable ones.
#[derive(Debug)]
pub(super) struct RequestIds;

impl Intercept for RequestIds {
    fn name(&self) -> &'static str {
        "RequestIds"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(id) = context.response().headers().get("x-amzn-requestid") {
            // Calls outside `with_request_id` do not record it.
            _ = LAST.try_with(|cell| *cell.lock().unwrap_or_else(PoisonError::into_inner) = Some(id.to_owned()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, scripted};

    #[tokio::test(start_paused = true)]
    async fn a_success_and_a_refusal_have_the_ids_that_aws_gave_them() {
        let (session, _) = scripted(|number, _| match number {
            0 => CannedResponse::ok("<R><regionInfo/></R>"),
            _ => CannedResponse::new(400, "<R>nothing that EC2 says</R>"),
        });
        let (regions, id) = with_request_id(session.regions()).await;
        assert_eq!((regions.is_ok(), id.as_deref()), (true, Some("req-1")));
        let (regions, id) = with_request_id(session.regions()).await;
        assert_eq!((regions.is_err(), id.as_deref()), (true, Some("req-2")));
        assert_eq!(with_request_id(async { 1 }).await, (1, None), "nobody was asked");
        assert!(session.regions().await.is_err(), "and outside there is no place for it");
    }
}
