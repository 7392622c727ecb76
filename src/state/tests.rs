//! What was said is there when a file is opened again: all of a run, or none of it.

mod files;
mod kill;
mod model;
mod recent;
mod rows;

use std::path::{Path, PathBuf};

use crate::state::{Recording, Run, Store};

/// A state in a folder of its own, which goes when this does.
pub(super) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(super) fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("shop.state")
    }
}

/// The next run, at an as-of.
pub(super) fn begin(file: &Path, as_of: i64) -> Recording {
    let run = Run { as_of, rulebook: "shop".into(), timezone: "UTC".into(), ..Run::default() };
    Store::open(file).unwrap().begin(&run).unwrap()
}
