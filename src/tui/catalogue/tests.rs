//! Lists that are refreshed, and single images that are read meanwhile.

use super::*;
use crate::domain::{AccountId, ImageState};

fn image(n: u32, state: ImageState) -> Image {
    let region = Region::new("eu-west-1").unwrap();
    let id = ImageId::new(&format!("ami-{n:08x}")).unwrap();
    Image { state, ..Image::bare(id, region, AccountId::new("123456789012").unwrap()) }
}

fn available(n: u32) -> Image {
    image(n, ImageState::Available)
}

fn pending(n: u32) -> Image {
    image(n, ImageState::Pending)
}

struct Lists(Catalogue, Region);

impl Lists {
    fn of(images: Vec<Image>) -> Self {
        let region = Region::new("eu-west-1").unwrap();
        let mut catalogue = Catalogue::default();
        catalogue.choose(std::slice::from_ref(&region));
        catalogue.begin(&region);
        let mut lists = Self(catalogue, region);
        assert!(lists.end(images));
        lists
    }

    fn end(&mut self, images: Vec<Image>) -> bool {
        self.0.page(&self.1, images, true, false, Timestamp::UNIX_EPOCH)
    }

    fn read(&mut self, n: u32, image: Option<Image>) -> bool {
        let id = available(n).id;
        self.0.take(&self.1, &[id].into(), image.into_iter().collect())
    }

    fn listing(&self) -> &Listing {
        self.0.listing(&self.1).unwrap()
    }

    /// The images' numbers in their order, and how many are pending.
    fn ids(&self) -> (Vec<u32>, usize) {
        let number = |image: &Arc<Image>| u32::from_str_radix(&image.id.as_str()[4..], 16).unwrap();
        (self.listing().images().iter().map(number).collect(), self.listing().pending().len())
    }
}

#[test]
fn a_refresh_that_finds_nothing_new_changes_nothing() {
    let mut lists = Lists::of(vec![available(1), pending(2), available(3)]);
    assert_eq!(lists.ids(), (vec![1, 3, 2], 1));
    let before = lists.listing().images().to_vec();
    lists.0.begin_quietly(&lists.1.clone());
    assert_eq!((lists.0.loading(), lists.listing().images().len()), (0, 3), "nothing is shown of it");
    assert!(!lists.end(vec![available(3), available(1), pending(2)]), "another order is no change");
    assert!(before.iter().zip(lists.listing().images()).all(|(a, b)| Arc::ptr_eq(a, b)));
    lists.0.begin_quietly(&lists.1.clone());
    assert!(lists.end(vec![available(4), available(3), available(2)]));
    assert_eq!(lists.ids(), (vec![3, 2, 4], 0));
    assert!(Arc::ptr_eq(&before[1], &lists.listing().images()[0]), "what is as before stays");
}

#[test]
fn single_images_are_taken_in_and_pending_ones_stay_at_the_end() {
    let mut lists = Lists::of(vec![available(1), available(2), pending(3)]);
    assert!(lists.read(4, Some(pending(4))) && !lists.read(4, Some(pending(4))));
    assert_eq!(lists.ids(), (vec![1, 2, 3, 4], 2));
    assert!(lists.read(4, Some(available(4))));
    assert_eq!(lists.ids(), (vec![1, 2, 4, 3], 1));
    assert!(lists.read(1, None) && !lists.read(1, None));
    assert_eq!(lists.ids(), (vec![2, 4, 3], 1));
    assert!(lists.read(3, None));
    assert_eq!(lists.ids(), (vec![2, 4], 0));
    assert!(lists.read(2, Some(pending(2))));
    assert_eq!(lists.ids(), (vec![4, 2], 1));
}

#[test]
fn what_was_read_meanwhile_is_newer_than_a_page() {
    let mut lists = Lists::of(vec![available(1), pending(2)]);
    lists.0.begin_quietly(&lists.1.clone());
    lists.read(2, Some(available(2)));
    lists.read(1, None);
    lists.read(3, Some(pending(3)));
    assert!(!lists.end(vec![available(1), pending(2)]), "the page is older than all that");
    assert_eq!(lists.ids(), (vec![2, 3], 1));
}

#[test]
fn an_image_that_is_repeated_on_a_later_page_is_listed_once() {
    for refreshed in [false, true] {
        let mut lists = Lists::of(if refreshed { vec![available(9)] } else { Vec::new() });
        lists.0.begin(&lists.1.clone());
        let region = lists.1.clone();
        lists.0.page(&region, vec![available(1), pending(2)], false, false, Timestamp::UNIX_EPOCH);
        assert!(lists.end(vec![available(2), available(3)]));
        assert_eq!(lists.ids(), (vec![1, 2, 3], 0), "the later answer is the newer one");
    }
}

