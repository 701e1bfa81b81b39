//! A look at the stored jobs for completions: at once or not at all. Nothing is created, locked, migrated or set aside.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::schema;

/// What the columns of a job say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSummary {
    pub id: u64,
    pub batch: String,
    /// Name of the new image.
    pub name: String,
    pub state: String,
    pub source_region: String,
    pub destination: String,
    /// The new image, once there is one.
    pub image: Option<String>,
}

/// Returns the jobs that were requested last, every account's, the newest first. None if there is no store, or none that can be
/// read at once by this version.
pub fn peek(dir: &Path, limit: usize) -> Vec<JobSummary> {
    read(&dir.join("jobs.db"), limit).unwrap_or_default()
}

fn read(path: &Path, limit: usize) -> rusqlite::Result<Vec<JobSummary>> {
    let conn = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(Duration::from_millis(100))?;
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if application != schema::APPLICATION || version != schema::version(schema::STEPS) {
        return Ok(Vec::new());
    }
    let mut query = conn.prepare(
        "SELECT id, batch, name, state, source_region, destination, image FROM jobs ORDER BY asked DESC, id DESC LIMIT ?1",
    )?;
    let jobs = query.query_map([i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
        let id: i64 = row.get(0)?;
        Ok(JobSummary {
            id: u64::try_from(id).unwrap_or(0),
            batch: row.get(1)?,
            name: row.get(2)?,
            state: row.get(3)?,
            source_region: row.get(4)?,
            destination: row.get(5)?,
            image: row.get(6)?,
        })
    })?;
    jobs.collect()
}
