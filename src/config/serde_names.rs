//! Converts enum variants to and from their serde names.

use serde::{Deserialize, Serialize, de::IntoDeserializer as _};

/// The name that serde gives a word.
pub(super) fn name_of(word: impl Serialize) -> String {
    match toml::Value::try_from(word) {
        Ok(toml::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The word of a name that serde gives.
pub(super) fn parse<'de, T: Deserialize<'de>>(name: &'de str) -> Option<T> {
    let name: serde::de::value::StrDeserializer<'de, serde::de::value::Error> = name.into_deserializer();
    T::deserialize(name).ok()
}
