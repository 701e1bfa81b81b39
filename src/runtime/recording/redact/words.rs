//! Words in texts: which of them stay, and what replaces the others.

use std::collections::{BTreeSet, HashSet};

use super::stand_in_words::{Letters, StandInWords};
use crate::domain::{ImageColumn, Region};

/// What AWS and English have for everybody.
const COMMON: &str = "a all already although an and another any are as at authorized be because been before but by call called can cannot \
    code copied copies copy could currently denied did do does encoded error exceeded exist exists failed for from had has have id if in \
    into invalid is it its later limit made message more most must no not now of on one only operation or other perform permission \
    permissions please policy rate request requests resource service so some state such than that the their then there these they this \
    to too try tried until use used user using was were when which while will with within without you your amazon aws marketplace self \
    backup vault mine shared public http https \
    default mono high contrast colour blind nord";
/// What ids begin with.
const ID_PREFIXES: [&str; 12] = ["ami", "snap", "vol", "i", "lt", "op", "o", "ou", "r", "mrk", "key", "subnet"];
/// Types of resources in ARNs.
const ARN_TYPES: [&str; 19] = [
    "alias",
    "assumed-role",
    "container-recipe",
    "federated-user",
    "group",
    "image",
    "image-recipe",
    "instance",
    "key",
    "launch-template",
    "organization",
    "ou",
    "outpost",
    "parameter",
    "role",
    "root",
    "snapshot",
    "user",
    "volume",
];
/// Placeholders of templates.
const PLACEHOLDERS: [&str; 6] = ["name", "region", "source_id", "source_region", "source_description", "date"];

/// Whether a word stays, given the text before it.
pub(super) type Keep<'a> = &'a dyn Fn(&str, &str) -> bool;

/// Words that name nothing of the user's.
#[derive(Debug)]
pub(super) struct Vocabulary(HashSet<String>);

impl Vocabulary {
    /// The words of a text that are not among the user's own.
    pub(super) fn new(harmless: &str, secrets: &BTreeSet<String>) -> Self {
        let harmless = words(harmless).filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
        let mut kept: HashSet<String> =
            harmless.map(str::to_ascii_lowercase).filter(|word| !secrets.contains(word)).collect();
        kept.extend(COMMON.split_whitespace().map(str::to_owned));
        for column in ImageColumn::all() {
            kept.extend(words(&column.name()).map(str::to_owned));
        }
        kept.extend(Region::KNOWN.iter().flat_map(|region| words(region)).map(str::to_owned));
        Self(kept)
    }

    pub(super) fn has(&self, word: &str) -> bool {
        self.0.contains(&word.to_ascii_lowercase()) || super::places::is_syntax(word)
    }
}

/// Returns true for the words around names: those of ARNs, of ids and of URLs.
pub(super) fn is_frame(word: &str) -> bool {
    const OTHERS: [&str; 8] = ["arn", "aws", "ec2", "iam", "kms", "ssm", "sts", "amigrate"];
    OTHERS.contains(&word) || ID_PREFIXES.contains(&word) || ARN_TYPES.contains(&word)
}

/// The words of a text: letters and digits without anything between them.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Replaces the words of a text, but for those that stay: known regions, the frames of ids and ARNs, placeholders, stand-ins of client
/// tokens, and what `keep` is true of. The text has as many characters as before.
pub(super) fn replace(text: &str, words: &mut StandInWords, keep: Keep<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let within_word = text[..text.len() - rest.len()].ends_with(char::is_alphanumeric);
        if !c.is_alphanumeric() {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        let before = &text[..text.len() - rest.len()];
        let taken = if within_word { None } else { special(before, rest, words, &mut out) };
        let taken = taken.unwrap_or_else(|| {
            let word = &rest[..end];
            if keep(before, word) {
                out.push_str(word);
            } else {
                out.push_str(&words.of(word, letters(before, word)));
            }
            end
        });
        rest = &rest[taken..];
    }
    out
}

