//! Queries of images.

use serde::{Deserialize, Serialize};

use crate::domain::account::AccountId;

/// Whose images to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum OwnerFilter {
    /// The account's own images, also disabled and deprecated ones.
    #[default]
    Mine,
    /// Images that other accounts share with this one, also deprecated ones.
    Shared,
    Amazon,
    Marketplace,
    /// Images of one other account, also deprecated ones.
    Account(AccountId),
    /// All public images whose names match; there are far too many to list them all.
    Public {
        /// Pattern with `*` and `?`.
        name: String,
    },
}

impl OwnerFilter {
    /// Parses `mine`, `shared`, `amazon`, `marketplace`, an account id, or `public:PATTERN`.
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "mine" => Self::Mine,
            "shared" => Self::Shared,
            "amazon" => Self::Amazon,
            "marketplace" => Self::Marketplace,
            _ => match word.strip_prefix("public:") {
                Some("") => return None,
                Some(name) => Self::Public { name: name.to_owned() },
                None => Self::Account(AccountId::new(word).ok()?),
            },
        })
    }

    /// Returns what [`Self::parse`] reads.
    pub fn name(&self) -> String {
        match self {
            Self::Mine => "mine".into(),
            Self::Shared => "shared".into(),
            Self::Amazon => "amazon".into(),
            Self::Marketplace => "marketplace".into(),
            Self::Account(id) => id.to_string(),
            Self::Public { name } => format!("public:{name}"),
        }
    }

    /// Returns the text for the header.
    pub fn label(&self) -> String {
        match self {
            Self::Mine => "mine".into(),
            Self::Shared => "shared with me".into(),
            Self::Amazon => "Amazon".into(),
            Self::Marketplace => "Marketplace".into(),
            Self::Account(id) => id.to_string(),
            Self::Public { name } => format!("public {name}"),
        }
    }
}

/// Query of one region.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageQuery {
    pub whose: OwnerFilter,
    /// Name pattern (`*` and `?`) sent to EC2; keeps listings of Amazon, Marketplace and public images short.
    pub name: Option<String>,
    /// What else EC2 is asked for because a filter would keep out the rest, by name; none for own images, which are listed as a whole.
    pub narrowed: Vec<QueryFilter>,
}

impl ImageQuery {
    /// Returns whose images are listed, with the name pattern that is sent to EC2.
    pub fn label(&self) -> String {
        match &self.name {
            Some(pattern) => format!("{} {pattern}", self.whose.label()),
            None => self.whose.label(),
        }
    }

    /// Has EC2 apply filters as well, as far as it is not asked for such already.
    pub fn narrow(&mut self, filters: Vec<QueryFilter>) {
        self.narrowed.clear();
        let mut listing = ImageListing::from(&*self);
        let asked_anyway = listing.filters.len();
        listing.narrow(filters);
        self.narrowed = listing.filters.split_off(asked_anyway);
    }

    /// Returns true if this query finds everything that the other one does.
    pub fn includes(&self, other: &Self) -> bool {
        (&self.whose, &self.name) == (&other.whose, &other.name)
            && self.narrowed.iter().all(|filter| other.narrowed.contains(filter))
    }
}

/// A filter of `DescribeImages`: an image passes if one of the values matches, which may contain `*` and `?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFilter {
    /// For example `architecture` or `tag:Team`.
    pub name: String,
    pub values: Vec<String>,
}

impl QueryFilter {
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), values: vec![value.into()] }
    }
}

/// The parameters of `DescribeImages`. An image passes all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImageListing {
    /// `self`, `amazon`, `aws-marketplace` or account ids; empty for any.
    pub owners: Vec<String>,
    /// Only images that name this account in their launch permissions.
    pub executable_by_self: bool,
    pub filters: Vec<QueryFilter>,
    /// Deprecated images of other owners too; an owner's own are always in the answer.
    pub include_deprecated: bool,
    /// The most images in a page, 5 to 1,000; `None` for the most that EC2 allows.
    pub page: Option<u16>,
}

impl From<&ImageQuery> for ImageListing {
    fn from(query: &ImageQuery) -> Self {
        let mut listing = Self::default();
        let mut pattern = query.name.as_deref();
        match &query.whose {
            OwnerFilter::Mine => listing.owners.push("self".into()),
            OwnerFilter::Shared => listing.executable_by_self = true,
            OwnerFilter::Amazon => listing.owners.push("amazon".into()),
            OwnerFilter::Marketplace => listing.owners.push("aws-marketplace".into()),
            OwnerFilter::Account(id) => listing.owners.push(id.to_string()),
            OwnerFilter::Public { name } => {
                pattern = pattern.or(Some(name));
                listing.filters.push(QueryFilter::new("is-public", "true"));
            }
        }
        // Of these there are not too many, and what an account is allowed to use it wants to see.
        listing.include_deprecated = matches!(query.whose, OwnerFilter::Shared | OwnerFilter::Account(_));
        listing.filters.extend(pattern.map(|pattern| QueryFilter::new("name", pattern)));
        listing.narrow(query.narrowed.iter().cloned());
        listing
    }
}

impl ImageListing {
    /// Has EC2 apply more filters, unless these are the account's own images. Of two filters of one name EC2 gets the first.
    pub fn narrow(&mut self, filters: impl IntoIterator<Item = QueryFilter>) {
        if self.owners.iter().any(|owner| owner == "self") {
            return;
        }
        for filter in filters {
            if self.filters.iter().all(|other| other.name != filter.name) {
                self.filters.push(filter);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_narrowed_by_what_it_does_not_ask_already() {
        let filters = || vec![QueryFilter::new("architecture", "arm64"), QueryFilter::new("name", "al*")];
        let narrowed = |whose: OwnerFilter, name: Option<&str>| {
            let mut query = ImageQuery { whose, name: name.map(str::to_owned), narrowed: Vec::new() };
            query.narrow(filters());
            query.narrowed.into_iter().map(|filter| filter.name).collect::<Vec<_>>()
        };
        assert_eq!(narrowed(OwnerFilter::Mine, None), [""; 0], "own images are listed as a whole");
        assert_eq!(narrowed(OwnerFilter::Shared, None), ["architecture", "name"]);
        assert_eq!(narrowed(OwnerFilter::Amazon, Some("x*")), ["architecture"]);
        assert_eq!(narrowed(OwnerFilter::Public { name: "x*".into() }, None), ["architecture"]);
    }

    #[test]
    fn a_query_with_fewer_filters_includes_one_with_more() {
        let query = |filters: &[(&str, &str)]| {
            let mut query = ImageQuery { whose: OwnerFilter::Amazon, ..ImageQuery::default() };
            query.narrow(filters.iter().map(|(name, value)| QueryFilter::new(*name, *value)).collect());
            query
        };
        let (all, arm, available) =
            (query(&[]), query(&[("architecture", "arm64")]), query(&[("architecture", "arm64"), ("state", "a*")]));
        assert!(all.includes(&arm) && arm.includes(&available) && arm.includes(&arm));
        assert!(!arm.includes(&all) && !available.includes(&arm) && !all.includes(&ImageQuery::default()));
    }
}
