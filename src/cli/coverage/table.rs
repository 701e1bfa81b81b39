//! The table for a terminal: a column for each region, in several parts where they do not fit side by side.

use jiff::Timestamp;
use unicode_width::UnicodeWidthStr;

use crate::{
    cli::output::Fit,
    domain::{
        coverage::{Coverage, Family},
        text::{age, clean},
    },
    labels::coverage::word,
    term::text_fit::{elide, fit},
};

const GAP: usize = 2;
/// Names keep at least this many cells.
const NAME: usize = 16;

/// A column with its heading.
struct TextColumn {
    cells: Vec<String>,
    width: usize,
}

impl TextColumn {
    fn new(cells: Vec<String>) -> Self {
        let width = cells.iter().map(|cell| cell.width()).max().unwrap_or_default();
        Self { cells, width }
    }

    /// The same in at most this many cells; a short part of the end stays, where names differ.
    fn cut(mut self, cells: usize, ellipsis: &str) -> Self {
        if self.width > cells {
            self.cells = self.cells.iter().map(|text| elide(text, cells, 2, ellipsis)).collect();
            self.width = cells;
        }
        self
    }
}

/// Returns the lines of the table: the families with their newest images, then their regions.
pub(super) fn lines(coverage: &Coverage, families: &[&Family], room: Option<Fit>, now: Timestamp) -> Vec<String> {
    if families.is_empty() {
        return Vec::new();
    }
    let column = |heading: &str, cell: &dyn Fn(&Family) -> String| {
        let cells = families.iter().map(|family| clean(&cell(family)).into_owned());
        TextColumn::new(std::iter::once(heading.to_owned()).chain(cells).collect())
    };
    let family = column("FAMILY", &|family| family.label().to_owned());
    let newest = [
        column("NEWEST", &|family| family.newest().name.to_string()),
        column("IMAGE ID", &|family| family.newest().id.to_string()),
        column("IN", &|family| family.newest().region.to_string()),
        column("AGE", &|family| {
            let created = family.newest().created;
            created.map(|created| age(now.duration_since(created).as_secs())).unwrap_or_default()
        }),
    ];
    let regions = coverage.columns.iter().enumerate().map(|(at, region)| {
        column(region.region.as_str(), &|family| {
            family.cells.get(at).map(|cell| word(family, &cell.state)).unwrap_or_default()
        })
    });
    let regions: Vec<TextColumn> = regions.collect();
    let (cells, ellipsis) = room.map_or((usize::MAX, ""), |room| (room.cells, room.ellipsis));
    let widest = regions.iter().map(|column| column.width).max().unwrap_or_default();
    let family = family.cut(cells.saturating_sub(widest + GAP).max(NAME), ellipsis);
    let [name, others @ ..] = newest;
    let rest: usize = others.iter().map(|column| column.width + GAP).sum();
    let name = name.cut(cells.saturating_sub(family.width + GAP + rest).max(NAME), ellipsis);
    let described: Vec<TextColumn> = std::iter::once(name).chain(others).collect();
    parts(&family, described.iter().chain(&regions), cells)
}

/// Sets columns side by side, in as many parts as it takes; each begins with the family.
fn parts<'a>(family: &TextColumn, columns: impl Iterator<Item = &'a TextColumn>, cells: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut part: Vec<&TextColumn> = Vec::new();
    let mut used = family.width;
    let mut columns = columns.peekable();
    while let Some(column) = columns.next() {
        part.push(column);
        used += GAP + column.width;
        if columns.peek().is_none_or(|next| used + GAP + next.width > cells) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            lines.extend((0..family.cells.len()).map(|row| {
                let texts = std::iter::once(family).chain(part.iter().copied());
                let texts: Vec<String> = texts.map(|column| fit(&column.cells[row], column.width, "")).collect();
                texts.join(&" ".repeat(GAP)).trim_end().to_owned()
            }));
            part.clear();
            used = family.width;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{
        AccountId, Image, ImageId, Region, VersionPattern,
        coverage::{Column, Input, Listed, compute},
    };

    fn coverage() -> Coverage {
        let region = |name: &str| Region::new(name).unwrap();
        let column = |name: &str| Column { region: region(name), listed: Listed::Complete };
        let columns = ["us-east-1", "eu-west-1", "ap-northeast-1"].map(column);
        let image = |name: &str, id: &str| {
            let owner = AccountId::new("123456789012").unwrap();
            let mut image = Image::bare(ImageId::new(id).unwrap(), region("us-east-1"), owner);
            (image.name, image.created) = (name.into(), "2026-02-01T00:00:00Z".parse().ok());
            Arc::new(image)
        };
        let images = [image("web-1", "ami-1"), image("a-name-that-is-too-long-for-it\u{1b}-2", "ami-2")];
        let pattern = VersionPattern::default();
        compute(&Input { pattern: &pattern, account: None, columns: &columns, copies: &[] }, &images)
    }

    fn shown(cells: Option<usize>) -> Vec<String> {
        let coverage = coverage();
        let families: Vec<&Family> = coverage.families.iter().collect();
        let room = cells.map(|cells| Fit { cells, ellipsis: Fit::UNICODE });
        lines(&coverage, &families, room, "2026-03-01T00:00:00Z".parse().unwrap())
    }

    #[test]
    fn regions_that_do_not_fit_beside_the_others_stand_below() {
        assert_eq!(
            shown(None),
            [
                "FAMILY                           NEWEST                             IMAGE ID  IN         AGE  us-east-1  eu-west-1  ap-northeast-1",
                "a-name-that-is-too-long-for-it   a-name-that-is-too-long-for-it -2  ami-2     us-east-1  28d  available  missing    missing",
                "web                              web-1                              ami-1     us-east-1  28d  available  missing    missing",
            ]
        );
        assert_eq!(
            shown(Some(80)),
            [
                "FAMILY                           NEWEST                 IMAGE ID  IN         AGE",
                "a-name-that-is-too-long-for-it   a-name-tha…-for-it -2  ami-2     us-east-1  28d",
                "web                              web-1                  ami-1     us-east-1  28d",
                "",
                "FAMILY                           us-east-1  eu-west-1  ap-northeast-1",
                "a-name-that-is-too-long-for-it   available  missing    missing",
                "web                              available  missing    missing",
            ]
        );
    }

    #[test]
    fn every_line_fits() {
        for cells in 50..140 {
            for line in shown(Some(cells)) {
                assert!(line.width() <= cells, "{cells}: {line}");
            }
        }
    }
}
