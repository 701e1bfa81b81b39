//! What of a cell the filter has matched.

use std::ops::Range;

use crate::domain::{
    ImageColumn,
    filter::{Field, Filter, ImageTerm, Scratch, searches_tag},
};

/// A filter, and what it takes to look for its words.
pub(super) struct Highlights<'a> {
    filter: &'a Filter,
    scratch: Option<Scratch>,
}

impl<'a> Highlights<'a> {
    pub(super) fn of(filter: &'a Filter) -> Self {
        Self { filter, scratch: (!filter.is_empty()).then(Scratch::default) }
    }

    /// Returns the parts of a cell's text that the filter has matched.
    pub(super) fn in_cell(&mut self, column: &ImageColumn, text: &str) -> Vec<Range<usize>> {
        let Some(scratch) = &mut self.scratch else { return Vec::new() };
        if self.filter.wanted_terms().any(|term| is_about(term, column)) {
            return std::iter::once(0..text.len()).collect();
        }
        field(column).map_or_else(Vec::new, |field| self.filter.matches_in(text, field, scratch))
    }
}

/// Returns how the filter looks at a column; `None` if it does not.
fn field(column: &ImageColumn) -> Option<Field> {
    use ImageColumn as C;
    match column {
        C::Tag(key) if !searches_tag(key) => None,
        C::Name | C::Description | C::Tag(_) => Some(Field::Text),
        C::ImageId | C::SourceImage | C::Snapshots => Some(Field::Id),
        C::Region
        | C::SourceRegion
        | C::State
        | C::Architecture
        | C::Owner
        | C::Platform
        | C::BootMode
        | C::RootType => Some(Field::Kind),
        C::Age | C::Created | C::LastLaunched | C::Deprecated | C::Size | C::Encrypted | C::Public | C::Profile => None,
    }
}

fn is_about(term: &ImageTerm, column: &ImageColumn) -> bool {
    use ImageColumn as C;
    match term {
        ImageTerm::Name(_) => *column == C::Name,
        ImageTerm::State(_) => *column == C::State,
        ImageTerm::Architecture(_) => *column == C::Architecture,
        ImageTerm::Region(_) => *column == C::Region,
        ImageTerm::Encrypted(_) => *column == C::Encrypted,
        ImageTerm::Owner(_) => *column == C::Owner,
        ImageTerm::Profile(_) => *column == C::Profile,
        ImageTerm::Tag(key, _) => matches!(column, C::Tag(shown) if **shown == **key),
        ImageTerm::Age(_) => matches!(column, C::Age | C::Created),
        ImageTerm::Size(_) => *column == C::Size,
        ImageTerm::Launched(_) => *column == C::LastLaunched,
        ImageTerm::Platform(_) => *column == C::Platform,
        ImageTerm::BootMode(_) => *column == C::BootMode,
        ImageTerm::RootType(_) => *column == C::RootType,
        ImageTerm::Source(_) => matches!(column, C::SourceImage | C::SourceRegion),
        ImageTerm::Public(_) => *column == C::Public,
        ImageTerm::Deprecated(_) => *column == C::Deprecated,
    }
}
