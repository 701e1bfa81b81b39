//! Roles of text. Screens draw with roles, never with colours; once a frame is drawn, [`paint`] gives each cell the style that the
//! theme has for its role. So a theme is changed without a screen knowing of it.

use ratatui::{
    buffer::{Buffer, Cell},
    style::{Color, Modifier, Style},
};

use crate::config::theme::{Role, Theme, ThemeColor};

/// Until the frame is painted, a role is the colour of this number and those after it. No theme is involved before that.
const MARKERS: u8 = 200;

const fn marked(role: Role) -> Style {
    Style::new().fg(Color::Indexed(MARKERS + role as u8))
}

/// Headings, the program's name, keys in the footer.
pub const STRONG: Style = marked(Role::Strong);
/// Less important text.
pub const FAINT: Style = marked(Role::Faint);
/// The row of the cursor, which has a `>` as well.
pub const CURSOR: Style = marked(Role::Cursor);
/// A marked row, which has a `*` as well.
pub const MARKED: Style = marked(Role::Marked);
/// What a filter matched, within the role of its row: the theme's own modifiers are added.
pub const MATCH: Style = Style::new().add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED));
/// Mistakes and failures.
pub const BAD: Style = marked(Role::Bad);
pub const WARN: Style = marked(Role::Warn);
pub const GOOD: Style = marked(Role::Good);
/// In progress.
pub const BUSY: Style = marked(Role::Busy);
/// Badges in the header.
pub const BADGE: Style = marked(Role::Badge);
/// The border of the pane with the focus.
pub const FOCUS: Style = marked(Role::Focus);

fn role(cell: &Cell) -> Role {
    match cell.fg {
        Color::Indexed(n) => Role::ALL.into_iter().find(|role| MARKERS + *role as u8 == n).unwrap_or(Role::Text),
        _ => Role::Text,
    }
}

fn color(color: Option<ThemeColor>) -> Option<Color> {
    Some(match color? {
        ThemeColor::Indexed(n) => Color::Indexed(n),
        ThemeColor::Rgb(r, g, b) => Color::Rgb(r, g, b),
    })
}

/// Gives each cell the style of its role. What a role leaves open is that of plain text.
pub fn paint(buffer: &mut Buffer, theme: &Theme) {
    let text = theme.style(Role::Text);
    let styles = Role::ALL.map(|role| {
        let style = theme.style(role);
        let mut modifier = Modifier::empty();
        modifier.set(Modifier::BOLD, style.bold);
        modifier.set(Modifier::DIM, style.dim);
        modifier.set(Modifier::ITALIC, style.italic);
        modifier.set(Modifier::UNDERLINED, style.underline);
        modifier.set(Modifier::REVERSED, style.reverse);
        let fg = color(style.fg.or(text.fg)).unwrap_or(Color::Reset);
        (fg, color(style.bg.or(text.bg)).unwrap_or(Color::Reset), modifier)
    });
    for cell in &mut buffer.content {
        let (fg, bg, modifier) = styles[role(cell) as usize];
        (cell.fg, cell.bg) = (fg, bg);
        cell.modifier |= modifier;
    }
}
