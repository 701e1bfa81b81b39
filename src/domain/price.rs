//! Prices, and the estimated cost of copies: at most, because volumes are counted as full and every copy as a first one.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    iter::Sum,
    ops::{Add, AddAssign},
};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::{
    completion::CompletionDuration,
    copy::CopyRequest,
    failure::Failure,
    ids::{ImageId, SnapshotId},
    placement::Placement,
    region::Region,
    text::{clean, thousands},
};

/// An amount of US dollars in millionths, so that sums are exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(u64);

impl Money {
    const DECIMALS: usize = 6;

    pub fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Reads a decimal number of dollars with up to six decimals, such as `0.0125`.
    pub fn parse(text: &str) -> Result<Self, Failure> {
        let refused = |why: &str| Err(Failure::new(format!("read the price `{}`", clean(text)), why.to_owned()));
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(decimals) {
            return refused("a price is a number of dollars such as 0.02");
        }
        let decimals = decimals.trim_end_matches('0');
        if decimals.len() > Self::DECIMALS || whole.len() > 9 {
            return refused("a price is less than 1,000,000,000 dollars, with at most 6 decimals");
        }
        // Both have digits alone, and few of them.
        let micros = format!("{whole}{decimals:0<6}").parse().unwrap_or(u64::MAX);
        Ok(Self(micros))
    }

    pub fn micros(self) -> u64 {
        self.0
    }

    /// Multiplies a price of one GiB.
    #[must_use]
    pub fn times(self, gib: u64) -> Self {
        Self(self.0.saturating_mul(gib))
    }

    /// The same by bytes, rounded up to a millionth of a dollar.
    #[must_use]
    fn times_bytes(self, bytes: u64) -> Self {
        let micros = (u128::from(self.0) * u128::from(bytes)).div_ceil(1 << 30);
        Self(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Add::add)
    }
}

impl fmt::Display for Money {
    /// In cents, rounded up: `$1,204.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.0.div_ceil(10_000);
        let dollars = usize::try_from(cents / 100).unwrap_or(usize::MAX);
        f.pad(&format!("${}.{:02}", thousands(dollars), cents % 100))
    }
}

/// Prices of one GB, which AWS counts as GiB. What is not in it is unknown.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prices {
    transfer: HashMap<Region, HashMap<Region, Money>>,
    storage: HashMap<Region, Money>,
    #[serde(default)]
    archive: HashMap<Region, Money>,
    /// By the shortest duration that it applies to, in minutes.
    time_based: BTreeMap<u16, Money>,
    oldest: Option<Date>,
}

impl Prices {
    /// Sets the price of transfer from one region to another.
    pub fn set_transfer(&mut self, from: Region, to: Region, price: Money) {
        self.transfer.entry(from).or_default().insert(to, price);
    }

    /// Sets the price of snapshot storage for a month.
    pub fn set_storage(&mut self, region: Region, price: Money) {
        self.storage.insert(region, price);
    }

    /// Sets the price of snapshot storage in the archive tier for a month.
    pub fn set_archive(&mut self, region: Region, price: Money) {
        self.archive.insert(region, price);
    }

    /// Returns the regions whose snapshot storage has a price.
    pub fn regions(&self) -> impl Iterator<Item = &Region> {
        self.storage.keys()
    }

    /// Sets the fee of time-based copies with this duration and longer ones, up to the next.
    pub fn set_time_based(&mut self, from: CompletionDuration, price: Money) {
        self.time_based.insert(from.minutes(), price);
    }

    /// Notes the day of some of the prices.
    pub fn dated(&mut self, day: Option<Date>) {
        self.oldest = self.oldest.into_iter().chain(day).min();
    }

    /// Returns the day of the oldest price.
    pub fn oldest(&self) -> Option<Date> {
        self.oldest
    }

    /// Returns the cost of transfer; nothing within a region.
    pub fn transfer(&self, from: &Region, to: &Region, gib: u64) -> Option<Money> {
        if from == to {
            return Some(Money::default());
        }
        Some(self.transfer.get(from)?.get(to)?.times(gib))
    }

