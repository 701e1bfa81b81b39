//! The columns of the images table: their headings, widths, cells, and which are dropped first where space is short.

use jiff::Timestamp;
use ratatui::style::Style;

use super::Sort;
use crate::{
    domain::{
        Image, ImageState, Region,
        text::{age, gib},
    },
    tui::{
        theme,
        widgets::text_fit::{fit, fit_middle, fit_right},
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Name,
    Region,
    ImageId,
    Age,
    Size,
    Encrypted,
    State,
    Architecture,
}

/// Cells of the name below which other columns are dropped.
const NAME_AT_LEAST: usize = 16;

/// Returns the columns that fit into a width, each with its cells; the name first.
pub(super) fn columns(regions: &[Region], inner: usize) -> Vec<(Column, usize)> {
    let region = regions.iter().map(|r| r.as_str().len()).max().unwrap_or(9).max(6);
    let mut columns = vec![
        (Column::Region, region),
        (Column::ImageId, 21),
        (Column::Age, 4),
        (Column::Size, 5),
        (Column::Encrypted, 3),
        (Column::State, 9),
        (Column::Architecture, 6),
    ];
    let used = |columns: &[(Column, usize)]| 2 + columns.iter().map(|(_, cells)| cells + 1).sum::<usize>();
    let fits = |columns: &[(Column, usize)]| inner >= used(columns) + NAME_AT_LEAST;
    if !fits(&columns) {
        columns.retain(|(c, _)| *c != Column::Architecture);
    }
    if !fits(&columns)
        && let Some((_, cells)) = columns.iter_mut().find(|(c, _)| *c == Column::State)
    {
        // The states' short forms.
        *cells = 5;
    }
    for drop in [Column::Encrypted, Column::Size, Column::Age, Column::ImageId, Column::State] {
        if fits(&columns) {
            break;
        }
        columns.retain(|(c, _)| *c != drop);
    }
    let name = inner.saturating_sub(used(&columns));
    columns.insert(0, (Column::Name, name));
    columns
}

impl Column {
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Region => "REGION",
            Self::ImageId => "IMAGE ID",
            Self::Age => "AGE",
            Self::Size => "SIZE",
            Self::Encrypted => "ENC",
            Self::State => "STATE",
            Self::Architecture => "ARCH",
        }
    }

    /// Returns the order that the column shows.
    pub(super) fn sort(self) -> Option<Sort> {
        match self {
            Self::Name => Some(Sort::Name),
            Self::Region => Some(Sort::Region),
            Self::Age => Some(Sort::Age),
            Self::Size => Some(Sort::Size),
            Self::State => Some(Sort::State),
            Self::ImageId | Self::Encrypted | Self::Architecture => None,
        }
    }

    pub(super) fn right_aligned(self) -> bool {
        matches!(self, Self::Age | Self::Size)
    }

    /// Returns an image's text in this column, as wide as the column.
    pub(super) fn cell(self, image: &Image, cells: usize, ellipsis: &str, now: Timestamp) -> (String, Style) {
        let (text, style) = self.text(image, now);
        let text = match self {
            Self::State if cells < text.len() => fit(image.state.short(), cells, ""),
            Self::Name => fit_middle(&text, cells, ellipsis),
            _ if self.right_aligned() => fit_right(&text, cells, ""),
            _ => fit(&text, cells, ellipsis),
        };
        (text, style)
    }

    fn text(self, image: &Image, now: Timestamp) -> (String, Style) {
        let plain = Style::default();
        match self {
            Self::Name if image.name.is_empty() => ("(no name)".into(), theme::FAINT),
            Self::Name => (image.name.to_string(), plain),
            Self::Region => (image.region.to_string(), plain),
            Self::ImageId => (image.id.to_string(), plain),
            Self::Age => (image.created.map_or_else(String::new, |c| age(now.duration_since(c).as_secs())), plain),
            Self::Size => (if image.instance_store() { "-".into() } else { gib(image.size_gib()) }, plain),
            Self::Encrypted => (if image.encrypted() { "yes" } else { "-" }.into(), plain),
            Self::State => (image.state.as_str().into(), state_style(image.state)),
            Self::Architecture => (image.architecture.to_string(), plain),
        }
    }
}

fn state_style(state: ImageState) -> Style {
    match state {
        ImageState::Available => Style::default(),
        ImageState::Pending | ImageState::Transient => theme::BUSY,
        ImageState::Failed | ImageState::Error | ImageState::Invalid => theme::BAD,
        ImageState::Deregistered | ImageState::Disabled | ImageState::Unknown => theme::FAINT,
    }
}
