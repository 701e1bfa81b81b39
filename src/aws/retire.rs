//! Disabling images. Each call is sent once, without the SDK's retries, as every call that changes something.

use super::{copies::sent_once, session::Session};
use crate::domain::{Failure, ImageId, Region};

impl Session {
    /// Disables an image: it cannot be launched or copied, and loses its launch permissions.
    ///
    /// # Errors
    /// EC2's refusal, or that there was no answer.
    pub async fn disable_image(&self, region: &Region, image: &ImageId) -> Result<(), Failure> {
        let call = self.ec2(region).disable_image().image_id(image.as_str());
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("disable {image} in {region}");
        self.call(&what, "ec2:DisableImage", call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        aws::testing::{CannedResponse, ami, eu, scripted},
        domain::Retry,
    };

    #[tokio::test(start_paused = true)]
    async fn an_image_is_disabled_by_one_call() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok("<R><return>true</return></R>"));
        assert_eq!(session.disable_image(&eu(), &ami("ami-1")).await, Ok(()));
        let sent = asked.all().remove(0);
        assert_eq!((sent.action.as_str(), sent.param("ImageId")), ("DisableImage", "ami-1"));
        let (session, asked) = scripted(|_, _| CannedResponse::error(503, "RequestLimitExceeded", "slow down"));
        assert_eq!(session.disable_image(&eu(), &ami("ami-1")).await.unwrap_err().retry, Retry::Later);
        assert_eq!(asked.all().len(), 1, "the SDK must not try again by itself");
    }
}
