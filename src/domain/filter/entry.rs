//! What a filter searches of an image: its fields in one text, without case and accents.

use crate::domain::{ids::ImageId, image::Image, region::Region};

/// Separates the fields of an indexed text. No field contains it, because XML cannot.
pub(super) const SEPARATOR: char = '\0';

/// The keys of amigrate's own tags begin with this. Words are not searched in them: their values are digits and names that nobody has
/// chosen, in which short words would occur by chance.
const OWN_TAGS: &str = "amigrate:";

/// Returns true if words are searched in the tags with this key.
pub fn searches_tag(key: &str) -> bool {
    !key.starts_with(OWN_TAGS)
}

/// Returns the fields in which any word may occur; the name first.
pub(super) fn fields(image: &Image) -> impl Iterator<Item = &str> {
    let tags = image.tags.iter().filter(|tag| searches_tag(&tag.key));
    let tags = tags.flat_map(|tag| [&*tag.key, &*tag.value]);
    [&*image.name, &*image.description].into_iter().chain(tags)
}

/// The shortest word that is looked for in ids, in characters: fewer digits are in many of them by chance.
pub(super) const ID_PART: usize = 4;

/// Returns the ids in which longer words may occur; snapshots are looked for only by words that name them.
pub(super) fn ids(image: &Image) -> impl Iterator<Item = &str> {
    let source = image.source_image_id.as_ref().map(ImageId::as_str);
    [image.id.as_str()].into_iter().chain(source)
}

/// Returns the fields that a word must be equal to: each has one of few values, in which short words would occur by chance.
pub(super) fn kinds(image: &Image) -> impl Iterator<Item = &str> {
    let optional = [&image.image_owner_alias, &image.platform_details, &image.boot_mode];
    let source = image.source_region.as_ref().map(Region::as_str);
    [
        image.state.as_str(),
        &*image.architecture,
        image.owner_id.as_str(),
        &*image.root_device_type,
        image.region.as_str(),
    ]
    .into_iter()
    .chain(source)
    .chain(optional.into_iter().flatten().map(AsRef::as_ref))
}

/// What a shown text of an image is, for the words that may match in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Any word may occur in it.
    Text,
    /// Longer words may.
    Id,
    /// A word may be equal to it.
    Kind,
}

/// Sets of the characters of an image's name, and of all its fields. They exclude most images without matching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Letters {
    pub(super) name: u64,
    pub(super) text: u64,
}

impl Letters {
    /// Returns the sets of one image's indexed name and fields. `is_ascii` is false if a field as it is written has other characters.
    pub(super) fn of(name: &str, fields: &str, is_ascii: bool) -> Self {
        Self { name: letters(name), text: letters(fields) | if is_ascii { 0 } else { NOT_ASCII } }
    }

    /// Returns true if the fields as they are written differ from their index by capitals only.
    pub(super) fn is_ascii(self) -> bool {
        self.text & NOT_ASCII == 0
    }
}

/// Set if a text as it is written has other characters than ASCII's, with or without them in its index.
const NOT_ASCII: u64 = 1 << 43;

/// Returns the set of a text's characters: a bit for each letter and digit and for some punctuation, one for all other ASCII
/// characters and one for the rest.
pub(super) fn letters(text: &str) -> u64 {
    text.bytes().fold(0, |set, byte| {
        let bit = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26 + byte - b'0',
            b'-' => 36,
            b'.' => 37,
            b'_' => 38,
            b'/' => 39,
            b' ' => 40,
            0x80.. => 42,
            _ => 41,
        };
        set | 1 << bit
    })
}

/// An image with what is searched of it.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    pub image: &'a Image,
    /// Its name, without case and accents.
    pub(super) name: &'a str,
    /// Its fields, between separators.
    pub(super) text: &'a str,
    /// Each behind a separator.
    pub(super) ids: &'a str,
    /// Each between separators.
    pub(super) kinds: &'a str,
    pub(super) capitals: Capitals<'a>,
    pub(super) letters: Letters,
    pub(super) size: u64,
    /// The profile that lists it; empty where that is not known.
    pub(super) profile: &'a str,
}

impl<'a> Entry<'a> {
    /// Returns the profile that lists it; empty where that is not known.
    pub fn profile(&self) -> &'a str {
        self.profile
    }

    /// Returns the entry as this profile lists it.
    #[must_use]
    pub fn listed_by(self, profile: &'a str) -> Self {
        Self { profile, ..self }
    }

    /// Returns its size in GiB.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Returns the image's name without case and accents.
    pub fn name(&self) -> &'a str {
        self.name
    }
}

impl Entry<'_> {
    /// Writes the fields, between separators, as they are written in the image, if they can be told from the index alone.
    pub(super) fn write_original(&self, out: &mut String) -> bool {
        out.clear();
        if !self.letters.is_ascii() {
            return false;
        }
        out.push_str(self.text);
        for at in self.capitals.before(self.text.len()) {
            if let Some(letter) = out.get_mut(at..=at) {
                letter.make_ascii_uppercase();
            }
        }
        true
    }

    /// Returns true if the image has a tag, with this value if one is given.
    pub(super) fn has_tag(&self, key: &str, value: Option<&str>) -> bool {
        if !self.letters.is_ascii() || !searches_tag(key) {
            return self.image.tag(key).is_some_and(|found| value.is_none_or(|value| found == value));
        }
        // The image itself is far away in memory. Tags come after the name and the description.
        let is = |(at, field): (usize, &str), wanted: &str| {
            let capitals =
                || wanted.bytes().zip(at..).all(|(byte, at)| self.capitals.is_one(at) == byte.is_ascii_uppercase());
            field.eq_ignore_ascii_case(wanted) && capitals()
        };
        let mut end = 0;
        let fields = self.text.split(SEPARATOR).map(|field| {
            let at = end;
            end += field.len() + SEPARATOR.len_utf8();
            (at, field)
        });
        let mut tags = fields.skip(2);
        while let (Some(found), Some(of)) = (tags.next(), tags.next()) {
            if is(found, key) {
                return value.is_none_or(|value| is(of, value));
            }
        }
        false
    }
}

/// Which bytes of an indexed text were capitals.
#[derive(Debug, Clone, Copy)]
pub(super) struct Capitals<'a> {
    pub(super) bits: &'a [u64],
    /// Where the text begins among the bits.
    pub(super) start: usize,
}

impl Capitals<'_> {
    /// Returns true if a byte of the text was a capital.
    pub(super) fn is_one(&self, at: usize) -> bool {
        let at = self.start + at;
        self.bits.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    /// Returns which of the first bytes of the text, up to a limit, were capitals: few, so whole words of bits are skipped.
    fn before(&self, end: usize) -> impl Iterator<Item = usize> + '_ {
        let words = self.start / 64..(self.start + end).div_ceil(64);
        let ones = words.flat_map(|word| {
            let mut bits = self.bits.get(word).copied().unwrap_or(0);
            std::iter::from_fn(move || {
                let at = (bits != 0).then(|| word * 64 + bits.trailing_zeros() as usize)?;
                bits &= bits - 1;
                Some(at)
            })
        });
        ones.filter_map(|at| at.checked_sub(self.start)).take_while(move |at| *at < end)
    }

    /// Returns true if the part of the text that begins at a byte has its capitals where a word has them.
    pub(super) fn are_those_of(&self, at: usize, word: &[bool]) -> bool {
        word.iter().zip(at..).all(|(capital, at)| self.is_one(at) == *capital)
    }
}

/// Returns the set of characters of ids.
pub(super) fn id_letters() -> u64 {
    letters("\0-0123456789abcdefghijklmnopqrstuvwxyz")
}
