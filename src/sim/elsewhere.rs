//! What happens to the account without the program: another user of it, and fate. For tests; owns no rule of EC2's.

use jiff::Timestamp;

use crate::{
    domain::{ImageId, Region},
    sim::{
        copying::CopyCall,
        life::{Course, Maker},
        refusal::Refusal,
        world::{Area, World},
    },
};

impl World {
    /// Another user of the account starts a copy, without a token and without tags. It draws on the same limits, rates and
    /// names as a request, but no fault strikes it and it is not counted. An error is EC2's code and text.
    pub fn copy_elsewhere(
        &mut self,
        to: &Region,
        source: &ImageId,
        from: &Region,
        name: &str,
        now: Timestamp,
    ) -> Result<ImageId, String> {
        let call = CopyCall {
            name: name.to_owned(),
            source: source.to_string(),
            source_region: from.to_string(),
            maker: Maker::Elsewhere,
            ..CopyCall::default()
        };
        self.admit(to, "CopyImage", now).map_err(|refusal| said(&refusal))?;
        self.copy_image(to, call, now).map_err(|refusal| said(&refusal))
    }

    /// Another user of the account deregisters an image and has its snapshots deleted or leaves them; those still pending are
    /// left either way, as EC2 does. Limits and errors as for [`Self::copy_elsewhere`].
    pub fn deregister_elsewhere(
        &mut self,
        region: &Region,
        image: &ImageId,
        delete_snapshots: bool,
        now: Timestamp,
    ) -> Result<(), String> {
        self.admit(region, "DeregisterImage", now).map_err(|refusal| said(&refusal))?;
        self.deregister(region, image.as_str(), delete_snapshots, false, now)
            .map(drop)
            .map_err(|refusal| said(&refusal))
    }

    /// A pending copy fails now. Its pending snapshots are in error with this `StateMessage`; if all are completed, the last
    /// one is all the same, so that the reason can be found.
    pub fn fail_copy(&mut self, region: &Region, image: &ImageId, reason: &str, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        if let Some(made) = area.made.get_mut(image) {
            made.end(true, now);
        }
        let mut snapshots: Vec<_> = area.snapshots.values_mut().filter(|s| s.image == *image).collect();
        let pending = snapshots.iter().any(|s| s.is_pending(now));
        let last = snapshots.len().saturating_sub(1);
        for (n, snapshot) in snapshots.iter_mut().enumerate() {
            if snapshot.is_pending(now) || (!pending && n == last) {
                snapshot.fail(reason, now);
            }
        }
        Ok(())
    }

    /// A pending copy is whole now, also one that would have failed or is stuck.
    pub fn finish_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        if let Some(made) = area.made.get_mut(image) {
            made.end(false, now);
        }
        area.snapshots.values_mut().filter(|s| s.image == *image).for_each(|s| s.complete(now));
        Ok(())
    }

    /// A pending copy stands still from now on: no progress, no end, until [`Self::unstick_copy`], [`Self::fail_copy`] or
    /// [`Self::finish_copy`]. Its snapshots stand still even when the image is deregistered.
    pub fn stick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.pending_area(region, image, now)?;
        courses(area, image).for_each(|course| course.stick(now));
        Ok(())
    }

    /// A stuck copy goes on from where it stood. One that is not stuck goes on as it did. Of a deregistered image, what is left
    /// of its snapshots.
    pub fn unstick_copy(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<(), String> {
        let area = self.enabled_mut(region).map_err(|refusal| said(&refusal))?;
        let mut found = false;
        for course in courses(area, image) {
            course.unstick(now);
            found = true;
        }
        if found { Ok(()) } else { Err(format!("there is no copy {image} in {region}")) }
    }

    fn pending_area(&mut self, region: &Region, image: &ImageId, now: Timestamp) -> Result<&mut Area, String> {
        let area = self.enabled_mut(region).map_err(|refusal| said(&refusal))?;
        match area.made.get(image) {
            Some(made) if made.is_pending(now) => Ok(area),
            _ => Err(format!("there is no pending copy {image} in {region}")),
        }
    }
}

fn courses<'a>(area: &'a mut Area, image: &'a ImageId) -> impl Iterator<Item = &'a mut Course> {
    let snapshots = area.snapshots.values_mut().filter(move |s| s.image == *image).map(|s| &mut s.course);
    area.made.get_mut(image).map(|m| &mut m.course).into_iter().chain(snapshots)
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code, refusal.message)
}
