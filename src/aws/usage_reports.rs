//! Usage reports of images: which accounts use them.

use std::collections::HashMap;

use aws_sdk_ec2::types::{self, ImageUsageResourceTypeOptionRequest, ImageUsageResourceTypeRequest};
use futures_util::{StreamExt, stream};

use super::{convert, copies::sent_once, image_usage::VERSION_DEPTH, session::Session};
use crate::domain::{
    AccountId, Failure, FailureKind, Image, ImageId, Region, UsageReportId,
    image_usage::{ImageUsage, ReferenceKind},
    usage_report::{AccountUse, ReportState, Reported, UsageReport, best},
};

/// Images of one `DescribeImageUsageReports`. Source: EC2 API reference.
const IMAGES: usize = 200;
/// Reports that are read at the same time.
const MAX_CONCURRENT: usize = 8;
/// What a whole report counts. Source: EC2 API reference, `ImageUsageResourceTypeRequest`.
const COUNTED: [ReferenceKind; 2] = [ReferenceKind::Instance, ReferenceKind::LaunchTemplate];
/// Name of the option for how many versions of a launch template are counted. Source: EC2 API reference.
const DEPTH_OPTION: &str = "version-depth";
/// The versions that EC2 counts if the request does not say how many. Source: EC2 API reference.
const DEFAULT_DEPTH: u32 = 20;

impl Session {
    /// Returns who uses these images of one region, in their order, with what the newest usage reports say. None is waited for.
    pub async fn image_usage_with_reports(&self, region: &Region, images: &[Image]) -> Vec<ImageUsage> {
        let ids: Vec<ImageId> = images.iter().map(|image| image.id.clone()).collect();
        let (mut usage, mut reported) = tokio::join!(self.image_usage(region, images), self.reported(region, &ids));
        for one in &mut usage {
            one.reported = reported.remove(&one.image);
        }
        usage
    }

    /// Returns what the newest usage reports say of these images of one region; the failure of one is in its place.
    async fn reported(&self, region: &Region, images: &[ImageId]) -> HashMap<ImageId, Result<Reported, Failure>> {
        let reports = match self.usage_reports(region, images).await {
            Ok(reports) => reports,
            Err(failure) => return images.iter().map(|image| (image.clone(), Err(failure.clone()))).collect(),
        };
        let reports = &reports;
        let read = stream::iter(images.to_vec()).map(|image| async move {
            let reported = match best(reports, &image) {
                None => Ok(Reported::None),
                Some(report) => self.read_usage_report(region, report).await,
            };
            (image, reported)
        });
        read.buffer_unordered(MAX_CONCURRENT).collect().await
    }

