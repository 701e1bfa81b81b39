//! The regions of the setting `browse.regions`.

use super::Browse;
use crate::domain::Region;

/// Which regions are listed at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRegions {
    /// The home region at once, then every other enabled one that answers fast; those chosen last, if any were.
    Fast,
    /// The home region alone.
    Home,
    /// Every enabled region.
    All,
    Named(Vec<Region>),
}

impl Browse {
    /// Returns which regions the setting names.
    pub fn start_regions(&self) -> StartRegions {
        match self.regions.as_slice() {
            [] => StartRegions::Fast,
            [word] if word == "home" => StartRegions::Home,
            [word] if word == "all" => StartRegions::All,
            names => StartRegions::Named(names.iter().filter_map(|name| Region::new(name).ok()).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_names_regions_or_has_a_word() {
        let of = |names: &[&str]| {
            let regions = names.iter().map(|name| (*name).to_owned()).collect();
            Browse { regions, ..Browse::default() }.start_regions()
        };
        assert_eq!([of(&[]), of(&["home"]), of(&["all"])], [StartRegions::Fast, StartRegions::Home, StartRegions::All]);
        assert_eq!(of(&["eu-west-1"]), StartRegions::Named(vec![Region::new("eu-west-1").unwrap()]));
    }
}
