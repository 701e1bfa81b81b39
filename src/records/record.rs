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
    /// For `--columns` and the heading of CSV.
    pub name: &'static str,
    /// Printed without `--columns`.
    pub default: bool,
    /// Numbers are aligned to the right.
    pub right: bool,
    /// The value as text; it may contain anything that AWS allows.
    pub value: fn(&R) -> String,
    /// What a table on a terminal has instead.
    pub shown: Shown<R>,
}

/// What a table on a terminal shows of a column.
#[derive(Debug)]
pub struct Shown<R> {
    /// Heading and value, if not those of the data; `None` for a column that another one includes.
    pub wide: Option<Form<R>>,
    /// What takes less room, from this step on: the steps are taken one after the other until the table fits.
    pub narrow: Option<(u8, Form<R>)>,
    /// The step that leaves the column out, unless it was requested by name.
    pub left_out: Option<u8>,
    pub elision: Elision,
}

/// A heading, in capitals, and the value under it.
#[derive(Debug)]
pub struct Form<R> {
    /// Empty for the column's name.
    pub heading: &'static str,
    pub value: fn(&R) -> String,
}

/// Where values are cut that are too long for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elision {
    /// Nowhere: an id that is cut is of no use.
    Never,
    /// Where values that differ still do. So many cells are left at least, before another column gives way.
    Differing(usize),
    /// At the end. So many cells are left at least, before another column gives way.
    End(usize),
    /// Nowhere: it continues on further lines. So many cells are left at least, before another column gives way.
    Wrapped(usize),
}

impl<R> Clone for Form<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Form<R> {}

impl<R> Column<R> {
    /// A column that is printed.
    pub const fn new(name: &'static str, value: fn(&R) -> String) -> Self {
        let wide = Some(Form { heading: "", value });
        let shown = Shown { wide, narrow: None, left_out: None, elision: Elision::Never };
        Self { name, default: true, right: false, value, shown }
    }

    /// A column of numbers that is printed.
    pub const fn number(name: &'static str, value: fn(&R) -> String) -> Self {
        Self { right: true, ..Self::new(name, value) }
    }

    /// A column that is printed only if `--columns` names it.
    pub const fn hidden(name: &'static str, value: fn(&R) -> String) -> Self {
        Self { default: false, ..Self::new(name, value) }.cut(Elision::End(12))
    }

    /// With another heading and value on a terminal.
    #[must_use]
    pub const fn shown(mut self, heading: &'static str, value: fn(&R) -> String) -> Self {
        self.shown.wide = Some(Form { heading, value });
        self
    }

    /// With another heading on a terminal.
    #[must_use]
    pub const fn headed(self, heading: &'static str) -> Self {
        let value = self.value;
        self.shown(heading, value)
    }

    /// Not on a terminal, because another column includes it.
    #[must_use]
    pub const fn in_data_only(mut self) -> Self {
        self.shown.wide = None;
        self
    }

    /// With something shorter from this step on.
    #[must_use]
    pub const fn narrow(mut self, step: u8, heading: &'static str, value: fn(&R) -> String) -> Self {
        self.shown.narrow = Some((step, Form { heading, value }));
        self
    }

    /// Left out of a terminal at this step.
    #[must_use]
    pub const fn left_out(mut self, step: u8) -> Self {
        self.shown.left_out = Some(step);
        self
    }

    /// Cut on a terminal where it has to be.
    #[must_use]
    pub const fn cut(mut self, elision: Elision) -> Self {
        self.shown.elision = elision;
        self
    }

    /// Returns its heading in this form.
    pub fn heading(&self, form: &Form<R>) -> String {
        if form.heading.is_empty() { self.name.to_uppercase().replace('_', " ") } else { form.heading.into() }
    }

    /// Returns true if it is called this: its name, or its heading on a terminal in any case.
    pub fn is_called(&self, name: &str) -> bool {
        let headings = self.shown.wide.iter().chain(self.shown.narrow.iter().map(|(_, form)| form));
        let name = name.replace('_', " ");
        self.name.replace('_', " ").eq_ignore_ascii_case(&name)
            || !name.is_empty() && headings.into_iter().any(|form| form.heading.eq_ignore_ascii_case(&name))
    }
}
