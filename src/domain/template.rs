//! Templates of names, descriptions and tags, with placeholders in braces.

use jiff::civil::Date;

use crate::domain::{
    account::AccountId, copy::Description, failure::Failure, ids::ImageId, image::Image, region::Region, text::clean,
};

/// Expands a template. `{{` and `}}` stand for a brace.
///
/// # Errors
/// An unknown placeholder or an unclosed brace.
pub(super) fn expand(template: &str, source: &Image, destination: &Region, today: Date) -> Result<String, Failure> {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        out.push_str(&rest[..open]);
        let brace = &rest[open..=open];
        if brace == "}" || rest[open + 1..].starts_with('{') {
            out.push_str(brace);
            rest = &rest[open + 1..];
            rest = rest.strip_prefix(brace).unwrap_or(rest);
            continue;
        }
        let Some(len) = rest[open..].find('}') else {
            return Err(Failure::new("use this template", "a `{` is not closed; `{{` stands for the brace itself"));
        };
        match &rest[open + 1..open + len] {
            "name" => out.push_str(&source.name),
            "region" => out.push_str(destination.as_str()),
            "source_id" => out.push_str(source.id.as_str()),
            "source_region" => out.push_str(source.region.as_str()),
            "source_description" => out.push_str(&source.description),
            "date" => out.push_str(&today.to_string()),
            other => {
                let other = clean(other).into_owned();
                return Err(Failure::new(
                    "use this template",
                    format!(
                        "`{{{other}}}` is not known; {{name}}, {{region}}, {{source_id}}, {{source_region}} and {{date}} are; \
                         `{{{{` stands for a brace"
                    ),
                ));
            }
        }
        rest = &rest[open + len + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Checks a template without an image to expand it for.
///
/// # Errors
/// An unknown placeholder or an unclosed brace.
pub fn check(template: &str) -> Result<(), Failure> {
    let (id, region) = (ImageId::new("ami-00000000")?, Region::new("us-east-1")?);
    let image = Image::bare(id, region, AccountId::new("000000000000")?);
    expand(template, &image, &image.region, Date::constant(2000, 1, 1)).map(drop)
}

/// Returns true if a template has a placeholder. A brace that stands for itself is none.
pub(super) fn has_placeholder(template: &str) -> bool {
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        rest = &rest[open + 1..];
        match rest.strip_prefix('{') {
            Some(after) => rest = after,
            None => return true,
        }
    }
    false
}

/// Returns the template of a text that is to stay as it is.
pub(super) fn escape(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}")
}

/// Returns the initial description of a copy, expanded and truncated to EC2's limit: `[Copied ami-1 from us-east-1] nightly`. It is a
/// template without placeholders, because the form expands it again. A template with a mistake is returned as it is.
pub fn first_description(template: &str, source: &Image, destination: &Region, today: Date) -> String {
    let Ok(text) = expand(template, source, destination, today) else { return template.to_owned() };
    let text: String = clean(text.trim()).chars().take(Description::MAX).collect();
    escape(text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_first_description_fits() {
        let owner = AccountId::new("123456789012").unwrap();
        let mut i = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), owner);
        i.description = "nightly\u{1b}[2J ".repeat(60).into();
        let template = "[Copied {source_id} from {source_region}] {source_description}";
        let text = first_description(template, &i, &i.region, Date::constant(2026, 1, 1));
        assert!(text.starts_with("[Copied ami-1 from us-east-1] nightly"));
        assert!(Description::new(&text).is_ok());
    }

    #[test]
    fn a_first_description_is_not_expanded_again() {
        let owner = AccountId::new("123456789012").unwrap();
        let mut i = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), owner);
        i.name = "web".into();
        let today = Date::constant(2026, 1, 1);
        for description in ["built {name}", r#"{"git":"abc"}"#, "plain", "}{"] {
            i.description = description.into();
            let first = first_description("{source_description}", &i, &i.region, today);
            assert_eq!(expand(&first, &i, &i.region, today).as_deref(), Ok(description));
            assert!(!has_placeholder(&first), "{first}");
        }
        assert_eq!(first_description("{nmae}", &i, &i.region, today), "{nmae}", "a mistake stays to be seen");
    }

    #[test]
    fn braces_that_stand_for_themselves_are_no_placeholders() {
        for (template, so) in
            [("{name}", true), ("{{name}}", false), ("{{{name}}}", true), ("a } {", true), ("}", false)]
        {
            assert_eq!(has_placeholder(template), so, "{template}");
        }
    }

    #[test]
    fn placeholders_are_expanded_and_unknown_ones_refused() {
        let owner = AccountId::new("123456789012").unwrap();
        let mut i = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("us-east-1").unwrap(), owner);
        i.name = "web".into();
        let fill =
            |t: &str| expand(t, &i, &Region::new("eu-west-1").unwrap(), Date::constant(2026, 1, 2)).map_err(|e| e.why);
        assert_eq!(fill("{name}-{region}-{source_id}-{date}").as_deref(), Ok("web-eu-west-1-ami-1-2026-01-02"));
        assert!(fill("{nmae}").unwrap_err().contains("not known"));
        assert!(fill("{name").unwrap_err().contains("not closed"));
        let cases =
            [("{{name}}", "{name}"), ("{{{name}}}", "{web}"), ("a}b}}c", "a}b}c"), ("{{}} {{{{", "{} {{"), ("}", "}")];
        for (template, expected) in cases {
            assert_eq!(fill(template).as_deref(), Ok(expected), "{template}");
        }
        for text in ["{name}", "}}{", "{{a}}", "plain"] {
            let template = escape(text);
            assert_eq!(fill(&template).as_deref(), Ok(text));
        }
    }
}
