//! `CreateImageUsageReport`, `DescribeImageUsageReports`, `DescribeImageUsageReportEntries`, `DeleteImageUsageReport`. Source of the
//! rules and quotas: EC2 API reference and user guide, "View your AMI usage"; EC2's codes for refusals are not documented.

use std::{borrow::Cow, ops::RangeInclusive};

use jiff::Timestamp;

use crate::{
    domain::{AccountId, ImageId, Region, image::Tag, image_usage::ReferenceKind},
    sim::{
        api::{
            call::Call,
            filters::Filters,
            format::date,
            validation::{check_image_id, check_tags, images_not_found},
        },
        api_error::ApiError,
        transport::xml::Xml,
        world::{
            state::World,
            usage_reports::{Counted, Report, Use},
        },
    },
};

/// The most ids of a request, and account ids of a report.
const IDS: usize = 200;
/// The most reports of an account that are pending.
const PENDING: usize = 2_000;
/// What `version-depth` may be.
const DEPTH: RangeInclusive<u32> = 1..=10_000;
/// The versions that are counted if the request does not say how many.
const REPORT_DEPTH: u32 = 20;
/// The resource type of a report's tags.
const TAGGED: &str = "image-usage-report";

/// A report with its state now.
struct SeenReport {
    report: Report,
    state: &'static str,
}

/// An entry with its report.
struct SeenEntry {
    report: String,
    created: Timestamp,
    one: Use,
}

/// Filters of `DescribeImageUsageReports`. Source: EC2 API reference.
const REPORTS: Filters<SeenReport> = Filters {
    fields: &[
        ("creation-time", |seen| vec![date(seen.report.created()).into()]),
        ("state", |seen| vec![seen.state.into()]),
        ("tag-key", |seen| seen.report.tags.iter().map(|tag| Cow::from(&*tag.key)).collect()),
    ],
    tag: Some(|seen, key| {
        seen.report.tags.iter().filter(|tag| &*tag.key == key).map(|tag| Cow::from(&*tag.value)).collect()
    }),
};

/// Filters of `DescribeImageUsageReportEntries`. Source: EC2 API reference.
const ENTRIES: Filters<SeenEntry> = Filters {
    fields: &[
        ("account-id", |seen| vec![seen.one.account.as_str().into()]),
        ("creation-time", |seen| vec![date(seen.created).into()]),
        ("resource-type", |seen| vec![seen.one.kind.as_str().into()]),
    ],
    tag: None,
};

/// A request for a report.
#[derive(Debug)]
struct CreateReport {
    image: String,
    counted: Vec<(String, Option<String>)>,
    accounts: Vec<String>,
    tagged: Vec<(String, Vec<Tag>)>,
}

impl CreateReport {
    /// Refuses what EC2 does not take, whatever the account has.
    fn check(&self) -> Result<Vec<Counted>, ApiError> {
        check_image_id(&self.image)?;
        check_number(&self.accounts, "AccountIds")?;
        if self.counted.is_empty() {
            return Err(ApiError::missing("ResourceType"));
        }
        if let Some(account) = self.accounts.iter().find(|account| AccountId::new(account).is_err()) {
            return Err(ApiError::bad_value("AccountId", account, "It must be a 12-digit account ID."));
        }
        for (kind, tags) in &self.tagged {
            if kind != TAGGED {
                return Err(ApiError::bad_value("ResourceType", kind, "Only image-usage-report can be tagged here."));
            }
            check_tags(tags)?;
        }
        self.counted.iter().map(|(name, depth)| counted(name, depth.as_deref())).collect()
    }
}

fn counted(name: &str, depth: Option<&str>) -> Result<Counted, ApiError> {
    let kind = ReferenceKind::parse(name);
    match (&kind, depth) {
        (ReferenceKind::Instance, Some(depth)) => {
            Err(ApiError::bad_value("ResourceTypeOption", depth, "Instances have no options."))
        }
        (ReferenceKind::LaunchTemplate, Some(depth)) if !depth.parse::<u32>().is_ok_and(|n| DEPTH.contains(&n)) => {
            Err(ApiError::bad_value("version-depth", depth, "It must be between 1 and 10000."))
        }
        (ReferenceKind::Instance | ReferenceKind::LaunchTemplate, depth) => {
            Ok(Counted { kind, version_depth: depth.map(str::to_owned) })
        }
        _ => Err(ApiError::bad_value("ResourceType", name, "Unknown resource type.")),
    }
}

fn check_number(ids: &[String], name: &str) -> Result<(), ApiError> {
    if ids.len() <= IDS {
        return Ok(());
    }
    Err(ApiError::new("InvalidParameterValue", format!("At most {IDS} {name} may be specified.")))
}

fn not_found(id: &str) -> ApiError {
    ApiError::new("InvalidImageUsageReportId.NotFound", format!("The image usage report ID '{id}' does not exist"))
}

