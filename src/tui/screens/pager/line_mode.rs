//! The pager in line mode: a page of its text.

use super::{Pager, view};
use crate::{
    domain::text::{clean, count},
    tui::{
        line_mode::text::{LineModeLine, LineModeScreen, PAGE, SIZE, painted},
        model::Model,
    },
};

pub fn title(pager: &Pager, model: &Model) -> String {
    view::title(pager, model)
}

pub fn screen(pager: &Pager, model: &Model) -> LineModeScreen {
    let mut screen = LineModeScreen::new(view::title(pager, model));
    if let Some(search) = &pager.search {
        screen.say(format!("Text to find: {}", search.line.value()));
    }
    let lines = view::lines(pager, model, usize::from(SIZE.0) - 4);
    let scroll = pager.scroll.min(lines.len().saturating_sub(PAGE));
    for line in lines.iter().skip(scroll).take(PAGE) {
        if pager.raw {
            // Blanks within a value are its own.
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            screen.lines.push(LineModeLine::new(clean(&text).into_owned()));
        } else {
            screen.lines.extend(painted(line));
        }
    }
    let below = lines.len().saturating_sub(scroll + PAGE);
    if below > 0 {
        screen.say(format!("{} below: PgDn.", count(below, "more line", "more lines")));
    }
    screen
}
