//! One line to type: an account id, a name pattern.

use ratatui::{Frame, layout::Rect, text::Line};
use tui_input::Input;

use crate::{
    domain::{AccountId, Whose},
    tui::{
        keys::Action,
        model::Model,
        msg::Effect,
        screens::Overlay,
        theme, update,
        view::{Dressing, popup},
        widgets::cells::fit,
    },
};

/// What the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Whose images: another account's.
    Account,
    /// Whose images: everyone's, by a name pattern.
    Public,
}

/// A line being typed.
#[derive(Debug, Clone)]
pub struct Prompt {
    purpose: Purpose,
    /// The line.
    pub line: Input,
    mistake: Option<String>,
}

impl Prompt {
    /// An empty line.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, line: Input::default(), mistake: None }
    }

    fn words(&self) -> (&'static str, &'static str) {
        match self.purpose {
            Purpose::Account => ("Images of an account", "The account's id, twelve digits:"),
            Purpose::Public => (
                "Public images",
                "A name pattern with * and ?, such as ubuntu/images/*24.04*. There are 100,000 and more.",
            ),
        }
    }

    fn read(&self) -> Result<Whose, String> {
        let text = self.line.value().trim();
        match self.purpose {
            Purpose::Account => {
                let digits: String = text.chars().filter(|c| *c != '-').collect();
                AccountId::new(&digits).map(Whose::Account).map_err(|e| format!("{}.", e.why))
            }
            Purpose::Public if text.chars().filter(|c| !"*?".contains(*c)).count() < 3 => {
                Err("Type at least three characters of the name.".into())
            }
            Purpose::Public => Ok(Whose::Public { name: text.to_owned() }),
        }
    }
}

pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) -> bool {
    let Some(Overlay::Prompt(prompt)) = model.overlays.last_mut() else { return false };
    match action {
        Action::Accept => match prompt.read() {
            Ok(whose) => {
                model.overlays.pop();
                update::choose_whose(model, whose, effects);
            }
            Err(mistake) => prompt.mistake = Some(mistake),
        },
        Action::Back => {
            model.overlays.pop();
        }
        _ => return false,
    }
    true
}

/// Draws it over the middle of the screen.
pub fn draw(frame: &mut Frame<'_>, area: Rect, prompt: &Prompt, dressing: Dressing<'_>) {
    let width = area.width.min(70);
    let inner = usize::from(width.saturating_sub(4));
    let (title, text) = prompt.words();
    let mut lines: Vec<Line<'_>> =
        crate::tui::widgets::cells::wrap(text, inner).into_iter().map(|t| Line::raw(format!(" {t}"))).collect();
    let row = lines.len();
    let scroll = prompt.line.visual_scroll(inner.saturating_sub(3));
    let visible: String = prompt.line.value().chars().skip(scroll).collect();
    lines.push(Line::raw(format!(" > {}", fit(&visible, inner.saturating_sub(2), ""))));
    let mistake = prompt.mistake.clone().unwrap_or_default();
    lines.push(Line::styled(format!("   {mistake}"), theme::BAD));
    let area = popup(frame, area, title, lines, width, dressing);
    let column = prompt.line.visual_cursor().saturating_sub(scroll) + 4;
    let at = (area.x + u16::try_from(column).unwrap_or(0), area.y + 1 + u16::try_from(row).unwrap_or(0));
    if at.0 < area.right() && at.1 < area.bottom() {
        frame.set_cursor_position(at);
    }
}
