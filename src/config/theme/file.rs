//! A theme's file: a line for each role, and the built-in theme that the others are of.

use std::path::Path;

use toml::de::{DeTable, DeValue};

use super::{
    super::{settings::nearest, source::Source},
    role::{Role, Theme},
    style::RoleStyle,
};
use crate::domain::{Failure, text::clean};

/// The key that names the built-in theme.
const BASE: &str = "base";

/// Reads a theme; `base` gives the text of a built-in one.
///
/// # Errors
/// The first mistake, with its position.
pub(super) fn read(path: &Path, text: &str, base: &impl Fn(&str) -> Option<&'static str>) -> Result<Theme, Failure> {
    let source = Source { path, text };
    let wrong = |place, why: &str| {
        let hint =
            "A theme is a file of lines such as `bad = \"bold red\"`; `base = \"mono\"` gives the roles it leaves out.";
        source.wrong_at(place, why).hint(hint)
    };
    let document = DeTable::parse(text).map_err(|error| wrong(error.span(), error.message()))?;
    let mut theme = Theme::default();
    let mut keys: Vec<_> = document.get_ref().iter().collect();
    // Mistakes are named in the file's order, but the base comes before what overrides it.
    keys.sort_by_key(|(key, _)| (key.get_ref() != BASE, key.span().start));
    for (key, value) in keys {
        let name: &str = key.get_ref();
        let DeValue::String(written) = value.get_ref() else {
            let why = format!("`{}` is no text; expected one such as \"bold red\"", clean(name));
            return Err(wrong(Some(value.span()), &why));
        };
        if name == BASE {
            let text = base(written).ok_or_else(|| {
                let why = format!("`{}` is no built-in theme", clean(written));
                wrong(Some(value.span()), &why)
            })?;
            theme = read(Path::new(&**written), text, base)?;
            continue;
        }
        let Some(role) = Role::ALL.into_iter().find(|role| role.name() == name) else {
            let names: Vec<String> = Role::ALL.map(Role::name).to_vec();
            let advice = match nearest(name, names.iter().map(String::as_str).chain([BASE])) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", names.join(", ")),
            };
            return Err(wrong(Some(key.span()), &format!("unknown role `{}`; {advice}", clean(name))));
        };
        let style = RoleStyle::parse(written).map_err(|why| wrong(Some(value.span()), &why))?;
        theme.styles.insert(role, style);
    }
    Ok(theme)
}
