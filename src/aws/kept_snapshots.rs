//! Tagging snapshots that are kept on purpose. The call is sent once, without the SDK's retries, as every call that changes something.

use super::{
    copies::{sent_once, tag},
    session::Session,
};
use crate::domain::{Failure, ImageId, Region, SnapshotId, orphans::KEPT_TAG};

impl Session {
    /// Tags the snapshots of an image that are kept when it is deregistered, with the image's id.
    ///
    /// # Errors
    /// EC2's refusal, or that there was no answer.
    pub async fn tag_kept(&self, region: &Region, image: &ImageId, snapshots: &[SnapshotId]) -> Result<(), Failure> {
        let ids = snapshots.iter().map(ToString::to_string).collect();
        let call = self.ec2(region).create_tags().set_resources(Some(ids)).tags(tag(KEPT_TAG, image.as_str()));
        let call = call.customize().config_override(sent_once()).send();
        let what = format!("tag the snapshots of {image} in {region}");
        self.call(&what, "ec2:CreateTags", call).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, ami, eu, scripted};

    #[tokio::test(start_paused = true)]
    async fn all_snapshots_are_tagged_by_one_call() {
        let (session, asked) = scripted(|_, _| CannedResponse::ok("<R><return>true</return></R>"));
        let snapshots = ["snap-1", "snap-2"].map(|id| SnapshotId::new(id).unwrap());
        assert_eq!(session.tag_kept(&eu(), &ami("ami-1"), &snapshots).await, Ok(()));
        let sent = asked.all().remove(0);
        assert_eq!((sent.param("ResourceId.1"), sent.param("ResourceId.2")), ("snap-1", "snap-2"));
        assert_eq!((sent.param("Tag.1.Key"), sent.param("Tag.1.Value")), ("amigrate:kept", "ami-1"));
        let (session, asked) = scripted(|_, _| CannedResponse::error(503, "RequestLimitExceeded", "slow down"));
        assert!(session.tag_kept(&eu(), &ami("ami-1"), &snapshots).await.is_err());
        assert_eq!(asked.all().len(), 1, "the SDK must not try again by itself");
    }
}
