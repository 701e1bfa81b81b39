//! Waiting for credentials that work: the files that a login writes, and how long a process waits for a login.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use tokio::{sync::watch, time::Instant};

use crate::domain::{Failure, LoginBackoff, Retry};

/// Interval between checks of the files.
const FILE_POLL_INTERVAL: Duration = Duration::from_secs(2);

/// The files of the AWS configuration and of its login caches.
#[derive(Debug, Clone)]
pub struct LoginFiles(Vec<PathBuf>);

/// Each file with its modification time and length.
type FileStates = Vec<(PathBuf, Option<SystemTime>, u64)>;

impl LoginFiles {
    /// Where the AWS CLI and the SDK keep them; `home` is the user's.
    pub fn new(home: Option<&Path>, env: &impl Fn(&str) -> Option<String>) -> Self {
        let aws = home.map(|home| home.join(".aws"));
        let file = |variable: &str, usual: &str| {
            let named = env(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
            named.or_else(|| Some(aws.as_ref()?.join(usual)))
        };
        let files = [file("AWS_CONFIG_FILE", "config"), file("AWS_SHARED_CREDENTIALS_FILE", "credentials")];
        let caches = ["sso/cache", "cli/cache", "login/cache"].map(|dir| Some(aws.as_ref()?.join(dir)));
        Self(files.into_iter().chain(caches).flatten().collect())
    }

    /// The files of this process's user and environment.
    pub fn of_this_process() -> Self {
        let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
        Self::new(home.as_deref(), &|name| std::env::var(name).ok())
    }

    /// Reads the state of every file. Blocks.
    fn states(&self) -> FileStates {
        let of = |path: &Path| {
            let found = fs::metadata(path).ok();
            (path.to_owned(), found.as_ref().and_then(|f| f.modified().ok()), found.map_or(0, |f| f.len()))
        };
        let mut all = Vec::new();
        for path in &self.0 {
            all.push(of(path));
            // Rewriting a file does not change the directory it is in.
            all.extend(fs::read_dir(path).into_iter().flatten().flatten().map(|entry| of(&entry.path())));
        }
        all.sort();
        all
    }

    async fn read(&self) -> FileStates {
        let files = self.clone();
        // A home directory may be on a file system that hangs.
        tokio::task::spawn_blocking(move || files.states()).await.unwrap_or_default()
    }

    /// Reads the files now, for [`LoginWatch::changed`] to compare with.
    pub async fn watch(self) -> LoginWatch {
        let last = self.read().await;
        LoginWatch { files: self, last }
    }
}

/// The files as they were when they were last read.
#[derive(Debug)]
pub struct LoginWatch {
    files: LoginFiles,
    last: FileStates,
}

impl LoginWatch {
    /// Waits until one of the files is written, created or removed.
    pub async fn changed(&mut self) {
        loop {
            tokio::time::sleep(FILE_POLL_INTERVAL).await;
            let now = self.files.read().await;
            if now != self.last {
                self.last = now;
                return;
            }
        }
    }
}

/// Tries to sign in until that works: again after growing waits, and at once when a login has written something. `report`
/// is given every failure that is retried.
///
/// # Errors
/// A failure that waiting cannot fix, or the last one after `limit`.
pub async fn sign_in_with_retry<T, F>(
    files: LoginFiles,
    limit: Duration,
    mut attempt: impl FnMut() -> F,
    mut report: impl FnMut(&Failure),
) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let end = Instant::now() + limit;
    let mut backoff = LoginBackoff::default();
    // Read before the first attempt, so that a login during it is noticed.
    let mut watch = files.watch().await;
    loop {
        let failure = match attempt().await {
            Ok(signed_in) => return Ok(signed_in),
            Err(failure) if matches!(failure.retry, Retry::Later | Retry::AfterLogin) => failure,
            Err(failure) => return Err(failure),
        };
        report(&failure);
        let wait = Duration::try_from(backoff.next_wait()).unwrap_or(limit);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = watch.changed() => {}
            () = tokio::time::sleep_until(end) => return Err(timed_out(&failure, limit)),
        }
    }
}

/// Waits until credentials have not worked for `limit` without a break; `paused` holds why they do not.
pub async fn login_timeout(mut paused: watch::Receiver<Option<Failure>>, limit: Duration) -> Failure {
    loop {
        // Without a sender, `paused` never changes again.
        if paused.wait_for(Option::is_some).await.is_err() {
            return std::future::pending().await;
        }
        let works = tokio::time::timeout(limit, paused.wait_for(Option::is_none)).await.map(|end| end.map(drop));
        match works {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return std::future::pending().await,
            Err(_) => {
                let last = paused.borrow().clone();
                return timed_out(&last.unwrap_or_else(|| Failure::new("sign in", "nobody is signed in")), limit);
            }
        }
    }
}

