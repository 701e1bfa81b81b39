//! Parameters of AWS's query protocol.

use std::collections::BTreeMap;

use crate::{
    domain::image::Tag,
    sim::{api::filters::Filter, api_error::ApiError},
};

#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    /// Parses the URL's query and the form in the body; the body wins.
    pub(crate) fn parse(query: &str, body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        Self(pairs.map(|(k, v)| (k.into_owned(), v.into_owned())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Returns a parameter that must be present and not empty.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.get(name).filter(|v| !v.is_empty()).ok_or_else(|| ApiError::missing(name))
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

    /// Returns the values of `Name.1`, `Name.2`, ... in the order of their numbers.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        let mut numbered: Vec<(u32, &str)> =
            self.below(name).filter_map(|(rest, value)| Some((rest.parse().ok()?, value))).collect();
        numbered.sort_unstable_by_key(|(n, _)| *n);
        numbered.into_iter().map(|(_, value)| value).collect()
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
                name: self.get(&format!("{prefix}.Name")).unwrap_or_default().to_owned(),
                values: self.list(&format!("{prefix}.Value")).into_iter().map(str::to_owned).collect(),
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

    fn below<'a>(&'a self, name: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let prefix = format!("{name}.");
        self.0.iter().filter_map(move |(key, value)| Some((key.strip_prefix(&prefix)?, value.as_str())))
    }
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
}
