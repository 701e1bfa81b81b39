//! Finds out which file system a directory is on. The store needs locks and shared memory, which may not work between the
//! hosts of a network file system; two processes would then run one queue.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::errors::display;
use crate::domain::Failure;

/// File systems whose files are on another host, by their names in Linux's list of mounts.
const NETWORK: &[&str] = &[
    "9p",
    "acfs",
    "afs",
    // Not mounted yet: what is mounted on first use is mostly on another host.
    "autofs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "davfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "orangefs",
    "panfs",
    "prl_fs",
    "pvfs2",
    "smb2",
    "smb3",
    "smbfs",
    "vboxsf",
    "virtiofs",
    "wekafs",
];
/// Network file systems that are FUSE programs, without the prefix: `fuse.sshfs`.
const NETWORK_FUSE: &[&str] = &[
    "afp",
    "blobfuse",
    "blobfuse2",
    "ceph",
    "ceph-fuse",
    "curlftpfs",
    "davfs2",
    "gcsfuse",
    "glusterfs",
    "goofys",
    "gvfsd-fuse",
    "juicefs",
    "mfs",
    "moosefs",
    "mount-s3",
    "mountpoint-s3",
    "rclone",
    "s3fs",
    "seaweedfs",
    "smbnetfs",
    "sshfs",
    "vmhgfs-fuse",
];

/// Refuses a directory for jobs that is on a network file system.
///
/// # Errors
/// If it is on one; only Linux is checked. Elsewhere the list of mounts cannot be read without unsafe code, and what does not
/// work is found when the store is opened.
pub fn refuse_network(dir: &Path) -> Result<(), Failure> {
    refuse(dir, |existing| {
        // An automounted file system is in the list of mounts only once it has been used.
        _ = std::fs::read_dir(existing);
        std::fs::read("/proc/self/mountinfo")
    })
}

/// `mounts` visits the directory before it lists the mounts: visiting may mount another.
fn refuse(dir: &Path, mounts: impl FnOnce(&Path) -> io::Result<Vec<u8>>) -> Result<(), Failure> {
    let existing = existing(dir);
    let Ok(mounts) = mounts(&existing) else { return Ok(()) };
    match network(&String::from_utf8_lossy(&mounts), &existing) {
        Some(kind) => Err(network_failure(dir, &kind)),
        None => Ok(()),
    }
}

fn network_failure(dir: &Path, kind: &str) -> Failure {
    let kind = crate::domain::text::clean(kind);
    Failure::new(
        "keep jobs",
        format!("{} is on a network file system ({kind}), where file locks may not work", display(dir)),
    )
    .hint(
        "Images can be browsed, but not copied. Set `jobs.directory` (AMIGRATE_JOBS_DIRECTORY) to a directory on a local disk, \
         or `jobs.network_file_system = true` to use this one anyway.",
    )
}

/// The directory itself, or the nearest one above it that exists, with symbolic links resolved.
fn existing(dir: &Path) -> PathBuf {
    let absolute = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    absolute.ancestors().find_map(|dir| dir.canonicalize().ok()).unwrap_or(absolute)
}

/// The kind of network file system that a directory is on, by a list of mounts in the form of `/proc/self/mountinfo`.
fn network(mounts: &str, dir: &Path) -> Option<String> {
    // The longest mount point contains it; of two at one path the later hides the earlier.
    let holds = |(point, kind): (PathBuf, String)| dir.starts_with(&point).then(|| (point.components().count(), kind));
    let (_, kind) = mounts.lines().filter_map(mount).filter_map(holds).max_by_key(|(depth, _)| *depth)?;
    let remote = match kind.strip_prefix("fuse.") {
        Some(program) => NETWORK_FUSE.contains(&program),
        None => NETWORK.contains(&kind.as_str()),
    };
    remote.then_some(kind)
}

/// The mount point and file system type of a line: `36 35 98:0 /root /point rw master:1 - nfs4 host:/export rw`.
fn mount(line: &str) -> Option<(PathBuf, String)> {
    let (place, what) = line.split_once(" - ")?;
    let point = place.split(' ').nth(4)?;
    let kind = what.split(' ').next()?;
    Some((unescaped(point).into(), kind.to_owned()))
}

/// Blanks and backslashes are written as octal numbers: `\040`.
fn unescaped(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (number, part.get(3..)) {
            (Some(byte), Some(rest)) => out.extend([char::from(byte).to_string().as_str(), rest]),
            _ => out.extend(["\\", part]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home rw,relatime shared:2 master:1 - nfs4 files:/export/home rw,vers=4.2
31 30 0:41 / /home/local rw - ext4 /dev/sdb1 rw
32 22 0:42 / /mnt/with\\040blank rw - cifs //server/share rw
33 22 0:43 / /mnt/remote rw,nosuid - fuse.sshfs ann@host: rw
42 22 0:50 / /mnt/shared rw - virtiofs share rw
43 22 0:51 / /auto rw - autofs systemd-1 rw,fd=31
44 43 0:52 / /auto/disk rw - ext4 /dev/sdd1 rw
34 22 0:44 / /mnt/archive rw - fuse.squashfuse archive rw
35 22 8:2 / /data rw - nfs old:/data rw
36 35 8:3 / /data rw - xfs /dev/sdc1 rw
nonsense
37 22 0:45 / /short
";

    #[test]
    fn the_mount_that_holds_the_directory_decides() {
        let cases = [
            ("/var/lib", None),
            ("/home/ann/.local/state/amigrate", Some("nfs4")),
            ("/home", Some("nfs4")),
            ("/homes/ann", None),
            ("/home/local/ann", None),
            ("/mnt/with blank/jobs", Some("cifs")),
            ("/mnt/remote/jobs", Some("fuse.sshfs")),
            ("/mnt/archive", None),
            ("/data/jobs", None),
            ("/mnt/shared/jobs", Some("virtiofs")),
            ("/auto/files", Some("autofs")),
            ("/auto/disk/jobs", None),
            ("/short/x", None),
        ];
        for (dir, expected) in cases {
            assert_eq!(network(MOUNTS, Path::new(dir)).as_deref(), expected, "{dir}");
        }
        assert_eq!(network("", Path::new("/x")), None);
        assert_eq!(unescaped("a\\040b\\134c\\9d\\"), "a b\\c\\9d\\");
    }

    #[test]
    fn the_refusal_names_the_directory_the_file_system_and_the_settings() {
        let failure = network_failure(Path::new("/home/ann/jobs"), "nfs4");
        for word in ["/home/ann/jobs", "nfs4"] {
            assert!(failure.why.contains(word), "{failure}");
        }
        for word in ["jobs.directory", "jobs.network_file_system = true"] {
            assert!(failure.hint.contains(word), "{}", failure.hint);
        }
    }

    #[test]
    fn what_is_mounted_at_the_first_use_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        let list = |there: &Path| {
            assert_eq!(there, real, "it was visited before");
            Ok(format!("30 22 0:40 / {} rw - autofs files rw\n31 30 0:41 / {0} rw - nfs4 files:/ rw", real.display())
                .into())
        };
        assert!(refuse(&real.join("jobs"), list).unwrap_err().why.contains("nfs4"));
    }

    #[test]
    fn one_that_is_not_there_yet_is_where_it_will_be_made() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        assert_eq!(existing(&real.join("link/not/there/yet")), real);
        assert_eq!(refuse_network(&real.join("jobs")), Ok(()), "tests run on a local disk");
    }
}
