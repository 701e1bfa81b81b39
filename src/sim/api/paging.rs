//! Pages of listings. As in EC2, a page reads at most `MaxResults` entries, and filters are applied afterwards.

use std::ops::RangeInclusive;

use crate::sim::{
    api_error::ApiError,
    world::{image_family::ImageFamily, state::RegionState},
};

/// Which part of a listing.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageRequest {
    pub(crate) max: Option<usize>,
    pub(crate) token: Option<String>,
}

/// A part of a listing.
#[derive(Debug)]
pub(crate) struct Listing<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// A position in a region's order: first created images, by id, then image families, then what other accounts share, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cursor {
    Created(String),
    Family { number: usize, index: u32 },
    Shared(String),
}

impl Cursor {
    pub(crate) const START: Self = Self::Created(String::new());

    pub(crate) fn token(&self) -> String {
        match self {
            Self::Created(after) => format!("m.{after}"),
            Self::Family { number, index } => format!("l.{number}.{index}"),
            Self::Shared(id) => format!("s.{id}"),
        }
    }

    /// Whether what was copied under this id is still to come; nothing is once the cursor is in the families.
    pub(crate) fn reaches(&self, id: &str) -> bool {
        matches!(self, Self::Created(from) if id >= from.strip_prefix('=').unwrap_or(from))
    }

    pub(crate) fn parse(token: &str) -> Option<Self> {
        if let Some(after) = token.strip_prefix("m.") {
            return Some(Self::Created(after.to_owned()));
        }
        if let Some(id) = token.strip_prefix("s.") {
            return Some(Self::Shared(id.to_owned()));
        }
        let (number, index) = token.strip_prefix("l.")?.split_once('.')?;
        Some(Self::Family { number: number.parse().ok()?, index: index.parse().ok()? })
    }
}

impl PageRequest {
    /// Refuses a number of results that EC2 does not take, and one together with ids.
    pub(crate) fn check(&self, ids: &[String], ids_parameter: &str) -> Result<(), ApiError> {
        let Some(n) = self.max else { return Ok(()) };
        if !ids.is_empty() {
            return Err(cannot_combine(ids_parameter, "maxResults"));
        }
        let limit = match n {
            ..5 => "greater than 5",
            5..=1000 => return Ok(()),
            _ => "less than 1000",
        };
        Err(ApiError::new(
            "InvalidParameterValue",
            format!("Value ( {n} ) for parameter maxResults is invalid. Expecting a value {limit}."),
        ))
    }

    /// Returns the page of these, and the token of the next.
    pub(crate) fn part<'a, T>(
        &self,
        all: &'a [T],
        allowed: RangeInclusive<usize>,
    ) -> Result<(&'a [T], Option<String>), ApiError> {
        if let Some(max) = self.max.filter(|max| !allowed.contains(max)) {
            let why = format!("Value ( {max} ) for parameter maxResults is invalid.");
            return Err(ApiError::new("InvalidParameterValue", why));
        }
        let from: usize = self.start(|token| token.parse().ok())?.unwrap_or_default();
        let to = from.saturating_add(self.limit()).min(all.len());
        Ok((all.get(from.min(to)..to).unwrap_or_default(), (to < all.len()).then(|| to.to_string())))
    }

    /// The number of entries on the page.
    pub(crate) fn limit(&self) -> usize {
        self.max.unwrap_or(usize::MAX)
    }

    /// Returns where the page begins, by a function that reads the token; `None` is the beginning.
    pub(crate) fn start<T>(&self, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let token = self.token.as_deref().filter(|token| !token.is_empty());
        let invalid = || ApiError::new("InvalidParameterValue", "Unable to parse the nextToken parameter.");
        token.map(|token| parse(token).ok_or_else(invalid)).transpose()
    }
}

fn cannot_combine(one: &str, other: &str) -> ApiError {
    ApiError::new(
        "InvalidParameterCombination",
        format!("The parameter {one} cannot be used with the parameter {other}"),
    )
}

/// A cursor from which this id comes next.
pub(crate) fn before(id: &str) -> String {
    format!("={id}")
}

/// Counts entries until the page is full, and remembers where the next one begins.
pub(crate) struct PageLimit {
    pub(crate) left: usize,
    pub(crate) next: Option<Cursor>,
}

impl PageLimit {
    /// Room for one more? If not, the next page begins at this cursor.
    pub(crate) fn take(&mut self, here: impl FnOnce() -> Cursor) -> bool {
        if self.next.is_some() {
            return false;
        }
        if self.left == 0 {
            self.next = Some(here());
            return false;
        }
        self.left -= 1;
        true
    }

    /// Calls `each` with the ids that other accounts share, from the cursor on.
    pub(crate) fn shared<'a>(
        &mut self,
        start: &Cursor,
        ids: impl Iterator<Item = &'a str>,
        mut each: impl FnMut(&'a str),
    ) {
        let from = if let Cursor::Shared(from) = start { from } else { "" };
        for id in ids.filter(|id| *id >= from) {
            if !self.take(|| Cursor::Shared(id.to_owned())) {
                return;
            }
            each(id);
        }
    }

    pub(crate) fn families(
        &mut self,
        start: &Cursor,
        state: &RegionState,
        listed: impl Fn(&ImageFamily) -> bool,
        mut each: impl FnMut(&ImageFamily, u32),
    ) {
        let (first, index) = match start {
            Cursor::Created(_) => (0, 0),
            Cursor::Family { number, index } => (*number, *index),
            Cursor::Shared(_) => return,
        };
        for (number, family) in state.families.iter().enumerate().skip(first).filter(|(_, family)| listed(family)) {
            let from = if number == first { index } else { 0 };
            for index in from..family.count() {
                if !self.take(|| Cursor::Family { number, index }) {
                    return;
                }
                each(family, index);
            }
        }
    }
}
