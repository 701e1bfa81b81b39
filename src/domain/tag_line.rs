//! One line of a list of tags: `key=value`, the value a template.

use std::sync::Arc;

use jiff::civil::Date;

use crate::domain::{
    failure::Failure,
    image::{Image, Tag},
    region::Region,
    template::expand,
    text::clean,
};

/// Tags of one resource at most, without those of AWS itself (`aws:`).
/// Source: EC2 User Guide, "Tag your Amazon EC2 resources", tag restrictions.
pub const MAX_TAGS: usize = 50;

/// The tags that every copy gets from the program: its job and its batch.
pub const JOB_TAGS: usize = 2;

const MAX_KEY: usize = 127;
const MAX_VALUE: usize = 256;

/// A checked line. The key has 1 to 127 characters; the value is a template with the placeholders of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagLine {
    key: Arc<str>,
    value: Arc<str>,
}

impl TagLine {
    /// Reads a line; `None` if it is empty.
    ///
    /// # Errors
    /// A line without `=`, a key that EC2 or the program reserves, and what is too long. The reason quotes the line or its key.
    pub fn parse(line: &str) -> Result<Option<Self>, Failure> {
        let line = line.trim();
        if line.is_empty() {
            return Ok(None);
        }
        let refused = |why: String| Err(Failure::new("use this tag", why));
        let Some((key, value)) = line.split_once('=') else {
            return refused(format!("`{}` has no `=`; a tag is written key=value", shortened(line)));
        };
        let (key, value) = (key.trim(), value.trim());
        if let Some((key, value)) = in_aws_form(key, value) {
            let (key, value) = (shortened(key), shortened(value));
            return refused(format!("`{}` is the AWS CLI's form; write `{key}={value}`", shortened(line)));
        }
        let reserved = |prefix: &str| key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        match key.chars().count() {
            0 => return refused(format!("`{}` has no key before the `=`", shortened(line))),
            n if n > MAX_KEY => {
                return refused(format!(
                    "the key `{}` has {n} characters; at most {MAX_KEY} are allowed",
                    shortened(key)
                ));
            }
            _ if reserved("aws:") => {
                return refused(format!("the key `{}` begins with `aws:`, which only AWS may use", shortened(key)));
            }
            _ if reserved("amigrate:") => {
                return refused(format!(
                    "the key `{}` begins with `amigrate:`, by which amigrate finds its own copies",
                    shortened(key)
                ));
            }
            _ if line.chars().any(char::is_control) => {
                return refused(format!("`{}` contains a control character", shortened(line)));
            }
            _ => {}
        }
        let line = Self { key: key.into(), value: value.into() };
        if line.is_template() { Ok(Some(line)) } else { line.checked(value).map(|_| Some(line)) }
    }

    pub fn key(&self) -> &str {
        &self.key
    }

    /// Expands the template.
    ///
    /// # Errors
    /// An unknown placeholder, and a value of more than 256 characters.
    pub fn tag(&self, source: &Image, destination: &Region, today: Date) -> Result<Tag, Failure> {
        let value = if self.is_template() {
            self.checked(&expand(&self.value, source, destination, today)?)?
        } else {
            self.value.clone()
        };
        Ok(Tag { key: self.key.clone(), value })
    }

    fn is_template(&self) -> bool {
        self.value.contains(['{', '}'])
    }

    fn checked(&self, value: &str) -> Result<Arc<str>, Failure> {
        let n = value.chars().count();
        let refused =
            |why: &str| Err(Failure::new("use this tag", format!("the value of `{}` {why}", shortened(&self.key))));
        if n > MAX_VALUE {
            return refused(&format!("has {n} characters; at most {MAX_VALUE} are allowed"));
        }
        if value.chars().any(char::is_control) {
            return refused("contains a control character");
        }
        Ok(value.into())
    }
}

/// Reads `Key=Team,Value=web`, split at the first `=`. Nobody names a key `Key` whose value begins like that.
fn in_aws_form<'a>(key: &str, value: &'a str) -> Option<(&'a str, &'a str)> {
    let (first, rest) = value.split_once(',')?;
    let (name, second) = rest.split_once('=')?;
    match (key.to_ascii_lowercase().as_str(), name.trim().to_ascii_lowercase().as_str()) {
        ("key", "value") => Some((first.trim(), second.trim())),
        ("value", "key") => Some((second.trim(), first.trim())),
        _ => None,
    }
}

/// Returns a text for a message: on one line and not too long.
fn shortened(text: &str) -> String {
    let text = clean(text);
    if text.chars().count() <= 40 {
        return text.into_owned();
    }
    text.chars().take(37).chain("...".chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{account::AccountId, ids::ImageId};

    #[test]
    fn lines_are_read_and_bad_ones_quoted() {
        let read = |line: &str| TagLine::parse(line).map_err(|e| e.why);
        for (line, key) in
            [("Team=web", "Team"), ("  a b = c = d ", "a b"), ("Empty=", "Empty"), ("x={name", "x"), ("Key=a,b", "Key")]
        {
            assert_eq!(read(line).unwrap().unwrap().key(), key);
        }
        assert!(read(&format!("{}={}", "k".repeat(127), "ü".repeat(256))).is_ok());
        assert_eq!(read(" \t"), Ok(None));
        let (long_key, long_value) = (format!("{}=", "k".repeat(128)), format!("a={}", "v".repeat(257)));
        let cases = [
            ("Team", "`Team` has no `=`"),
            ("=web", "no key"),
            (&long_key, "has 128 characters; at most 127"),
            (&long_value, "has 257 characters; at most 256"),
            ("aws:x=1", "only AWS"),
            ("AWS:x=1", "only AWS"),
            ("amigrate:job=1", "own copies"),
            ("a\u{1b}=1", "control character"),
            ("Key=Team,Value=web", "write `Team=web`"),
            ("value=web, key=Team", "write `Team=web`"),
        ];
        for (line, why) in cases {
            let error = read(line).unwrap_err();
            assert!(error.contains(why) && !error.contains('\u{1b}'), "{error}");
        }
    }

    #[test]
    fn values_are_templates() {
        let owner = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), owner);
        image.name = "web".into();
        let value = |image: &Image, line: &str| {
            let line = TagLine::parse(line).unwrap().unwrap();
            let tag = line.tag(image, &Region::new("eu-west-1").unwrap(), Date::constant(2026, 1, 2));
            tag.map(|t| t.value.to_string()).map_err(|e| e.why)
        };
        let cases = [
            ("SourceAMI={source_id}", "ami-1"),
            ("SourceRegion={source_region}", "us-east-1"),
            ("x={name} in {region} on {date}", "web in eu-west-1 on 2026-01-02"),
            ("x=plain", "plain"),
            (r#"x={{"a":1}}"#, r#"{"a":1}"#),
            ("x=}}", "}"),
        ];
        for (line, expected) in cases {
            assert_eq!(value(&image, line).as_deref(), Ok(expected));
        }
        assert!(value(&image, "x={nmae}").unwrap_err().contains("not known"));
        image.name = "n".repeat(200).into();
        assert!(value(&image, "x={name}{name}").unwrap_err().contains("has 400 characters"));
    }
}
