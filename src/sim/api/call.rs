//! A call of one of EC2's actions. Its type makes every action read its parameters before it touches the world.

use jiff::Timestamp;

use crate::{
    domain::Region,
    sim::{
        api::{paging::PageRequest, params::Params},
        api_error::ApiError,
        transport::xml::Xml,
        world::state::World,
    },
};

const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

/// An action whose parameters are being read. The world is out of reach until [`Call::ready`].
pub(crate) struct Call<'a> {
    pub(crate) params: &'a Params,
    ready: Ready<'a>,
}

/// An action whose parameters have been read: it is carried out.
pub(crate) struct Ready<'a> {
    pub(crate) world: &'a mut World,
    pub(crate) region: &'a Region,
    pub(crate) now: Timestamp,
    pub(crate) action: &'a str,
    pub(crate) request_id: &'a str,
}

impl<'a> Call<'a> {
    pub(crate) fn new(params: &'a Params, ready: Ready<'a>) -> Self {
        Self { params, ready }
    }

    /// To be called once all parameters are read: refuses those that were not. Ends a dry run, which judges the permission
    /// and nothing else.
    pub(crate) fn ready(self) -> Result<Ready<'a>, ApiError> {
        let dry_run = self.params.flag("DryRun")? == Some(true);
        self.params.refuse_unknown()?;
        if dry_run { Err(ApiError::dry_run()) } else { Ok(self.ready) }
    }

    pub(crate) fn page(&self) -> Result<PageRequest, ApiError> {
        Ok(PageRequest {
            max: self.params.number("MaxResults")?,
            token: self.params.get("NextToken").map(str::to_owned),
        })
    }
}

impl Ready<'_> {
    pub(crate) fn response(&self, fill: impl FnOnce(&mut Xml)) -> String {
        Xml::document(&format!("{}Response", self.action), Some(NAMESPACE), |xml| {
            xml.leaf("requestId", self.request_id);
            fill(xml);
        })
    }

    /// Returns the response of actions that have nothing to tell.
    pub(crate) fn response_true(&self) -> String {
        self.response(|xml| xml.flag("return", true))
    }
}
