//! Styles by role, in the sixteen ANSI colours. Meaning is never by colour alone, so nothing is lost without colours.

use ratatui::style::{Color, Modifier, Style};

/// Headings, the program's name, keys in the footer.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// Less important text.
pub const FAINT: Style = Style::new().fg(Color::DarkGray);
/// The row of the cursor, which has a `>` as well.
pub const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);
/// A marked row, which has a `*` as well.
pub const MARKED: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
/// Mistakes and failures.
pub const BAD: Style = Style::new().fg(Color::Red);
pub const WARN: Style = Style::new().fg(Color::Yellow);
pub const GOOD: Style = Style::new().fg(Color::Green);
/// In progress.
pub const BUSY: Style = Style::new().fg(Color::Cyan);
/// Badges in the header.
pub const BADGE: Style = Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD);
/// The border of the pane with the focus.
pub const FOCUS: Style = Style::new().fg(Color::Cyan);
