//! Images in a file, as `amigrate list` would print them.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use tempfile::NamedTempFile;

use super::{
    FailureRecord, ImageRecord, Record as _,
    form::{csv_heading, csv_record, default_columns, json_end, json_entry, json_line, json_start},
};
use crate::domain::{
    Failure, Region,
    palette::{ExportFormat, ExportedImage},
};

/// Writes images to a new file; `replace` allows it to take the place of one that is there.
///
/// # Errors
/// `path` exists and is not to be replaced, and those of the file system.
pub fn export(
    path: &Path,
    format: ExportFormat,
    replace: bool,
    images: &[ExportedImage],
    failures: &[(Region, Failure)],
) -> Result<(), Failure> {
    let failed = |error: &io::Error| {
        let failure = Failure::new(format!("export to {}", path.display()), error.to_string());
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure { why: "the file is there already".into(), ..failure }.hint(":export! replaces it.")
            }
            _ => failure,
        }
    };
    let mut file = NewFile::for_path(path, replace).map_err(|e| failed(&e))?;
    let mut out = BufWriter::new(file.writer());
    write(format, images, failures, &mut |bytes| out.write_all(bytes).map_err(|e| failed(&e)))?;
    out.flush().map_err(|e| failed(&e))?;
    drop(out);
    file.finish().map_err(|e| failed(&e))
}

/// A file that appears whole or not at all: what is there already may be the only copy, and a full disk or an early end would
/// leave half of a new one.
enum NewFile {
    /// Takes its place once it is whole.
    Beside { file: NamedTempFile, path: PathBuf, replace: bool },
    /// A pipe or a device, which cannot be replaced.
    Special(File),
}

impl NewFile {
    fn for_path(path: &Path, replace: bool) -> io::Result<Self> {
        // A link is followed: its target is replaced.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let before = fs::metadata(&path).ok();
        match &before {
            Some(_) if !replace => return Err(io::ErrorKind::AlreadyExists.into()),
            Some(there) if !there.is_file() => return Ok(Self::Special(File::options().write(true).open(&path)?)),
            _ => {}
        }
        let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // As any new file, by the umask.
        let permissions = before.map_or_else(|| Permissions::from_mode(0o666), |before| before.permissions());
        let file = tempfile::Builder::new().prefix(".amigrate-").permissions(permissions).tempfile_in(dir)?;
        Ok(Self::Beside { file, path, replace })
    }

    fn writer(&mut self) -> &mut File {
        match self {
            Self::Beside { file, .. } => file.as_file_mut(),
            Self::Special(file) => file,
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Special(_) => Ok(()),
            Self::Beside { file, path, replace } => {
                file.as_file().sync_all()?;
                let kept = if replace { file.persist(path) } else { file.persist_noclobber(path) };
                kept.map(|_| ()).map_err(|refused| refused.error)
            }
        }
    }
}

fn write(
    format: ExportFormat,
    images: &[ExportedImage],
    failures: &[(Region, Failure)],
    put: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut columns = default_columns::<ImageRecord>();
    if images.iter().any(|image| image.listed_by.is_some()) {
        let whose = ImageRecord::columns().iter().find(|column| column.name == "profile");
        columns.splice(0..0, whose);
    }
    match format {
        ExportFormat::Csv => put(&csv_heading(&columns)?)?,
        ExportFormat::Json => put(json_start::<ImageRecord>().as_bytes())?,
        ExportFormat::Jsonl => {}
    }
    for (n, exported) in images.iter().enumerate() {
        let record = ImageRecord::from(&*exported.image);
        let record = match &exported.listed_by {
            Some((profile, account)) => record.listed_by(profile, account),
            None => record,
        };
        match format {
            ExportFormat::Csv => put(&csv_record(&columns, &record)?)?,
            ExportFormat::Json => put(json_entry(&record, n == 0)?.as_bytes())?,
            ExportFormat::Jsonl => put(format!("{}\n", json_line(&record)?).as_bytes())?,
        }
    }
    if format == ExportFormat::Json {
        let failures: Vec<FailureRecord> =
            failures.iter().map(|(region, failure)| FailureRecord::from(failure).in_region(region)).collect();
        put(json_end(!images.is_empty(), &[("failures", failures)])?.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use crate::domain::{AccountId, Image, ImageId};

    fn image(name: &str) -> ExportedImage {
        let owner = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("eu-west-1").unwrap(), owner);
        image.name = name.into();
        ExportedImage { image: Arc::new(image), listed_by: None }
    }

    #[test]
    fn where_several_accounts_are_shown_each_line_says_whose_it_is() {
        let dir = tempfile::tempdir().unwrap();
        let mut shared = image("web");
        shared.listed_by = Some(("build".into(), AccountId::new("123456789012").unwrap()));
        let written = |name: &str, format| {
            let path = dir.path().join(name);
            export(&path, format, false, std::slice::from_ref(&shared), &[]).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let csv = written("a.csv", ExportFormat::Csv);
        assert!(csv.starts_with("profile,region,") && csv.contains("\nbuild,eu-west-1,"), "{csv}");
        let json: serde_json::Value = serde_json::from_str(&written("a.json", ExportFormat::Json)).unwrap();
        assert_eq!(
            (&json["images"][0]["profile"], &json["images"][0]["account_id"]),
            (&"build".into(), &"123456789012".into())
        );
    }

    #[test]
    fn each_format_has_every_image() {
        let dir = tempfile::tempdir().unwrap();
        let images = [image("web, 1"), image("esc\u{1b}[2J")];
        let failures = [(Region::new("us-east-1").unwrap(), Failure::new("list images", "denied"))];
        let written = |name: &str, format| {
            let path = dir.path().join(name);
            export(&path, format, false, &images, &failures).unwrap();
            std::fs::read_to_string(path).unwrap()
        };
        let csv = written("a.csv", ExportFormat::Csv);
        assert!(csv.starts_with("region,image_id,state,") && csv.lines().count() == 3, "{csv}");
        assert!(csv.contains("\"web, 1\"") && !csv.contains('\u{1b}'), "{csv}");
        let json: serde_json::Value = serde_json::from_str(&written("a.json", ExportFormat::Json)).unwrap();
        assert_eq!(json["images"][1]["name"], "esc\u{1b}[2J");
        assert_eq!(json["failures"][0]["region"], "us-east-1");
        let jsonl = written("a.jsonl", ExportFormat::Jsonl);
        assert!(
            jsonl.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()) && jsonl.lines().count() == 2
        );
    }

    #[test]
    fn a_file_that_is_there_is_replaced_only_if_asked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images.csv");
        std::fs::write(&path, "mine").unwrap();
        let failure = export(&path, ExportFormat::Csv, false, &[], &[]).unwrap_err();
        assert!(failure.hint.contains(":export!"), "{failure}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        export(&path, ExportFormat::Csv, true, &[], &[]).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("region,"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_cannot_be_written_whole_is_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("images.csv");
        std::fs::write(&path, "mine").unwrap();
        let file = NewFile::for_path(&path, true).unwrap();
        if let NewFile::Beside { file, .. } = &file {
            file.as_file().write_all(b"half of i").unwrap();
        }
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        export(Path::new("/dev/null"), ExportFormat::Csv, true, &[], &[]).unwrap();
        assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
    }
}
