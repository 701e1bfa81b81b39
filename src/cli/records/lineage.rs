//! The lineage of an image as JSON.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    cli::output::{Column, Elision, Record},
    domain::{
        Image,
        image_details::Ancestor,
        lineage::{Node, Relative},
    },
};

/// An image of a lineage.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub(in crate::cli) struct LineageRecord {
    relation: Relation,
    /// How far below the first known ancestor it is, which has 0. What an image was made from is the nearest one before it with a
    /// smaller depth.
    depth: usize,
    image_id: String,
    /// Missing if EC2 does not report it of an ancestor.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    /// Of ancestors EC2 reports neither name, state nor owner; may be empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_owner_alias: Option<String>,
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    creation_date: Option<String>,
}

/// What an image is to the one whose lineage it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Relation {
    /// It descends from this one.
    Ancestor,
    Itself,
    /// This one was copied from it, or from what descends from it.
    Copy,
    /// It was made from an instance of it, or of what descends from it.
    MadeFromInstance,
}

impl Relation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ancestor => "ancestor",
            Self::Itself => "itself",
            Self::Copy => "copy",
            Self::MadeFromInstance => "made_from_instance",
        }
    }
}

impl From<&Node> for LineageRecord {
    fn from(node: &Node) -> Self {
        let record = match &node.relative {
            Relative::Ancestor(ancestor) => Self::of_ancestor(ancestor),
            Relative::Itself(image) => Self::of_image(Relation::Itself, image),
            Relative::Copy(image) => Self::of_image(Relation::Copy, image),
            Relative::OfInstance(image) => Self::of_image(Relation::MadeFromInstance, image),
        };
        Self { depth: node.depth(), ..record }
    }
}

impl LineageRecord {
    fn of_ancestor(ancestor: &Ancestor) -> Self {
        Self {
            relation: Relation::Ancestor,
            depth: 0,
            image_id: ancestor.image.to_string(),
            region: ancestor.region.as_ref().map(ToString::to_string),
            name: None,
            state: None,
            owner_id: None,
            image_owner_alias: ancestor.owner_alias.as_deref().map(str::to_owned),
            creation_date: None,
        }
    }

    fn of_image(relation: Relation, image: &Image) -> Self {
        Self {
            relation,
            depth: 0,
            image_id: image.id.to_string(),
            region: Some(image.region.to_string()),
            name: Some(image.name.to_string()),
            state: Some(image.state.as_str().into()),
            owner_id: Some(image.owner_id.to_string()),
            image_owner_alias: image.image_owner_alias.as_deref().map(str::to_owned),
            creation_date: image.created.map(|time| format!("{time:.3}")),
        }
    }
}

impl Record for LineageRecord {
    const LIST: &'static str = "images";

    fn columns() -> &'static [Column<Self>] {
        const COLUMNS: &[Column<LineageRecord>] = &[
            Column::new("relation", |r| r.relation.as_str().into()),
            Column::<LineageRecord>::number("depth", |r| r.depth.to_string()),
            Column::new("image_id", |r| r.image_id.clone()),
            Column::new("region", |r| r.region.clone().unwrap_or_default()),
            Column::<LineageRecord>::new("name", |r| r.name.clone().unwrap_or_default()).cut(Elision::Differing(12)),
            Column::new("state", |r| r.state.clone().unwrap_or_default()),
        ];
        COLUMNS
    }

    fn id(&self) -> Option<String> {
        Some(self.image_id.clone())
    }
}
