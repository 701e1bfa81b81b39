//! Replaces small files that several processes write: under a lock, whole or not at all, readable by this user alone.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
    thread,
    time::Duration,
};

/// Replaces a file's text by what `change` makes of it; of an empty text if there is no file. Directories are created.
///
/// # Errors
/// Those of the file system and of `change`, which leave the file as it was; `TimedOut` if others hold the lock for 2 seconds.
pub(super) fn replace<E: From<io::Error>>(
    path: &Path,
    change: impl FnOnce(String) -> Result<String, E>,
) -> Result<(), E> {
    // A symbolic link is kept, and the file behind it replaced.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // The directory is locked, since the file itself is replaced; the lock ends with the value.
    let _lock = lock(dir)?;
    let text = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        read => read?,
    };
    let text = change(text)?;
    let mut new = path.clone().into_os_string();
    new.push(".new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(fs::rename(&new, &path)?)
}

fn lock(dir: &Path) -> io::Result<File> {
    let file = File::open(dir)?;
    for _ in 0..100 {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(20)),
            // Some file systems have no locks; the file is still replaced as a whole.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another amigrate has been writing there for 2 seconds"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn append(path: &Path, line: &str) -> io::Result<()> {
        replace(path, |text| Ok(format!("{text}{line}\n")))
    }

    #[test]
    fn a_file_is_replaced_for_this_user_alone_and_links_stay() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b/file");
        append(&path, "one").unwrap();
        append(&path, "two").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        append(&link, "three").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\ntwo\nthree\n");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_refused_change_leaves_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        append(&path, "one").unwrap();
        let refused = replace(&path, |_| Err(io::Error::other("no")));
        assert_eq!(refused.unwrap_err().to_string(), "no");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
    }

    #[test]
    fn writers_wait_for_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || append(path, &n.to_string()).unwrap());
            }
        });
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 8);
    }
}
