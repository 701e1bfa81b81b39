//! The arguments of `amigrate list`, and the request they make.

use clap::builder::{PossibleValue, PossibleValuesParser};
use jiff::Timestamp;

use super::{columns::column, shorthand, terms};
use crate::{
    cli::{
        output::{Column, Record as _},
        records::ImageRecord,
        regions::{Selection, nearest},
        setup::Setup,
    },
    domain::{AccountId, Failure, ImageListing, QueryFilter, filter::Filter, text::clean},
};

pub(in crate::cli) const OWNERS: [&str; 4] = ["self", "amazon", "aws-marketplace", "aws-backup-vault"];

/// What is listed, and how.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:
  amigrate list --all-regions --output ids
  amigrate list --regions eu-west-1,us-east-1 --filter Name=tag:Team,Values=web --output json
  amigrate list --match 'web state:available' --sort creation_date:desc --limit 10
  amigrate list --profiles build,production --all-regions --output json
  amigrate list --public --name 'al2023-ami-2023*' --columns region,image_id,name")]
pub(in crate::cli) struct ListArgs {
    /// Regions between commas, or all; without it those of the setting browse.regions, else the profile's region
    #[arg(long, value_name = "REGIONS")]
    regions: Option<Selection>,
    /// Every region that is enabled for the account
    #[arg(long, conflicts_with = "regions")]
    all_regions: bool,
    /// List the accounts of these profiles in one table, which says whose each image is, instead of the one of --profile
    #[arg(long, value_name = "NAMES", value_delimiter = ',', conflicts_with_all = ["profile", "role_arn"])]
    profiles: Vec<String>,
    /// Only images of this owner: self, amazon, aws-marketplace, or an account id; may be repeated. Without it and --shared and
    /// --public: self
    #[arg(long = "owner", alias = "owners", value_name = "OWNER", value_parser = owner)]
    owners: Vec<String>,
    /// Deprecated images of other owners too; yours are always listed
    #[arg(long)]
    include_deprecated: bool,
    /// Only images that others have shared with this account
    #[arg(long)]
    shared: bool,
    /// Only public images; needs --name, or --limit without --sort and --match
    #[arg(long)]
    public: bool,
    /// Only images whose name matches, with * and ?
    #[arg(long, value_name = "PATTERN")]
    name: Option<String>,
    /// Only images that pass a filter of EC2's, as the AWS CLI writes it: Name=architecture,Values=arm64; may be repeated
    #[arg(long = "filter", alias = "filters", value_name = "FILTER", value_parser = shorthand::parse)]
    filters: Vec<QueryFilter>,
    /// Only images that pass a filter of the screen: words that must all occur, ~fuzzy ones, /regular expressions/, !excluded ones,
    /// and terms like state:available tag:Team=web age:<30d 'size:>100'
    #[arg(long = "match", value_name = "FILTER")]
    matching: Option<String>,
    /// Sort by a column, such as `creation_date`, or `created` as the table's heading says; COLUMN:desc for the other way round
    #[arg(long, value_name = "COLUMN")]
    pub(super) sort: Option<String>,
    /// Columns of tables and CSV, between commas. Without it a table leaves out what a narrow terminal has no room for
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', ignore_case = true, value_parser = column_names())]
    columns: Vec<String>,
    /// Print at most this many images
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    limit: Option<u64>,
}

fn column_names() -> PossibleValuesParser {
    PossibleValuesParser::new(ImageRecord::columns().iter().map(|column| {
        let heading = column.shown.wide.map(|form| form.heading);
        PossibleValue::new(column.name).aliases(heading.filter(|heading| !heading.is_empty()))
    }))
}

fn at_least_one(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(0) => Err("it is at least 1".into()),
        Ok(limit) => Ok(limit),
        Err(_) => Err("it is a number, at least 1".into()),
    }
}

/// Checks an owner by form.
fn owner(word: &str) -> Result<String, Failure> {
    if OWNERS.contains(&word) || AccountId::new(word).is_ok() {
        return Ok(word.to_owned());
    }
    let hint = match nearest(word, OWNERS.into_iter()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "it is self, amazon, aws-marketplace, or an account id of twelve digits".into(),
    };
    Err(Failure::new(format!("use owner `{}`", clean(word)), hint))
}

impl ListArgs {
    /// Returns the regions to list.
    pub(super) fn selection(&self, setup: &Setup) -> Selection {
        match &self.regions {
            _ if self.all_regions => Selection::All,
            Some(selection) => selection.clone(),
            None => Selection::configured(setup),
        }
    }

