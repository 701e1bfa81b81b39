//! The leader lock: one process at a time runs an account's queue, by the kernel's lock on a file.

use std::path::{Path, PathBuf};

use super::{
    errors,
    files::{self, Lock, LockError, LockKind},
};
use crate::domain::{AccountKey, Failure};

/// Held by the process that runs an account's queue; the kernel releases it however that process ends.
#[derive(Debug)]
pub struct DriverLock(#[expect(dead_code, reason = "held, not used")] Lock);

impl DriverLock {
    /// Takes the lock without waiting; `None` if another process holds it.
    pub fn try_take(dir: &Path, account: &AccountKey) -> Result<Option<Self>, Failure> {
        files::private_dir(dir)?;
        let path = path(dir, account);
        match Lock::try_take(&path, LockKind::Exclusive) {
            Ok(lock) => Ok(Some(Self(lock))),
            Err(LockError::Held) => Ok(None),
            Err(error) => Err(lock_failure(&path, error)),
        }
    }
}

/// One file for each account; the same digits behind another endpoint are another account.
pub(super) fn path(dir: &Path, account: &AccountKey) -> PathBuf {
    let key = account.as_str();
    let digits: String = key.chars().take_while(char::is_ascii_digit).collect();
    if digits == key {
        return dir.join(format!("driver-{digits}.lock"));
    }
    // FNV-1a: two builds of the program must agree, so it cannot be the standard library's hash.
    let hash = key
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    dir.join(format!("driver-{digits}-{hash:016x}.lock"))
}

pub(super) fn lock_failure(path: &Path, error: LockError) -> Failure {
    let what = "run the queue";
    match error {
        LockError::Held => Failure::new(what, "another amigrate is running it"),
        LockError::NoFile(error) => errors::io(what, path, &error),
        LockError::NoLocks(error) => Failure::new(
            what,
            format!("{} cannot be locked, so jobs can only be viewed here: {error}", errors::display(path)),
        )
        .hint(errors::use_local_disk()),
    }
}
