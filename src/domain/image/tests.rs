//! Where an image comes from, and its volumes.

use super::*;

#[test]
fn an_image_made_from_an_instance_is_no_copy_of_the_image_that_was_launched_from() {
    let (us, eu) = (Region::new("us-east-1").unwrap(), Region::new("eu-west-1").unwrap());
    let (source, other) = (ImageId::new("ami-1").unwrap(), ImageId::new("ami-2").unwrap());
    let bare = Image::bare(ImageId::new("ami-9").unwrap(), eu.clone(), AccountId::new("123456789012").unwrap());
    assert_eq!((bare.copied_from(), bare.is_copy_of(&source, &us)), (None, false));
    // EC2 does not report the region of older images.
    let of_any = Image { source_image_id: Some(source.clone()), ..bare };
    assert_eq!(of_any.copied_from(), Some((&source, None)));
    assert!(of_any.is_copy_of(&source, &us) && of_any.is_copy_of(&source, &eu) && !of_any.is_copy_of(&other, &us));
    let copy = Image { source_region: Some(us.clone()), ..of_any };
    assert!(copy.is_copy_of(&source, &us) && !copy.is_copy_of(&source, &eu));
    let built = Image { source_instance: Some("i-1".into()), ..copy.clone() };
    assert_eq!((built.copied_from(), built.is_copy_of(&source, &us), built.is_restored()), (None, false, false));
    // An image that was stored in S3 elsewhere: `CopyImage` does not cross partitions.
    let gov = Region::new("us-gov-west-1").unwrap();
    let restored = Image { source_region: Some(gov.clone()), ..copy.clone() };
    assert_eq!(
        (restored.copied_from(), restored.is_copy_of(&source, &gov), restored.is_restored()),
        (None, false, true)
    );
    assert!(!copy.is_restored());
}

#[test]
fn each_snapshot_counts_once_and_empty_volumes_do_not() {
    let region = Region::new("us-east-1").unwrap();
    let mut image = Image::bare(ImageId::new("ami-1").unwrap(), region, AccountId::new("123456789012").unwrap());
    let disk = |snapshot: Option<&str>, size| BlockDevice {
        device_name: "/dev/xvda".into(),
        ebs: Some(Ebs {
            snapshot_id: snapshot.map(|id| SnapshotId::new(id).unwrap()),
            volume_size: Some(size),
            ..Ebs::default()
        }),
        virtual_name: None,
    };
    image.block_devices =
        vec![disk(Some("snap-1"), 8), disk(None, 500), disk(Some("snap-1"), 8), disk(Some("snap-2"), 20)];
    assert_eq!(image.snapshot_volumes(), [8, 20]);
    image.block_devices = vec![disk(None, 8), disk(None, 20)];
    assert_eq!(image.snapshot_volumes(), [8, 20], "a pending image lists none yet");
}
