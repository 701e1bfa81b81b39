//! Regions and their images in the formats of those who launch next.

use std::collections::BTreeMap;

use crate::domain::{Failure, ImageId, Region};

/// Regions and their images.
pub(super) type ImageIds = BTreeMap<Region, ImageId>;

/// Names that no Terraform variable may have.
const TERRAFORM_RESERVED: [&str; 8] =
    ["source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"];

/// Who reads the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum MapFormat {
    /// A JSON document
    #[default]
    Json,
    /// A Terraform variable, for a file *.auto.tfvars
    Terraform,
    #[value(name = "cloudformation", help = "A CloudFormation template's Mappings, as JSON, which is YAML as well")]
    CloudFormation,
    /// Environment variables, for `source` or a file of them
    Env,
    /// AWS CLI commands that put the ids into each region's Parameter Store
    Ssm,
}

impl MapFormat {
    /// Returns the name used unless another is given; JSON has none.
    pub(super) fn default_name(self) -> &'static str {
        match self {
            Self::Json => "",
            Self::Terraform => "ami_ids",
            Self::CloudFormation => "AmiIds",
            Self::Env => "AMI",
            Self::Ssm => "/amigrate/ami",
        }
    }

    /// Checks a name by the format's own rules.
    ///
    /// # Errors
    /// If the format could not use it.
    pub(super) fn check_name(self, name: &str) -> Result<(), Failure> {
        let word = |name: &str, others: &str| {
            let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
            starts && name.chars().all(|c| c.is_ascii_alphanumeric() || others.contains(c))
        };
        let (fits, rule) = match self {
            Self::Json => (false, "JSON has no name; leave out --as"),
            // Source: Terraform's documentation, "Input Variables".
            Self::Terraform if TERRAFORM_RESERVED.contains(&name) => (false, "Terraform reserves this word"),
            Self::Terraform => (word(name, "_-"), "a Terraform variable's name has letters, digits, `_` and `-`"),
            Self::CloudFormation => (
                !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()),
                "a CloudFormation mapping's name has letters and digits",
            ),
            Self::Env => (word(name, "_"), "an environment variable's name has letters, digits and `_`"),
            Self::Ssm => (
                is_parameter(name),
                "a parameter's name is a path such as /images/web, of letters, digits, `.`, `-` and `_`; it does not begin with aws or ssm",
            ),
        };
        if fits { Ok(()) } else { Err(Failure::new(format!("use the name `{name}`"), rule)) }
    }

    /// Returns the map as text, with the line's end; JSON is printed by the caller. Commands are for this profile.
    pub(super) fn text(self, name: &str, images: &ImageIds, profile: Option<&str>) -> String {
        match self {
            Self::Json => String::new(),
            Self::Terraform => terraform(name, images),
            Self::CloudFormation => cloudformation(name, images),
            Self::Env => lines(images, |region, image| {
                let region = region.as_str().replace('-', "_").to_uppercase();
                format!("{name}_{region}={}", quoted(image.as_str()))
            }),
            Self::Ssm => lines(images, |region, image| {
                let profile = profile.map(|name| format!(" --profile {}", quoted(name))).unwrap_or_default();
                format!(
                    "aws ssm put-parameter{profile} --region {} --name {} --type String --data-type aws:ec2:image --overwrite --value {}",
                    quoted(region.as_str()),
                    quoted(name),
                    quoted(image.as_str())
                )
            }),
        }
    }
}

fn is_parameter(name: &str) -> bool {
    let path = name.strip_prefix('/').unwrap_or(name);
    let reserved = ["aws", "ssm"].iter().any(|word| path.to_ascii_lowercase().starts_with(word));
    let formed = path
        .split('/')
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c)));
    // A path of several parts begins with a slash.
    let rooted = name.starts_with('/') || !name.contains('/');
    formed && rooted && !reserved && name.len() <= 1_011 && path.split('/').count() <= 15
}

fn lines(images: &ImageIds, line: impl Fn(&Region, &ImageId) -> String) -> String {
    images.iter().map(|(region, image)| line(region, image) + "\n").collect()
}

/// A word of a shell command; ids and names have no NUL, which could not be quoted.
fn quoted(word: &str) -> String {
    shlex::try_quote(word).map(std::borrow::Cow::into_owned).unwrap_or_default()
}

fn terraform(name: &str, images: &ImageIds) -> String {
    let width = images.keys().map(|region| literal(region.as_str()).len()).max().unwrap_or(0);
    let entries =
        lines(images, |region, image| format!("  {:width$} = {}", literal(region.as_str()), literal(image.as_str())));
    format!("{name} = {{\n{entries}}}\n")
}

/// A string of HCL, in which nothing is interpolated.
fn literal(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace("${", "$${").replace("%{", "%%{");
    format!("\"{escaped}\"")
}

fn cloudformation(name: &str, images: &ImageIds) -> String {
    let regions: BTreeMap<&str, BTreeMap<&str, &str>> =
        images.iter().map(|(region, image)| (region.as_str(), BTreeMap::from([("ImageId", image.as_str())]))).collect();
    let document = BTreeMap::from([("Mappings", BTreeMap::from([(name, regions)]))]);
    // Maps of texts always serialize.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_the_format_can_use() {
        let good = [
            (MapFormat::Terraform, "web_amis"),
            (MapFormat::CloudFormation, "RegionMap2"),
            (MapFormat::Env, "WEB_AMI"),
            (MapFormat::Ssm, "/images/web-1.0"),
            (MapFormat::Ssm, "web"),
        ];
        for (format, name) in good {
            assert_eq!(format.check_name(name), Ok(()), "{name}");
            assert!(format.check_name(format.default_name()).is_ok());
        }
        let bad = [
            (MapFormat::Json, "x"),
            (MapFormat::Terraform, "1st"),
            (MapFormat::Terraform, "a b"),
            (MapFormat::Terraform, "count"),
            (MapFormat::Terraform, "for_each"),
            (MapFormat::CloudFormation, "a-b"),
            (MapFormat::CloudFormation, ""),
            (MapFormat::Env, "A-B"),
            (MapFormat::Env, "A;rm"),
            (MapFormat::Ssm, "/aws/web"),
            (MapFormat::Ssm, "images/web"),
            (MapFormat::Ssm, "/images//web"),
            (MapFormat::Ssm, "/web$(x)"),
        ];
        for (format, name) in bad {
            assert!(format.check_name(name).is_err(), "{format:?} {name}");
        }
    }

    #[test]
    fn commands_are_for_the_profile_that_was_named() {
        let images = ImageIds::from([(Region::new("eu-west-1").unwrap(), ImageId::new("ami-1").unwrap())]);
        let commands = |profile| MapFormat::Ssm.text("/x", &images, profile);
        assert!(commands(None).starts_with("aws ssm put-parameter --region eu-west-1 "), "{}", commands(None));
        let quoted = "aws ssm put-parameter --profile 'my team' --region eu-west-1 ";
        assert!(commands(Some("my team")).starts_with(quoted), "{}", commands(Some("my team")));
    }

    #[test]
    fn texts_of_hcl_interpolate_nothing() {
        assert_eq!(literal(r#"a"b\c${d}%{e}"#), r#""a\"b\\c$${d}%%{e}""#);
    }
}
