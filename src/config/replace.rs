//! Replaces small files that several processes write: under a lock, whole or not at all.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions, TryLockError},
    io::{self, ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

/// Who may read and write a file once it is replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// This user alone, as befits state.
    User,
    /// Those who could before, because others may share it; this user alone if it is new. A read-only file is refused.
    AsBefore,
}

/// Replaces a file's text by what `change` makes of it; of an empty text if there is no file. Directories are created.
///
/// # Errors
/// Those of the file system and of `change`, which leave the file as it was; a symbolic link to nothing; `TimedOut` if others hold
/// the lock for 2 seconds.
pub(super) fn replace<E: From<io::Error>>(
    path: &Path,
    access: Access,
    change: impl FnOnce(String) -> Result<String, E>,
) -> Result<(), E> {
    let path = behind_links(path)?;
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    // The directory is locked, since the file itself is replaced; the lock ends with the value.
    let _lock = lock(dir)?;
    let (text, before) = match fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => (String::new(), None),
        read => (read?, Some(fs::metadata(&path)?)),
    };
    let before = before.filter(|_| access == Access::AsBefore);
    if let Some(before) = &before {
        check_writable(&path, before)?;
    }
    let text = change(text)?;
    let mut new = NewFile::beside(&path)?;
    if let Some(before) = &before {
        take_over(&new.file, before)?;
    }
    new.file.write_all(text.as_bytes())?;
    new.file.sync_all()?;
    Ok(new.rename(&path)?)
}

/// Returns the file behind symbolic links, which are kept. A link to nothing is refused: its target may come back, as a file on a
/// disk that is not mounted.
pub(super) fn behind_links(path: &Path) -> io::Result<PathBuf> {
    match path.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound && path.is_symlink() => {
            let target = fs::read_link(path)?;
            let why = format!("it is a symbolic link to {}, which does not exist", target.display());
            Err(io::Error::new(ErrorKind::NotFound, why))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(path.to_owned()),
        behind => behind,
    }
}

/// A rename would replace a file that may not be written.
fn check_writable(path: &Path, file: &Metadata) -> io::Result<()> {
    if file.permissions().readonly() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "the file is read-only"));
    }
    OpenOptions::new().append(true).open(path).map(|_| ())
}

/// Gives a new file the owner, group and mode of another, as far as this user may.
fn take_over(new: &File, before: &Metadata) -> io::Result<()> {
    let owner_and_group = || fchown(new, Some(before.uid()), Some(before.gid()));
    let group = || fchown(new, None, Some(before.gid()));
    let has_group = owner_and_group().or_else(|_| group()).is_ok();
    // The permissions of a group are not given to another.
    let mode = before.mode() & if has_group { 0o777 } else { 0o707 };
    new.set_permissions(Permissions::from_mode(mode))
}

/// A new file that is removed again unless it is renamed.
struct NewFile {
    path: PathBuf,
    file: File,
    renamed: bool,
}

impl NewFile {
    /// Creates a file that this user alone may read, under a name that nobody has.
    fn beside(path: &Path) -> io::Result<Self> {
        let process = std::process::id();
        let mut taken = io::Error::from(ErrorKind::AlreadyExists);
        // Others hold no lock on names left behind by a crash.
        for n in 0..1_000 {
            let mut name = OsString::from(path);
            name.push(format!(".{process}-{n}.new"));
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&name) {
                Ok(file) => return Ok(Self { path: name.into(), file, renamed: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = error,
                Err(error) => return Err(error),
            }
        }
        Err(taken)
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.renamed {
            // What is left behind does no harm, and the first failure is the one to report.
            _ = fs::remove_file(&self.path);
        }
    }
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
    use std::os::unix::fs::symlink;

    use super::*;

    fn append(path: &Path, line: &str) -> io::Result<()> {
        append_as(path, Access::User, line)
    }

    fn append_as(path: &Path, access: Access, line: &str) -> io::Result<()> {
        replace(path, access, |text| Ok(format!("{text}{line}\n")))
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
        symlink(&path, &link).unwrap();
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
        let refused = replace(&path, Access::User, |_| Err(io::Error::other("no")));
        assert_eq!(refused.unwrap_err().to_string(), "no");
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_shared_file_keeps_its_mode_and_a_read_only_one_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        append_as(&path, Access::AsBefore, "one").unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600, "a new one is this user's");
        for shared in [0o664, 0o640] {
            fs::set_permissions(&path, Permissions::from_mode(shared)).unwrap();
            append_as(&path, Access::AsBefore, "more").unwrap();
            assert_eq!(mode(), shared);
        }
        fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
        let refused = append_as(&path, Access::AsBefore, "two").unwrap_err();
        assert_eq!(
            (refused.kind(), refused.to_string().as_str()),
            (ErrorKind::PermissionDenied, "the file is read-only")
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\nmore\nmore\n");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn other_files_are_not_touched() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("file"), dir.path().join("other"));
        fs::write(&other, "theirs").unwrap();
        fs::write(dir.path().join("file.new"), "theirs").unwrap();
        // Left behind by a crash, or put there by somebody.
        symlink(&other, dir.path().join(format!("file.{}-0.new", std::process::id()))).unwrap();
        append(&path, "one").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "one\n");
        assert_eq!(fs::read_to_string(&other).unwrap(), "theirs");
        assert_eq!(fs::read_to_string(dir.path().join("file.new")).unwrap(), "theirs");
    }

    #[test]
    fn a_link_to_nothing_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let link = dir.path().join("link");
        symlink(dir.path().join("not-mounted/file"), &link).unwrap();
        let refused = append(&link, "one").unwrap_err();
        assert!(refused.to_string().contains("not-mounted/file, which does not exist"), "{refused}");
        assert!(link.is_symlink());
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