    /// Returns the usage reports of these images.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn usage_reports(&self, region: &Region, images: &[ImageId]) -> Result<Vec<UsageReport>, Failure> {
        let what = format!("list usage reports in {region}");
        let mut found = Vec::new();
        for chunk in images.chunks(IMAGES) {
            let mut token = None;
            loop {
                let ids = chunk.iter().map(ToString::to_string).collect();
                let call = self.ec2(region).describe_image_usage_reports().set_image_ids(Some(ids));
                let call = call.set_next_token(token);
                let answer = self.call(&what, "ec2:DescribeImageUsageReports", call.send()).await?;
                found.extend(answer.image_usage_reports().iter().filter_map(usage_report));
                token = answer.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Returns what a report says.
    ///
    /// # Errors
    /// If any page cannot be read.
    pub async fn read_usage_report(&self, region: &Region, report: &UsageReport) -> Result<Reported, Failure> {
        if let Some(reported) = Reported::without_entries(report) {
            return Ok(reported);
        }
        let what = format!("read the usage report {} of {} in {region}", report.id, report.image);
        let (mut uses, mut token) = (Vec::new(), None);
        loop {
            let call = self.ec2(region).describe_image_usage_report_entries().report_ids(report.id.as_str());
            let call = call.set_next_token(token);
            let answer = self.call(&what, "ec2:DescribeImageUsageReportEntries", call.send()).await?;
            for entry in answer.image_usage_report_entries() {
                // An entry that cannot be read is not left out: somebody uses the image.
                let unreadable = || Failure::new(what.clone(), "an entry has no account or no number that can be read");
                uses.push(account_use(entry).ok_or_else(unreadable)?);
            }
            token = answer.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(Reported::Available { created: report.created, uses });
            }
        }
    }

    /// Requests a report about all accounts. It is sent once, without the SDK's retries, as every call that changes something.
    ///
    /// # Errors
    /// EC2's refusal, or that there was no answer.
    pub async fn create_usage_report(&self, region: &Region, image: &ImageId) -> Result<UsageReportId, Failure> {
        let what = format!("request a usage report of {image} in {region}");
        let kinds = COUNTED.iter().map(|kind| {
            let counted = ImageUsageResourceTypeRequest::builder().resource_type(kind.as_str());
            let depth = || {
                let depth = VERSION_DEPTH.to_string();
                ImageUsageResourceTypeOptionRequest::builder().option_name(DEPTH_OPTION).option_values(depth).build()
            };
            // The default or pinned version may be an old one.
            let options = (*kind == ReferenceKind::LaunchTemplate).then(|| vec![depth()]);
            counted.set_resource_type_options(options).build()
        });
        let call = self.ec2(region).create_image_usage_report().image_id(image.as_str());
        let call = call.set_resource_types(Some(kinds.collect()));
        let call = call.customize().config_override(sent_once()).send();
        let answer = self.call(&what, "ec2:CreateImageUsageReport", call).await.map_err(|failure| {
            if failure.kind != FailureKind::LimitReached {
                return failure;
            }
            failure.hint(
                "EC2 makes one report of an image at a time, and has a quota for all of a region; try again later.",
            )
        })?;
        let id = answer.report_id().and_then(|id| UsageReportId::new(id).ok());
        id.ok_or_else(|| Failure::new(what, "the answer names no report").hint("Is this endpoint EC2's?"))
    }
}

fn usage_report(report: &types::ImageUsageReport) -> Option<UsageReport> {
    let kinds = report.resource_types();
    let counts = |kind: &ReferenceKind| {
        kinds.iter().any(|counted| counted.resource_type() == Some(kind.as_str()) && is_deep(counted))
    };
    Some(UsageReport {
        id: UsageReportId::new(report.report_id()?).ok()?,
        image: ImageId::new(report.image_id()?).ok()?,
        state: match report.state()? {
            "available" => ReportState::Available,
            "error" => ReportState::Failed(report.state_reason().unwrap_or("EC2 gave no reason").into()),
            "pending" => ReportState::Pending,
            state => ReportState::Failed(format!("its state is `{state}`, which amigrate does not know").into()),
        },
        created: report.creation_time().and_then(convert::date_time),
        is_whole: report.account_ids().is_empty() && COUNTED.iter().all(counts),
    })
}

/// Returns true unless fewer versions of launch templates are counted than EC2 counts by itself.
fn is_deep(counted: &types::ImageUsageResourceType) -> bool {
    let options = counted.resource_type_options();
    let mut depths = options.iter().filter(|option| option.option_name() == Some(DEPTH_OPTION));
    depths.all(|option| {
        option.option_values().iter().all(|depth| depth.parse::<u32>().is_ok_and(|depth| depth >= DEFAULT_DEPTH))
    })
}

fn account_use(entry: &types::ImageUsageReportEntry) -> Option<AccountUse> {
    Some(AccountUse {
        account: AccountId::new(entry.account_id()?).ok()?,
        kind: ReferenceKind::parse(entry.resource_type()?),
        count: entry.usage_count()?.try_into().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::testing::{CannedResponse, ami, eu, scripted};

    fn report(id: &str, image: &str, state: &str, accounts: &str) -> String {
        let kind = |name: &str| format!("<item><resourceType>{name}</resourceType></item>");
        format!(
            "<item><imageId>{image}</imageId><reportId>{id}</reportId><resourceTypeSet>{}{}</resourceTypeSet>\
             <accountIdSet>{accounts}</accountIdSet><state>{state}</state><creationTime>2026-03-01T12:00:00.000Z</creationTime></item>",
            kind(COUNTED[0].as_str()),
            kind(COUNTED[1].as_str())
        )
    }

    fn entry(account: &str, kind: &ReferenceKind, count: &str) -> CannedResponse {
        let next = if *kind == ReferenceKind::Instance { "<nextToken>t</nextToken>" } else { "" };
        CannedResponse::ok(&format!(
            "<R><imageUsageReportEntrySet><item><resourceType>{}</resourceType><usageCount>{count}</usageCount>\
             <accountId>{account}</accountId></item></imageUsageReportEntrySet>{next}</R>",
            kind.as_str()
        ))
    }

    #[tokio::test(start_paused = true)]
    async fn reports_are_read_page_by_page_and_those_of_some_accounts_prove_nothing() {
        let (session, asked) =
            scripted(|_, asked| match (asked.action.as_str(), asked.params.contains_key("NextToken")) {
                ("DescribeImageUsageReports", false) => CannedResponse::ok(&format!(
                    "<R><imageUsageReportSet>{}{}</imageUsageReportSet><nextToken>t</nextToken></R>",
                    report("amiur-1", "ami-1", "available", ""),
                    report("amiur-2", "ami-2", "available", "<item>222222222222</item>")
                )),
                ("DescribeImageUsageReports", true) => CannedResponse::ok(&format!(
                    "<R><imageUsageReportSet>{}</imageUsageReportSet></R>",
                    report("amiur-3", "ami-3", "pending", "")
                )),
                (_, false) => entry("222222222222", &ReferenceKind::Instance, "7"),
                _ => entry("222222222222", &ReferenceKind::LaunchTemplate, "1"),
            });
        let images = [ami("ami-1"), ami("ami-2"), ami("ami-3")];
        let reported = session.reported(&eu(), &images).await;
        let Ok(Reported::Available { created, uses }) = &reported[&images[0]] else { panic!("{reported:?}") };
        assert_eq!((created.is_some(), uses.iter().map(|one| one.count).collect::<Vec<_>>()), (true, vec![7, 1]));
        assert_eq!(reported[&images[1]], Ok(Reported::None));
        assert!(matches!(&reported[&images[2]], Ok(Reported::Pending { since: Some(_) })), "{reported:?}");
        assert_eq!(asked.of("DescribeImageUsageReportEntries").len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_entry_that_cannot_be_read_is_not_left_out_and_what_is_denied_is_unknown() {
        let (session, _) = scripted(|_, asked| match asked.action.as_str() {
            "DescribeImageUsageReports" => CannedResponse::ok(&format!(
                "<R><imageUsageReportSet>{}</imageUsageReportSet></R>",
                report("amiur-1", "ami-1", "available", "")
            )),
            _ => entry("somebody", &ReferenceKind::LaunchTemplate, "1"),
        });
        let image = ami("ami-1");
        let reported = session.reported(&eu(), std::slice::from_ref(&image)).await;
        assert!(reported[&image].as_ref().is_err_and(|failure| failure.why.contains("entry")), "{reported:?}");
        let (session, _) =
            scripted(|_, _| CannedResponse::error(403, "UnauthorizedOperation", "You are not authorized."));
        let reported = session.reported(&eu(), std::slice::from_ref(&image)).await;
        let failure = reported[&image].as_ref().unwrap_err();
        assert!(failure.hint.contains("ec2:DescribeImageUsageReports"), "{failure:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_is_requested_once_for_all_accounts() {
        let (session, asked) = scripted(|_, asked| match asked.action.as_str() {
            "CreateImageUsageReport" => CannedResponse::ok("<R><reportId>amiur-1</reportId></R>"),
            _ => CannedResponse::error(500, "InternalError", "An internal error."),
        });
        session.create_usage_report(&eu(), &ami("ami-1")).await.unwrap();
        let calls = asked.of("CreateImageUsageReport");
        let kinds = [calls[0].param("ResourceType.1.ResourceType"), calls[0].param("ResourceType.2.ResourceType")];
        assert_eq!((kinds, calls[0].values("AccountId").len()), ([COUNTED[0].as_str(), COUNTED[1].as_str()], 0));
        let option = "ResourceType.2.ResourceTypeOption.1";
        let depth = ["OptionName", "OptionValue.1"].map(|name| calls[0].param(&format!("{option}.{name}")));
        assert_eq!(depth, ["version-depth", "10000"]);
    }
}
