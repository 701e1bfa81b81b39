//! Parameters of AWS's query protocol. Each action knows the parameters that it reads; any other is refused.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use crate::{
    domain::image::Tag,
    sim::{api::filters::Filter, api_error::ApiError},
};

/// Stands for the numbers in [`Params::known`].
const NUMBER: &str = "#";

#[derive(Debug, Default)]
pub(crate) struct Params {
    values: BTreeMap<String, String>,
    /// The names that were read, present or not, as in `Filter.#.Name`.
    known: RefCell<BTreeSet<String>>,
}

impl Params {
    /// Parses the URL's query and the form in the body; the body wins.
    pub(crate) fn parse(query: &str, body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        let known = ["Action", "Version"].map(str::to_owned).into();
        Self { values: pairs.map(|(k, v)| (k.into_owned(), v.into_owned())).collect(), known: RefCell::new(known) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.known.borrow_mut().insert(numberless(name));
        self.values.get(name).map(String::as_str)
    }

    /// Returns a parameter that must be present and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).filter(|v| !v.is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    /// Returns a parameter, or an empty string.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).unwrap_or_default().to_owned()
    }

    /// Returns a parameter that is not empty.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        self.get(name).filter(|v| !v.is_empty()).map(str::to_owned)
    }

    /// Refuses parameters that nothing has read. As EC2, names the part that is unknown.
    pub(crate) fn refuse_unknown(&self) -> Result<(), ApiError> {
        let known = self.known.borrow();
        let begins =
            |part: &str| known.iter().any(|k| k.strip_prefix(part).is_some_and(|r| r.is_empty() || r.starts_with('.')));
        let Some(unknown) = self.values.keys().map(|key| numberless(key)).find(|key| !known.contains(key)) else {
            return Ok(());
        };
        let ends = unknown.match_indices('.').map(|(end, _)| end).chain([unknown.len()]);
        let part = ends.map(|end| &unknown[..end]).find(|part| !begins(part)).unwrap_or(&unknown);
        let name = part.rsplit('.').find(|p| *p != NUMBER).unwrap_or(part);
        Err(ApiError::new("UnknownParameter", format!("The parameter {name} is not recognized")))
    }

    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.get(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(ApiError::bad_value(name, other, "Expected a boolean.")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<usize>, ApiError> {
        let Some(text) = self.get(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| ApiError::bad_value(name, text, "Expected an integer."))
    }

    /// Returns the values of `Name.1`, `Name.2`, ... in the order of their numbers. As in EC2, a single one needs no number.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.known.borrow_mut().insert(format!("{}.{NUMBER}", numberless(name)));
        let mut numbered: Vec<(u32, &str)> =
            self.below(name).filter_map(|(rest, value)| Some((rest.parse().ok()?, value))).collect();
        numbered.sort_unstable_by_key(|(n, _)| *n);
        self.get(name).into_iter().chain(numbered.into_iter().map(|(_, value)| value)).collect()
    }

    /// Returns [`Self::list`] as owned strings.
    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.list(name).into_iter().map(str::to_owned).collect()
    }

    /// Returns the prefixes `Name.1`, `Name.2`, ... of a list of structures.
    pub(crate) fn entries(&self, name: &str) -> Vec<String> {
        let mut numbers: Vec<u32> =
            self.below(name).filter_map(|(rest, _)| rest.split('.').next()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|n| format!("{name}.{n}")).collect()
    }

    /// Returns the filters `Filter.N.Name` with `Filter.N.Value.M`.
    pub(crate) fn filters(&self) -> Vec<Filter> {
        self.entries("Filter")
            .iter()
            .map(|prefix| Filter {
                name: self.text(&format!("{prefix}.Name")),
                values: self.strings(&format!("{prefix}.Value")),
            })
            .collect()
    }

    /// Returns the tags `Prefix.Tag.N.Key` with `.Value`; an empty prefix means `Tag.N`.
    pub(crate) fn tags(&self, prefix: &str) -> Vec<Tag> {
        let name = if prefix.is_empty() { "Tag".to_owned() } else { format!("{prefix}.Tag") };
        self.entries(&name)
            .iter()
            .map(|entry| Tag {
                key: self.get(&format!("{entry}.Key")).unwrap_or_default().into(),
                value: self.get(&format!("{entry}.Value")).unwrap_or_default().into(),
            })
            .collect()
    }

    /// Returns the resource types of `TagSpecification.N` with their tags.
    pub(crate) fn tag_specifications(&self) -> Vec<(String, Vec<Tag>)> {
        let one = |prefix: &String| (self.text(&format!("{prefix}.ResourceType")), self.tags(prefix));
        self.entries("TagSpecification").iter().map(one).collect()
    }

    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let prefix = format!("{name}.");
        self.values.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&prefix)?, value.as_str())))
    }
}

/// Returns a name with `#` for each number in it.
fn numberless(name: &str) -> String {
    let is_number = |part: &str| part.parse::<u32>().is_ok_and(|n| n.to_string() == part);
    let part = |part| if is_number(part) { NUMBER } else { part };
    name.split('.').map(part).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_ordered_by_number_not_by_text() {
        let params = Params::parse("", b"Owner.10=j&Owner.2=b&Owner.1=a&OwnerX.1=no");
        assert_eq!(params.list("Owner"), ["a", "b", "j"]);
    }

    #[test]
    fn filters_and_tags_are_collected() {
        let body = b"Filter.1.Name=name&Filter.1.Value.1=a%2A&Filter.1.Value.2=b&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v";
        let params = Params::parse("", body);
        assert_eq!(params.filters(), [Filter { name: "name".into(), values: vec!["a*".into(), "b".into()] }]);
        assert_eq!(params.tags("TagSpecification.1"), [Tag { key: "k".into(), value: "v".into() }]);
    }

    #[test]
    fn a_flag_is_true_or_false_or_refused() {
        let params = Params::parse("A=True&B=0&C=maybe", b"");
        assert_eq!(params.flag("A"), Ok(Some(true)));
        assert_eq!(params.flag("B"), Ok(Some(false)));
        assert_eq!(params.flag("D"), Ok(None));
        assert_eq!(params.flag("C").unwrap_err().code, "InvalidParameterValue");
    }

    #[rstest::rstest]
    #[case("Name=a&Version=2016-11-15", None)]
    #[case("Tag.1.Key=a&Tag.12.Key=b", None)]
    #[case("Owner=a", None)]
    #[case("Owner.1=a", None)]
    #[case("name=a", Some("name"))]
    #[case("Owner.x=a", Some("x"))]
    #[case("Tag.1.Colour=a", Some("Colour"))]
    #[case("Tag.1.Key=a&Tag.1.Ebs.Size=1", Some("Ebs"))]
    #[case("Tag.1.Key=a&Tag=1", Some("Tag"))]
    #[case("Colour.1=a", Some("Colour"))]
    #[case("1=a", Some("#"))]
    #[case("Tag.1.Key=a&Tag.01.Key=b", Some("01"))]
    fn what_is_not_read_is_refused_by_its_unknown_part(#[case] form: &str, #[case] unknown: Option<&str>) {
        let params = Params::parse(form, b"");
        let _ = (params.get("Name"), params.list("Owner"), params.tags(""));
        let refused = params.refuse_unknown().err().map(|e| (e.code, e.message));
        let expected = unknown.map(|name| ("UnknownParameter", format!("The parameter {name} is not recognized")));
        assert_eq!(refused, expected);
    }
}