/// Writes what begins the rest and is no mere word. Returns how much of the rest that was.
fn special(before: &str, rest: &str, words: &mut StandInWords, out: &mut String) -> Option<usize> {
    if let Some(kept) = kept(before, rest) {
        out.push_str(&rest[..kept]);
        return Some(kept);
    }
    if rest.starts_with("arn:") {
        let end = rest.find(|c: char| c.is_whitespace() || "\"'`,;)]}".contains(c)).unwrap_or(rest.len());
        arn(&rest[..end], words, out)?;
        return Some(end);
    }
    let uuid = rest.get(..36).filter(|text| is_uuid(text))?;
    for (n, group) in uuid.split('-').enumerate() {
        out.push_str(if n == 0 { "" } else { "-" });
        out.push_str(&words.of(group, Letters::Hexadecimal));
    }
    Some(uuid.len())
}

/// How much of the rest stays.
fn kept(before: &str, rest: &str) -> Option<usize> {
    let ends = |len: usize| !rest[len..].starts_with(|c: char| c.is_alphanumeric());
    let region = Region::KNOWN.iter().find(|region| rest.starts_with(**region) && ends(region.len()));
    if let Some(region) = region {
        return Some(region.len());
    }
    let placeholder =
        PLACEHOLDERS.iter().find(|name| rest.strip_prefix(**name).is_some_and(|rest| rest.starts_with('}')));
    if let Some(placeholder) = placeholder.filter(|_| before.ends_with('{')) {
        return Some(placeholder.len());
    }
    if let Some(after) = rest.strip_prefix("amigrate-") {
        let digits = after.strip_prefix("same-").unwrap_or(after);
        let is_stand_in = digits.get(..32).is_some_and(|d| d.starts_with("0000000000000000") && is_hexadecimal(d));
        let len = rest.len() - digits.len() + 32;
        return (is_stand_in && ends(len)).then_some(len);
    }
    if rest.starts_with("alias/aws/ebs") && ends("alias/aws/ebs".len()) {
        return Some("alias/aws/ebs".len());
    }
    if rest.starts_with("alias/") {
        return Some("alias/".len());
    }
    let (prefix, id) = rest.split_once('-').filter(|(prefix, _)| ID_PREFIXES.contains(prefix))?;
    let id = &id[..id.find(|c: char| !c.is_alphanumeric()).unwrap_or(id.len())];
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let of_organization = before.ends_with('/') && matches!(prefix, "o" | "ou");
    (is_id && (of_organization || id.bytes().any(|b| b.is_ascii_digit()))).then_some(prefix.len() + 1)
}

/// Writes an ARN with another account and another resource.
fn arn(text: &str, words: &mut StandInWords, out: &mut String) -> Option<()> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else { return None };
    out.push_str(&[arn, partition, service].join(":"));
    out.push(':');
    out.push_str(&replace(region, words, &|_, _| false));
    out.push(':');
    out.push_str(&replace(account, words, &|_, account| account == "aws"));
    out.push(':');
    let end = resource.find(['/', ':']).unwrap_or(resource.len());
    let (kind, name) = resource.split_at(end);
    if ARN_TYPES.contains(&kind) {
        out.push_str(kind);
        if resource == "alias/aws/ebs" {
            out.push_str(name);
        } else {
            out.push_str(&replace(name, words, &|_, _| false));
        }
    } else {
        out.push_str(&replace(resource, words, &|_, _| false));
    }
    Some(())
}

fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| is_hexadecimal(group))
}

/// The digits of ids are hexadecimal.
fn letters(before: &str, word: &str) -> Letters {
    let prefix = before.strip_suffix('-').unwrap_or_default();
    let is_id = ["ami", "snap", "vol", "op", "mrk"].iter().any(|id| prefix.ends_with(id)) || word.len() >= 8;
    let digits = word.bytes().any(|b| b.is_ascii_digit());
    if is_id && digits && is_hexadecimal(word) { Letters::Hexadecimal } else { Letters::Any }
}
