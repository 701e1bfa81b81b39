//! The account's setting of which other accounts' images it may use in a region.

use serde::Deserialize;

use crate::domain::Image;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AllowedState {
    #[default]
    Disabled,
    /// Images say whether they would be allowed.
    AuditMode,
    Enabled,
}

impl AllowedState {
    /// Returns EC2's name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::AuditMode => "audit-mode",
            Self::Enabled => "enabled",
        }
    }
}

/// Allowed images. Of EC2's criteria, only the provider. One's own images are always allowed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowedImages {
    pub(crate) state: AllowedState,
    /// Account ids and EC2's aliases of owners, such as `amazon`.
    #[serde(default)]
    pub(crate) providers: Vec<Box<str>>,
}

impl AllowedImages {
    /// Returns whether another account's image is allowed; `None` if nothing is restricted.
    pub(crate) fn allows(&self, image: &Image) -> Option<bool> {
        let allowed = |provider: &str| {
            provider == image.owner_id.as_str() || image.image_owner_alias.as_deref() == Some(provider)
        };
        (self.state != AllowedState::Disabled).then(|| self.providers.iter().any(|provider| allowed(provider)))
    }
}
