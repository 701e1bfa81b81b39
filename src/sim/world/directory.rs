//! Who signs requests: access keys of users, and sessions of roles that were assumed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::{
    domain::{AccountId, Region},
    sim::{glob::glob, world::policy::DenySpec},
};

/// Access key ids of sessions begin with this. Those that AWS makes begin with `ASIA` as well.
const SESSION_KEY_PREFIX: &str = "ASIASIMULATED";

/// Shortest session, seconds. Source: STS API reference, `AssumeRole`.
const MIN_SESSION_SECONDS: i64 = 900;

/// Longest session of a role assumed by another role's session, seconds. Source: IAM user guide, "Role chaining".
const MAX_CHAINED_SECONDS: i64 = 3_600;

/// An account besides the scenario's, with resources of its own.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AccountSpec {
    pub(crate) id: AccountId,
    /// Name of the profile to sign in with.
    pub(crate) profile: Box<str>,
    /// Access key id of the account's user; `None` if it can be reached by roles only.
    #[serde(default)]
    pub(crate) access_key: Option<Box<str>>,
    /// What all of the account's users and roles may not do.
    #[serde(default, rename = "deny")]
    pub(crate) denied: Vec<DenySpec>,
    /// The opt-in regions that it has enabled; `None` are those of the scenario's account.
    #[serde(default)]
    pub(crate) opted_in: Option<Vec<Region>>,
}

/// A role that users and roles of other accounts may assume.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoleSpec {
    pub(crate) account: AccountId,
    pub(crate) name: Box<str>,
    /// Accounts whose users and roles may assume it.
    #[serde(default)]
    pub(crate) trusts: Vec<AccountId>,
    #[serde(default)]
    pub(crate) external_id: Option<Box<str>>,
    #[serde(default = "one_hour")]
    pub(crate) max_session_seconds: i64,
    /// Patterns of the actions that its sessions may not take.
    #[serde(default)]
    pub(crate) denied: Vec<Box<str>>,
}

fn one_hour() -> i64 {
    3_600
}

impl RoleSpec {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:iam::{}:role/{}", self.account, self.name)
    }
}

/// Session of a role.
#[derive(Debug, Clone)]
pub(crate) struct RoleSession {
    role: RoleSpec,
    name: String,
    token: String,
    pub(crate) expires: Timestamp,
}

/// Who signed a request.
#[derive(Debug, Clone, Default)]
pub(crate) enum Caller {
    /// A user of the account.
    #[default]
    User,
    Role(Box<RoleSession>),
}

impl Caller {
    /// Returns the ARN that STS and refusals name.
    pub(crate) fn arn(&self, account: &AccountId) -> String {
        match self {
            Self::User => format!("arn:aws:iam::{account}:user/demo"),
            Self::Role(session) => {
                format!("arn:aws:sts::{account}:assumed-role/{}/{}", session.role.name, session.name)
            }
        }
    }

    /// Returns the `UserId` of STS.
    pub(crate) fn user_id(&self) -> String {
        match self {
            Self::User => "AIDASIMULATEDUSER0000".to_owned(),
            Self::Role(session) => session.user_id(),
        }
    }

    /// Returns true if the role does not allow the action.
    pub(crate) fn denies(&self, action: &str) -> bool {
        matches!(self, Self::Role(session) if session.role.denied.iter().any(|pattern| glob(pattern, action)))
    }
}

impl RoleSession {
    /// Returns the id of the role, the same in every session, with the session's name.
    pub(crate) fn user_id(&self) -> String {
        let sum = self.role.arn().bytes().fold(0_u64, |sum, b| sum.rotate_left(5) ^ u64::from(b));
        format!("AROA{:017X}:{}", sum & 0xf_ffff_ffff_ffff, self.name)
    }

    pub(crate) fn caller_arn(&self) -> String {
        format!("arn:aws:sts::{}:assumed-role/{}/{}", self.role.account, self.role.name, self.name)
    }
}

/// Why credentials are not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadCredentials {
    Unknown,
    Expired,
}

