//! What names an image: types of EC2's and other services' resources.

use serde::{Deserialize, Serialize};

/// Type of a resource that names an image. Source: EC2 API reference, `ImageReference`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReferenceKind {
    Instance,
    LaunchTemplate,
    Parameter,
    ImageRecipe,
    ContainerRecipe,
    /// One that is not known here.
    Other(Box<str>),
}

impl ReferenceKind {
    const ALL: [Self; 5] =
        [Self::Instance, Self::LaunchTemplate, Self::Parameter, Self::ImageRecipe, Self::ContainerRecipe];

    /// Reads EC2's name.
    pub fn parse(name: &str) -> Self {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name).unwrap_or_else(|| Self::Other(name.into()))
    }

    /// Returns EC2's name.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Instance => "ec2:Instance",
            Self::LaunchTemplate => "ec2:LaunchTemplate",
            Self::Parameter => "ssm:Parameter",
            Self::ImageRecipe => "imagebuilder:ImageRecipe",
            Self::ContainerRecipe => "imagebuilder:ContainerRecipe",
            Self::Other(name) => name,
        }
    }

    /// Returns the word for one.
    pub fn noun(&self) -> &str {
        match self {
            Self::Instance => "instance",
            Self::LaunchTemplate => "launch template",
            Self::Parameter => "SSM parameter",
            Self::ImageRecipe => "image recipe",
            Self::ContainerRecipe => "container recipe",
            Self::Other(name) => name,
        }
    }
}
