//! Filling the cache with what `inputs.lock` names: CPython's source archive if it can be had, else packages.

mod apt;
mod http;
mod index;
mod sdist;
mod tarball;
#[cfg(test)]
mod tests;
mod unpack;

use crate::cache::{Cache, CacheLock, Part};
use crate::error::{ErrorKind, InputsError, Result};
use crate::lifting::Origin;
use crate::locate::{Inputs, PartNames};
use crate::options::{Options, SourceKind};
use crate::pins::Pins;
use crate::progress::Progress;
use crate::python;

/// What a fetch works with.
struct Fetch<'a> {
    pins: &'a Pins,
    names: PartNames,
    cache: Cache,
    lock: CacheLock,
    progress: &'a dyn Progress,
}

/// Brings what is missing into the cache and verifies what is there. With a checkout given, only a CPython to compare with.
///
/// # Errors
/// When the definitions cannot be had from any source; each source's failure is among the causes. Parts that could be had
/// stay in the cache.
pub fn fetch(options: &Options, progress: &dyn Progress) -> Result<Inputs> {
    let pins = Pins::load()?;
    let cache = Cache::new(options.cache_dir()?);
    let lock = cache.lock(progress)?;
    let fetch = Fetch { pins: &pins, names: PartNames::new(&pins), cache, lock, progress };
    let packaged = options.cpython.is_none() && fetch.definitions(options.from)? == SourceKind::Packages;
    if !packaged && python::find(options, fetch.valid(&fetch.names.packages).as_ref(), &pins.release).is_err() {
        // The definitions are there; what needs CPython itself says so when it does not find one.
        if let Err(error) = apt::fetch(&fetch) {
            progress.note(&format!("no CPython {} to compare with: {error}", pins.release));
        }
    }
    let inputs = Inputs::locate(options)?;
    if packaged {
        Origin::of(&inputs)?.lift_into(&fetch.cache, &fetch.lock, &fetch.names.lifted, progress)?;
        return Inputs::locate(options);
    }
    Ok(inputs)
}

/// What is on this machine, fetched first if there is nothing.
pub fn locate_or_fetch(options: &Options, progress: &dyn Progress) -> Result<Inputs> {
    match Inputs::locate(options) {
        Err(error) if error.kind == ErrorKind::NotFound => fetch(options, progress),
        found => found,
    }
}

impl Fetch<'_> {
    /// Makes sure that one source's parts are there, and says which.
    fn definitions(&self, from: Option<SourceKind>) -> Result<SourceKind> {
        let wants = |kind| from.is_none_or(|from| from == kind);
        let names = &self.names;
        let (mut sdist, mut packages) = (None, None);
        if wants(SourceKind::Tarball) && self.valid(&names.tarball).is_some() {
            return Ok(SourceKind::Tarball);
        }
        if wants(SourceKind::Packages) {
            sdist = self.valid(&names.sdist);
            packages = self.valid(&names.packages);
            if sdist.is_some() && packages.is_some() {
                return Ok(SourceKind::Packages);
            }
        }
        let mut causes = Vec::new();
        if wants(SourceKind::Tarball) {
            match tarball::fetch(self) {
                Ok(_) => return Ok(SourceKind::Tarball),
                Err(error) => {
                    self.progress.note(&format!("passed over: {}", error.message));
                    causes.push(error);
                }
            }
        }
        if wants(SourceKind::Packages) {
            let failed = causes.len();
            if sdist.is_none() {
                causes.extend(sdist::fetch(self).err());
            }
            if packages.is_none() {
                causes.extend(apt::fetch(self).err());
            }
            if causes.len() == failed {
                return Ok(SourceKind::Packages);
            }
        }
        let message = format!("CPython {}'s definitions could not be fetched", self.pins.release);
        let kind = causes.last().map_or(ErrorKind::NotFound, |cause| cause.kind);
        Err(InputsError::new(kind, message).because(causes).next(
            "mend one of these and run it again (what could be had is kept); or name a CPython checkout with `--cpython DIR`",
        ))
    }

    /// The part if it is there and every file is as it was fetched; says what is wrong otherwise.
    fn valid(&self, name: &str) -> Option<Part> {
        let part = match self.cache.part(name) {
            Ok(part) => part?,
            Err(error) => {
                self.progress.note(&error.message);
                return None;
            }
        };
        self.progress.step(&format!("verifying {name}"));
        let findings = part.verify(self.progress);
        for finding in &findings {
            self.progress.note(&finding.message);
        }
        findings.is_empty().then_some(part)
    }
}
