//! A call of one of EC2's actions, with what every action reads from it.

use jiff::Timestamp;

use crate::{
    domain::Region,
    sim::{
        api::{listing::PageRequest, params::Params},
        api_error::ApiError,
        transport::xml::Xml,
        world::state::World,
    },
};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// One action with its context.
pub(crate) struct Call<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) region: &'a Region,
    pub(crate) params: &'a Params,
    pub(crate) now: Timestamp,
    pub(crate) request_id: &'a str,
}

impl Call<'_> {
    pub(crate) fn response(&self, action: &str, fill: impl FnOnce(&mut Xml)) -> String {
        Xml::document(&format!("{action}Response"), Some(NAMESPACE), |xml| {
            xml.leaf("requestId", self.request_id);
            fill(xml);
        })
    }

    pub(crate) fn dry_run(&self) -> Result<bool, ApiError> {
        Ok(self.params.flag("DryRun")? == Some(true))
    }

    pub(crate) fn refuse_dry_run(&self) -> Result<(), ApiError> {
        if self.dry_run()? { Err(ApiError::dry_run()) } else { Ok(()) }
    }

    pub(crate) fn page(&self) -> Result<PageRequest, ApiError> {
        Ok(PageRequest {
            max: self.params.number("MaxResults")?,
            token: self.params.get("NextToken").map(str::to_owned),
        })
    }

    pub(crate) fn strings(&self, name: &str) -> Vec<String> {
        self.params.list(name).into_iter().map(str::to_owned).collect()
    }
}
