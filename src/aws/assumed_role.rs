//! Credentials of a role that is assumed with others.

use aws_config::{SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};

use super::errors::rejects_identity;
use crate::domain::{Region, RoleArn};

/// Assumes the role in the home region, else in the partition's main region: STS accepts nobody's credentials in a region that is not
/// enabled for their account. Sessions that STS gives in a region work in all that are enabled for the role's account.
#[derive(Debug)]
struct AssumedRole {
    in_home: AssumeRoleProvider,
    /// `None` if that is the home region.
    in_main: Option<AssumeRoleProvider>,
}

impl AssumedRole {
    async fn credentials(&self) -> provider::Result {
        let refused = match (self.in_home.provide_credentials().await, &self.in_main) {
            (Err(error), Some(_)) if rejects_identity(&error) => error,
            (result, _) => return result,
        };
        match &self.in_main {
            Some(main) => main.provide_credentials().await.or(Err(refused)),
            None => Err(refused),
        }
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// Returns the credentials of a role that is assumed with those of `source`. They are renewed before they expire.
pub(super) async fn assumed_role(
    role: &RoleArn,
    source: SharedCredentialsProvider,
    config: &SdkConfig,
    home: &Region,
) -> SharedCredentialsProvider {
    let main = home.partition().main_region().filter(|main| *main != home.as_str());
    let in_main = match main {
        Some(main) => {
            Some(Box::pin(provider(role, source.clone(), config, aws_config::Region::from_static(main))).await)
        }
        None => None,
    };
    let in_home = Box::pin(provider(role, source, config, aws_config::Region::new(home.as_str().to_owned()))).await;
    SharedCredentialsProvider::new(AssumedRole { in_home, in_main })
}

async fn provider(
    role: &RoleArn,
    source: SharedCredentialsProvider,
    config: &SdkConfig,
    region: aws_config::Region,
) -> AssumeRoleProvider {
    let builder = AssumeRoleProvider::builder(role.as_str()).session_name("amigrate").configure(config);
    builder.region(region).build_from_provider(source).await
}
