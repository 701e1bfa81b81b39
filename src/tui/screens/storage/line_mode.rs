//! The pages of storage in line mode: a line for each row.

use super::{StoragePage, StorageScreen, view};
use crate::tui::{
    line_mode::{
        list_page::{ListLines, list_page},
        text::{LineModeLine, LineModeScreen},
    },
    model::Model,
};

pub fn screen(screen: &StorageScreen, model: &Model) -> LineModeScreen {
    let order = format!("by {}", screen.order());
    let said = ListLines {
        counts: view::counts(screen, model),
        behind: view::activity(screen).into_iter().chain(view::title_notes(screen)).chain([order]).collect(),
        empty: view::empty_text(screen, model),
        status: view::status(screen).into_iter().map(|(line, _)| line).collect(),
    };
    list_page(&screen.table, said, |at| {
        let entry = screen.entry(at)?;
        let figures = match screen.page {
            StoragePage::Orphans => {
                let month = entry.monthly_cost(&model.start.prices);
                let month = month.map_or_else(|| "price unknown".into(), |month| format!("{month} a month"));
                vec![format!("{} GiB", entry.size()), month, format!("{} old", entry.age(model.now))]
            }
            StoragePage::RecycleBin => {
                vec![entry.exits().map(|at| format!("until {}", at.strftime("%Y-%m-%d"))).unwrap_or_default()]
            }
        };
        let cells = [entry.id.clone(), entry.region.to_string()].into_iter().chain(figures).chain([entry.about()]);
        Some(LineModeLine::row(at, screen.is_marked(entry), cells))
    })
}
