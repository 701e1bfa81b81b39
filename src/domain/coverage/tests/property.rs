use std::collections::BTreeSet;

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;

/// Any images: sources that are listed, gone, and their own copies' copies.
fn images() -> impl Strategy<Value = Vec<Image>> {
    let states = ["available", "available", "available", "pending", "failed", "disabled", "deregistered", "other"];
    let one = (
        select(vec!["us", "eu", "ap", "us-west-2"]),
        select(vec!["web-1", "web-2", "web-10", "web", "db-v1", "\"\""]),
        option::of(1..28_u8),
        option::of((0..12_usize, select(vec!["us", "eu", "ap", "us-west-2"]))),
        select(states.to_vec()),
    );
    vec(one, 0..12).prop_map(|drawn| {
        let regions: Vec<&str> = drawn.iter().map(|(region, ..)| *region).collect();
        let images = drawn.into_iter().enumerate().map(|(n, (at, name, day, source, state))| {
            let mut made = image(&format!("{n:x} {at} {name} {} {state}", day.unwrap_or(1)));
            made.created = made.created.filter(|_| day.is_some());
            if let Some((source, from)) = source {
                // Most name the region that the source is in.
                let from = regions.get(source).filter(|_| source % 5 != 0).copied().unwrap_or(from);
                (made.source_image_id, made.source_region) = (Some(id(&format!("{source:x}"))), Some(region(from)));
            }
            made
        });
        images.collect()
    })
}

proptest! {
    #[test]
    fn every_image_is_in_one_row_whatever_the_order(
        (images, shuffled) in images().prop_flat_map(|images| (Just(images.clone()), Just(images).prop_shuffle())),
        listed in vec(any::<bool>(), 3),
    ) {
        let mut columns = columns();
        for (column, listed) in columns.iter_mut().zip(&listed) {
            column.listed = if *listed { Listed::Complete } else { Listed::Underway };
        }
        let coverage = cover(&columns, &[], &images);
        prop_assert_eq!(&coverage, &cover(&columns, &[], &shuffled));
        let mut rows: Vec<&ImageId> = Vec::new();
        for family in &coverage.families {
            let of_family: Vec<&Arc<Image>> = family.versions.iter().flat_map(|version| &version.images).collect();
            let ids: BTreeSet<&ImageId> = of_family.iter().map(|image| &image.id).collect();
            rows.extend(of_family.iter().map(|image| &image.id));
            prop_assert!(family.versions.iter().all(|version| version.images.contains(&version.image)));
            prop_assert!(family.cells.all().filter_map(|cell| cell.image.as_ref()).all(|id| ids.contains(id)));
            let any_available = of_family.iter().any(|image| image.state == ImageState::Available);
            prop_assert_eq!(family.can_be_copied(), any_available);
            for (column, cell) in columns.iter().zip(family.cells.all()) {
                let usable = of_family.iter().any(|i| i.region == column.region && i.state == ImageState::Available);
                let claims_none = matches!(cell.state, CellState::Missing | CellState::Failed);
                prop_assert!(!(usable && claims_none), "{:?}", cell);
                prop_assert!(column.listed == Listed::Complete || !(claims_none || cell.state == CellState::Stale));
            }
        }
        rows.sort_unstable();
        let counts = |image: &&Image| image.state != ImageState::Deregistered && image.region != region("us-west-2");
        let mut expected: Vec<&ImageId> = images.iter().filter(counts).map(|image| &image.id).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows, expected);
    }
}
