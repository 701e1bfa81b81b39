//! The roles of text, and a theme, which has a style for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{super::serde_names::name_of, style::RoleStyle};

/// What a text on the screen is. Meaning is never by colour alone: each has a word or a mark as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything that is nothing else.
    Text,
    /// Headings, the program's name, keys in the footer.
    Strong,
    /// Less important text.
    Faint,
    /// The row of the cursor, which has a `>` as well.
    Cursor,
    /// A marked row, which has a `*` as well.
    Marked,
    /// Mistakes and failures.
    Bad,
    Warn,
    Good,
    /// In progress.
    Busy,
    /// Badges in the header.
    Badge,
    /// The border of the pane with the focus.
    Focus,
}

impl Role {
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::Strong,
        Self::Faint,
        Self::Cursor,
        Self::Marked,
        Self::Bad,
        Self::Warn,
        Self::Good,
        Self::Busy,
        Self::Badge,
        Self::Focus,
    ];

    /// The name in a theme's file.
    pub fn name(self) -> String {
        name_of(self)
    }
}

/// A style for every role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Theme {
    pub(super) styles: BTreeMap<Role, RoleStyle>,
}

impl Theme {
    /// The style of a role: plain unless the theme says otherwise.
    pub fn style(&self, role: Role) -> RoleStyle {
        self.styles.get(&role).copied().unwrap_or_default()
    }
}
