//! Bounds of ages and sizes: `<30d`, `>1T`.

use super::clauses::Parsed;

/// A bound and the side of it that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound<T> {
    side: Side,
    value: T,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl<T: PartialOrd> Bound<T> {
    pub fn allows(&self, value: &T) -> bool {
        match self.side {
            Side::Less => *value < self.value,
            Side::AtMost => *value <= self.value,
            Side::Equal => *value == self.value,
            Side::AtLeast => *value >= self.value,
            Side::More => *value > self.value,
        }
    }
}

fn parse<T>(text: &str, equal: bool, value: impl Fn(&str) -> Option<T>, expected: &'static str) -> Parsed<Bound<T>> {
    let sides = [("<=", Side::AtMost), (">=", Side::AtLeast), ("<", Side::Less), (">", Side::More)];
    let (rest, side) = sides
        .into_iter()
        .find_map(|(sign, side)| Some((text.strip_prefix(sign)?, Some(side))))
        .unwrap_or((text, equal.then_some(Side::Equal)));
    if rest.is_empty() {
        return Parsed::Unfinished;
    }
    match (side, value(rest)) {
        (Some(side), Some(value)) => Parsed::Term(Bound { side, value }),
        _ => Parsed::Wrong(expected.into()),
    }
}

/// Parses a bound of an age in seconds: a number with m, h, d, w, mo or y, of days without.
pub fn age(text: &str) -> Parsed<Bound<i64>> {
    let seconds = |text: &str| {
        let (number, unit) = number_and_unit(text)?;
        let seconds = match unit {
            "m" => 60,
            "h" => 3_600,
            "" | "d" => 86_400,
            "w" => 604_800,
            "mo" => 2_592_000,
            "y" => 31_536_000,
            _ => return None,
        };
        i64::try_from(number).ok()?.checked_mul(seconds)
    };
    parse(text, false, seconds, "an age is written like <30d or >6mo, in m, h, d, w, mo or y")
}

/// Parses a bound of a size in GiB: a number with G or T, of GiB without.
pub fn size(text: &str) -> Parsed<Bound<u64>> {
    let gib = |text: &str| {
        let (number, unit) = number_and_unit(text)?;
        match unit.trim_end_matches("ib").trim_end_matches('b') {
            "" | "g" => Some(number),
            "t" => number.checked_mul(1024),
            _ => None,
        }
    };
    parse(text, true, gib, "a size is written like >100 or <=1T, in GiB or with T")
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..digits].parse().ok()?, &text[digits..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_sides_and_units() {
        let allows = |text: &str, value: i64| match age(text) {
            Parsed::Term(bound) => Some(bound.allows(&value)),
            _ => None,
        };
        let day = 86_400;
        for (text, value, expected) in [
            ("<30d", 29 * day, Some(true)),
            ("<30d", 30 * day, Some(false)),
            ("<=30", 30 * day, Some(true)),
            (">2w", 15 * day, Some(true)),
            (">=6mo", 180 * day, Some(true)),
            ("<1y", 364 * day, Some(true)),
            ("<90m", 3_600, Some(true)),
            ("30d", 0, None),
            ("<d", 0, None),
            ("<3x", 0, None),
            ("<99999999999999999999d", 0, None),
            ("<9223372036854775807y", 0, None),
        ] {
            assert_eq!(allows(text, value), expected, "{text}");
        }
        assert_eq!((age("<"), age("")), (Parsed::Unfinished, Parsed::Unfinished));
        for (text, fits, other) in
            [(">100", 101, 100), ("8", 8, 9), ("<1t", 1_023, 1_024), (">=2tib", 2_048, 2_047), ("<=8gb", 8, 9)]
        {
            let Parsed::Term(bound) = size(text) else { panic!("{text}") };
            assert!(bound.allows(&fits) && !bound.allows(&other), "{text}");
        }
        assert!(matches!(size(">big"), Parsed::Wrong(_)));
    }
}
