//! Records: what a command or an export writes one of for each image, copy, and so on.

use schemars::JsonSchema;
use serde::Serialize;

/// One entry of an output. Its JSON has AWS's field names in `snake_case`; fields are added, never removed or renamed.
pub trait Record: Serialize + JsonSchema + Sized + 'static {
    /// Key of the records in a JSON document, for example `images`.
    const LIST: &'static str;

    /// Returns every column, in the order of the help text.
    fn columns() -> &'static [Column<Self>];

    /// Returns what `--output ids` prints; nothing is printed if it is `None`.
    fn id(&self) -> Option<String>;
}

/// A column of tables and CSV.
#[derive(Debug)]
pub struct Column<R> {
    /// For `--columns` and the heading.
    pub name: &'static str,
    /// Shown without `--columns`.
    pub default: bool,
    /// Numbers are aligned to the right.
    pub right: bool,
    /// The value as text; it may contain anything that AWS allows.
    pub value: fn(&R) -> String,
}

impl<R> Column<R> {
    /// A column that is shown.
    pub const fn new(name: &'static str, value: fn(&R) -> String) -> Self {
        Self { name, default: true, right: false, value }
    }

    /// A column of numbers that is shown.
    pub const fn number(name: &'static str, value: fn(&R) -> String) -> Self {
        Self { name, default: true, right: true, value }
    }

    /// A column that is shown only if `--columns` names it.
    pub const fn hidden(name: &'static str, value: fn(&R) -> String) -> Self {
        Self { name, default: false, right: false, value }
    }
}
