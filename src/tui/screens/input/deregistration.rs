//! The images that are about to be deregistered, and who uses them.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    domain::{Image, ImageDeregistration, ImageId, image_usage::ImageUsage, text::clean},
    labels,
};

/// The images, and what AWS has answered so far about who uses them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ImagesToDeregister {
    images: Vec<Arc<Image>>,
    usage: BTreeMap<ImageId, ImageUsage>,
}

impl ImagesToDeregister {
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
        self.images.iter().all(|image| self.usage.contains_key(&image.id))
    }

    pub(super) fn text(&self) -> Vec<String> {
        let mut text = Vec::new();
        let usage = |image: &Image| labels::usage(image, self.usage.get(&image.id));
        if let [image] = &self.images[..] {
            let name = clean(&image.name);
            let name = if name.trim().is_empty() { "" } else { &format!("\"{name}\", ") };
            text.push(format!("Deregister {name}{} in {}, and delete its snapshots?", image.id, image.region));
            text.push(
                if name.is_empty() { "Type its id to confirm." } else { "Type its name or id to confirm." }.into(),
            );
            text.extend(usage(image));
        } else {
            let images = self.images.len();
            text.push(format!("Deregister {images} images, and delete their snapshots? Type {images} to confirm."));
            for image in &self.images {
                text.push(format!("{} {} in {}", image.id, clean(&image.name), image.region));
                text.extend(usage(image).into_iter().map(|line| format!("  {line}")));
            }
        }
        text.push(labels::orphans::DEREGISTERING_CANNOT_BE_UNDONE.into());
        text
    }

    /// Returns true if this confirms it: a name is typed as it is shown.
    pub(super) fn is_confirmed_by(&self, typed: &str) -> bool {
        match &self.images[..] {
            [image] => typed == image.id.as_str() || !typed.is_empty() && typed == clean(&image.name).trim(),
            images => typed == images.len().to_string(),
        }
    }

    /// Returns what is to be confirmed, for the message about a text that does not.
    pub(super) fn wanted(&self) -> &'static str {
        match self.images.len() {
            1 => "That is not its name or id. Nothing was deregistered.",
            _ => "The number does not match. Nothing was deregistered.",
        }
    }

    pub(super) fn requests(&self) -> Vec<ImageDeregistration> {
        self.images.iter().map(|image| ImageDeregistration::of(image, false)).collect()
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
