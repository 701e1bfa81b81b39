//! The settings of the screen.

use serde::{Deserialize, Serialize};

/// Appearance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "settings are independent switches")]
pub struct Ui {
    /// The name of a theme.
    pub theme: String,
    /// ASCII even where the terminal shows more.
    pub ascii: bool,
    /// Whether the mouse is taken from the terminal's own selection.
    pub mouse: bool,
    /// Whether a finished job rings the bell.
    pub bell: bool,
    /// Escape sequence of the notification when jobs end: `none`, `osc9` or `osc777`.
    pub notification: String,
    /// Whether the window's title says how far the copies are.
    pub title: bool,
    /// Whether the view of each account is remembered between runs.
    pub remember: bool,
    /// Whether frames are sent as synchronised updates.
    pub synchronized: bool,
    /// Frames a second on a local terminal.
    pub frames_local: u32,
    /// Frames a second over SSH.
    pub frames_remote: u32,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: super::theme::DEFAULT.into(),
            ascii: false,
            mouse: false,
            bell: true,
            notification: "none".into(),
            title: false,
            remember: true,
            synchronized: true,
            frames_local: 30,
            frames_remote: 10,
        }
    }
}