#[test]
fn what_was_read_before_the_first_pages_is_listed_once() {
    let region = Region::new("eu-west-1").unwrap();
    let mut lists = Lists(Catalogue::default(), region.clone());
    lists.0.choose(std::slice::from_ref(&region));
    lists.0.begin(&region);
    lists.read(2, Some(pending(2)));
    lists.read(4, None);
    lists.0.page(&region, vec![available(1), pending(2)], false, false, Timestamp::UNIX_EPOCH);
    lists.read(3, Some(pending(3)));
    assert!(lists.end(vec![available(3), available(4)]));
    assert_eq!(lists.ids(), (vec![1, 2, 3], 2));
}

#[test]
fn another_query_keeps_what_it_finds_too_until_the_list_ends() {
    for (capped, kept) in [(false, vec![3, 4]), (true, vec![1, 3, 4])] {
        let mut lists = Lists::of(vec![available(1), available(2), available(3)]);
        lists.0.change_query(|image| image.id != available(2).id);
        assert_eq!((lists.ids().0, lists.0.loading()), (vec![1, 3], 1));
        let region = lists.1.clone();
        lists.0.begin(&region);
        assert!(lists.0.page(&region, vec![available(3)], false, false, Timestamp::UNIX_EPOCH));
        assert_eq!(lists.ids().0, [1, 3], "shown before and found again");
        lists.0.page(&region, vec![available(4), available(3)], !capped, capped, Timestamp::UNIX_EPOCH);
        assert_eq!(lists.ids().0, kept, "the first is gone, unless there may be more");
        lists.0.begin(&region);
        assert!(lists.end(vec![available(4)]));
        assert_eq!(lists.ids().0, [4], "a refresh is as ever");
    }
}

#[test]
fn a_list_by_another_query_that_fails_is_begun_again() {
    let mut lists = Lists::of(vec![available(1), available(2)]);
    lists.0.change_query(|_| true);
    let region = lists.1.clone();
    lists.0.begin(&region);
    lists.0.page(&region, vec![available(2), available(3)], false, false, Timestamp::UNIX_EPOCH);
    lists.0.fail(&region, Failure::new("list", "denied"));
    assert_eq!(lists.ids().0, [1, 2, 3]);
    lists.0.begin(&region);
    assert!(lists.end(vec![available(3), available(2)]));
    assert_eq!(lists.ids().0, [2, 3], "nothing twice");
}

#[test]
fn what_is_read_meanwhile_moves_no_image_to_another_place() {
    let mut lists = Lists::of(vec![available(1), available(2), pending(3)]);
    lists.0.change_query(|_| true);
    let region = lists.1.clone();
    lists.0.begin(&region);
    lists.read(1, None);
    lists.0.page(&region, vec![available(3)], false, false, Timestamp::UNIX_EPOCH);
    assert!(lists.end(vec![available(2)]));
    assert_eq!(lists.ids(), (vec![2, 3], 0));
}

#[test]
fn a_list_that_was_cut_off_stays_so_when_a_refresh_fails() {
    let mut lists = Lists::of(Vec::new());
    let region = lists.1.clone();
    lists.0.page(&region, vec![available(1)], false, true, Timestamp::UNIX_EPOCH);
    lists.0.begin(&region);
    assert!(lists.0.is_capped(), "its rows are still shown");
    lists.0.fail(&region, Failure::new("list", "no"));
    assert_eq!((lists.0.is_capped(), lists.0.unlisted()), (true, None));
    lists.0.begin(&region);
    lists.end(vec![available(1)]);
    assert!(!lists.0.is_capped());
}

#[test]
fn regions_that_were_never_listed_in_full_are_counted() {
    let regions = ["eu-west-1", "eu-west-2", "eu-west-3"].map(|name| Region::new(name).unwrap());
    let mut catalogue = Catalogue::default();
    catalogue.choose(&regions);
    let [one, two, three] = &regions;
    catalogue.page(one, Vec::new(), true, false, Timestamp::UNIX_EPOCH);
    for region in [one, two] {
        catalogue.fail(region, Failure::new("list", "no"));
    }
    assert_eq!(catalogue.unlisted().as_deref(), Some("1 region not listed"), "the first one was listed before");
    catalogue.begin(three);
    catalogue.page(three, vec![available(1)], false, false, Timestamp::UNIX_EPOCH);
    catalogue.fail(three, Failure::new("list", "no"));
    assert_eq!(catalogue.unlisted().as_deref(), Some("2 regions not fully listed"));
}
