//! Lineages into versions, and versions into families.

use std::{cmp::Reverse, collections::HashMap, sync::Arc};

use jiff::Timestamp;

use super::{
    lineage::{LineageId, Lineages},
    order::{by_age, compare_versions},
};
use crate::domain::{
    account::AccountId,
    family::VersionPattern,
    image::{Image, ImageState},
};

/// A version, with the places of its images.
#[derive(Debug)]
pub(super) struct VersionDraft<'a> {
    /// What its name has after the family's.
    version: &'a str,
    /// When it was created: its source, or the first copy known of it.
    created: Option<Timestamp>,
    /// The source is listed: of copies alone it is not known how old what they have in them is.
    is_dated: bool,
    /// The image that others are compared with: the source.
    pub(super) source: Option<usize>,
    /// The image to copy.
    pub(super) image: usize,
    pub(super) members: Vec<usize>,
}

/// A family, with the places of its images.
#[derive(Debug)]
pub(super) struct FamilyDraft<'a> {
    pub(super) name: &'a str,
    pub(super) owner: &'a AccountId,
    /// The newest first; see [`sort_newest_first`].
    pub(super) versions: Vec<VersionDraft<'a>>,
}

/// The members of one lineage.
#[derive(Clone, Copy)]
struct Group<'a, 'm> {
    lineage: LineageId,
    members: &'m [usize],
    name: &'a str,
    owner: &'a AccountId,
}

/// Groups the images at the given places.
pub(super) fn families<'a>(
    images: &[&'a Arc<Image>],
    members: impl Iterator<Item = usize>,
    lineages: &Lineages<'_>,
    pattern: &VersionPattern,
) -> Vec<FamilyDraft<'a>> {
    let mut by_lineage: Vec<(LineageId, usize)> = members.map(|place| (lineages.of_image(place), place)).collect();
    by_lineage.sort_unstable();
    for of_lineage in by_lineage.chunk_by_mut(|(a, _), (b, _)| a == b) {
        of_lineage.sort_unstable_by_key(|(_, place)| by_age(images[*place]));
    }
    let members: Vec<usize> = by_lineage.iter().map(|(_, place)| *place).collect();
    let mut places: HashMap<(&AccountId, &str), usize> = HashMap::with_capacity(lineages.len());
    let mut found: Vec<(FamilyDraft<'a>, Vec<Group<'a, '_>>)> = Vec::with_capacity(lineages.len());
    let mut start = 0;
    for of_lineage in by_lineage.chunk_by(|(a, _), (b, _)| a == b) {
        let end = start + of_lineage.len();
        let group = group(images, of_lineage[0].0, &members[start..end], lineages);
        start = end;
        let name = pattern.family(group.name);
        let next = found.len();
        // Images without a name have nothing in common but their source.
        let place = if name.is_empty() { next } else { *places.entry((group.owner, name)).or_insert(next) };
        if place == next {
            found.push((FamilyDraft { name, owner: group.owner, versions: Vec::new() }, vec![group]));
        } else {
            found[place].1.push(group);
        }
    }
    let finished = found.into_iter().map(|(mut family, groups)| {
        family.versions = versions(images, family.name, &groups, lineages);
        sort_newest_first(images, &mut family.versions);
        family
    });
    finished.collect()
}

