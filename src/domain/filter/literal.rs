//! A text that is looked for as it is typed.

use std::ops::Range;

use super::fold::Fold;

/// A text to find: case and accents matter only if some are typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    text: String,
    fold: Fold,
}

impl Literal {
    /// Returns what is looked for; `None` for no text.
    pub fn typed(text: &str) -> Option<Self> {
        let fold = Fold::typed(text);
        (!text.is_empty()).then(|| Self { text: fold.text(text), fold })
    }

    /// Returns where it occurs in a text.
    pub fn ranges_in(&self, text: &str) -> Vec<Range<usize>> {
        let (mut found, mut at) = (Vec::new(), 0);
        while let Some(range) = text.get(at..).and_then(|rest| self.fold.find(rest, &self.text)) {
            found.push(at + range.start..at + range.end);
            at += range.end;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_found() {
        let found = |typed: &str, text: &str| Literal::typed(typed).unwrap().ranges_in(text);
        assert_eq!(found("web", "a web, a Web"), [2..5, 9..12]);
        assert_eq!(found("Web", "a web, a Web"), vec![9..12]);
        assert_eq!(found("aa", "aaaaa"), [0..2, 2..4]);
        assert_eq!(found("u e", "\u{fc} \u{e9}u e"), [0..5, 5..8]);
        assert_eq!(found("x", ""), Vec::<Range<usize>>::new());
        assert_eq!(Literal::typed(""), None);
    }
}
