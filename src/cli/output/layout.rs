//! How wide the columns of a table are, and which give way on a terminal that is too narrow for all of them.

use std::collections::HashSet;

use unicode_width::UnicodeWidthStr;

use super::table::{GAP, Table};
use crate::{
    records::{Elision, Form},
    term::text_fit::{elide, wrap},
};

/// A value that is cut keeps at least this many cells.
const AT_LEAST: usize = 4;
/// Which part of a cut value is its head, in quarters: the middle is cut where values that differ still do then.
const CUTS: [usize; 5] = [2, 1, 3, 0, 4];

/// A column as it is printed.
#[derive(Debug)]
pub(super) struct Placed<R> {
    /// Its place in the table's rows.
    pub(super) at: usize,
    /// It has its short form.
    pub(super) narrow: bool,
    pub(super) form: Form<R>,
    pub(super) width: usize,
    /// Width of the longest value, or of the heading.
    natural: usize,
    /// What it needs before another column gives way.
    least: usize,
}

impl<R: 'static> Table<R> {
    /// Returns the columns in their order, as wide as the terminal allows.
    pub(super) fn lay_out(&self) -> Vec<Placed<R>> {
        let mut placed: Vec<Placed<R>> = (0..self.columns.len()).filter_map(|at| self.place(at, false)).collect();
        placed.retain(|column| self.keeps_columns || self.values(column).any(|value| !value.is_empty()));
        let Some(fit) = self.fit else { return placed };
        if needed(&placed, |column| column.natural) <= fit.cells {
            return placed;
        }
        for column in &mut placed {
            column.least = self.least(column, fit.ellipsis);
        }
        for step in 1..=u8::MAX {
            if needed(&placed, |column| column.least) <= fit.cells {
                break;
            }
            placed.retain(|column| self.keeps_columns || self.columns[column.at].shown.left_out != Some(step));
            for column in &mut placed {
                if self.columns[column.at].shown.narrow.is_some_and(|(at, _)| at == step)
                    && let Some(narrow) = self.place(column.at, true)
                {
                    *column = narrow;
                    column.least = self.least(column, fit.ellipsis);
                }
            }
        }
        self.share(&mut placed, fit.cells);
        placed
    }

    /// Returns the values of a column, each in lines, cut where they have to be.
    pub(super) fn cells(&self, column: &Placed<R>) -> Vec<Vec<String>> {
        if matches!(self.columns[column.at].shown.elision, Elision::Wrapped(_)) {
            return self.values(column).map(|value| wrap(value, column.width)).collect();
        }
        let ellipsis = self.fit.map_or("", |fit| fit.ellipsis);
        let quarters = match self.columns[column.at].shown.elision {
            _ if column.width >= column.natural => 4,
            Elision::Differing(_) => cut_at(&self.different(column), column.width, ellipsis).unwrap_or(CUTS[0]),
            Elision::Never | Elision::End(_) | Elision::Wrapped(_) => 4,
        };
        self.values(column).map(|value| vec![elide(value, column.width, quarters, ellipsis)]).collect()
    }

    fn place(&self, at: usize, narrow: bool) -> Option<Placed<R>> {
        let shown = &self.columns[at].shown;
        let form = if narrow { shown.narrow.map(|(_, form)| form) } else { shown.wide }?;
        let heading = self.columns[at].heading(&form).width();
        let mut column = Placed { at, narrow, form, width: 0, natural: heading, least: 0 };
        column.natural = self.values(&column).map(UnicodeWidthStr::width).fold(heading, usize::max);
        (column.width, column.least) = (column.natural, column.natural);
        Some(column)
    }

    fn values(&self, column: &Placed<R>) -> impl Iterator<Item = &str> {
        let (at, narrow) = (column.at, column.narrow);
        self.rows.iter().filter_map(move |row| if narrow { &row.narrow } else { &row.wide }.get(at).map(String::as_str))
    }

    /// The width below which another column gives way first.
    fn least(&self, column: &Placed<R>, ellipsis: &str) -> usize {
        let shown = &self.columns[column.at];
        let floor = shown.heading(&column.form).width();
        match shown.shown.elision {
            Elision::Never => column.natural,
            Elision::End(cells) | Elision::Wrapped(cells) => cells.max(floor).min(column.natural),
            Elision::Differing(cells) => {
                let values = self.different(column);
                let (mut least, mut most) = (cells.max(floor).min(column.natural), column.natural);
                while least < most {
                    let middle = usize::midpoint(least, most);
                    if cut_at(&values, middle, ellipsis).is_some() { most = middle } else { least = middle + 1 }
                }
                least
            }
        }
    }

    fn different(&self, column: &Placed<R>) -> HashSet<&str> {
        self.values(column).collect()
    }

    /// Gives the columns that can be cut what room there is, the shortest first.
    fn share(&self, placed: &mut [Placed<R>], cells: usize) {
        let elastic = |column: &Placed<R>| self.columns[column.at].shown.elision != Elision::Never;
        for column in placed.iter_mut() {
            column.width = column.least;
        }
        let mut used = needed(placed, |column| column.width);
        while used < cells {
            let open = placed.iter_mut().filter(|column| column.width < column.natural);
            let Some(column) = open.min_by_key(|column| column.width) else { return };
            column.width += 1;
            used += 1;
        }
        while used > cells {
            let open = placed.iter_mut().filter(|column| elastic(column) && column.width > AT_LEAST);
            let Some(column) = open.max_by_key(|column| column.width) else { return };
            column.width -= 1;
            used -= 1;
        }
    }
}

/// Where values that differ can be cut to this many cells without becoming the same.
fn cut_at(values: &HashSet<&str>, cells: usize, ellipsis: &str) -> Option<usize> {
    CUTS.into_iter().find(|quarters| {
        let mut seen = HashSet::with_capacity(values.len());
        values.iter().all(|value| seen.insert(elide(value, cells, *quarters, ellipsis)))
    })
}

fn needed<R>(columns: &[Placed<R>], width: impl Fn(&Placed<R>) -> usize) -> usize {
    columns.iter().map(width).sum::<usize>() + GAP * columns.len().saturating_sub(1)
}