    /// Returns the cost of storing snapshots for a month.
    pub fn storage_month(&self, region: &Region, gib: u64) -> Option<Money> {
        Some(self.storage.get(region)?.times(gib))
    }

    /// Returns the cost of storing so many bytes of snapshots for a month.
    pub fn storage_month_of_bytes(&self, region: &Region, bytes: u64) -> Option<Money> {
        Some(self.storage.get(region)?.times_bytes(bytes))
    }

    /// The same in the archive tier.
    pub fn archive_month_of_bytes(&self, region: &Region, bytes: u64) -> Option<Money> {
        Some(self.archive.get(region)?.times_bytes(bytes))
    }

    /// Returns the fee of a time-based copy.
    pub fn time_based(&self, duration: CompletionDuration, gib: u64) -> Option<Money> {
        let (_, price) = self.time_based.range(..=duration.minutes()).next_back()?;
        Some(price.times(gib))
    }
}

/// A part of an estimate that has no known price.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnknownPrice {
    Transfer {
        from: Region,
        to: Region,
    },
    Storage(Region),
    /// On an Outpost or in a Local Zone of this region.
    PlacedStorage(Region),
    /// In the archive tier.
    Archive(Region),
    /// In a storage tier that this program does not know.
    OtherTier(Region),
    TimeBased(CompletionDuration),
    /// EC2 does not report the size of this image: its root is on instance store, or a volume's size is not listed.
    Size(ImageId),
    /// EC2 does not tell the size of this snapshot.
    SnapshotSize(SnapshotId),
}

impl fmt::Display for UnknownPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Transfer { from, to } => write!(f, "transfer from {from} to {to}"),
            Self::Storage(region) => write!(f, "storage in {region}"),
            Self::PlacedStorage(region) => write!(f, "storage on an Outpost or in a Local Zone of {region}"),
            Self::Archive(region) => write!(f, "archived storage in {region}"),
            Self::OtherTier(region) => write!(f, "storage in another tier in {region}"),
            Self::TimeBased(duration) => write!(f, "a time-based copy within {duration}"),
            Self::Size(image) => write!(f, "{image}, whose size is not known"),
            Self::SnapshotSize(snapshot) => write!(f, "{snapshot}, whose size is not known"),
        }
    }
}

/// What copies cost at most, as far as prices are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Transfer between regions, once.
    pub transfer: Money,
    /// Snapshot storage, each month.
    pub storage_month: Money,
    /// Fee of time-based copies, once.
    pub time_based: Money,
    /// Parts without a known price, which the amounts leave out.
    pub unknown: BTreeSet<UnknownPrice>,
}

impl Estimate {
    /// Returns what is paid once, without storage.
    pub fn once(&self) -> Money {
        self.transfer + self.time_based
    }
}

/// Estimates the cost of copies.
pub fn estimate<'a>(copies: impl IntoIterator<Item = &'a CopyRequest>, prices: &Prices) -> Estimate {
    let mut estimate = Estimate::default();
    for copy in copies {
        let gib = copy.size_gib();
        let mut add = |amount: Option<Money>, unknown: &dyn Fn() -> UnknownPrice| {
            if amount.is_none() {
                estimate.unknown.insert(unknown());
            }
            amount.unwrap_or_default()
        };
        if copy.volumes.is_empty() || copy.volumes.contains(&0) {
            add(None, &|| UnknownPrice::Size(copy.source.clone()));
        }
        let (from, to) = (&copy.source_region, &copy.destination);
        let transfer =
            add(prices.transfer(from, to, gib), &|| UnknownPrice::Transfer { from: from.clone(), to: to.clone() });
        let storage = match copy.placement {
            Placement::Region => add(prices.storage_month(to, gib), &|| UnknownPrice::Storage(to.clone())),
            _ => add(None, &|| UnknownPrice::PlacedStorage(to.clone())),
        };
        let time_based = copy
            .completion
            .map(|duration| add(prices.time_based(duration, gib), &|| UnknownPrice::TimeBased(duration)));
        estimate.transfer += transfer;
        estimate.storage_month += storage;
        estimate.time_based += time_based.unwrap_or_default();
    }
    estimate
}

#[cfg(test)]
mod tests;
