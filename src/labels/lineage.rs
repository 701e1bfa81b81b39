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
    let ancestors = nodes.iter().filter(|node| matches!(node.relative, Relative::Ancestor(_))).count();
    let copies = nodes.len() - ancestors - 1;
    let regions = count(read.regions.len(), "region", "regions");
    format!("{}, {} in {regions}", count(ancestors, "ancestor", "ancestors"), count(copies, "copy", "copies"))
}

/// Returns what is not known: the ancestors, and the copies in some regions.
pub fn unread(read: &LineageRead) -> Vec<String> {
    let ancestry = read.ancestry.as_ref().err().map(|failure| format!("ancestors: {}", why(failure)));
    let region = |(region, failure): &(Region, Failure)| format!("copies in {region}: {}", why(failure));
    ancestry.into_iter().chain(read.unread.iter().map(region)).collect()
}

fn why(failure: &Failure) -> String {
    format!("unknown ({})", super::usage::reason(failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ImageId, image_details::Ancestor};

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
