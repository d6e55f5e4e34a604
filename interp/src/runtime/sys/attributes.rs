//! The constants of `sys`.

use crate::modules::{all_names, put, structseq};
use crate::object::*;
use crate::runtime::{importer, object, types};
use structseq::field;

/// The version that programs see: the one whose bytecode is run.
const VERSION: (i64, i64, i64) = (3, 14, 0);

static VERSION_INFO: PyType = structseq::of(
    "sys.version_info",
    &[field::<0>("major"), field::<1>("minor"), field::<2>("micro"), field::<3>("releaselevel"), field::<4>("serial")],
);

static FLAGS: PyType = structseq::of(
    "sys.flags",
    &[
        field::<0>("debug"),
        field::<1>("inspect"),
        field::<2>("interactive"),
        field::<3>("optimize"),
        field::<4>("dont_write_bytecode"),
        field::<5>("no_user_site"),
        field::<6>("no_site"),
        field::<7>("ignore_environment"),
        field::<8>("verbose"),
        field::<9>("bytes_warning"),
        field::<10>("quiet"),
        field::<11>("hash_randomization"),
        field::<12>("isolated"),
        field::<13>("dev_mode"),
        field::<14>("utf8_mode"),
        field::<15>("warn_default_encoding"),
        field::<16>("safe_path"),
        field::<17>("int_max_str_digits"),
        // Attributes beyond the sequence.
        GetSetDef::read_only("gil", |_, _| Ok(number(1))),
        GetSetDef::read_only("thread_inherit_context", |_, _| Ok(number(0))),
        GetSetDef::read_only("context_aware_warnings", |_, _| Ok(number(0))),
    ],
);

static FLOAT_INFO: PyType = structseq::of(
    "sys.float_info",
    &[
        field::<0>("max"),
        field::<1>("max_exp"),
        field::<2>("max_10_exp"),
        field::<3>("min"),
        field::<4>("min_exp"),
        field::<5>("min_10_exp"),
        field::<6>("dig"),
        field::<7>("mant_dig"),
        field::<8>("epsilon"),
        field::<9>("radix"),
        field::<10>("rounds"),
    ],
);

static INT_INFO: PyType = structseq::of(
    "sys.int_info",
    &[
        field::<0>("bits_per_digit"),
        field::<1>("sizeof_digit"),
        field::<2>("default_max_str_digits"),
        field::<3>("str_digits_check_threshold"),
    ],
);

static HASH_INFO: PyType = structseq::of(
    "sys.hash_info",
    &[
        field::<0>("width"),
        field::<1>("modulus"),
        field::<2>("inf"),
        field::<3>("nan"),
        field::<4>("imag"),
        field::<5>("algorithm"),
        field::<6>("hash_bits"),
        field::<7>("seed_bits"),
        field::<8>("cutoff"),
    ],
);

static THREAD_INFO: PyType =
    structseq::of("sys.thread_info", &[field::<0>("name"), field::<1>("lock"), field::<2>("version")]);

/// Types that are made ready with the module.
pub(super) static TYPES: [&PyType; 7] =
    [&VERSION_INFO, &FLAGS, &FLOAT_INFO, &INT_INFO, &HASH_INFO, &THREAD_INFO, &super::unraisable::ARGUMENTS];

fn text(value: &str) -> Owned {
    PyStr::new(value).upcast()
}

