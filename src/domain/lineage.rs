//! What an image was made from, and what was copied from it, as a tree.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::domain::{failure::Failure, ids::ImageId, image::Image, image_details::Ancestor, region::Region};

/// What EC2 reports of an image's lineage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineageRead {
    /// The images it descends from, nearest first (`GetImageAncestry`).
    pub ancestry: Result<Vec<Ancestor>, Failure>,
    /// The account's images that were copied from it, or made from instances of it; and those made from these.
    pub copies: Vec<Arc<Image>>,
    /// The regions that were queried for copies.
    pub regions: Vec<Region>,
    /// Those of them whose copies are not all known.
    pub unread: Vec<(Region, Failure)>,
}

/// An image of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relative {
    Ancestor(Ancestor),
    /// The image whose lineage it is.
    Itself(Arc<Image>),
    Copy(Arc<Image>),
    /// Made from an instance (`CreateImage`) of the image above it.
    OfInstance(Arc<Image>),
}

impl Relative {
    /// What an image that EC2 says was made from another one is to that.
    fn of(image: &Arc<Image>) -> Self {
        let image = Arc::clone(image);
        if image.source_instance.is_some() { Self::OfInstance(image) } else { Self::Copy(image) }
    }

    /// Returns the image, unless it is an ancestor, which EC2 does not describe.
    fn image(&self) -> Option<&Arc<Image>> {
        match self {
            Self::Ancestor(_) => None,
            Self::Itself(image) | Self::Copy(image) | Self::OfInstance(image) => Some(image),
        }
    }
}

/// A node of the tree, which is listed from its root on, each node before those below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub relative: Relative,
    /// For each level above it, whether more follows there after this node and those below it; the last is that of its own level.
    pub follows: Vec<bool>,
}

impl Node {
    pub fn id(&self) -> &ImageId {
        match &self.relative {
            Relative::Ancestor(ancestor) => &ancestor.image,
            Relative::Itself(image) | Relative::Copy(image) | Relative::OfInstance(image) => &image.id,
        }
    }

    /// Returns how far below the root it is.
    pub fn depth(&self) -> usize {
        self.follows.len()
    }
}

/// Returns the tree of an image: its ancestors, itself, and the images made from it and from these, by region and name.
pub fn tree(image: &Arc<Image>, read: &LineageRead) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for (depth, ancestor) in ancestors(image, read).into_iter().rev().enumerate() {
        nodes.push(Node { relative: Relative::Ancestor(ancestor), follows: vec![false; depth] });
    }
    let itself = Node { relative: Relative::Itself(Arc::clone(image)), follows: vec![false; nodes.len()] };
    let mut seen: BTreeSet<(&Region, &ImageId)> = [(&image.region, &image.id)].into();
    // The last is taken first.
    let mut open: Vec<Node> = vec![itself];
    while let Some(node) = open.pop() {
        if let Some(parent) = node.relative.image() {
            let mut copies: Vec<&Arc<Image>> = read.copies.iter().filter(|copy| is_made_from(copy, parent)).collect();
            copies.retain(|copy| seen.insert((&copy.region, &copy.id)));
            copies.sort_by(|a, b| (&a.region, &a.name, &a.id).cmp(&(&b.region, &b.name, &b.id)));
            let last = copies.len().saturating_sub(1);
            let below = copies.into_iter().enumerate().rev();
            open.extend(below.map(|(n, copy)| Node {
                relative: Relative::of(copy),
                follows: node.follows.iter().copied().chain([n < last]).collect(),
            }));
        }
        nodes.push(node);
    }
    nodes
}

/// Nearest first. Where EC2 does not report them, the listing may have reported the nearest.
fn ancestors(image: &Image, read: &LineageRead) -> Vec<Ancestor> {
    let reported = read.ancestry.as_deref().unwrap_or_default();
    if !reported.is_empty() {
        return reported.to_vec();
    }
    let nearest = |id: &ImageId| Ancestor { image: id.clone(), region: image.source_region.clone(), owner_alias: None };
    image.source_image_id.iter().map(nearest).collect()
}

