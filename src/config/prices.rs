//! Reads prices: the built-in ones of `assets/prices.toml`, and a file of the same form that overrides them.

use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;

use super::source::{self, Source};
use crate::domain::{
    CompletionDuration, Failure, Region,
    price::{Money, Prices},
};

const BUILT_IN: &str = include_str!("../../assets/prices.toml");

/// Reads the built-in prices, overridden by those of a file if one is given.
///
/// # Errors
/// A file that cannot be read, and the first mistake in it with line and column.
pub(super) fn load(file: Option<&Path>) -> Result<Prices, Failure> {
    let mut prices = Prices::default();
    add(&mut prices, Source { path: Path::new("assets/prices.toml"), text: BUILT_IN })?;
    if let Some(path) = file {
        let text =
            source::read("the prices", path, "Correct `copy.prices_file`, or unset it for the built-in prices.")?;
        add(&mut prices, Source { path, text: &text })?;
    }
    Ok(prices)
}

fn add(prices: &mut Prices, source: Source<'_>) -> Result<(), Failure> {
    /// Nobody who has installed the program has its sources.
    const EXAMPLE: &str = "A table of it, for example: `[[transfer]]`, and in lines below `from = [\"us-east-1\"]`, \
                           `to = [\"eu-west-1\"]`, `usd_per_gb = 0.02`, `date = \"2026-01-31\"`, `source = \"our contract\"`.";
    let tables: Tables = source.parse().map_err(|e| e.hint(EXAMPLE))?;
    for table in tables.transfer {
        for (from, to) in table.from.iter().flat_map(|from| table.to.iter().map(move |to| (from, to))) {
            prices.set_transfer(from.clone(), to.clone(), table.usd_per_gb.0);
        }
        prices.dated(table.date);
    }
    for table in tables.snapshot_storage {
        for region in table.regions {
            prices.set_storage(region, table.usd_per_gb_month.0);
        }
        prices.dated(table.date);
    }
    for table in tables.snapshot_archive {
        for region in table.regions {
            prices.set_archive(region, table.usd_per_gb_month.0);
        }
        prices.dated(table.date);
    }
    for table in tables.time_based {
        prices.set_time_based(table.from_minutes, table.usd_per_gib.0);
        prices.dated(table.date);
    }
    Ok(())
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Tables {
    transfer: Vec<Transfer>,
    snapshot_storage: Vec<Storage>,
    snapshot_archive: Vec<Storage>,
    time_based: Vec<TimeBased>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    from: Vec<Region>,
    to: Vec<Region>,
    usd_per_gb: Price,
    date: Option<Date>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Storage {
    regions: Vec<Region>,
    usd_per_gb_month: Price,
    date: Option<Date>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TimeBased {
    from_minutes: CompletionDuration,
    usd_per_gib: Price,
    date: Option<Date>,
    #[serde(rename = "source")]
    _source: Option<String>,
}

#[derive(Deserialize)]
#[serde(try_from = "f64")]
struct Price(Money);

impl TryFrom<f64> for Price {
    type Error = Failure;
    fn try_from(dollars: f64) -> Result<Self, Failure> {
        // Rust writes the shortest decimal that reads as the same number, which is the one in the file.
        Money::parse(&dollars.to_string()).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn region(name: &str) -> Region {
        Region::new(name).unwrap()
    }

    fn overridden(text: &str) -> Result<Prices, Failure> {
        let mut prices = load(None)?;
        add(&mut prices, Source { path: Path::new("prices.toml"), text })?;
        Ok(prices)
    }

    #[test]
    fn the_built_in_prices_are_read_and_sourced() {
        let prices = load(None).unwrap();
        let transfer = |from, to| prices.transfer(&region(from), &region(to), 1).map(Money::micros);
        assert_eq!(transfer("us-east-1", "eu-west-1"), Some(20_000));
        assert_eq!(transfer("us-east-1", "us-east-2"), Some(10_000), "the later table overrides");
        assert_eq!(transfer("us-east-1", "us-east-1"), Some(0));
        assert_eq!(transfer("us-east-1", "us-gov-east-1"), None);
        assert_eq!(prices.storage_month(&region("us-west-1"), 1), Some(Money::from_micros(55_000)));
        assert_eq!(prices.storage_month(&region("af-south-1"), 1), None);
        assert_eq!(prices.oldest(), Some(Date::constant(2019, 9, 22)));
        let tables: toml::Table = toml::from_str(BUILT_IN).unwrap();
        for table in tables.values().flat_map(|tables| tables.as_array().unwrap()) {
            let date: Date = table["date"].as_str().unwrap().parse().unwrap();
            assert!(date.year() > 2018 && table["source"].as_str().is_some_and(|s| s.len() > 20), "{table}");
        }
    }

    #[test]
    fn a_file_overrides_single_prices() {
        let text = "[[snapshot_storage]]\nregions = [\"af-south-1\", \"us-east-1\"]\nusd_per_gb_month = 1\n\
                    [[time_based]]\nfrom_minutes = 60\nusd_per_gib = 0.000001\n\
                    [[snapshot_archive]]\nregions = [\"eu-west-1\"]\nusd_per_gb_month = 0.0125\n";
        let prices = overridden(text).unwrap();
        for (name, micros) in [("af-south-1", 1_000_000), ("us-east-1", 1_000_000), ("eu-west-1", 50_000)] {
            assert_eq!(prices.storage_month(&region(name), 1), Some(Money::from_micros(micros)), "{name}");
        }
        let archive = |name| prices.archive_month_of_bytes(&region(name), 1 << 30).map(Money::micros);
        assert_eq!([archive("eu-west-1"), archive("us-east-1")], [Some(12_500), None]);
        let fee = |minutes| prices.time_based(CompletionDuration::from_minutes(minutes).unwrap(), 1);
        assert_eq!([fee(15), fee(105), fee(120)].map(|m| m.unwrap().micros()), [20_000, 1, 14_000]);
    }

    #[rstest]
    #[case("[[transfer]]\nfrom = [\"us-east-1\"]\nto = [\"europe\"]\nusd_per_gb = 1", "prices.toml:3:6: ", "`europe`")]
    #[case("[[snapshot_storage]]\nregions = []\nusd_per_gb_month = -0.5", "prices.toml:3:20: ", "number of dollars")]
    #[case("[[snapshot_storage]]\nregions = []\nusd_per_gb_month = 0.0000001", "prices.toml:3:20: ", "6 decimals")]
    #[case("[[snapshot_storage]]\nregions = []\nusd_per_gb_month = \"1\"", "prices.toml:3:20: ", "invalid type")]
    #[case("[[time_based]]\nfrom_minutes = 20\nusd_per_gib = 1", "prices.toml:2:16: ", "multiple of 15")]
    #[case("\n[[tranfser]]\n", "prices.toml:2:3: ", "unknown field `tranfser`")]
    #[case("[[time_based]]\nfrom_minutes = 15", "prices.toml:1:1: ", "missing field `usd_per_gib`")]
    #[case("[[time_based]\n", "prices.toml:1:", "")]
    fn a_mistake_is_named_with_its_place(#[case] text: &str, #[case] place: &str, #[case] why: &str) {
        let error = overridden(text).unwrap_err();
        assert!(error.to_string().starts_with(place) && error.to_string().contains(why), "{error}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = load(Some(Path::new("/nowhere/prices.toml"))).unwrap_err();
        assert!(error.what.contains("/nowhere/prices.toml") && error.hint.contains("copy.prices_file"), "{error:?}");
    }
}
