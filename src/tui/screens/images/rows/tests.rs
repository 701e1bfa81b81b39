//! Rows against what they are made of.

use jiff::Timestamp;

use super::*;
use crate::{
    domain::{ImageColumn, Region, image::Tag},
    tui::{others::ProfileId, screens::images::parallel::PARALLEL},
};

fn images(region: &str, n: usize) -> Vec<Arc<Image>> {
    (0..n)
        .map(|i| {
            let mut image = Image::bare(
                ImageId::new(&format!("ami-{i:08x}")).unwrap(),
                Region::new(region).unwrap(),
                AccountId::new("123456789012").unwrap(),
            );
            image.name = format!("app-{i}").into();
            image.created = jiff::Timestamp::from_second(i64::try_from(i).unwrap()).ok();
            Arc::new(image)
        })
        .collect()
}

fn filled(lists: &[Vec<Arc<Image>>], sort: &Sort) -> Rows {
    let mut rows = Rows::default();
    fill(&mut rows, lists, &[None; 3], sort);
    rows
}

/// The list that has the images of a region in a test: the second one is another profile's.
fn key(at: usize, images: &[Arc<Image>]) -> ListKey {
    let profile = ProfileId(u32::from(at == 1 && images[0].region.as_str() == "eu-west-1"));
    ListKey { region: images[0].region.clone(), profile }
}

fn fill(rows: &mut Rows, lists: &[Vec<Arc<Image>>], left_out: &[Option<&AccountId>; 3], sort: &Sort) {
    let keys: Vec<(ListKey, usize)> =
        (0..lists.len()).filter(|at| !lists[*at].is_empty()).map(|at| (key(at, &lists[at]), at)).collect();
    let lists = keys.iter().map(|(key, at)| RegionList {
        key,
        profile: ["build", "production"][key.profile.0 as usize],
        images: &lists[*at],
        left_out: left_out[*at],
    });
    rows.fill(lists, sort);
}

fn names(rows: &Rows) -> Vec<String> {
    rows.iter().map(|i| format!("{} {}", i.name, i.region)).collect()
}

#[test]
fn filtering_on_several_cores_gives_the_same_rows() {
    let lists = [images("eu-west-1", PARALLEL), images("us-east-1", PARALLEL + 1)];
    let mut rows = filled(&lists, &Sort::default());
    let (now, mut scratch) = (Timestamp::default(), Scratch::default());
    for text in ["", "app-123", "42", "nothing such", "state:available", "state:pending", "3 region:us-", "/7$/", "!7"]
    {
        let filter = Filter::parse(text, now);
        let expected: Vec<_> = rows.all().filter(|i| filter.passes(i, &mut scratch)).map(|i| i.id.clone()).collect();
        rows.filter(&filter);
        let shown: Vec<_> = rows.iter().map(|i| i.id.clone()).collect();
        assert_eq!(shown, expected, "{text}");
        assert_eq!((rows.len(), rows.is_empty()), (shown.len(), shown.is_empty()));
    }
}

