//! The clocks of the system by number.

use crate::modules::posix::arg::system;
use crate::object::*;
use crate::runtime::{error, number};
use rustix::time::{ClockId, Timespec};
use std::time::Duration;

/// Names and numbers of clocks.
pub(super) static NUMBERS: &[(&str, i64)] = &[
    ("CLOCK_BOOTTIME", 7),
    ("CLOCK_MONOTONIC", 1),
    ("CLOCK_MONOTONIC_RAW", 4),
    ("CLOCK_PROCESS_CPUTIME_ID", 2),
    ("CLOCK_REALTIME", 0),
    ("CLOCK_TAI", 11),
    ("CLOCK_THREAD_CPUTIME_ID", 3),
];

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::one("clock_gettime", |thread, _, id| {
        let time = rustix::time::clock_gettime(clock(thread, id)?);
        Ok(PyFloat::new(seconds(time)).upcast())
    }),
    MethodDef::one("clock_gettime_ns", |thread, _, id| {
        let time = rustix::time::clock_gettime(clock(thread, id)?);
        Ok(PyInt::from_i64(time.tv_sec * 1_000_000_000 + time.tv_nsec).upcast())
    }),
    MethodDef::one("clock_getres", |thread, _, id| {
        Ok(PyFloat::new(seconds(rustix::time::clock_getres(clock(thread, id)?))).upcast())
    }),
    MethodDef::one("get_clock_info", |thread, _, name| {
        let name = super::super::text_argument(thread, "get_clock_info", name)?;
        let (implementation, monotonic, adjustable) = match name.as_str() {
            "time" => ("clock_gettime(CLOCK_REALTIME)", false, true),
            "monotonic" | "perf_counter" => ("clock_gettime(CLOCK_MONOTONIC)", true, false),
            "process_time" => ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", true, false),
            "thread_time" => ("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", true, false),
            _ => return Err(error::value_error(thread, "unknown clock")),
        };
        let truth = crate::runtime::object::new_bool;
        Ok(crate::modules::namespace(&[
            ("implementation", PyStr::new(implementation).upcast()),
            ("monotonic", truth(monotonic)),
            ("adjustable", truth(adjustable)),
            ("resolution", PyFloat::new(1e-9).upcast()),
        ]))
    }),
];

fn clock(thread: &Thread, id: Ref) -> Result<ClockId> {
    let id = number::as_i64(thread, id)?;
    let known = i32::try_from(id).ok().and_then(|id| ClockId::try_from(id).ok());
    system(thread, known.ok_or_else(|| std::io::Error::from_raw_os_error(libc::EINVAL)))
}

fn seconds(time: Timespec) -> f64 {
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

/// What a clock shows.
pub(super) fn read(id: ClockId) -> Duration {
    let time = rustix::time::clock_gettime(id);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
