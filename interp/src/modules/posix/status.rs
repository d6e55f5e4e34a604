//! What is known of a file: `stat` and its kin.

use super::arg::{self, Target, no_folder, path_or_fd};
use crate::modules::fd;
use crate::modules::structseq::{self, field};
use crate::object::*;
use crate::runtime::call::Signature;
use crate::runtime::object;
use num_bigint::BigInt;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::keywords("stat", stat),
    MethodDef::keywords("lstat", |thread, _, arguments, keywords| {
        static SIGNATURE: Signature = Signature {
            function: "lstat",
            names: &["path", "dir_fd"],
            positional_only: 0,
            keyword_only: 1,
            required: 1,
        };
        let [path, folder] = SIGNATURE.bind(thread, arguments, keywords)?;
        no_folder(thread, folder)?;
        let path = arg::path(thread, "lstat", path.unwrap_or(none_object()))?;
        std::fs::symlink_metadata(path.path()).map_or_else(|e| Err(path.failed(thread, &e)), |about| Ok(result(&about)))
    }),
    MethodDef::keywords("fstat", |thread, _, arguments, keywords| {
        static SIGNATURE: Signature =
            Signature { function: "fstat", names: &["fd"], positional_only: 0, keyword_only: 0, required: 1 };
        let [number] = SIGNATURE.bind(thread, arguments, keywords)?;
        let file = arg::open_file(thread, number.unwrap_or(none_object()))?;
        arg::system(thread, file.metadata()).map(|about| result(&about))
    }),
];

pub(super) static STAT_RESULT: PyType = structseq::with_rest::<10, 19>(
    "os.stat_result",
    &[
        field::<0>("st_mode"),
        field::<1>("st_ino"),
        field::<2>("st_dev"),
        field::<3>("st_nlink"),
        field::<4>("st_uid"),
        field::<5>("st_gid"),
        field::<6>("st_size"),
        field::<10>("st_atime"),
        field::<11>("st_mtime"),
        field::<12>("st_ctime"),
        field::<13>("st_atime_ns"),
        field::<14>("st_mtime_ns"),
        field::<15>("st_ctime_ns"),
        field::<16>("st_blksize"),
        field::<17>("st_blocks"),
        field::<18>("st_rdev"),
    ],
);

fn stat(thread: &Thread, _: Ref, arguments: &[Ref], keywords: Option<Ref<PyTuple>>) -> Result {
    static SIGNATURE: Signature = Signature {
        function: "stat",
        names: &["path", "dir_fd", "follow_symlinks"],
        positional_only: 0,
        keyword_only: 2,
        required: 1,
    };
    let [path, folder, follow] = SIGNATURE.bind(thread, arguments, keywords)?;
    no_folder(thread, folder)?;
    let follow = follow.map_or(Ok(true), |follow| object::is_truthy(thread, follow))?;
    let path = path_or_fd(thread, "stat", path.unwrap_or(none_object()), true)?;
    match about(&path.target, follow) {
        Ok(about) => Ok(result(&about)),
        Err(problem) => Err(path.failed(thread, &problem)),
    }
}

pub(super) fn about(target: &Target, follow: bool) -> std::io::Result<Metadata> {
    match target {
        Target::Descriptor(number) => fd::get(*number)?.metadata(),
        Target::Path(path) => about_path(path, follow),
    }
}

pub(super) fn about_path(path: &Path, follow: bool) -> std::io::Result<Metadata> {
    if follow { std::fs::metadata(path) } else { std::fs::symlink_metadata(path) }
}

/// The `stat_result` of what is known of a file.
pub(super) fn result(about: &Metadata) -> Owned {
    let number = |value: u64| PyInt::from_big(value.into()).upcast();
    let times =
        [(about.atime(), about.atime_nsec()), (about.mtime(), about.mtime_nsec()), (about.ctime(), about.ctime_nsec())];
    let mut items = vec![
        number(about.mode().into()),
        number(about.ino()),
        number(about.dev()),
        number(about.nlink()),
        number(about.uid().into()),
        number(about.gid().into()),
        number(about.len()),
    ];
    items.extend(times.map(|(whole, _)| PyInt::from_i64(whole).upcast()));
    let seconds = |(whole, part): (i64, i64)| PyFloat::new(whole as f64 + part as f64 * 1e-9).upcast();
    let exact = |(whole, part): (i64, i64)| PyInt::from_big(BigInt::from(whole) * 1_000_000_000 + part).upcast();
    let mut rest: Vec<Owned> = times.into_iter().map(seconds).collect();
    rest.extend(times.into_iter().map(exact));
    rest.extend([number(about.blksize()), number(about.blocks()), number(about.rdev())]);
    structseq::make_with_rest(&STAT_RESULT, items, rest)
}
