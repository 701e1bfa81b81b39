//! Layout of the main screen: header, banner, two panes, message, footer. The update needs it too, for the height of a page.

use ratatui::layout::Rect;

use crate::tui::{
    banner,
    model::{Model, Pane},
    widgets::text_fit::wrap,
};

/// Smallest columns and rows. Below, a line says so, and `q` still quits.
pub const SMALLEST: (u16, u16) = (60, 15);

/// The main screen's areas; a pane that is not shown is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Areas {
    pub header: Rect,
    /// Empty if nothing stops the work.
    pub banner: Rect,
    /// The images pane with its border.
    pub images: Rect,
    /// The jobs pane with its border.
    pub jobs: Rect,
    /// Both panes together: where overlays open.
    pub body: Rect,
    /// A message; empty if there is none.
    pub notice: Rect,
    pub footer: Rect,
}

/// The areas at this size.
pub fn areas(model: &Model, size: Rect) -> Areas {
    let rows = size.height;
    if rows < 4 {
        return Areas { header: Rect { height: rows.min(1), ..size }, ..Areas::default() };
    }
    let header = Rect { height: 1, ..size };
    let footer = Rect { y: size.y + rows - 1, height: 1, ..size };
    let lines = if rows < SMALLEST.1 { 0 } else { banner::banner_lines(model, usize::from(size.width)).len() };
    let banner = Rect { y: size.y + 1, height: u16::try_from(lines).unwrap_or(0), ..size };
    let room = rows - 2 - banner.height;
    let lines = u16::try_from(notice_lines(model, size.width).len()).unwrap_or(0).min(room);
    let notice = Rect { y: footer.y - lines, height: lines, ..size };
    let body = Rect { y: banner.bottom(), height: room - lines, ..size };
    let jobs = match model.full {
        Some(Pane::Images) => 0,
        Some(Pane::Jobs) => body.height,
        // Without jobs the pane is one line of advice; with jobs it grows up to 45 % of the height.
        None => (u16::try_from(model.jobs.lines).unwrap_or(u16::MAX).saturating_add(2))
            .clamp(3, (body.height * 9 / 20).max(4)),
    }
    .min(body.height);
    let images = Rect { height: body.height - jobs, ..body };
    let jobs = Rect { y: body.y + images.height, height: jobs, ..body };
    Areas { header, banner, images, jobs, body, notice, footer }
}

/// The lines of the message, if there is one. They take their room from the body, so that they hide neither keys nor text.
pub fn notice_lines(model: &Model, width: u16) -> Vec<String> {
    const MOST: usize = 3;
    let Some(notice) = &model.notice else { return Vec::new() };
    let mut lines = wrap(&notice.text, usize::from(width.saturating_sub(2)));
    lines.truncate(MOST);
    lines
}

/// Rows of a list in a bordered pane, without its `head` heading rows.
pub fn rows(area: Rect, head: u16) -> usize {
    usize::from(area.height.saturating_sub(2 + head))
}