fn timed_out(last: &Failure, limit: Duration) -> Failure {
    let since = match limit.as_secs() / 3_600 {
        0 => String::new(),
        1 => " for an hour".into(),
        hours => format!(" for {hours} hours"),
    };
    Failure {
        what: "run the queue".into(),
        why: format!("no usable credentials{since}: {}", last.why),
        hint: format!(
            "The queue is kept. {} Then start amigrate, or `amigrate drive`; jobs.login_timeout_hours sets how long it waits.",
            last.hint
        ),
        retry: Retry::AfterLogin,
        ..last.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn expired() -> Failure {
        Failure::new("sign in", "the SSO session has expired").hint("Run `aws sso login`.").retry(Retry::AfterLogin)
    }

    fn nowhere() -> LoginFiles {
        LoginFiles(Vec::new())
    }

    #[test]
    fn the_files_are_where_the_aws_cli_has_them() {
        let home = Path::new("/home/me");
        let all = LoginFiles::new(Some(home), &|_| None).0;
        let aws = |rest: &str| home.join(".aws").join(rest);
        let usual = ["config", "credentials", "sso/cache", "cli/cache", "login/cache"].map(aws);
        assert_eq!(all, usual);
        let env = |name: &str| (name == "AWS_CONFIG_FILE").then(|| "/etc/aws".to_owned());
        assert_eq!(LoginFiles::new(Some(home), &env).0[..2], [PathBuf::from("/etc/aws"), aws("credentials")]);
        assert_eq!(LoginFiles::new(None, &env).0, [PathBuf::from("/etc/aws")]);
    }

    #[test]
    fn whatever_a_login_writes_is_seen() {
        let home = tempfile::tempdir().unwrap();
        let files = LoginFiles::new(Some(home.path()), &|_| None);
        let none = files.states();
        let cache = home.path().join(".aws/sso/cache");
        fs::create_dir_all(&cache).unwrap();
        let empty = files.states();
        fs::write(cache.join("a.json"), "1").unwrap();
        let one = files.states();
        fs::write(cache.join("a.json"), "22").unwrap();
        let rewritten = files.states();
        fs::write(home.path().join(".aws/credentials"), "x").unwrap();
        let keys = files.states();
        assert!(none != empty && empty != one && one != rewritten && rewritten != keys);
        assert_eq!(keys, files.states(), "and nothing else is");
    }

    #[tokio::test(start_paused = true)]
    async fn tries_grow_and_end_with_the_limit() {
        let (begun, tries) = (Instant::now(), RefCell::new(Vec::new()));
        let limit = Duration::from_hours(1);
        let attempt = || {
            tries.borrow_mut().push(begun.elapsed().as_secs());
            async { Err::<(), _>(expired()) }
        };
        let failure = sign_in_with_retry(nowhere(), limit, attempt, |_| {}).await.unwrap_err();
        assert_eq!(tries.borrow()[..8], [0, 10, 30, 70, 150, 310, 610, 910]);
        assert_eq!(begun.elapsed(), limit);
        assert_eq!(failure.retry, Retry::AfterLogin);
        assert!(failure.why.contains("for an hour: the SSO session has expired"), "{failure}");
        assert!(failure.hint.contains("queue is kept") && failure.hint.contains("aws sso login"), "{}", failure.hint);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waiting_cannot_mend_is_not_waited_for() {
        let attempt = || async { Err::<(), _>(Failure::new("use profile `x`", "there is none")) };
        let failure = sign_in_with_retry(nowhere(), Duration::from_hours(24), attempt, |_| {}).await.unwrap_err();
        assert_eq!(failure.retry, Retry::AfterChange);
    }

    #[tokio::test(start_paused = true)]
    async fn a_login_is_tried_at_once() {
        let home = tempfile::tempdir().unwrap();
        let files = LoginFiles::new(Some(home.path()), &|_| None);
        let aws = home.path().join(".aws");
        fs::create_dir_all(&aws).unwrap();
        let (begun, mut n) = (Instant::now(), 0);
        let attempt = || {
            n += 1;
            // By now the wait has grown to five minutes.
            if n == 8 {
                fs::write(aws.join("credentials"), "new").unwrap();
            }
            let done = n == 9;
            async move { if done { Ok(begun.elapsed().as_secs()) } else { Err(expired()) } }
        };
        let signed_in = sign_in_with_retry(files, Duration::from_hours(24), attempt, |_| {}).await.unwrap();
        assert!((910..920).contains(&signed_in), "{signed_in}");
    }

    #[tokio::test(start_paused = true)]
    async fn only_a_pause_without_a_break_is_login_timeout() {
        let (sender, receiver) = watch::channel(None);
        let (begun, limit) = (Instant::now(), Duration::from_hours(24));
        let end = tokio::spawn(login_timeout(receiver, limit));
        for _ in 0..3 {
            sender.send_replace(Some(expired()));
            tokio::time::sleep(limit.saturating_sub(Duration::from_secs(1))).await;
            sender.send_replace(None);
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        assert!(!end.is_finished());
        sender.send_replace(Some(expired()));
        let failure = end.await.unwrap();
        assert_eq!(begun.elapsed(), limit * 4);
        assert!(failure.why.contains("24 hours"), "{failure}");
    }
}
