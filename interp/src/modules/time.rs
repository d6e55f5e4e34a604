//! `time` (`Modules/timemodule.c`): clocks, sleep, and calendar times in UTC.

use super::{NativeModule, put, structseq};
use crate::object::*;
use crate::runtime::{call, error, number, object};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use structseq::field;

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
        MethodDef::one("sleep", sleep),
        MethodDef::fast("gmtime", |thread, _, arguments| {
            call::check_count(thread, "gmtime", arguments.len(), 0, 1)?;
            let at = match arguments.first().filter(|value| !object::is_none(**value)) {
                Some(&value) => number::as_f64(thread, value)?.floor() as i64,
                None => since_epoch().as_secs() as i64,
            };
            Ok(broken_down(at))
        }),
    ],
    types: &[&STRUCT_TIME],
    fill: |_, dict| {
        put(dict, "timezone", PyInt::from_i64(0).upcast());
        put(dict, "altzone", PyInt::from_i64(0).upcast());
        put(dict, "daylight", PyInt::from_i64(0).upcast());
        put(dict, "tzname", PyTuple::from_array([PyStr::new("UTC").upcast(), PyStr::new("UTC").upcast()]).upcast());
        Ok(())
    },
};

static STRUCT_TIME: PyType = structseq::of(
    "time.struct_time",
    &[
        field::<0>("tm_year"),
        field::<1>("tm_mon"),
        field::<2>("tm_mday"),
        field::<3>("tm_hour"),
        field::<4>("tm_min"),
        field::<5>("tm_sec"),
        field::<6>("tm_wday"),
        field::<7>("tm_yday"),
        field::<8>("tm_isdst"),
    ],
);

fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn since_start() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// User and system time of the process, where the system tells it; else the time since the first question.
fn processor_time() -> Duration {
    const TICKS: u64 = 100;
    let fields = std::fs::read_to_string("/proc/self/stat").ok();
    let ticks = fields.as_deref().and_then(|text| {
        let rest = text.rsplit_once(") ")?.1;
        let mut fields = rest.split(' ').skip(11);
        Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
    });
    ticks.map_or_else(since_start, |ticks| Duration::from_millis(ticks * 1000 / TICKS))
}

fn seconds(duration: Duration) -> Owned {
    PyFloat::new(duration.as_secs_f64()).upcast()
}

fn nanoseconds(duration: Duration) -> Owned {
    PyInt::from_i64(duration.as_nanos() as i64).upcast()
}

fn sleep(thread: &Thread, _: Ref, value: Ref) -> Result {
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

/// Days since the epoch as a date of the proleptic Gregorian calendar.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn broken_down(at: i64) -> Owned {
    let (days, rest) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334][month as usize - 1];
    let day_of_year = before + day + i64::from(leap && month > 2);
    let weekday = (days + 3).rem_euclid(7);
    let values = [year, month, day, rest / 3600, rest / 60 % 60, rest % 60, weekday, day_of_year, 0];
    structseq::make(&STRUCT_TIME, values.into_iter().map(|value| PyInt::from_i64(value).upcast()).collect())
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(-1), (1969, 12, 31));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_454), (2026, 1, 1));
    }
}
