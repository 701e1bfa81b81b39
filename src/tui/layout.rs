//! Where things are: header, two panes, footer. Used by the update (page heights) and by the view alike.

use ratatui::layout::Rect;

use crate::tui::{
    banner,
    model::{Model, Pane},
};

/// Below this size one line says so, and `q` still quits.
pub const SMALLEST: (u16, u16) = (60, 15);

/// The main screen's areas; a pane that is not shown is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    /// The first line.
    pub header: Rect,
    /// What stops everything and what to do about it; empty if nothing does.
    pub banner: Rect,
    /// The images pane with its border.
    pub images: Rect,
    /// The jobs pane with its border.
    pub jobs: Rect,
    /// What lies over both panes when something is open.
    pub body: Rect,
    /// The last line.
    pub footer: Rect,
}

/// The main screen's areas at this size.
pub fn areas(model: &Model, size: Rect) -> Areas {
    let rows = size.height;
    if rows < 4 {
        return Areas { header: Rect { height: rows.min(1), ..size }, ..Areas::default() };
    }
    let header = Rect { height: 1, ..size };
    let footer = Rect { y: size.y + rows - 1, height: 1, ..size };
    let lines = if rows < SMALLEST.1 { 0 } else { banner::banner_lines(model, usize::from(size.width)).len() };
    let banner = Rect { y: size.y + 1, height: u16::try_from(lines).unwrap_or(0), ..size };
    let body = Rect { y: banner.bottom(), height: rows - 2 - banner.height, ..size };
    let jobs = match model.full {
        Some(Pane::Images) => 0,
        Some(Pane::Jobs) => body.height,
        // Without jobs the pane is a line of advice; with them it grows to less than half.
        None => (u16::try_from(model.jobs.lines).unwrap_or(u16::MAX).saturating_add(2))
            .clamp(3, (body.height * 9 / 20).max(4)),
    }
    .min(body.height);
    let images = Rect { height: body.height - jobs, ..body };
    let jobs = Rect { y: body.y + images.height, height: jobs, ..body };
    Areas { header, banner, images, jobs, body, footer }
}

/// Rows of a list within a bordered pane; `head` of them are its headings.
pub fn rows(area: Rect, head: u16) -> usize {
    usize::from(area.height.saturating_sub(2 + head))
}