impl Call<'_> {
    pub(crate) fn create_image_usage_report(self) -> Result<String, ApiError> {
        let kind = |entry: &String| {
            let option = |option: &String| {
                let name = self.params.text(&format!("{option}.OptionName"));
                let values = self.params.strings(&format!("{option}.OptionValue"));
                (name, values.into_iter().next())
            };
            let options: Vec<_> =
                self.params.entries(&format!("{entry}.ResourceTypeOption")).iter().map(option).collect();
            (self.params.text(&format!("{entry}.ResourceType")), options)
        };
        let kinds: Vec<_> = self.params.entries("ResourceType").iter().map(kind).collect();
        if let Some((name, _)) = kinds.iter().flat_map(|(_, options)| options).find(|(name, _)| name != "version-depth")
        {
            return Err(ApiError::bad_value("OptionName", name, "Unknown option."));
        }
        let depth = |options: Vec<(String, Option<String>)>| options.into_iter().find_map(|(_, value)| value);
        let request = CreateReport {
            image: self.params.required("ImageId")?.to_owned(),
            counted: kinds.into_iter().map(|(kind, options)| (kind, depth(options))).collect(),
            accounts: self.params.strings("AccountId"),
            tagged: self.params.tag_specifications(),
        };
        let token = self.params.optional("ClientToken");
        let ready = self.ready()?;
        let id = ready.world.create_usage_report(ready.region, &request, token, ready.now)?;
        Ok(ready.response(|xml| xml.leaf("reportId", &id)))
    }

    pub(crate) fn describe_image_usage_reports(self) -> Result<String, ApiError> {
        let (images, ids) = (self.params.strings("ImageId"), self.params.strings("ReportId"));
        let (filters, page) = (self.params.filters(), self.page()?);
        let ready = self.ready()?;
        let filter = REPORTS.compile(&filters)?;
        let found = ready.world.usage_reports(ready.region, &images, &ids, ready.now)?;
        let found: Vec<SeenReport> = found.into_iter().filter(|seen| filter.matches(seen)).collect();
        let (shown, next) = page.part(&found, 1..=usize::MAX)?;
        Ok(ready.response(|xml| {
            xml.items("imageUsageReportSet", shown, report);
            xml.optional("nextToken", next.as_deref());
        }))
    }

    pub(crate) fn describe_image_usage_report_entries(self) -> Result<String, ApiError> {
        let (images, ids) = (self.params.strings("ImageId"), self.params.strings("ReportId"));
        let (filters, page) = (self.params.filters(), self.page()?);
        let ready = self.ready()?;
        let filter = ENTRIES.compile(&filters)?;
        let mut found: Vec<SeenEntry> = Vec::new();
        for seen in ready.world.usage_reports(ready.region, &images, &ids, ready.now)? {
            // What EC2 answers is not documented: a refusal finds the clients that read too early.
            if seen.state == "pending" && ids.contains(&seen.report.id) {
                let why = format!("The image usage report '{}' is not available yet.", seen.report.id);
                return Err(ApiError::new("IncorrectState", why));
            }
            if seen.state == "available" {
                let (id, created) = (seen.report.id.clone(), seen.report.created());
                found.extend(seen.report.uses.into_iter().map(|one| SeenEntry { report: id.clone(), created, one }));
            }
        }
        found.retain(|seen| filter.matches(seen));
        let (shown, next) = page.part(&found, 1..=usize::MAX)?;
        Ok(ready.response(|xml| {
            xml.items("imageUsageReportEntrySet", shown, |xml, seen| {
                xml.leaf("resourceType", seen.one.kind.as_str());
                xml.leaf("reportId", &seen.report);
                xml.leaf("usageCount", &seen.one.count.to_string());
                xml.leaf("accountId", seen.one.account.as_str());
                xml.leaf("imageId", seen.one.image.as_str());
                xml.leaf("reportCreationTime", &date(seen.created));
            });
            xml.optional("nextToken", next.as_deref());
        }))
    }

    pub(crate) fn delete_image_usage_report(self) -> Result<String, ApiError> {
        let id = self.params.required("ReportId")?;
        let ready = self.ready()?;
        let now = ready.now;
        let reports = &mut ready.world.enabled_mut(ready.region)?.usage_reports;
        if !reports.kept(now).any(|report| report.id == id) {
            return Err(not_found(id));
        }
        reports.made.retain(|report| report.id != id);
        Ok(ready.response_true())
    }
}

