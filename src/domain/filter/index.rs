//! What filters search of many images: contiguous in memory, so that filtering 100,000 images does not follow 100,000 pointers.

use std::collections::HashMap;

use super::{
    entry::{Capitals, Entry, Letters, SEPARATOR, fields, ids, kinds},
    fold::Fold,
};
use crate::domain::image::Image;

/// The searched texts of images, without case and accents.
#[derive(Debug, Default)]
pub struct TextIndex {
    texts: String,
    /// A bit for each byte of the texts: what is there was a capital.
    capitals: Vec<u64>,
    places: Vec<Place>,
    letters: Vec<Letters>,
    /// In GiB. Adding up the disks while sorting costs more than the sorting.
    sizes: Vec<u32>,
    /// The number of each image's kinds.
    kinds: Vec<u32>,
    /// The texts of all kinds that there are, which are few.
    distinct_kinds: Vec<String>,
    numbers: HashMap<String, u32>,
}

/// Where an image's name ends, where its ids begin, and where its text ends.
#[derive(Debug, Clone, Copy)]
struct Place {
    name: usize,
    ids: usize,
    end: usize,
}

impl TextIndex {
    /// Adds an image.
    pub fn push(&mut self, image: &Image) {
        let start = self.texts.len();
        self.push_field(&image.name);
        let name = self.texts.len();
        for field in fields(image).skip(1) {
            self.texts.push(SEPARATOR);
            self.push_field(field);
        }
        let ids_at = self.texts.len();
        for id in ids(image) {
            self.texts.push(SEPARATOR);
            self.texts.push_str(id);
        }
        self.capitals.resize(self.texts.len().div_ceil(64), 0);
        let is_ascii = fields(image).all(str::is_ascii);
        self.letters.push(Letters::of(&self.texts[start..name], &self.texts[start..ids_at], is_ascii));
        self.places.push(Place { name, ids: ids_at, end: self.texts.len() });
        self.sizes.push(u32::try_from(image.size_gib()).unwrap_or(u32::MAX));
        let number = self.number(kinds_text(image));
        self.kinds.push(number);
    }

    fn push_field(&mut self, field: &str) {
        let start = self.texts.len();
        Fold::append_all(field, &mut self.texts);
        let end = self.texts.len();
        self.capitals.resize(end.div_ceil(64), 0);
        let mut at = start;
        for (original, folded) in field.chars().zip(self.texts[start..].chars()) {
            if original.is_uppercase() {
                self.capitals[at / 64] |= 1 << (at % 64);
            }
            at += folded.len_utf8();
        }
    }

    fn number(&mut self, kinds: String) -> u32 {
        if let Some(number) = self.numbers.get(&kinds) {
            return *number;
        }
        let number = u32::try_from(self.distinct_kinds.len()).unwrap_or(u32::MAX);
        self.distinct_kinds.push(kinds.clone());
        self.numbers.insert(kinds, number);
        number
    }

    /// Returns the length of an image's name in bytes.
    pub fn name_length(&self, at: usize) -> usize {
        let start = at.checked_sub(1).and_then(|before| self.places.get(before)).map_or(0, |before| before.end);
        self.places.get(at).map_or(0, |place| place.name - start)
    }

    /// Drops all images but the first ones.
    pub fn truncate(&mut self, kept: usize) {
        self.texts.truncate(kept.checked_sub(1).map_or(0, |last| self.places.get(last).map_or(0, |place| place.end)));
        let end = self.texts.len();
        self.capitals.truncate(end.div_ceil(64));
        if let Some(last) = self.capitals.last_mut()
            && !end.is_multiple_of(64)
        {
            *last &= (1 << (end % 64)) - 1;
        }
        self.places.truncate(kept);
        self.letters.truncate(kept);
        self.sizes.truncate(kept);
        self.kinds.truncate(kept);
    }

    /// Returns an image's entry, by its number.
    pub fn entry<'a>(&'a self, at: usize, image: &'a Image) -> Option<Entry<'a>> {
        let start = at.checked_sub(1).map_or(0, |before| self.places[before].end);
        let place = *self.places.get(at)?;
        Some(Entry {
            image,
            name: self.texts.get(start..place.name)?,
            text: self.texts.get(start..place.ids)?,
            ids: self.texts.get(place.ids..place.end)?,
            kinds: self.distinct_kinds.get(*self.kinds.get(at)? as usize)?,
            capitals: Capitals { bits: &self.capitals, start },
            letters: *self.letters.get(at)?,
            size: u64::from(*self.sizes.get(at)?),
            profile: "",
        })
    }
}

/// Returns the kinds of an image between separators.
fn kinds_text(image: &Image) -> String {
    let mut text = String::from(SEPARATOR);
    for kind in kinds(image) {
        Fold::append_all(kind, &mut text);
        text.push(SEPARATOR);
    }
    text
}
