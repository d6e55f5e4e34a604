//! `_sre`: compiled regular expressions (`Modules/_sre/sre.c`) around the matcher of the crate `rustpython-sre_engine`.

mod cells;
mod found;
mod pattern;
mod subject;
mod substitute;

use super::{NativeModule, put};
use crate::object::*;
use crate::runtime::{error, number, object};
use rustpython_sre_engine as engine;
use rustpython_sre_engine::string as cases;

pub(super) static MODULE: NativeModule = NativeModule {
    name: "_sre",
    functions: &[
        MethodDef::keywords("compile", pattern::compile),
        MethodDef::fast("template", substitute::template),
        MethodDef::no_args("getcodesize", |_, _| Ok(PyInt::from_i64(engine::CODESIZE as i64).upcast())),
        MethodDef::one("ascii_iscased", |thread, _, c| {
            point(thread, c).map(|c| object::new_bool(c < 128 && char::from(c as u8).is_ascii_alphabetic()))
        }),
        MethodDef::one("unicode_iscased", |thread, _, c| {
            point(thread, c).map(|c| object::new_bool(cases::lower_unicode(c) != c || cases::upper_unicode(c) != c))
        }),
        MethodDef::one("ascii_tolower", |thread, _, c| {
            point(thread, c).map(|c| PyInt::from_i64(cases::lower_ascii(c).into()).upcast())
        }),
        MethodDef::one("unicode_tolower", |thread, _, c| {
            point(thread, c).map(|c| PyInt::from_i64(cases::lower_unicode(c).into()).upcast())
        }),
    ],
    types: &[&pattern::TYPE, &pattern::SCANNER_TYPE, &found::TYPE, &substitute::TEMPLATE_TYPE],
    fill: |_, dict| {
        put(dict, "MAGIC", PyInt::from_i64(engine::SRE_MAGIC as i64).upcast());
        put(dict, "CODESIZE", PyInt::from_i64(engine::CODESIZE as i64).upcast());
        put(dict, "MAXREPEAT", PyInt::from_i64(engine::MAXREPEAT as i64).upcast());
        put(dict, "MAXGROUPS", PyInt::from_i64(engine::MAXGROUPS as i64).upcast());
        Ok(())
    },
};

fn point(thread: &Thread, value: Ref) -> Result<u32> {
    u32::try_from(number::as_i64(thread, value)?).map_err(|_| error::value_error(thread, "character code out of range"))
}
