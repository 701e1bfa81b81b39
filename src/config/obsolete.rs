//! Settings of earlier versions: what they meant is read, and said.

use crate::domain::Failure;

/// `ui.palette` of earlier versions: what `ui.theme` is instead (`None` for the default), and a note about it.
///
/// # Errors
/// A word that it never accepted.
pub(super) fn palette(place: &str, word: &str) -> Result<(Option<&'static str>, String), Failure> {
    let (theme, meaning) = match word {
        "auto" | "16" => (None, "colours are used unless NO_COLOR is set, so it can be removed"),
        "none" => (Some(super::theme::WITHOUT_COLOURS), "it is read as theme = \"mono\""),
        _ => {
            let failure = Failure::new(place, "`palette` in [ui] was auto, none or 16, and is `theme` now");
            return Err(failure
                .hint("`amigrate config init --config example.toml` writes a file with every key and its default."));
        }
    };
    Ok((theme, format!("{place}: `palette` is `theme` now: {meaning}.")))
}
