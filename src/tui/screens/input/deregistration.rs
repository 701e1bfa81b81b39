//! The images that are about to be deregistered, and who uses them.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{
        Image, ImageDeregistration, ImageId,
        image_usage::ImageUsage,
        text::{clean, count},
    },
    engine::{BatchId, Job, JobId},
    labels,
    tui::screens::jobs::labels::{named_job, started_elsewhere},
};

/// Images, and what AWS has answered so far about who uses them.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct UsedImages {
    images: Vec<Arc<Image>>,
    usage: BTreeMap<ImageId, ImageUsage>,
}

impl UsedImages {
    pub(super) fn new(images: Vec<Arc<Image>>) -> Self {
        Self { images, usage: BTreeMap::new() }
    }

    /// Takes in an answer. One about other images changes nothing.
    pub(super) fn add(&mut self, usage: ImageUsage) {
        if self.images.iter().any(|image| image.id == usage.image) {
            self.usage.insert(usage.image.clone(), usage);
        }
    }

    /// Returns true once AWS has answered for every image, be it with failures.
    pub(super) fn is_answered(&self) -> bool {
        self.images.iter().all(|image| self.is_answered_for(&image.id))
    }

    fn is_answered_for(&self, image: &ImageId) -> bool {
        self.usage.contains_key(image)
    }

    /// Returns what there is to say of who uses an image; nothing of one that is not among them.
    fn users(&self, image: &ImageId) -> Vec<String> {
        let image = self.images.iter().find(|one| one.id == *image);
        image.map(|image| labels::usage(image, self.usage.get(&image.id))).unwrap_or_default()
    }
}

/// The available images of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct BatchToDeregister {
    pub(super) batch: BatchId,
    pub(super) jobs: Vec<JobId>,
    /// Each is named: what is deregistered is not to be guessed.
    named: Vec<(Option<ImageId>, String)>,
    started_elsewhere: Vec<String>,
    /// Known once the line is open.
    pub(super) images: UsedImages,
}

impl BatchToDeregister {
    pub(super) fn new(batch: &BatchId, jobs: &[&Job]) -> Self {
        Self {
            batch: batch.clone(),
            jobs: jobs.iter().map(|job| job.id).collect(),
            named: jobs.iter().map(|job| (job.image().cloned(), named_job(job))).collect(),
            started_elsewhere: started_elsewhere(jobs).into_iter().collect(),
            images: UsedImages::default(),
        }
    }

    /// Returns true once AWS has answered for every image that is named, be it with failures.
    pub(super) fn is_answered(&self) -> bool {
        self.named.iter().all(|(image, _)| image.as_ref().is_some_and(|image| self.images.is_answered_for(image)))
    }

    /// Returns true for the batch of a copy that was started elsewhere, which is named by its image.
    pub(super) fn is_of_image(&self) -> bool {
        ImageId::new(self.batch.as_str()).is_ok()
    }

    pub(super) fn text(&self) -> Vec<String> {
        let (named, head) = if self.is_of_image() {
            ("image id", "Deregister this image and delete its snapshots:".to_owned())
        } else {
            let images = count(self.jobs.len(), "available image", "available images");
            ("batch's name", format!("Deregister {images} of {} and delete their snapshots:", self.batch))
        };
        let mut text = vec![head];
        for (image, line) in &self.named {
            text.push(line.clone());
            let users = image.as_ref().map(|image| self.images.users(image)).unwrap_or_default();
            text.extend(users.into_iter().map(|line| format!("  {line}")));
        }
        text.extend(self.started_elsewhere.iter().cloned());
        text.push(labels::orphans::DEREGISTERING_CANNOT_BE_UNDONE.into());
        text.push(format!("Type the {named}, {}, to confirm:", self.batch));
        text
    }
}

/// Images that a person named.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImagesToDeregister(pub(super) UsedImages);

impl ImagesToDeregister {
    pub(super) fn text(&self) -> Vec<String> {
        let mut text = Vec::new();
        let usage = |image: &Image| self.0.users(&image.id);
        if let [image] = &self.0.images[..] {
            let name = clean(&image.name);
            let name = if name.trim().is_empty() { "" } else { &format!("\"{name}\", ") };
            text.push(format!("Deregister {name}{} in {}, and delete its snapshots?", image.id, image.region));
            text.push(
                if name.is_empty() { "Type its id to confirm." } else { "Type its name or id to confirm." }.into(),
            );
            text.extend(usage(image));
        } else {
            let images = self.0.images.len();
            text.push(format!("Deregister {images} images, and delete their snapshots? Type {images} to confirm."));
            for image in &self.0.images {
                text.push(format!("{} {} in {}", image.id, clean(&image.name), image.region));
                text.extend(usage(image).into_iter().map(|line| format!("  {line}")));
            }
        }
        text.push(labels::orphans::DEREGISTERING_CANNOT_BE_UNDONE.into());
        text
    }

    /// Returns true if this confirms it: a name is typed as it is shown.
    pub(super) fn is_confirmed_by(&self, typed: &str) -> bool {
        match &self.0.images[..] {
            [image] => typed == image.id.as_str() || !typed.is_empty() && typed == clean(&image.name).trim(),
            images => typed == images.len().to_string(),
        }
    }

    /// Returns what is to be confirmed, for the message about a text that does not.
    pub(super) fn wanted(&self) -> &'static str {
        match self.0.images.len() {
            1 => "That is not its name or id. Nothing was deregistered.",
            _ => "The number does not match. Nothing was deregistered.",
        }
    }

    pub(super) fn requests(&self) -> Vec<ImageDeregistration> {
        self.0.images.iter().map(|image| ImageDeregistration::of(image, false)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{InputLine, Typed},
        *,
    };
    use crate::domain::{AccountId, Failure, Region};

    /// Who uses an image, none of which may be read.
    fn denied(image: &Image) -> ImageUsage {
        let failure = || Failure::new("read it", "denied");
        ImageUsage {
            image: image.id.clone(),
            references: Err(failure()),
            permissions: Err(failure()),
            shared_snapshots: Err(failure()),
            volume_permissions: Err(failure()),
            reported: None,
        }
    }

    #[test]
    fn nothing_is_deregistered_before_aws_has_answered_who_uses_every_image() {
        let image = |id: &str| {
            let (region, account) = (Region::new("us-east-1").unwrap(), AccountId::new("123456789012").unwrap());
            Arc::new(Image::bare(ImageId::new(id).unwrap(), region, account))
        };
        let (first, second) = (image("ami-1"), image("ami-2"));
        let mut line = InputLine::deregister_images(vec![Arc::clone(&first), Arc::clone(&second)]);
        line.replace("2");
        assert!(line.parse().is_err_and(|why| why.contains("has not answered")));
        line.add_usage(&[denied(&first)]);
        assert!(line.parse().is_err_and(|why| why.contains("has not answered")));
        line.add_usage(&[denied(&second)]);
        assert!(matches!(line.parse(), Ok(Typed::DeregisterImages(images)) if images.len() == 2));
        line.replace("3");
        assert!(line.parse().is_err_and(|why| why.contains("does not match")));
    }
}
