//! CPython's own source archive.

use std::fs::File;
use std::io::BufReader;
use std::time::Duration;

use lzma_rust2::XzReader;

use super::http::{Expected, Http};
use super::{Fetch, unpack};
use crate::cache::{Manifest, Part};
use crate::digest::Sum;
use crate::error::{InputsError, Result};
use crate::pattern;

/// Short: where the archive cannot be reached, packages are the way.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn fetch(fetch: &Fetch<'_>) -> Result<Part> {
    let pin = &fetch.pins.tarball;
    let what = format!("CPython's source archive {}", pin.version);
    let stage = fetch.cache.stage(&fetch.lock)?;
    let file = stage.scratch().join("archive");
    fetch.progress.step(&format!("downloading {what}"));
    let sum = Sum { sha256: pin.sha256.clone(), bytes: pin.bytes };
    Http::new(PATIENCE).download(&pin.url, &file, &Expected { what: &what, sum }, fetch.progress)?;
    fetch.progress.step(&format!("unpacking {what}"));
    let archive = File::open(&file).map_err(|e| InputsError::io("read", &file, &e))?;
    let archive = XzReader::new(BufReader::new(archive), true);
    let keep = |path: &str| pin.keep.iter().any(|kept| pattern::is_or_below(kept, path));
    unpack::tar(&what, archive, &pin.root, keep, &stage.part())?;
    fetch.cache.publish(&stage, &fetch.names.tarball, Manifest::new(what, pin.sha256.clone()))
}