/// Returns a lineage with its members, of which there is at least one.
fn group<'a, 'm>(
    images: &[&'a Arc<Image>],
    lineage: LineageId,
    members: &'m [usize],
    lineages: &Lineages<'_>,
) -> Group<'a, 'm> {
    let first = members[0];
    // Copies may be called anything: the source says what they are.
    let named = lineages.root(lineage).unwrap_or(first);
    Group { lineage, name: &images[named].name, owner: &images[first].owner_id, members }
}

/// Makes versions of a family's lineages. Those of one full name are one version if there is a version in that name: EC2 has not
/// always reported what an image was copied from, and some build an image in each region. Names without a version are given again and
/// again, so that they prove nothing.
fn versions<'a>(
    images: &[&'a Arc<Image>],
    family: &str,
    groups: &[Group<'a, '_>],
    lineages: &Lineages<'_>,
) -> Vec<VersionDraft<'a>> {
    if let [_] = groups {
        return vec![version(images, family, groups, lineages)];
    }
    let mut places: HashMap<&str, usize> = HashMap::with_capacity(groups.len());
    let mut found: Vec<Vec<Group<'a, '_>>> = Vec::with_capacity(groups.len());
    for group in groups {
        let next = found.len();
        let place = if group.name == family { next } else { *places.entry(group.name).or_insert(next) };
        if place == next {
            found.push(vec![*group]);
        } else {
            found[place].push(*group);
        }
    }
    found.iter().map(|groups| version(images, family, groups, lineages)).collect()
}

/// Returns the version that these groups are, of which there is at least one.
fn version<'a>(
    images: &[&'a Arc<Image>],
    family: &str,
    groups: &[Group<'a, '_>],
    lineages: &Lineages<'_>,
) -> VersionDraft<'a> {
    let version = groups[0].name.get(family.len()..).unwrap_or_default();
    let roots = groups.iter().filter_map(|group| lineages.root(group.lineage));
    let source = roots.min_by_key(|at| by_age(images[*at]));
    let mut members: Vec<usize> = groups.iter().flat_map(|group| group.members).copied().collect();
    if groups.len() > 1 {
        members.sort_unstable_by_key(|at| by_age(images[*at]));
    }
    let available = |at: usize| images[at].state == ImageState::Available;
    let copied = source.filter(|at| available(*at) && members.contains(at));
    let image = copied.or_else(|| members.iter().copied().find(|at| available(*at))).unwrap_or(members[0]);
    let created = images[source.unwrap_or(members[0])].created;
    VersionDraft { version, created, is_dated: source.is_some(), source, image, members }
}

/// Sorts versions so that the newest that can be copied comes first.
fn sort_newest_first(images: &[&Arc<Image>], versions: &mut [VersionDraft<'_>]) {
    versions.sort_unstable_by_key(|version| {
        let image = images[version.image];
        Reverse((image.state == ImageState::Available, version.created, by_age(image)))
    });
    let copyable = versions.partition_point(|version| images[version.image].state == ImageState::Available);
    let candidates = if copyable == 0 { versions.len() } else { copyable };
    if let Some(newest) = newest(images, &versions[..candidates]) {
        versions[..=newest].rotate_right(1);
    }
}

/// Returns the place of the newest version. A copy is as old as the copying of it, which says little about what is in it: versions of
/// which only copies are listed count by their names where there is a version in these.
fn newest(images: &[&Arc<Image>], versions: &[VersionDraft<'_>]) -> Option<usize> {
    let dated = versions.iter().position(|version| version.is_dated);
    let Some(dated) = dated else { return versions.iter().enumerate().max_by(by_name(images)).map(|(at, _)| at) };
    let known = &versions[dated];
    let later = |version: &VersionDraft<'_>| {
        if version.version.is_empty() || known.version.is_empty() {
            version.created > known.created
        } else {
            compare_versions(version.version, known.version).is_gt()
        }
    };
    let copies = versions.iter().enumerate().filter(|(_, version)| !version.is_dated && later(version));
    copies.max_by(by_name(images)).map(|(at, _)| at).or(Some(dated))
}

type Placed<'v, 'a> = (usize, &'v VersionDraft<'a>);

fn by_name<'v, 'a>(images: &[&Arc<Image>]) -> impl Fn(&Placed<'v, 'a>, &Placed<'v, 'a>) -> std::cmp::Ordering
where
    'a: 'v,
{
    move |(_, a), (_, b)| {
        compare_versions(a.version, b.version)
            .then_with(|| a.created.cmp(&b.created))
            .then_with(|| by_age(images[a.image]).cmp(&by_age(images[b.image])))
    }
}
