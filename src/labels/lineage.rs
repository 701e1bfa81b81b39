//! Lineage in words.

use crate::domain::{
    Failure, Image, Region,
    lineage::{LineageRead, Node, Relative, tree},
    text::{clean, count},
};

/// How the branches of a tree are drawn.
#[derive(Debug, Clone, Copy)]
pub struct Branches {
    /// Above a node that has others after it, and the last one.
    node: [&'static str; 2],
    /// Beside what is below these.
    beside: [&'static str; 2],
}

impl Branches {
    pub const UNICODE: Self = Self { node: ["├─ ", "└─ "], beside: ["│  ", "   "] };
    pub const ASCII: Self = Self { node: ["|- ", "`- "], beside: ["|  ", "   "] };
}

/// Returns what is drawn before a node.
pub fn branch(node: &Node, branches: Branches) -> String {
    let Some((own, above)) = node.follows.split_last() else { return String::new() };
    // The root has nothing beside it.
    let above = above.iter().map(|follows| branches.beside[usize::from(!follows)]);
    above.chain([branches.node[usize::from(!own)]]).collect()
}

/// Returns what is drawn before the further lines of a node.
pub fn below(node: &Node, branches: Branches) -> String {
    node.follows.iter().map(|follows| branches.beside[usize::from(!follows)]).collect()
}

/// Returns a node in a line.
pub fn node(node: &Node) -> String {
    match &node.relative {
        Relative::Ancestor(ancestor) => {
            let region = ancestor.region.as_ref().map(|region| format!(" in {region}")).unwrap_or_default();
            let owner = ancestor.owner_alias.as_deref().map(|alias| format!(", {}", clean(alias))).unwrap_or_default();
            format!("{}{region}{owner}", ancestor.image)
        }
        // Before what may be cut or wrapped.
        Relative::Itself(image) => described(image, " (this image)"),
        Relative::Copy(image) => described(image, ""),
        Relative::OfInstance(image) => described(image, " (made from an instance)"),
    }
}

fn described(image: &Image, mark: &str) -> String {
    let name = if image.name.is_empty() { String::new() } else { format!(": {}", clean(&image.name)) };
    format!("{}{mark} in {}{name}, {}", image.id, image.region, image.state.as_str())
}

/// Returns the tree in lines.
pub fn lines(nodes: &[Node], branches: Branches) -> Vec<String> {
    nodes.iter().map(|one| format!("{}{}", branch(one, branches), node(one))).collect()
}

/// Returns how many there are of each.
pub fn summary(image: &std::sync::Arc<Image>, read: &LineageRead) -> String {
    let nodes = tree(image, read);
    let number = |so: fn(&Relative) -> bool| nodes.iter().filter(|node| so(&node.relative)).count();
    let ancestors = match number(|relative| matches!(relative, Relative::Ancestor(_))) {
        0 if read.ancestry.is_err() => "ancestors unknown".into(),
        n if read.ancestry.is_err() => format!("at least {}", count(n, "ancestor", "ancestors")),
        n => count(n, "ancestor", "ancestors"),
    };
    let copies = count(number(|relative| matches!(relative, Relative::Copy(_))), "copy", "copies");
    let of_instances = match number(|relative| matches!(relative, Relative::OfInstance(_))) {
        0 => String::new(),
        1 => ", 1 made from an instance".into(),
        n => format!(", {n} made from instances"),
    };
    let is_read = |region: &&Region| read.unread.iter().all(|(unread, _)| unread != *region);
    let regions = count(read.regions.iter().filter(is_read).count(), "region", "regions");
    format!("{ancestors}, {copies}{of_instances} in {regions}")
}

/// Returns what could not be read: the ancestors, and the copies in some regions.
pub fn unread(read: &LineageRead) -> Vec<String> {
    let ancestry = read.ancestry.as_ref().err().map(|failure| format!("ancestors: {}", why(failure)));
    let region = |(region, failure): &(Region, Failure)| format!("copies in {region}: {}", why(failure));
    ancestry.into_iter().chain(read.unread.iter().map(region)).collect()
}

/// Returns what the tree may lack below images whose copies were not searched for; `all` means that every enabled region was queried.
pub fn beyond(read: &LineageRead, all: bool) -> Option<&'static str> {
    match (all, read.unread.is_empty()) {
        (true, true) => None,
        (true, false) => Some("What was made from copies in the regions that could not be queried is unknown."),
        (false, _) => Some("What was made from copies in regions that were not queried is unknown."),
    }
}

fn why(failure: &Failure) -> String {
    format!("unknown ({})", super::usage::reason(failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ImageId, image_details::Ancestor};

    #[test]
    fn a_summary_counts_what_was_read() {
        let region = |name: &str| Region::new(name).unwrap();
        let account = crate::domain::AccountId::new("123456789012").unwrap();
        let bare = |id: &str| Image::bare(ImageId::new(id).unwrap(), region("us-east-1"), account.clone());
        let (itself, source) = (std::sync::Arc::new(bare("ami-1")), ImageId::new("ami-1").ok());
        let copy = Image { source_image_id: source.clone(), ..bare("ami-2") };
        let built = Image { source_instance: Some("i-1".into()), source_image_id: source, ..bare("ami-3") };
        let denied = Failure::new("read", "denied");
        let mut read = LineageRead {
            ancestry: Ok(Vec::new()),
            copies: vec![copy.into(), built.into()],
            regions: vec![region("us-east-1"), region("eu-west-1")],
            unread: Vec::new(),
        };
        assert_eq!(summary(&itself, &read), "0 ancestors, 1 copy, 1 made from an instance in 2 regions");
        assert_eq!((beyond(&read, true), beyond(&read, false).is_some()), (None, true));
        read.ancestry = Err(denied.clone());
        read.unread = vec![(region("eu-west-1"), denied)];
        assert_eq!(summary(&itself, &read), "ancestors unknown, 1 copy, 1 made from an instance in 1 region");
        assert!(beyond(&read, true).is_some_and(|text| text.contains("could not be queried")));
        let child = std::sync::Arc::new(Image { source_image_id: ImageId::new("ami-0").ok(), ..bare("ami-1") });
        assert!(summary(&child, &read).starts_with("at least 1 ancestor,"), "its listing shows the nearest");
    }

    #[test]
    fn branches_go_on_beside_what_is_below() {
        let node = |follows: &[bool]| Node {
            relative: Relative::Ancestor(Ancestor {
                image: ImageId::new("ami-1").unwrap(),
                region: None,
                owner_alias: Some("ama\u{1b}zon".into()),
            }),
            follows: follows.to_vec(),
        };
        let nodes = [node(&[]), node(&[true]), node(&[true, false]), node(&[false])];
        let text = "ami-1, ama zon";
        assert_eq!(
            lines(&nodes, Branches::UNICODE),
            [text.to_owned(), format!("├─ {text}"), format!("│  └─ {text}"), format!("└─ {text}")]
        );
        assert_eq!(lines(&nodes, Branches::ASCII)[2], format!("|  `- {text}"));
    }
}
