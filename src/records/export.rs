//! Images in a file, as `amigrate list` would print them.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
    sync::Arc,
};

use super::{
    FailureRecord, ImageRecord,
    form::{csv_heading, csv_record, default_columns, json_end, json_entry, json_line, json_start},
};
use crate::domain::{Failure, Image, Region, palette::ExportFormat};

/// Writes images to a new file; `replace` allows it to take the place of one that is there.
///
/// # Errors
/// `path` exists and is not to be replaced, and those of the file system.
pub fn export(
    path: &Path,
    format: ExportFormat,
    replace: bool,
    images: &[Arc<Image>],
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
    let mut options = File::options();
    options.write(true);
    if replace {
        options.create(true).truncate(true)
    } else {
        options.create_new(true)
    };
    let mut out = BufWriter::new(options.open(path).map_err(|e| failed(&e))?);
    write(format, images, failures, &mut |bytes| out.write_all(bytes).map_err(|e| failed(&e)))?;
    out.flush().map_err(|e| failed(&e))
}

fn write(
    format: ExportFormat,
    images: &[Arc<Image>],
    failures: &[(Region, Failure)],
    put: &mut impl FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let columns = default_columns::<ImageRecord>();
    match format {
        ExportFormat::Csv => put(&csv_heading(&columns)?)?,
        ExportFormat::Json => put(json_start::<ImageRecord>().as_bytes())?,
        ExportFormat::Jsonl => {}
    }
    for (n, image) in images.iter().enumerate() {
        let record = ImageRecord::from(&**image);
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
    use crate::domain::{AccountId, ImageId};

    fn image(name: &str) -> Arc<Image> {
        let owner = AccountId::new("123456789012").unwrap();
        let mut image = Image::bare(ImageId::new("ami-1").unwrap(), Region::new("eu-west-1").unwrap(), owner);
        image.name = name.into();
        Arc::new(image)
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
        export(&path, ExportFormat::Csv, true, &[], &[]).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("region,"));
    }
}