fn number(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

fn list_of(texts: &[String]) -> Owned {
    PyList::new(texts.iter().map(|value| text(value)).collect()).upcast()
}

fn version_info() -> Owned {
    let (major, minor, micro) = VERSION;
    structseq::make(&VERSION_INFO, vec![number(major), number(minor), number(micro), text("final"), number(0)])
}

fn flags(optimize: u8) -> Owned {
    let no = || number(0);
    let values = vec![
        no(),
        no(),
        no(),
        number(optimize.into()),
        number(1),
        no(),
        number(1),
        no(),
        no(),
        no(),
        no(),
        no(),
        no(),
        object::new_bool(false),
        number(1),
        no(),
        object::new_bool(false),
        number(4300),
    ];
    structseq::make(&FLAGS, values)
}

fn float_info() -> Owned {
    let float = |value: f64| PyFloat::new(value).upcast();
    let values = vec![
        float(f64::MAX),
        number(f64::MAX_EXP.into()),
        number(f64::MAX_10_EXP.into()),
        float(f64::MIN_POSITIVE),
        number(f64::MIN_EXP.into()),
        number(f64::MIN_10_EXP.into()),
        number(f64::DIGITS.into()),
        number(f64::MANTISSA_DIGITS.into()),
        float(f64::EPSILON),
        number(f64::RADIX.into()),
        number(1),
    ];
    structseq::make(&FLOAT_INFO, values)
}

/// Fills the module's namespace.
pub(super) fn fill(thread: &Thread, dict: Ref<PyDict>) {
    for ty in TYPES {
        crate::runtime::types::ready(thread, Ref::from_static(ty));
    }
    about_the_version(dict);
    about_the_machine(dict);
    about_the_program(thread, dict);
}

fn about_the_version(dict: Ref<PyDict>) {
    let (major, minor, micro) = VERSION;
    let hex = number(major << 24 | minor << 16 | micro << 8 | 0xF0);
    put(dict, "version", text(&format!("{major}.{minor}.{micro} (bodywork)")));
    put(dict, "version_info", version_info());
    put(dict, "hexversion", hex.clone());
    put(dict, "api_version", number(1013));
    put(dict, "copyright", text(""));
    put(dict, "_git", PyTuple::from_array([text("bodywork"), text(""), text("")]).upcast());
    put(dict, "_framework", text(""));
    put(dict, "abiflags", text(""));
    let implementation = crate::modules::namespace(&[
        ("name", text("bodywork")),
        ("cache_tag", text("cpython-314")),
        ("version", version_info()),
        ("hexversion", hex),
        ("supports_isolated_interpreters", object::new_bool(false)),
    ]);
    put(dict, "implementation", implementation);
}

fn about_the_machine(dict: Ref<PyDict>) {
    put(dict, "maxsize", number(i64::MAX));
    put(dict, "maxunicode", number(0x10_FFFF));
    put(dict, "byteorder", text(if cfg!(target_endian = "little") { "little" } else { "big" }));
    put(dict, "platform", text(std::env::consts::OS));
    put(dict, "platlibdir", text("lib"));
    put(dict, "float_repr_style", text("short"));
    put(dict, "float_info", float_info());
    put(dict, "int_info", structseq::make(&INT_INFO, vec![number(30), number(4), number(4300), number(640)]));
    let hash = vec![
        number(64),
        number((1 << 61) - 1),
        number(314_159),
        number(0),
        number(1_000_003),
        text("siphash13"),
        number(64),
        number(128),
        number(0),
    ];
    put(dict, "hash_info", structseq::make(&HASH_INFO, hash));
    let threads = vec![text("pthread"), text("semaphore"), object::new_none()];
    put(dict, "thread_info", structseq::make(&THREAD_INFO, threads));
}

fn about_the_program(thread: &Thread, dict: Ref<PyDict>) {
    let config = thread.state.config.get_or_init(Default::default);
    put(dict, "argv", list_of(&config.arguments));
    put(dict, "orig_argv", list_of(&config.arguments));
    put(dict, "path", list_of(&config.path));
    put(dict, "flags", flags(config.compiler.optimize));
    put(dict, "modules", importer::loaded(thread).to_owned().upcast());
    put(dict, "meta_path", PyList::new(importer::finders::all(thread)).upcast());
    for name in ["path_hooks", "warnoptions"] {
        put(dict, name, PyList::new(Vec::new()).upcast());
    }
    put(dict, "path_importer_cache", PyDict::new().upcast());
    put(dict, "_xoptions", PyDict::new().upcast());
    for name in ["prefix", "exec_prefix", "base_prefix", "base_exec_prefix", "executable", "_base_executable"] {
        put(dict, name, text(""));
    }
    put(dict, "_home", object::new_none());
    put(dict, "pycache_prefix", object::new_none());
    put(dict, "dont_write_bytecode", object::new_bool(true));
    let builtin: Vec<Owned> = all_names().into_iter().map(text).collect();
    put(dict, "builtin_module_names", PyTuple::from_vec(builtin).upcast());
    let frozen = PySet::new(types::frozenset());
    for name in super::library_names::NAMES {
        let name = PyStr::new(name);
        let hash = name.borrow().hash();
        // Comparing names runs no code that could fail.
        let _ = frozen.borrow().add(thread, name.upcast(), hash);
    }
    let frozen = frozen.upcast();
    put(dict, "stdlib_module_names", frozen);
    put(dict, "_stdlib_dir", object::new_none());
}