/// Returns true if it was copied from the source, or made from an instance of that.
fn is_made_from(image: &Image, source: &Image) -> bool {
    image.source_image_id.as_ref() == Some(&source.id)
        && image.source_region.as_ref().is_none_or(|region| *region == source.region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::AccountId;

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    fn image(id: &str, place: &str, source: Option<(&str, &str)>) -> Arc<Image> {
        let account = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new(id).unwrap(), region(place), account);
        image.source_image_id = source.map(|(id, _)| ImageId::new(id).unwrap());
        image.source_region = source.map(|(_, place)| region(place));
        Arc::new(image)
    }

    fn ancestor(id: &str) -> Ancestor {
        Ancestor { image: ImageId::new(id).unwrap(), region: None, owner_alias: None }
    }

    /// Ids, each after a mark for every level above it.
    fn drawn(image: &Arc<Image>, read: &LineageRead) -> Vec<String> {
        let line = |node: &Node| {
            let marks: String = node.follows.iter().map(|follows| if *follows { '|' } else { '.' }).collect();
            format!("{marks}{}", node.id())
        };
        tree(image, read).iter().map(line).collect()
    }

    fn read(ancestry: Result<Vec<Ancestor>, Failure>, copies: Vec<Arc<Image>>) -> LineageRead {
        LineageRead { ancestry, copies, regions: Vec::new(), unread: Vec::new() }
    }

    #[test]
    fn ancestors_stand_above_and_copies_below() {
        let itself = image("ami-5", "us-east-1", Some(("ami-4", "us-east-1")));
        let copies = vec![
            image("ami-8", "us-west-2", Some(("ami-5", "us-east-1"))),
            image("ami-7", "eu-west-2", Some(("ami-6", "eu-west-1"))),
            image("ami-6", "eu-west-1", Some(("ami-5", "us-east-1"))),
            // Another image of the same id.
            image("ami-9", "us-west-2", Some(("ami-5", "eu-west-1"))),
        ];
        let both = read(Ok(vec![ancestor("ami-4"), ancestor("ami-3")]), copies);
        assert_eq!(drawn(&itself, &both), ["ami-3", ".ami-4", "..ami-5", "..|ami-6", "..|.ami-7", "...ami-8"]);
        let denied = read(Err(Failure::new("read", "denied")), Vec::new());
        assert_eq!(drawn(&itself, &denied), ["ami-4", ".ami-5"], "the listing has reported its source");
    }

    #[test]
    fn what_was_made_from_instances_is_told_from_copies() {
        let itself = image("ami-5", "us-east-1", None);
        let of_instance = |id, source| {
            let mut built = Image::clone(&image(id, "us-east-1", Some((source, "us-east-1"))));
            built.source_instance = Some("i-1".into());
            Arc::new(built)
        };
        let copy = image("ami-8", "us-west-2", Some(("ami-7", "us-east-1")));
        let nodes = tree(&itself, &read(Ok(Vec::new()), vec![of_instance("ami-7", "ami-5"), copy]));
        let relations: Vec<&str> = nodes
            .iter()
            .map(|node| match node.relative {
                Relative::Ancestor(_) => "ancestor",
                Relative::Itself(_) => "itself",
                Relative::Copy(_) => "copy",
                Relative::OfInstance(_) => "of instance",
            })
            .collect();
        assert_eq!(relations, ["itself", "of instance", "copy"], "the copy is one of the image made from an instance");
    }

    #[test]
    fn a_circle_ends() {
        let (one, two) = (("ami-1", "us-east-1"), ("ami-2", "us-east-1"));
        let itself = image("ami-1", "us-east-1", Some(two));
        let copies = vec![image("ami-2", "us-east-1", Some(one)), Arc::clone(&itself)];
        assert_eq!(drawn(&itself, &read(Ok(Vec::new()), copies)), ["ami-2", ".ami-1", "..ami-2"]);
    }
}
