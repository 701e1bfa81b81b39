//! What makes a copy another thing than its source.

use super::cells::Difference;
use crate::domain::image::Image;

/// Returns what an available copy does not have in common with its source. What EC2 does not say of either is no difference.
pub(super) fn differences(copy: &Image, source: &Image) -> Box<[Difference]> {
    let boot_modes = copy.boot_mode.as_ref().zip(source.boot_mode.as_ref());
    let (volumes, expected) = (volumes(copy), volumes(source));
    let known = |sizes: &[Option<u32>]| sizes.iter().all(Option::is_some);
    let same_number = volumes.len() == expected.len();
    let checks = [
        (Difference::Architecture, copy.architecture != source.architecture),
        (Difference::BootMode, boot_modes.is_some_and(|(copy, source)| copy != source)),
        (Difference::RootDeviceType, copy.root_device_type != source.root_device_type),
        (Difference::Volumes, !same_number),
        (Difference::VolumeSizes, same_number && known(&volumes) && known(&expected) && volumes != expected),
        (Difference::NotEncrypted, source.encrypted() && !copy.encrypted()),
    ];
    checks.into_iter().filter(|(_, differs)| *differs).map(|(difference, _)| difference).collect()
}

/// The sizes of the EBS volumes, sorted: their devices may be named anew.
fn volumes(image: &Image) -> Vec<Option<u32>> {
    let mut sizes: Vec<_> =
        image.block_devices.iter().filter_map(|device| Some(device.ebs.as_ref()?.volume_size)).collect();
    sizes.sort_unstable();
    sizes
}
