//! Where keys apply.

use serde::{Deserialize, Serialize};

use super::serde_names::{name_of, parse};

/// Where a binding applies. A key is looked up in the contexts of what has the focus, innermost first. In `snake_case` they are
/// the tables of `[keys]`, so none is renamed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Context {
    /// Every screen where no text is being typed.
    Everywhere,
    /// Everything that scrolls.
    Lists,
    Images,
    Jobs,
    ImageDetails,
    /// Job details, help and problems.
    Pager,
    Form,
    /// The review before copies start.
    Review,
    /// Families of images against regions.
    Coverage,
    /// Orphaned snapshots.
    Orphans,
    RecycleBin,
    /// The storage that images hold.
    Storage,
    /// What policies would copy and retire.
    SyncPlan,
    Picker,
    /// The filter of a pane being typed.
    Filter,
    /// The command palette.
    Palette,
    /// A line of text being typed.
    Input,
    /// A confirmation that can be answered with yes or no.
    Confirm,
    /// Any confirmation: a dialog with choices.
    Choice,
}

impl Context {
    /// Every context, in the order of the table.
    pub const ALL: [Self; 19] = [
        Self::Everywhere,
        Self::Lists,
        Self::Images,
        Self::Jobs,
        Self::ImageDetails,
        Self::Pager,
        Self::Form,
        Self::Review,
        Self::Coverage,
        Self::Orphans,
        Self::RecycleBin,
        Self::Storage,
        Self::SyncPlan,
        Self::Picker,
        Self::Filter,
        Self::Palette,
        Self::Input,
        Self::Confirm,
        Self::Choice,
    ];

    /// The name in `[keys]`.
    pub fn name(self) -> String {
        name_of(self)
    }

    /// The context of this name.
    pub fn parse(name: &str) -> Option<Self> {
        parse(name)
    }

    /// The heading in help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Everywhere => "Everywhere",
            Self::Lists => "Lists",
            Self::Images => "Images",
            Self::Jobs => "Jobs",
            Self::ImageDetails => "Image details",
            Self::Pager => "Other pages",
            Self::Form => "Copy form",
            Self::Review => "Review",
            Self::Coverage => "Coverage",
            Self::Orphans => "Orphans",
            Self::RecycleBin => "Recycle Bin",
            Self::Storage => "Storage",
            Self::SyncPlan => "Sync plan",
            Self::Picker => "Pickers",
            Self::Filter => "Filter line",
            Self::Palette => "Commands",
            Self::Input => "Text input",
            Self::Confirm => "Confirmations",
            Self::Choice => "Dialogs",
        }
    }
}