#[test]
fn only_fuzzy_words_put_the_best_match_first() {
    let mut list = images("eu-west-1", 3);
    for (image, name) in list.iter_mut().zip(["web", "w-e-b", "x-web"]) {
        Arc::get_mut(image).unwrap().name = name.into();
    }
    let mut rows = filled(&[list], &Sort::default());
    for (text, expected) in [("e", ["x-web", "w-e-b", "web"]), ("~web", ["web", "x-web", "w-e-b"])] {
        rows.filter(&Filter::parse(text, Timestamp::default()));
        assert_eq!(rows.iter().map(|i| &*i.name).collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn every_order_reverses_and_equal_rows_are_sorted_by_name_and_region() {
    use ImageColumn as C;
    let mut lists = [images("eu-west-1", 2), images("us-east-1", 3)];
    let team = |value: &str| vec![Tag { key: "Team".into(), value: value.into() }];
    for (region, at, value) in [(0, 1, "db"), (1, 0, "Web"), (1, 1, "app")] {
        Arc::get_mut(&mut lists[region][at]).unwrap().tags = team(value);
    }
    let (e0, e1) = ("app-0 eu-west-1", "app-1 eu-west-1");
    let (u0, u1, u2) = ("app-0 us-east-1", "app-1 us-east-1", "app-2 us-east-1");
    for (by, first, reversed) in [
        (C::Age, [u2, e1, u1, e0, u0], [e0, u0, e1, u1, u2]),
        (C::Created, [u2, e1, u1, e0, u0], [e0, u0, e1, u1, u2]),
        (C::Name, [e0, u0, e1, u1, u2], [u2, e1, u1, e0, u0]),
        (C::Region, [e0, e1, u0, u1, u2], [u0, u1, u2, e0, e1]),
        (C::Size, [e0, u0, e1, u1, u2], [e0, u0, e1, u1, u2]),
        (C::State, [e0, u0, e1, u1, u2], [e0, u0, e1, u1, u2]),
        // Those without the tag are last both ways.
        (C::Tag("Team".into()), [u1, e1, u0, e0, u2], [u0, e1, u1, e0, u2]),
        (C::ImageId, [e0, u0, e1, u1, u2], [u2, e1, u1, e0, u0]),
    ] {
        let sort = Sort::by(by);
        assert_eq!(names(&filled(&lists, &sort)), first, "{sort:?}");
        assert_eq!(names(&filled(&lists, &sort.reversed())), reversed, "{sort:?} reversed");
    }
}

#[test]
fn only_images_that_belong_are_in_the_table() {
    let mut list = images("eu-west-1", 4);
    let own = AccountId::new("999999999999").unwrap();
    for at in [0, 2] {
        Arc::get_mut(&mut list[at]).unwrap().owner_id = own.clone();
    }
    let mut rows = Rows::default();
    fill(&mut rows, std::slice::from_ref(&list), &[Some(&own); 3], &Sort::by(ImageColumn::Name));
    assert_eq!((rows.total(), names(&rows)), (2, vec!["app-1 eu-west-1".to_owned(), "app-3 eu-west-1".to_owned()]));
    rows.filter(&Filter::parse("app-2", Timestamp::default()));
    assert!(rows.is_empty() && rows.get(0).is_none());
    let line = |rows: &Rows, name: &str| {
        let image = list.iter().find(|i| &*i.name == name).unwrap();
        rows.line_of(&key(0, &list), &image.id)
    };
    assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, None));
    rows.filter(&Filter::parse("", Timestamp::default()));
    assert_eq!((line(&rows, "app-1"), line(&rows, "app-2"), line(&rows, "app-3")), (Some(0), None, Some(1)));
    rows.filter(&Filter::parse("app-3", Timestamp::default()));
    assert_eq!((line(&rows, "app-1"), line(&rows, "app-3")), (None, Some(0)));
    assert_eq!(rows.get(0).map(|i| &*i.name), Some("app-3"));
}

/// An image with these values, of which only some change from list to list.
fn varied(region: usize, n: u32, version: u32) -> Arc<Image> {
    let region = Region::new(["eu-west-1", "eu-west-1", "us-west-2"][region]).unwrap();
    let owner = AccountId::new(if n.is_multiple_of(5) { "999999999999" } else { "123456789012" }).unwrap();
    let mut image = Image::bare(ImageId::new(&format!("ami-{n:08x}")).unwrap(), region, owner);
    image.name = ["", "web", "Web", "db", "a-long-name-of-an-image-1"][(n as usize + version as usize) % 5].into();
    image.created = Timestamp::from_second(i64::from(n * 7 % 13)).ok();
    image.description = format!("{version}").into();
    Arc::new(image)
}

proptest::proptest! {
    #[test]
    fn rows_that_follow_their_lists_are_those_of_new_ones(
        steps in proptest::collection::vec(
            (0..3_usize, 0..40_usize, proptest::collection::vec((0..60_u32, 0..2_u32), 0..5), 0..6_usize, proptest::bool::weighted(0.2)),
            1..25,
        ),
    ) {
        let own = AccountId::new("999999999999").unwrap();
        let sorts = [ImageColumn::Age, ImageColumn::Name, ImageColumn::State].map(Sort::by);
        let mut lists: [Vec<Arc<Image>>; 3] = [
            (0..40).map(|n| varied(0, n, 0)).collect(), Vec::new(), (0..40).map(|n| varied(2, n, 0)).collect(),
        ];
        let (mut rows, mut sort, mut left_out) = (Rows::default(), sorts[0].clone(), [None; 3]);
        for (region, cut, added, how, is_listed) in steps {
            match how {
                0 => sort = sorts[cut % 3].clone(),
                1 => sort = sort.reversed(),
                // Accounts leave out their own.
                2 => left_out[cut % 3] = (cut % 2 == 0).then_some(&own),
                _ => {}
            }
            let list = &mut lists[region];
            list.truncate(if is_listed { 0 } else { list.len() - list.len().min(cut % 4) });
            for (n, version) in added {
                list.retain(|image| image.id.as_str() != format!("ami-{n:08x}"));
                list.push(varied(region, n, version));
            }
            fill(&mut rows, &lists, &left_out, &sort);
            let mut new = Rows::default();
            fill(&mut new, &lists, &left_out, &sort);
            let shown = |rows: &Rows| {
                rows.with_lists().map(|(list, i)| (list.clone(), i.id.clone(), i.description.clone())).collect::<Vec<_>>()
            };
            proptest::prop_assert_eq!(shown(&rows), shown(&new));
            proptest::prop_assert_eq!(rows.longest_name(), new.longest_name());
            for (line, (list, image)) in new.with_lists().enumerate() {
                proptest::prop_assert_eq!(rows.line_of(list, &image.id), Some(line));
            }
        }
    }
}