fn report(xml: &mut Xml, seen: &SeenReport) {
    let SeenReport { report, state } = seen;
    xml.leaf("imageId", report.image.as_str());
    xml.leaf("reportId", &report.id);
    xml.items("resourceTypeSet", &report.counted, |xml, counted| {
        xml.leaf("resourceType", counted.kind.as_str());
        if let Some(depth) = &counted.version_depth {
            xml.items("resourceTypeOptionSet", [depth], |xml, depth| {
                xml.leaf("optionName", "version-depth");
                xml.element("optionValueSet", |xml| xml.leaf("item", depth));
            });
        }
    });
    if !report.accounts.is_empty() {
        xml.element("accountIdSet", |xml| {
            for account in &report.accounts {
                xml.leaf("item", account);
            }
        });
    }
    xml.leaf("state", state);
    xml.optional("stateReason", report.fails.as_deref().filter(|_| *state == "error"));
    xml.leaf("creationTime", &date(report.created()));
    xml.leaf("expirationTime", &date(report.expires()));
    xml.items("tagSet", &report.tags, |xml, tag| {
        xml.leaf("key", &tag.key);
        xml.leaf("value", &tag.value);
    });
}

impl World {
    /// Requests a report of all accounts, as another user of the account.
    pub fn request_usage_report_as_other_user(
        &mut self,
        region: &Region,
        image: &ImageId,
        now: Timestamp,
    ) -> Result<String, ApiError> {
        let counted = [ReferenceKind::Instance, ReferenceKind::LaunchTemplate]
            .map(|kind| (kind.as_str().to_owned(), None::<String>));
        let (image, counted) = (image.to_string(), counted.into());
        let request = CreateReport { image, counted, accounts: Vec::new(), tagged: Vec::new() };
        self.create_usage_report(region, &request, None, now)
    }

    /// Begins a report of an image of the account.
    fn create_usage_report(
        &mut self,
        region: &Region,
        request: &CreateReport,
        token: Option<String>,
        now: Timestamp,
    ) -> Result<String, ApiError> {
        let counted = request.check()?;
        if token.as_ref().is_some_and(|token| token.len() > 128) {
            return Err(ApiError::new("InvalidParameterValue", "The client token can be at most 128 characters long."));
        }
        let token = token.map(|token| (token, format!("{request:?}")));
        let state = self.enabled(region)?;
        let reports = &state.usage_reports;
        let same = |report: &&Report| report.token.as_ref().zip(token.as_ref()).is_some_and(|(a, b)| a.0 == b.0);
        if let Some(made) = reports.kept(now).find(same) {
            return if made.token == token {
                Ok(made.id.clone())
            } else {
                Err(ApiError::new("IdempotentParameterMismatch", "The client token was used with other parameters."))
            };
        }
        let seen = self.image(state, &request.image, now).ok_or_else(|| images_not_found(&[request.image.as_str()]))?;
        if seen.image.owner_id != self.account {
            return Err(ApiError::not_authorized("images", std::slice::from_ref(&request.image)));
        }
        let takes = self.latencies.usage_report_ms;
        let pending = || reports.kept(now).filter(move |report| report.state(takes, now) == "pending");
        if pending().any(|report| report.image == seen.image.id) || pending().count() >= PENDING {
            let why = "You have reached the quota of image usage reports that are in progress.";
            return Err(ApiError::new("ResourceLimitExceeded", why));
        }
        let depth = counted.iter().find_map(|counted| counted.version_depth.as_ref()?.parse().ok());
        let mut uses = state.uses(&seen.image.id, &self.account, depth.unwrap_or(REPORT_DEPTH));
        uses.retain(|one| counted.iter().any(|counted| counted.kind == one.kind));
        uses.retain(|one| request.accounts.is_empty() || request.accounts.iter().any(|id| id == one.account.as_str()));
        let (image, fails, timeline): (ImageId, _, _) = (seen.image.id, reports.fails.clone(), self.timeline(now));
        let id = format!("amiur-{:017x}", self.ids.u64(..));
        let tags = request.tagged.iter().flat_map(|(_, tags)| tags).cloned().collect();
        let accounts = request.accounts.clone();
        let made = Report { id: id.clone(), image, counted, accounts, tags, token, timeline, uses, fails };
        self.enabled_mut(region)?.usage_reports.made.push(made);
        Ok(id)
    }

    /// Returns the reports of these ids and these images; all if none is named.
    fn usage_reports(
        &self,
        region: &Region,
        images: &[String],
        ids: &[String],
        now: Timestamp,
    ) -> Result<Vec<SeenReport>, ApiError> {
        check_number(images, "ImageIds")?;
        check_number(ids, "ReportIds")?;
        images.iter().try_for_each(|id| check_image_id(id))?;
        let (state, takes) = (self.enabled(region)?, self.latencies.usage_report_ms);
        let reports: Vec<&Report> =
            state.usage_reports.kept(now).filter(|report| self.is_visible(&report.timeline, now)).collect();
        if let Some(unknown) = ids.iter().find(|id| reports.iter().all(|report| report.id != **id)) {
            return Err(not_found(unknown));
        }
        let wanted = reports.into_iter().filter(|report| {
            (images.is_empty() || images.iter().any(|id| id == report.image.as_str()))
                && (ids.is_empty() || ids.contains(&report.id))
        });
        Ok(wanted.map(|report| SeenReport { report: report.clone(), state: report.state(takes, now) }).collect())
    }
}
