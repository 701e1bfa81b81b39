//! The page of a sync plan in line mode: a line for each image.

use super::{SyncPlanScreen, view};
use crate::tui::{
    line_mode::{
        list_page::{ListLines, list_page},
        text::{LineModeLine, LineModeScreen},
    },
    model::Model,
};

pub fn screen(screen: &SyncPlanScreen, model: &Model) -> LineModeScreen {
    let said = ListLines {
        counts: view::counts(screen),
        behind: view::doing(screen).map(str::to_owned).into_iter().collect(),
        empty: view::advice(screen, model),
        // The first is about the row.
        status: view::status(screen, model).into_iter().skip(1).map(|(line, _)| line).collect(),
    };
    list_page(&screen.table, said, |at| {
        let image = screen.row(at)?;
        Some(LineModeLine::row(at, false, [view::line(image), view::why(image)]))
    })
}
