//! Source of credentials, for display.

use aws_config::profile::ProfileSet;
use aws_credential_types::{Credentials, credential_feature::AwsCredentialFeature};

use crate::domain::CredentialSource;

/// Determines the source of a session's credentials.
#[derive(Debug, Clone)]
pub(super) enum CredentialSources {
    /// The simulated EC2.
    Simulated,
    /// A role that was given, and the profile whose credentials assume it.
    AssumedRole(CredentialSource),
    /// AWS: by the features the SDK sets on the credentials, and by the profile.
    Aws {
        /// Source of credentials that come from the configuration files.
        from_files: CredentialSource,
    },
}

impl CredentialSources {
    /// Reads the source from a profile.
    ///
    /// With `assumes` a role is assumed with its credentials.
    pub(super) fn of_profile(files: &ProfileSet, profile: &str, assumes: bool) -> Self {
        let name = profile.to_owned();
        if assumes {
            return Self::AssumedRole(CredentialSource::AssumedRole(name));
        }
        let has = |key: &str| files.get_profile(profile).is_some_and(|section| section.get(key).is_some());
        let from_files = if has("role_arn") {
            CredentialSource::AssumedRole(name)
        } else if has("sso_session") || has("sso_start_url") {
            CredentialSource::Sso(name)
        } else if has("login_session") {
            CredentialSource::Login(name)
        } else if has("credential_process") && !has("aws_access_key_id") {
            CredentialSource::Process(name)
        } else {
            CredentialSource::Profile(name)
        };
        Self::Aws { from_files }
    }

    pub(super) fn of(&self, credentials: &Credentials) -> CredentialSource {
        let from_files = match self {
            Self::Simulated => return CredentialSource::Simulated,
            Self::AssumedRole(source) => return source.clone(),
            Self::Aws { from_files } => from_files,
        };
        let features = credentials.get_property::<Vec<AwsCredentialFeature>>().map_or(&[][..], Vec::as_slice);
        let has = |feature: AwsCredentialFeature| features.contains(&feature);
        // First, because the provider for files adds its feature to those of the providers it uses.
        if has(AwsCredentialFeature::CredentialsProfile) || has(AwsCredentialFeature::CredentialsProfileLogin) {
            from_files.clone()
        } else if has(AwsCredentialFeature::CredentialsEnvVars) {
            CredentialSource::Environment
        } else if has(AwsCredentialFeature::CredentialsImds) {
            CredentialSource::Instance
        } else if has(AwsCredentialFeature::CredentialsHttp) {
            CredentialSource::Container
        } else if has(AwsCredentialFeature::CredentialsProfileStsWebIdToken)
            || has(AwsCredentialFeature::CredentialsEnvVarsStsWebIdToken)
        {
            CredentialSource::WebIdentity
        } else {
            CredentialSource::Unknown
        }
    }
}
