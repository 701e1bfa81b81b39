//! Numbered names for copies whose name is taken: `web-2`, `web-3` ...

use crate::domain::copy::ImageName;

/// Maximum length of a name. Source: EC2 API reference, `CopyImage`, `Name`.
const LENGTH: usize = 128;
/// Digits of the greatest number.
const DIGITS: usize = 3;

/// Returns the patterns that match every numbered form of a name.
pub(super) fn numbered_patterns(name: &ImageName) -> [String; DIGITS] {
    std::array::from_fn(|n| numbered(name, &"?".repeat(n + 1)))
}

/// Returns the first numbered form that is not taken, from 2.
pub(super) fn free_name(name: &ImageName, taken: impl Fn(&str) -> bool) -> Option<ImageName> {
    let greatest = 10_u32.pow(u32::try_from(DIGITS).unwrap_or(1));
    let free = (2..greatest).map(|n| numbered(name, &n.to_string())).find(|candidate| !taken(candidate))?;
    ImageName::new(&free).ok()
}

/// The name, cut where there is no room for the number.
fn numbered(name: &ImageName, number: &str) -> String {
    let room = LENGTH - 1 - number.len();
    let base: String = name.as_str().chars().take(room).collect();
    format!("{base}-{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_free_number_is_taken_and_the_length_kept() {
        let name = ImageName::new("web").unwrap();
        assert_eq!(numbered_patterns(&name), ["web-?", "web-??", "web-???"]);
        assert_eq!(free_name(&name, |_| false).unwrap().as_str(), "web-2");
        assert_eq!(free_name(&name, |n| ["web-2", "web-3", "web-5"].contains(&n)).unwrap().as_str(), "web-4");
        assert_eq!(free_name(&name, |_| true), None);
        let long = ImageName::new(&"a".repeat(128)).unwrap();
        let free = free_name(&long, |n| !n.ends_with("-10")).unwrap();
        assert_eq!((free.as_str().len(), free.as_str().ends_with("a-10")), (128, true));
        assert!(numbered_patterns(&long).iter().all(|p| p.len() == 128));
    }
}
