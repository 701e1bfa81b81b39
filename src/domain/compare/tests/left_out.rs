//! What copies always have otherwise.

use super::*;

#[test]
fn permissions_are_not_copied_and_those_that_the_source_lacks_are_told() {
    let (nine, eight) = (LaunchPermission::Account(account('9')), LaunchPermission::Account(account('8')));
    let mut pair = copied();
    share(&mut pair.left, &[LaunchPermission::Public, nine.clone()]);
    change(&mut pair.left, |image| image.public = true);
    pair.left.snapshots.as_mut().unwrap()[0].permissions = Ok(vec![VolumePermission::Account(account('9'))]);
    assert_eq!(found(&pair, None), [] as [&str; 0], "the copy has none");
    assert_eq!(found(&pair, Some(&request())), [] as [&str; 0], "and none was requested");
    share(&mut pair.right, std::slice::from_ref(&nine));
    assert_eq!(found(&pair, None), [] as [&str; 0], "the copy has some of them");
    share(&mut pair.right, &[nine, eight]);
    pair.right.snapshots.as_mut().unwrap()[0].permissions = Ok(vec![VolumePermission::Public]);
    let all = found(&pair, None);
    assert_eq!((all.len(), all[0].as_str()), (2, "/dev/xvda VolumePermissions: 1 > 1 not requested"), "{all:?}");
    assert!(all[1].starts_with("LaunchPermissions: ") && all[1].ends_with("888888888888+999999999999 not requested"));
}

#[test]
fn tags_that_tell_where_the_copies_of_a_copy_are_do_not_count() {
    let mut pair = copied();
    change(&mut pair.right, |image| image.tags.push(tag("copied-to:us-west-2", "ami-3")));
    assert_eq!(found(&pair, None), [] as [&str; 0]);
    change(&mut pair.right, |image| image.tags.push(tag("copied-to:eu-west-2", "never")));
    assert_eq!(found(&pair, None), ["Tag(\"copied-to:eu-west-2\"): - > never not requested"], "it names no image");
    change(&mut pair.left, |image| image.tags.push(tag("copied-to:us-west-2", "later")));
    assert_eq!(found(&pair, None).len(), 2, "the source has another value, which is no image's id");
}

#[test]
fn kernels_are_each_regions_own() {
    let kernel = |id: &str| {
        let rare = RareAttributes {
            kernel_id: Some(id.into()),
            ramdisk_id: Some("ari-1".into()),
            ..RareAttributes::default()
        };
        Some(Box::new(rare))
    };
    let mut pair = copied();
    change(&mut pair.left, |image| image.rare = kernel("aki-1"));
    assert_eq!(found(&pair, None), [] as [&str; 0]);
    let parts = |pair: &Pair| diff(pair).differences.into_iter().map(|difference| difference.part).collect::<Vec<_>>();
    assert!([Part::Kernel, Part::Ramdisk].iter().all(|part| parts(&pair).contains(part)), "{:?}", parts(&pair));
    change(&mut pair.right, |image| (image.rare, image.region) = (kernel("aki-2"), region("us-east-1")));
    assert_eq!(found(&pair, None), ["Kernel: aki-1 > aki-2 not requested"], "in one region");
}

#[test]
fn an_empty_volume_is_another_than_one_with_data() {
    let mut pair = copied();
    change(&mut pair.right, |image| image.block_devices = vec![disk("/dev/xvda", None)]);
    let all = found(&pair, None);
    assert!(matches!(&all[..], [one] if one.starts_with("/dev/xvda Kind: ")), "{all:?}");
    change(&mut pair.right, |image| image.state = ImageState::Pending);
    let unknown = diff(&pair).unknown;
    let kind = Part::Device { name: "/dev/xvda".into(), property: DeviceProperty::Kind };
    assert_eq!(unknown.iter().map(|unknown| &unknown.part).collect::<Vec<_>>(), [&kind], "its snapshots may follow");
    change(&mut pair.left, |image| image.block_devices = vec![disk("/dev/xvda", None)]);
    change(&mut pair.right, |image| image.state = ImageState::Available);
    assert_eq!(found(&pair, None), [] as [&str; 0], "both are empty");
}
