//! Unpacking chosen files of a tar archive.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path};

use crate::error::{ErrorKind, InputsError, Result};

/// Unpacks the regular files below `root` (with its slash) that `keep` wants, given their path below it, into a folder.
/// Links and everything else are left out; a path that would lead outside is an error. Returns how many were unpacked.
pub(super) fn tar(
    what: &str,
    archive: impl Read,
    root: &str,
    keep: impl Fn(&str) -> bool,
    into: &Path,
) -> Result<usize> {
    let broken = |e: io::Error| InputsError::new(ErrorKind::Archive, format!("{what} cannot be unpacked: {e}"));
    let mut archive = tar::Archive::new(archive);
    let mut unpacked = 0;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
        let Some(relative) = path.strip_prefix(root).filter(|relative| keep(relative)) else { continue };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        if Path::new(relative).components().any(|part| !matches!(part, Component::Normal(_))) {
            return Err(InputsError::new(
                ErrorKind::Archive,
                format!("{what} has a file outside of its folder: {path}"),
            ));
        }
        let to = into.join(relative);
        let parent = to.parent().unwrap_or(into);
        fs::create_dir_all(parent).map_err(|e| InputsError::io("make", parent, &e))?;
        let mut file = File::create(&to).map_err(|e| InputsError::io("write", &to, &e))?;
        io::copy(&mut entry, &mut file).map_err(broken)?;
        unpacked += 1;
    }
    Ok(unpacked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(paths: &[&str]) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for path in paths {
            let mut header = tar::Header::new_gnu();
            header.set_size(2);
            header.set_mode(0o644);
            // Written by hand: the builder refuses the paths that a hostile archive may have.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_cksum();
            builder.append(&header, &b"hi"[..]).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn only_chosen_files_below_the_root_are_unpacked() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = archive(&["r/a/x.c", "r/b.c", "other/a/x.c"]);
        let n = tar("t", &bytes[..], "r/", |path| path.starts_with("a/"), dir.path()).unwrap();
        assert_eq!(n, 1);
        assert_eq!(fs::read(dir.path().join("a/x.c")).unwrap(), b"hi");
        assert!(!dir.path().join("b.c").exists());
    }

    #[test]
    fn a_path_that_leads_outside_and_a_cut_archive_are_errors() {
        let dir = tempfile::tempdir().unwrap();
        let error = tar("t", &archive(&["r/../../x.c"])[..], "r/", |_| true, dir.path()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Archive);
        assert!(error.message.contains("outside"), "{error}");
        let cut = &archive(&["r/a.c"])[..513];
        assert_eq!(tar("t", cut, "r/", |_| true, dir.path()).unwrap_err().kind, ErrorKind::Archive);
    }
}