    /// Returns the profiles whose accounts are listed in one table, each once.
    pub(super) fn profiles(&self) -> Result<Option<Vec<String>>, Failure> {
        if self.profiles.is_empty() {
            return Ok(None);
        }
        let mut profiles: Vec<String> = Vec::new();
        for profile in self.profiles.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
            if !profiles.iter().any(|other| other == profile) {
                profiles.push(profile.to_owned());
            }
        }
        if profiles.is_empty() {
            let failure = Failure::new("list images", "--profiles names no profile");
            return Err(failure.hint("Name profiles as in `--profiles build,production`."));
        }
        Ok(Some(profiles))
    }

    /// Returns true if the accounts of profiles are listed.
    pub(super) fn lists_several(&self) -> bool {
        !self.profiles.is_empty()
    }

    /// Returns how many images are printed at most.
    pub(super) fn limit(&self) -> usize {
        self.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
    }

    /// Returns the columns to print.
    pub(super) fn columns(&self) -> Vec<&'static Column<ImageRecord>> {
        if self.columns.is_empty() {
            let whose = column("profile").filter(|_| self.lists_several());
            return whose.into_iter().chain(ImageRecord::columns().iter().filter(|column| column.default)).collect();
        }
        self.columns.iter().filter_map(|name| column(name)).collect()
    }

    /// Returns true if every column was requested by name.
    pub(super) fn names_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Returns the screen's filter.
    pub(super) fn filter(&self) -> Result<Filter, Failure> {
        read_filter(self.matching.as_deref())
    }

    /// Returns the request to EC2.
    pub(super) fn listing(&self) -> Result<ImageListing, Failure> {
        let mut listing = ImageListing {
            owners: self.owners.clone(),
            executable_by_self: self.shared,
            filters: self.filters.clone(),
            include_deprecated: self.include_deprecated,
            page: self.page(),
        };
        if listing.owners.is_empty() && !self.shared && !self.public {
            listing.owners.push("self".into());
        }
        listing.filters.extend(self.name.as_deref().map(|pattern| QueryFilter::new("name", pattern)));
        if self.public {
            let named = listing.filters.iter().any(|filter| filter.name == "name");
            // To sort or to match them all of them are read, whatever is printed.
            let all_read = self.limit.is_none() || self.sort.is_some() || self.matching.is_some();
            if !named && all_read {
                return Err(Failure::new("list public images", "there are far too many to list all of them")
                    .hint("Name some with --name, as in `--public --name 'al2023-ami-2023*'`, or set --limit without --sort and --match."));
            }
            listing.filters.push(QueryFilter::new("is-public", "true"));
        }
        Ok(listing)
    }

    /// A page need not be longer than what is printed, if all of it is: no region is asked for more than that then.
    fn page(&self) -> Option<u16> {
        let all_printed = self.matching.is_none() && self.sort.is_none();
        let limit = self.limit.filter(|_| all_printed)?;
        u16::try_from(limit).ok().filter(|limit| *limit < 1000).map(|limit| limit.max(5))
    }
}

/// Reads the screen's filter of `--match`.
///
/// # Errors
/// What is wrong with it.
pub(in crate::cli) fn read_filter(text: Option<&str>) -> Result<Filter, Failure> {
    let failed =
        |failure: Failure| failure.hint("A filter is written as in the screen; `amigrate list --help` has examples.");
    let text = text.unwrap_or_default();
    terms::check(text)?;
    Filter::parse_checked(text, Timestamp::now()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: ListArgs,
        /// One of the flags of every command.
        #[arg(long)]
        profile: Option<String>,
        #[arg(long)]
        role_arn: Option<String>,
    }

    fn listing(line: &str) -> Result<ImageListing, Failure> {
        let words = shlex::split(line).unwrap();
        Line::try_parse_from(std::iter::once("list".into()).chain(words)).unwrap().args.listing()
    }

    #[test]
    fn own_images_are_listed_unless_others_are_asked_for() {
        assert_eq!(listing("").unwrap().owners, ["self"]);
        assert!(listing("--shared").unwrap() == ImageListing { executable_by_self: true, ..ImageListing::default() });
        assert_eq!(listing("--owner amazon --owner 123456789012").unwrap().owners, ["amazon", "123456789012"]);
        assert!(!listing("--owner amazon").unwrap().include_deprecated);
        assert!(listing("--owner amazon --include-deprecated").unwrap().include_deprecated);
        let public = listing("--public --name 'al*'").unwrap();
        assert!(public.owners.is_empty());
        assert_eq!(public.filters, [QueryFilter::new("name", "al*"), QueryFilter::new("is-public", "true")]);
    }

    #[test]
    fn profiles_are_named_each_once() {
        let profiles = |line: &str| {
            let words = shlex::split(line).unwrap();
            let line = Line::try_parse_from(std::iter::once("list".into()).chain(words)).ok()?;
            assert_eq!((line.profile, line.role_arn), (None, None));
            Some(line.args.profiles())
        };
        assert_eq!(profiles(""), Some(Ok(None)));
        let (a, b) = ("a".to_owned(), "b".to_owned());
        assert_eq!(profiles("--profiles a,b,,a --profiles ' b'"), Some(Ok(Some(vec![a, b]))));
        assert!(profiles("--profiles ''").unwrap().is_err());
        assert_eq!(profiles("--profiles a --profile b"), None, "one or the other");
    }

    #[test]
    fn public_images_are_named_or_limited() {
        assert!(listing("--public").unwrap_err().hint.contains("--name"));
        assert_eq!(listing("--public --limit 3").unwrap().page, Some(5));
        assert_eq!(listing("--limit 3 --match x").unwrap().page, None, "most of a page may not match");
        for all_read in ["--public --limit 3 --match x", "--public --limit 3 --sort name"] {
            assert!(listing(all_read).is_err(), "{all_read}");
        }
        assert!(listing("--public --filter Name=name,Values=al*").is_ok());
    }
}
