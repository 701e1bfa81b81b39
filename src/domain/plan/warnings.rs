//! What may go wrong with the sources.

use super::{CheckContext, messages::Messages};
use crate::domain::{
    account::AccountId,
    draft::{Draft, Field},
};

impl Draft {
    pub(super) fn warn_of_sources(&self, context: &CheckContext<'_>, warnings: &mut Messages) {
        for source in &self.sources {
            if let Some(since) = source.deprecated.filter(|since| *since <= context.now) {
                let text = format!("{} has been deprecated since {}.", source.id, since.strftime("%Y-%m-%d"));
                warnings.add_known_later(Field::Sources, "deprecated", text);
            }
            let shared = self.account.as_ref().is_some_and(|own| *own != source.owner_id);
            if shared && !source.product_codes.is_empty() {
                let text = format!(
                    "{} belongs to {} and has a product code: AWS refuses to copy such images.",
                    source.id, source.owner_id
                );
                warnings.add_kind(Field::Sources, "product code", text);
            }
            if shared && source.encrypted() && !context.asks_for_keys {
                let text = format!(
                    "{} belongs to {} and is encrypted: the copy works only if its key is shared with you.",
                    source.id, source.owner_id
                );
                warnings.add_of_access(Field::Sources, "shared encrypted", text);
            }
            if &*source.virtualization == "paravirtual" {
                let text = format!("{} is paravirtual: newer regions cannot take it.", source.id);
                warnings.add_kind(Field::Sources, "paravirtual", text);
            }
            if source.instance_store() {
                let account = self.account.as_ref().map_or("ACCOUNT", AccountId::as_str);
                for destination in self.destinations.iter().filter(|to| self.wants(source, to)) {
                    let text = format!(
                        "{} is an instance-store image: its copy has no snapshots and is kept in an S3 bucket \
                         amis-for-{account}-in-{destination}-HASH, which AWS creates.",
                        source.id
                    );
                    warnings.add_kind(Field::Sources, "instance store", text);
                }
            }
        }
    }
}
