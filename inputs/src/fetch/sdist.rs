//! The source archive on the Python package index. It is downloaded as pip would, but not built.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::Duration;

use flate2::read::GzDecoder;

use super::http::{Expected, Http};
use super::{Fetch, index, unpack};
use crate::cache::{Manifest, Part};
use crate::digest::{self, Sum};
use crate::error::{ErrorKind, InputsError, Result};
use crate::pins::Sdist;

const PATIENCE: Duration = Duration::from_secs(30);

pub(super) fn fetch(fetch: &Fetch<'_>) -> Result<Part> {
    fetch_from(fetch, &index::address()?)
}

/// The same from a given index, without a slash at its end.
pub(super) fn fetch_from(fetch: &Fetch<'_>, index_address: &str) -> Result<Part> {
    let pin = &fetch.pins.sdist;
    let what = format!("{} {} from the Python package index", pin.project, pin.version);
    let stage = fetch.cache.stage(&fetch.lock)?;
    let file = stage.scratch().join("archive");
    fetch.progress.step(&format!("downloading {what}"));
    let http = Http::new(PATIENCE);
    let page_url = format!("{index_address}/{}/", pin.project);
    let (kind, page) = http.page(&format!("the package index's page of {}", pin.project), &page_url, index::ACCEPT)?;
    let url = index::find_file(&kind, &page, &page_url, &pin.file).ok_or_else(|| {
        InputsError::new(ErrorKind::Index, format!("the package index does not list {}", pin.file))
            .next("PIP_INDEX_URL names another index")
    })?;
    let sum = Sum { sha256: pin.sha256.clone(), bytes: pin.bytes };
    http.download(&url, &file, &Expected { what: &what, sum }, fetch.progress)?;
    unpack(pin, &what, &file, &stage.part())?;
    fetch.cache.publish(&stage, &fetch.names.sdist, Manifest::new(what, pin.sha256.clone()))
}

/// Unpacks the pinned files and compares each with its pin.
fn unpack(pin: &Sdist, what: &str, file: &Path, into: &Path) -> Result<()> {
    let wanted: BTreeMap<&str, &str> = pin.files.iter().map(|f| (f.path.as_str(), f.sha256.as_str())).collect();
    let archive = File::open(file).map_err(|e| InputsError::io("read", file, &e))?;
    let archive = GzDecoder::new(BufReader::new(archive));
    unpack::tar(what, archive, &pin.root, |path| wanted.contains_key(path), into)?;
    for (path, sha256) in wanted {
        let sum = digest::of_file(&into.join(path))
            .map_err(|_| InputsError::new(ErrorKind::Archive, format!("{what} has no {path}")))?;
        if sum.sha256 != sha256 {
            return Err(InputsError::new(
                ErrorKind::Checksum,
                format!("{path} of {what} has the sha256 {}, inputs.lock says {sha256}", sum.sha256),
            ));
        }
    }
    Ok(())
}