/// What a request for a session asks for.
#[derive(Debug)]
pub(crate) struct SessionRequest<'a> {
    pub(crate) role_arn: &'a str,
    pub(crate) name: &'a str,
    pub(crate) external_id: Option<&'a str>,
    /// One hour if `None`.
    pub(crate) seconds: Option<i64>,
}

/// Why a role is not assumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotAssumed {
    /// There is no such role, or it does not trust the caller: STS does not tell which.
    Denied,
    /// The session would be shorter than 15 minutes, or longer than any role allows.
    BadDuration,
    /// Longer than the role allows.
    TooLong,
    /// More than an hour, for a session that was assumed by another.
    ChainedTooLong,
}

/// A session with the access key id that stands for it.
#[derive(Debug)]
pub(crate) struct NewSession {
    pub(crate) access_key_id: String,
    pub(crate) token: String,
    pub(crate) session: RoleSession,
}

/// Access keys and roles of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    /// Accounts of the users whose access key is not the scenario's account's.
    users: HashMap<String, AccountId>,
    roles: Vec<RoleSpec>,
    /// By access key id.
    sessions: HashMap<String, RoleSession>,
}

impl Directory {
    pub(crate) fn new(accounts: &[AccountSpec], roles: &[RoleSpec]) -> Self {
        let key = |spec: &AccountSpec| Some((spec.access_key.as_deref()?.to_owned(), spec.id.clone()));
        Self { users: accounts.iter().filter_map(key).collect(), roles: roles.to_vec(), sessions: HashMap::new() }
    }

    /// Assigns a user's access key to an account.
    pub(crate) fn sign_in(&mut self, access_key_id: &str, account: &AccountId) {
        self.users.insert(access_key_id.to_owned(), account.clone());
    }

    /// Returns the account and the caller of these credentials. Keys that nobody was given belong to `default`.
    pub(crate) fn authenticate(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        default: &AccountId,
        now: Timestamp,
    ) -> Result<(AccountId, Caller), BadCredentials> {
        if let Some(session) = self.sessions.get(access_key_id) {
            if token != Some(&session.token) {
                return Err(BadCredentials::Unknown);
            }
            if session.expires <= now {
                return Err(BadCredentials::Expired);
            }
            return Ok((session.role.account.clone(), Caller::Role(Box::new(session.clone()))));
        }
        if access_key_id.starts_with(SESSION_KEY_PREFIX) {
            return Err(BadCredentials::Unknown);
        }
        Ok((self.users.get(access_key_id).unwrap_or(default).clone(), Caller::User))
    }

    /// Begins a session of a role for a caller of `account`.
    pub(crate) fn assume(
        &mut self,
        request: &SessionRequest<'_>,
        account: &AccountId,
        caller: &Caller,
        random: &mut fastrand::Rng,
        now: Timestamp,
    ) -> Result<NewSession, NotAssumed> {
        let seconds = request.seconds.unwrap_or_else(one_hour);
        if !(MIN_SESSION_SECONDS..=43_200).contains(&seconds) {
            return Err(NotAssumed::BadDuration);
        }
        let role = self.roles.iter().find(|role| role.arn() == request.role_arn).ok_or(NotAssumed::Denied)?;
        let known = role.external_id.is_none() || role.external_id.as_deref() == request.external_id;
        if !role.trusts.contains(account) || !known {
            return Err(NotAssumed::Denied);
        }
        if seconds > role.max_session_seconds {
            return Err(NotAssumed::TooLong);
        }
        if matches!(caller, Caller::Role(_)) && seconds > MAX_CHAINED_SECONDS {
            return Err(NotAssumed::ChainedTooLong);
        }
        let expires = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
        let token = format!("simulated-session-{:016x}", random.u64(..));
        let session = RoleSession { role: role.clone(), name: request.name.to_owned(), token: token.clone(), expires };
        let access_key_id = format!("{SESSION_KEY_PREFIX}{:07X}", random.u32(..) & 0x0fff_ffff);
        // Nobody can tell one that ended long ago from one that never was.
        self.sessions.retain(|_, old| old.expires + SignedDuration::from_hours(24) > now);
        self.sessions.insert(access_key_id.clone(), session.clone());
        Ok(NewSession { access_key_id, token, session })
    }
}
