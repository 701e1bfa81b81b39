//! `CopyImage` and `DeregisterImage`: what changes the account. When to do so is the engine's to say.

use super::session::Session;
use crate::domain::{CopyRequest, Encryption, Failure, ImageId, Region, Retry, SnapshotId};

/// What a deregistration did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deregistered {
    /// EC2 did not know the image any more.
    pub already_gone: bool,
    /// Snapshots EC2 did not delete, each with its word for why: `skipped`, `missing-permissions`,
    /// `internal-error`, `client-error`.
    pub leftovers: Vec<(SnapshotId, String)>,
}

impl Session {
    /// Starts a copy, in its destination, and gives the new image's id. Sent again with the same token it is
    /// the same copy.
    ///
    /// A bad key is no error here: EC2 finds out later and fails the copy.
    pub async fn copy_image(&self, request: &CopyRequest) -> Result<ImageId, Failure> {
        let mut call = self
            .ec2(&request.destination)
            .copy_image()
            .source_image_id(request.source.as_str())
            .source_region(request.source_region.as_str())
            .name(request.name.as_str())
            .client_token(request.token.as_str());
        if !request.description.as_str().is_empty() {
            call = call.description(request.description.as_str());
        }
        if let Encryption::Encrypt { key } = &request.encryption {
            call = call.encrypted(true).set_kms_key_id(key.as_ref().map(ToString::to_string));
        }
        if request.copy_tags {
            call = call.copy_image_tags(true);
        }
        let what = format!("copy {} from {} to {}", request.source, request.source_region, request.destination);
        let answer = self.call(&what, "ec2:CopyImage", call.send()).await?;
        answer.image_id().and_then(|id| ImageId::new(id).ok()).ok_or_else(|| {
            Failure::new(what, "the answer names no image")
                .hint("Is this endpoint EC2's? Sending the same copy again is safe.")
                .retry(Retry::Later)
        })
    }

    /// Deregisters an image and deletes its snapshots, which for a pending copy means to stop it. An image that
    /// is gone already is a success.
    pub async fn deregister(&self, region: &Region, image: &ImageId) -> Result<Deregistered, Failure> {
        let call = self.ec2(region).deregister_image().image_id(image.as_str()).delete_associated_snapshots(true);
        let what = format!("deregister {image} in {region}");
        match self.call(&what, "ec2:DeregisterImage", call.send()).await {
            Ok(answer) => Ok(Deregistered {
                already_gone: false,
                leftovers: answer
                    .delete_snapshot_results()
                    .iter()
                    .filter_map(|result| {
                        let word = result.return_code().map_or("unknown", |code| code.as_str());
                        (word != "success").then_some(())?;
                        Some((SnapshotId::new(result.snapshot_id()?).ok()?, word.to_owned()))
                    })
                    .collect(),
            }),
            Err(failure) if failure.is("InvalidAMIID.NotFound") || failure.is("InvalidAMIID.Unavailable") => {
                Ok(Deregistered { already_gone: true, leftovers: Vec::new() })
            }
            Err(failure) => Err(failure),
        }
    }
}
