//! Layout of the main screen: header, banner, two panes, message, footer. The update needs it too, for the height of a page.

use ratatui::layout::Rect;

use crate::tui::{
    banner,
    model::{Model, Pane},
    widgets::text_fit::wrap,
};

/// Smallest columns and rows. Below, a line says so, and `q` still quits.
pub const SMALLEST: (u16, u16) = (60, 15);

/// The least columns for details beside the lists.
pub const BESIDE: u16 = 150;

/// The least rows of a pane: its border and a line.
const LEAST: u16 = 3;

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
    /// Details of the row under the cursor, with their border; most often empty.
    pub details: Rect,
    /// Panes and details together: where overlays open.
    pub body: Rect,
    /// The accounts on the screen; empty where there is only one.
    pub accounts: Rect,
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
    let accounts = u16::from(!model.others.is_empty() && rows >= SMALLEST.1).min(room - lines);
    let body = Rect { y: banner.bottom(), height: room - lines - accounts, ..size };
    let accounts = Rect { y: body.bottom(), height: accounts, ..size };
    let jobs = jobs_height(model, body.height);
    let beside = if model.details_beside && size.width >= BESIDE { share(size.width, 2, 5) } else { 0 };
    let lists = Rect { width: body.width - beside, ..body };
    let details = Rect { x: lists.right(), width: beside, ..body };
    let images = Rect { height: body.height - jobs, ..lists };
    let jobs = Rect { y: body.y + images.height, height: jobs, ..lists };
    Areas { header, banner, images, jobs, details, body, accounts, notice, footer }
}

/// The areas at the terminal's present size.
pub fn now(model: &Model) -> Areas {
    areas(model, Rect::new(0, 0, model.size.0, model.size.1))
}

fn jobs_height(model: &Model, body: u16) -> u16 {
    match (model.full, model.jobs_height) {
        (Some(Pane::Images), _) => 0,
        (Some(Pane::Jobs), _) => body,
        (None, Some(chosen)) => within(chosen, body),
        // Without jobs the pane is one line of advice; with jobs it grows up to 45 % of the height.
        (None, None) => {
            let lines = u16::try_from(model.jobs.lines).unwrap_or(u16::MAX);
            lines.saturating_add(2).clamp(LEAST, share(body, 9, 20).max(LEAST + 1)).min(body)
        }
    }
}

/// So many parts of a length.
fn share(length: u16, parts: u32, of: u32) -> u16 {
    u16::try_from(u32::from(length) * parts / of).unwrap_or(length)
}

/// The nearest height of the jobs pane that leaves both panes a row.
pub fn within(height: u16, body: u16) -> u16 {
    // Images, and the history in the place of the jobs, have a heading.
    let least = LEAST + 1;
    height.min(body.saturating_sub(least)).max(least).min(body)
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
