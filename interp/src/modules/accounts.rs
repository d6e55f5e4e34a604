//! `pwd` and `grp`: users and groups, as the machine's own files list them.

use super::posix::arg::system;
use super::structseq::{self, field};
use super::{NativeModule, text_argument};
use crate::object::*;
use crate::runtime::{error, number, object};

pub(super) static PWD: NativeModule = NativeModule {
    name: "pwd",
    functions: &[
        MethodDef::no_args("getpwall", |thread, _| {
            Ok(PyList::new(lines(thread, "/etc/passwd", 7)?.iter().map(|line| user(line)).collect()).upcast())
        }),
        MethodDef::one("getpwnam", |thread, _, name| {
            let name = text_argument(thread, "getpwnam", name)?;
            let found = lines(thread, "/etc/passwd", 7)?.into_iter().find(|line| line[0] == name);
            found
                .map(|line| user(&line))
                .ok_or_else(|| unknown(thread, &format!("getpwnam(): name not found: '{name}'")))
        }),
        MethodDef::one("getpwuid", |thread, _, id| {
            let id = number::as_i64(thread, id)?;
            let found = lines(thread, "/etc/passwd", 7)?.into_iter().find(|line| line[2].parse() == Ok(id));
            found.map(|line| user(&line)).ok_or_else(|| unknown(thread, &format!("getpwuid(): uid not found: {id}")))
        }),
    ],
    types: &[&USER],
    fill: |_, _| Ok(()),
};

pub(super) static GRP: NativeModule = NativeModule {
    name: "grp",
    functions: &[
        MethodDef::no_args("getgrall", |thread, _| {
            Ok(PyList::new(lines(thread, "/etc/group", 4)?.iter().map(|line| group(line)).collect()).upcast())
        }),
        MethodDef::one("getgrnam", |thread, _, name| {
            let name = text_argument(thread, "getgrnam", name)?;
            let found = lines(thread, "/etc/group", 4)?.into_iter().find(|line| line[0] == name);
            found
                .map(|line| group(&line))
                .ok_or_else(|| unknown(thread, &format!("getgrnam(): name not found: '{name}'")))
        }),
        MethodDef::one("getgrgid", |thread, _, id| {
            let id = number::as_i64(thread, id)?;
            let found = lines(thread, "/etc/group", 4)?.into_iter().find(|line| line[2].parse() == Ok(id));
            found.map(|line| group(&line)).ok_or_else(|| unknown(thread, &format!("getgrgid(): gid not found: {id}")))
        }),
    ],
    types: &[&GROUP],
    fill: |_, _| Ok(()),
};

static USER: PyType = structseq::of(
    "pwd.struct_passwd",
    &[
        field::<0>("pw_name"),
        field::<1>("pw_passwd"),
        field::<2>("pw_uid"),
        field::<3>("pw_gid"),
        field::<4>("pw_gecos"),
        field::<5>("pw_dir"),
        field::<6>("pw_shell"),
    ],
);

static GROUP: PyType = structseq::of(
    "grp.struct_group",
    &[field::<0>("gr_name"), field::<1>("gr_passwd"), field::<2>("gr_gid"), field::<3>("gr_mem")],
);

#[cold]
fn unknown(thread: &Thread, text: &str) -> crate::exit::Raised {
    error::key_error(thread, PyStr::new(text).borrow().upcast())
}

/// The lines of such a file, in as many fields as it has.
fn lines(thread: &Thread, path: &str, fields: usize) -> Result<Vec<Vec<String>>> {
    let text = system(thread, std::fs::read_to_string(path))?;
    let split = |line: &str| line.split(':').map(str::to_owned).collect::<Vec<String>>();
    Ok(text.lines().map(split).filter(|line| line.len() == fields).collect())
}

fn text(value: &str) -> Owned {
    PyStr::new(value).upcast()
}

fn int(value: &str) -> Owned {
    value.parse().map_or_else(|_| object::new_none(), |number| PyInt::from_i64(number).upcast())
}

fn user(line: &[String]) -> Owned {
    let items = line.iter().enumerate().map(|(at, part)| if at == 2 || at == 3 { int(part) } else { text(part) });
    structseq::make(&USER, items.collect())
}

fn group(line: &[String]) -> Owned {
    let members = line[3].split(',').filter(|name| !name.is_empty()).map(text).collect();
    let items = vec![text(&line[0]), text(&line[1]), int(&line[2]), PyList::new(members).upcast()];
    structseq::make(&GROUP, items)
}
