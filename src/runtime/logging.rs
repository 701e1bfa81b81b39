//! The log: a file, never the terminal.

use std::{fs, path::Path};

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::EnvFilter;

use crate::domain::Failure;

/// Starts the log in this file. It is written until the guard is dropped.
///
/// # Errors
/// If the level is unknown or the file cannot be opened.
pub fn start(file: &Path, level: &str) -> Result<WorkerGuard, Failure> {
    let failed = |why: String| Failure::new(format!("write the log {}", file.display()), why);
    let filter = EnvFilter::try_new(format!("warn,amigrate={level}")).map_err(|e| failed(e.to_string()))?;
    if let Some(dir) = file.parent().filter(|d| !d.as_os_str().is_empty()) {
        fs::create_dir_all(dir).map_err(|e| failed(e.to_string()))?;
    }
    let out = fs::OpenOptions::new().create(true).append(true).open(file).map_err(|e| failed(e.to_string()))?;
    let (writer, guard) = tracing_appender::non_blocking(out);
    // A second start, as in tests, keeps the first log.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).try_init();
    Ok(guard)
}
