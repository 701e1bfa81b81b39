//! Where sessions come from, and where jobs are kept.

use std::path::PathBuf;

use crate::{
    aws::{HttpClient, SessionOptions},
    domain::{Failure, Region},
};

/// Where sessions come from.
#[derive(Debug, Clone)]
pub enum SessionSource {
    /// Not said yet: the first frame comes before certificates are read or a world is built.
    Later,
    /// The account of the usual AWS chain.
    Aws {
        /// Profile, region, endpoint, limits.
        options: SessionOptions,
        /// The one HTTP client; or why there is none (a bad proxy or certificate file).
        http: Result<HttpClient, Failure>,
    },
    /// The embedded EC2.
    Simulated {
        /// The door to it.
        http: HttpClient,
        /// Its first region.
        home: Region,
    },
}

/// Where jobs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// In memory: they end with the program. For the demo and for tests.
    Memory,
    /// In this directory, which other processes use as well.
    Dir(PathBuf),
    /// Nowhere: the platform has no directory for it.
    Nowhere,
    /// Nowhere, for this reason: images can be browsed all the same.
    Refused(Failure),
}
