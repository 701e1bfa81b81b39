//! Replies to what pages have requested.

use super::{audit, comparison, image_details, lineage, used_by};
use crate::tui::{
    model::{Model, PendingReply},
    msg::Reply,
};

/// Shows a reply in the pages that wait for it.
pub(in crate::tui) fn on_reply(model: &mut Model, pending: PendingReply, reply: Reply) {
    match (pending, reply) {
        (PendingReply::Audit(job), Reply::Audit(result)) => audit::on_reply(model, job, result),
        (PendingReply::ImageDetails(image), Reply::ImageDetails(details)) => {
            image_details::on_reply(model, &image, &details);
        }
        (PendingReply::Comparison(request), Reply::Compared(read)) => comparison::on_reply(model, &request, &read),
        (PendingReply::Lineage(place), Reply::Lineage(read)) => lineage::on_reply(model, &place, &read),
        (PendingReply::UsedBy(place), Reply::Usage(usage)) => used_by::on_reply(model, &place, usage),
        (PendingReply::UsageReport(place), Reply::UsageReported(reported)) => {
            used_by::on_reported(model, &place, &reported);
        }
        _ => {}
    }
}
