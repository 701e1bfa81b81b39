//! Filters in the AWS CLI's shorthand: `Name=tag:Team,Values=web,db`. Values with commas are quoted, and may stand in brackets.

use crate::domain::{Failure, QueryFilter, text::clean};

/// Parses a filter.
///
/// # Errors
/// What is wrong with it, with an example.
pub(super) fn parse(text: &str) -> Result<QueryFilter, Failure> {
    let wrong = |why: &str| {
        let why = format!("{why}; write it as in `Name=tag:Team,Values=web,db`");
        Failure::new(format!("use filter `{}`", clean(text)), why)
    };
    let (mut name, mut values) = (None, None);
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(|| wrong("a key has no value"))?;
        let (found, after) = list(after).map_err(wrong)?;
        match key.trim().to_ascii_lowercase().as_str() {
            "name" if name.is_none() => name = found.into_iter().next().filter(|name| !name.is_empty()),
            "values" if values.is_none() => values = Some(found),
            "name" | "values" => return Err(wrong("a key is given twice")),
            _ => return Err(wrong("its keys are Name and Values")),
        }
        rest = after;
    }
    let name = name.ok_or_else(|| wrong("it has no name"))?;
    let values = values.filter(|values| !values.is_empty()).ok_or_else(|| wrong("it has no values"))?;
    Ok(QueryFilter { name, values })
}

/// Reads values up to the next key, and returns what comes after the comma.
fn list(text: &str) -> Result<(Vec<String>, &str), &'static str> {
    if let Some(inside) = text.strip_prefix('[') {
        let (mut values, mut rest) = (Vec::new(), inside);
        loop {
            let (value, after) = value(rest, &[',', ']'])?;
            values.push(value);
            match after.strip_prefix(',') {
                Some(more) => rest = more,
                None => {
                    let after = after.strip_prefix(']').ok_or("a bracket is not closed")?;
                    return Ok((values, after.strip_prefix(',').unwrap_or(after)));
                }
            }
        }
    }
    let (mut values, mut rest) = (Vec::new(), text);
    loop {
        let (value, after) = value(rest, &[','])?;
        values.push(value);
        match after.strip_prefix(',') {
            None => return Ok((values, "")),
            Some(next) if starts_with_key(next) => return Ok((values, next)),
            Some(next) => rest = next,
        }
    }
}

/// Returns true if a key with its `=` comes next.
fn starts_with_key(text: &str) -> bool {
    let word = text.split('=').next().unwrap_or_default();
    word.len() < text.len() && matches!(word.trim().to_ascii_lowercase().as_str(), "name" | "values")
}

/// Reads one value, quoted or up to one of `ends`. A backslash takes the next character as it is.
fn value<'a>(text: &'a str, ends: &[char]) -> Result<(String, &'a str), &'static str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut value = String::new();
    let mut characters = text.char_indices().skip(usize::from(quote.is_some()));
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c if Some(c) == quote => {
                let rest = &text[at + 1..];
                let ended = rest.is_empty() || rest.starts_with(ends);
                return if ended { Ok((value, rest)) } else { Err("unexpected text after a closing quote") };
            }
            c if quote.is_none() && ends.contains(&c) => return Ok((value, &text[at..])),
            c => value.push(c),
        }
    }
    if quote.is_some() { Err("a quote is not closed") } else { Ok((value, "")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_as_the_aws_cli_reads_it() {
        for (text, name, values) in [
            ("Name=architecture,Values=arm64", "architecture", &["arm64"][..]),
            ("Name=tag:Team,Values=web,db", "tag:Team", &["web", "db"]),
            ("Values=web,db,Name=tag:Team", "tag:Team", &["web", "db"]),
            ("Name=tag:Team,Values=[web,'d,b']", "tag:Team", &["web", "d,b"]),
            (r#"Name=name,Values="a,b",c\,d"#, "name", &["a,b", "c,d"]),
            ("Name=name,Values=key=value,x", "name", &["key=value", "x"]),
            ("Name=description,Values=", "description", &[""]),
        ] {
            let filter = parse(text).unwrap();
            assert_eq!(
                (filter.name.as_str(), filter.values.as_slice()),
                (name, &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>()[..]),
                "{text}"
            );
        }
    }

    #[test]
    fn a_malformed_filter_is_refused_with_an_example() {
        for text in [
            "",
            "arm64",
            "Name=architecture",
            "Values=arm64",
            "Name=,Values=x",
            "Name=a,Name=b,Values=x",
            "name=a,value=b",
            "Name=a,Values=[b",
            "Name=a,Values='b",
            "Name=a,Values=[b]c",
            "Name=a,Values='b'c",
            "Name=a,Values='b' ,c",
            "Name=a,Values=['b'c]",
        ] {
            let failure = parse(text).unwrap_err();
            assert!(failure.why.contains("`Name=tag:Team,Values=web,db`"), "{text}");
        }
    }
}
