//! The pending images of each region, as the polls of copies show them by the way.

use std::collections::BTreeMap;

use crate::{
    domain::{Image, ImageId, ImageState, Region},
    engine::{PolledCopies, Response},
};

/// The pending images that are known.
#[derive(Debug, Default)]
pub(super) struct PendingImages(BTreeMap<Region, BTreeMap<ImageId, Image>>);

impl PendingImages {
    /// Takes in a response. Returns the pending images of its region if they have changed by it.
    pub(super) fn after(&mut self, response: &Response) -> Option<(Region, Vec<Image>)> {
        let region = match response {
            Response::ListPending(region, Ok(images)) => {
                let images = images.iter().map(|image| (image.id.clone(), image.clone())).collect();
                if self.0.get(region) == Some(&images) {
                    return None;
                }
                self.0.insert(region.clone(), images);
                region
            }
            // Until they are listed it is not known which others there are.
            Response::PollCopies(region, Ok(polled)) => {
                self.0.get_mut(region).and_then(|known| take(known, polled).then_some(region))?
            }
            _ => return None,
        };
        Some((region.clone(), self.0.get(region)?.values().cloned().collect()))
    }
}

/// Takes in copies. Returns true if that changed anything.
fn take(known: &mut BTreeMap<ImageId, Image>, polled: &PolledCopies) -> bool {
    let pending = polled.images.iter().filter(|image| image.state == ImageState::Pending);
    let pending: BTreeMap<&ImageId, &Image> = pending.map(|image| (&image.id, image)).collect();
    let mut changed = false;
    for id in &polled.requested {
        let pending = pending.get(id).copied();
        if known.get(id) == pending {
            continue;
        }
        changed = true;
        match pending {
            Some(image) => _ = known.insert(id.clone(), image.clone()),
            None => _ = known.remove(id),
        }
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    fn image(n: u32, state: ImageState) -> Image {
        let id = ImageId::new(&format!("ami-{n:08x}")).unwrap();
        Image { state, ..Image::bare(id, Region::new("eu-west-1").unwrap(), AccountId::new("123456789012").unwrap()) }
    }

    fn numbers(changed: Option<(Region, Vec<Image>)>) -> Option<Vec<u32>> {
        let number = |image: &Image| u32::from_str_radix(&image.id.as_str()[4..], 16).unwrap();
        changed.map(|(_, images)| images.iter().map(number).collect())
    }

    #[test]
    fn a_region_is_told_when_its_pending_images_change() {
        let region = || Region::new("eu-west-1").unwrap();
        let pending = |n| image(n, ImageState::Pending);
        let listed = |images: &[u32]| Response::ListPending(region(), Ok(images.iter().map(|n| pending(*n)).collect()));
        let polled = |requested: &[u32], images: Vec<Image>| {
            let requested = requested.iter().map(|n| pending(*n).id).collect();
            Response::PollCopies(
                region(),
                Ok(PolledCopies { requested, images, snapshots: Ok(Vec::new()), failures: Vec::new() }),
            )
        };
        let mut known = PendingImages::default();
        let mut after = |response: Response| numbers(known.after(&response));
        assert_eq!(after(polled(&[1], vec![pending(1)])), None, "the others are not known");
        assert_eq!(after(listed(&[])), Some(vec![]));
        assert_eq!(after(listed(&[])), None);
        assert_eq!(after(polled(&[2], vec![pending(2)])), Some(vec![2]), "a copy that has just started");
        assert_eq!(after(listed(&[2, 3])), Some(vec![2, 3]));
        assert_eq!(after(listed(&[2, 3])), None);
        assert_eq!(after(polled(&[2], vec![image(2, ImageState::Available)])), Some(vec![3]));
        assert_eq!(after(polled(&[3], Vec::new())), Some(vec![]), "deregistered");
        let failure = crate::domain::Failure::new("list", "no route");
        assert_eq!(after(Response::ListPending(region(), Err(failure))), None);
    }
}
