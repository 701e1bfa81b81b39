//! Roles and their colours: sixteen ANSI colours, no more. Meaning is never by colour alone, so a palette without
//! colours loses nothing.

use ratatui::style::{Color, Modifier, Style};

/// Headings, the program's name, keys in the footer.
pub const STRONG: Style = Style::new().add_modifier(Modifier::BOLD);
/// What is there but matters less.
pub const FAINT: Style = Style::new().fg(Color::DarkGray);
/// The chosen row. A `>` stands before it as well.
pub const CURSOR: Style = Style::new().add_modifier(Modifier::REVERSED);
/// A marked row. A `*` stands before it as well.
pub const MARKED: Style = Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD);
/// Mistakes and failures. The words say so as well.
pub const BAD: Style = Style::new().fg(Color::Red);
/// Warnings.
pub const WARN: Style = Style::new().fg(Color::Yellow);
/// Done.
pub const GOOD: Style = Style::new().fg(Color::Green);
/// Under way.
pub const BUSY: Style = Style::new().fg(Color::Cyan);
/// The DEMO mark, read-only.
pub const BADGE: Style = Style::new().fg(Color::Black).bg(Color::Yellow).add_modifier(Modifier::BOLD);
/// The pane that has the focus.
pub const FOCUS: Style = Style::new().fg(Color::Cyan);
