//! `time` (`Modules/timemodule.c`): clocks, sleep, and calendar times.

mod calendar;
mod clock;
mod format;

use super::{NativeModule, put};
use crate::object::*;
use crate::runtime::{error, number, object};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub(super) static MODULE: NativeModule = NativeModule {
    name: "time",
    functions: &[
        MethodDef::no_args("time", |_, _| Ok(seconds(since_epoch()))),
        MethodDef::no_args("time_ns", |_, _| Ok(nanoseconds(since_epoch()))),
        MethodDef::no_args("monotonic", |_, _| Ok(seconds(since_start()))),
        MethodDef::no_args("monotonic_ns", |_, _| Ok(nanoseconds(since_start()))),
        MethodDef::no_args("perf_counter", |_, _| Ok(seconds(since_start()))),
        MethodDef::no_args("perf_counter_ns", |_, _| Ok(nanoseconds(since_start()))),
        MethodDef::no_args("process_time", |_, _| Ok(seconds(processor_time()))),
        MethodDef::no_args("process_time_ns", |_, _| Ok(nanoseconds(processor_time()))),
        MethodDef::no_args("thread_time", |_, _| Ok(seconds(clock::read(rustix::time::ClockId::ThreadCPUTime)))),
        MethodDef::no_args("thread_time_ns", |_, _| Ok(nanoseconds(clock::read(rustix::time::ClockId::ThreadCPUTime)))),
        MethodDef::one("sleep", sleep),
    ],
    types: &[&calendar::STRUCT_TIME],
    fill: |thread, dict| {
        super::add_functions(thread, dict, "time", clock::FUNCTIONS);
        super::add_functions(thread, dict, "time", calendar::FUNCTIONS);
        calendar::set_zone(dict);
        put(dict, "_STRUCT_TM_ITEMS", PyInt::from_i64(11).upcast());
        for (name, value) in clock::NUMBERS {
            put(dict, name, PyInt::from_i64(*value).upcast());
        }
        Ok(())
    },
};

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

pub(super) fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// User and system time of the process, then of its children, in seconds.
pub(super) fn processor_times() -> [f64; 4] {
    const TICKS: f64 = 100.0;
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let mut times = fields.split(' ').skip(11).map(|field| field.parse().map_or(0.0, |ticks: f64| ticks / TICKS));
    [(); 4].map(|()| times.next().unwrap_or(0.0))
}

/// User and system time of the process.
fn processor_time() -> Duration {
    clock::read(rustix::time::ClockId::ProcessCPUTime)
}

fn seconds(duration: Duration) -> Owned {
    PyFloat::new(duration.as_secs_f64()).upcast()
}

fn nanoseconds(duration: Duration) -> Owned {
    PyInt::from_i64(duration.as_nanos() as i64).upcast()
}

fn sleep(thread: &Thread, _: Ref, value: Ref) -> Result {
    if value.downcast::<PyFloat>().is_none() && value.ty().slots.nb_index.get().is_none() {
        let text = format!("'{}' object cannot be interpreted as an integer or float", value.ty().name());
        return Err(error::type_error(thread, text));
    }
    let seconds = number::as_f64(thread, value)?;
    if seconds.is_nan() {
        return Err(error::value_error(thread, "Invalid value NaN (not a number)"));
    }
    if seconds < 0.0 {
        return Err(error::value_error(thread, "sleep length must be non-negative"));
    }
    match Duration::try_from_secs_f64(seconds) {
        Ok(duration) => std::thread::sleep(duration),
        Err(_) => return Err(error::overflow_error(thread, "timestamp too large to convert to C PyTime_t")),
    }
    Ok(object::new_none())
}
