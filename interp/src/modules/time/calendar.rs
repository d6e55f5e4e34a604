//! Calendar times: of an instant in UTC or in the zone of the environment, and back.

use super::format::{self, Moment};
use super::since_epoch;
use crate::exit::Raised;
use crate::modules::structseq::{self, field};
use crate::modules::{os_error, posix, put};
use crate::object::*;
use crate::runtime::{call, error, number, object};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

pub(super) static STRUCT_TIME: PyType = structseq::with_rest::<9, 11>(
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
        field::<9>("tm_zone"),
        field::<10>("tm_gmtoff"),
    ],
);

pub(super) static FUNCTIONS: &[MethodDef] = &[
    MethodDef::fast("gmtime", |thread, _, arguments| {
        call::check_count(thread, "gmtime", arguments.len(), 0, 1)?;
        broken_down(thread, instant(thread, arguments)?, 0, false, "GMT")
    }),
    MethodDef::fast("localtime", |thread, _, arguments| {
        call::check_count(thread, "localtime", arguments.len(), 0, 1)?;
        local(thread, instant(thread, arguments)?)
    }),
    MethodDef::one("mktime", |thread, _, time| {
        let moment = moment(thread, time, "mktime")?;
        match seconds_of(&moment) {
            Some(seconds) => Ok(PyFloat::new(seconds as f64).upcast()),
            None => Err(error::overflow_error(thread, "mktime argument out of range")),
        }
    }),
    MethodDef::fast("asctime", |thread, _, arguments| {
        call::check_count(thread, "asctime", arguments.len(), 0, 1)?;
        let moment = given_or_now(thread, arguments.first().copied(), "asctime")?;
        Ok(PyStr::new(&format::plain(&moment)).upcast())
    }),
    MethodDef::fast("ctime", |thread, _, arguments| {
        call::check_count(thread, "ctime", arguments.len(), 0, 1)?;
        let time = local(thread, instant(thread, arguments)?)?;
        let moment = moment(thread, time.borrow(), "ctime")?;
        Ok(PyStr::new(&format::plain(&moment)).upcast())
    }),
    MethodDef::fast("strftime", |thread, _, arguments| {
        call::check_count(thread, "strftime", arguments.len(), 1, 2)?;
        let Some(pattern) = arguments[0].downcast::<PyStr>() else {
            let text = format!("strftime() argument 1 must be str, not {}", arguments[0].ty().name());
            return Err(error::type_error(thread, text));
        };
        let moment = given_or_now(thread, arguments.get(1).copied(), "strftime")?;
        let mut out = StrBuilder::new();
        format::expand(&pattern.points().collect::<Vec<u32>>(), &moment, &mut out);
        Ok(out.finish().upcast())
    }),
    MethodDef::fast("strptime", |thread, _, arguments| {
        let parse = crate::modules::imported(thread, "_strptime", "_strptime_time")?;
        call::with(thread, parse.borrow(), arguments)
    }),
    MethodDef::no_args("tzset", |thread, _| {
        let module =
            crate::runtime::importer::import_absolute(thread, thread.state.interned.intern(PyStr::new("time")))?;
        if let Some(module) = module.borrow().downcast::<PyModule>() {
            set_zone(module.dict());
        }
        Ok(object::new_none())
    }),
];

/// The zone that `TZ` names, else the machine's.
fn zone() -> TimeZone {
    match posix::process::variable("TZ") {
        None => TimeZone::try_system().unwrap_or(TimeZone::UTC),
        Some(name) => {
            let name = name.to_string_lossy().into_owned();
            let name = name.strip_prefix(':').unwrap_or(&name);
            TimeZone::posix(name).or_else(|_| TimeZone::get(name)).unwrap_or(TimeZone::UTC)
        }
    }
}

/// Offset in seconds, whether it is summer time, and the abbreviation.
fn offset_at(zone: &TimeZone, seconds: i64) -> (i64, bool, String) {
    // Beyond the years that the zone's rules are kept for, the nearest one counts.
    let (least, most) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let at = Timestamp::from_second(seconds.clamp(least, most)).unwrap_or(Timestamp::UNIX_EPOCH);
    let info = zone.to_offset_info(at);
    (info.offset().seconds().into(), info.dst().is_dst(), info.abbreviation().to_owned())
}

/// `timezone`, `altzone`, `daylight` and `tzname`, from what holds in January and July of this year.
pub(super) fn set_zone(dict: Ref<PyDict>) {
    const YEAR: i64 = 365 * 24 * 3600 + 6 * 3600;
    let zone = zone();
    let year = since_epoch().as_secs() as i64 / YEAR * YEAR;
    let (january, _, winter) = offset_at(&zone, year);
    let (july, _, summer) = offset_at(&zone, year + YEAR / 2);
    // South of the equator it is the other way round.
    let (standard, other, names) =
        if january < july { (january, july, [winter, summer]) } else { (july, january, [summer, winter]) };
    put(dict, "timezone", PyInt::from_i64(-standard).upcast());
    put(dict, "altzone", PyInt::from_i64(-other).upcast());
    put(dict, "daylight", PyInt::from_i64(i64::from(january != july)).upcast());
    put(dict, "tzname", PyTuple::from_array(names.map(|name| PyStr::new(&name).upcast())).upcast());
}

#[cold]
fn out_of_range(thread: &Thread) -> Raised {
    error::overflow_error(thread, "timestamp out of range for platform time_t")
}

/// Seconds since the epoch: those given, rounded down, or now.
fn instant(thread: &Thread, arguments: &[Ref]) -> Result<i64> {
    let Some(&value) = arguments.first().filter(|value| !object::is_none(**value)) else {
        return Ok(since_epoch().as_secs() as i64);
    };
    let Some(float) = value.downcast::<PyFloat>() else {
        return number::index(thread, value)?.as_i64().ok_or_else(|| out_of_range(thread));
    };
    let seconds = float.value().floor();
    if seconds.is_nan() {
        return Err(error::value_error(thread, "Invalid value NaN (not a number)"));
    }
    if seconds.abs() >= i64::MAX as f64 { Err(out_of_range(thread)) } else { Ok(seconds as i64) }
}

fn local(thread: &Thread, at: i64) -> Result {
    let (offset, summer, name) = offset_at(&zone(), at);
    broken_down(thread, at, offset, summer, &name)
}

/// Days since the epoch as a date of the proleptic Gregorian calendar.
pub(super) fn civil(days: i64) -> (i64, i64, i64) {
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

/// The days from the epoch to a date, whose month and day may be beyond their range.
pub(super) fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let shifted_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let year_of_era = year.rem_euclid(400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn broken_down(thread: &Thread, at: i64, offset: i64, summer: bool, zone: &str) -> Result {
    let shown = at.saturating_add(offset);
    let (day_number, rest) = (shown.div_euclid(86_400), shown.rem_euclid(86_400));
    let (year, month, day) = civil(day_number);
    if i32::try_from(year - 1900).is_err() {
        return Err(os_error(thread, &std::io::Error::from_raw_os_error(libc::EOVERFLOW), None));
    }
    let day_of_year = day_number - days(year, 1, 1) + 1;
    let weekday = (day_number + 3).rem_euclid(7);
    let values = [year, month, day, rest / 3600, rest / 60 % 60, rest % 60, weekday, day_of_year, i64::from(summer)];
    let items = values.map(|value| PyInt::from_i64(value).upcast());
    let rest = vec![PyStr::new(zone).upcast(), PyInt::from_i64(offset).upcast()];
    Ok(structseq::make_with_rest(&STRUCT_TIME, items.into(), rest))
}

fn given_or_now(thread: &Thread, time: Option<Ref>, function: &str) -> Result<Moment> {
    let moment = match time {
        Some(time) => moment(thread, time, function)?,
        None => moment(thread, local(thread, since_epoch().as_secs() as i64)?.borrow(), function)?,
    };
    checked(thread, moment)
}

/// A tuple of nine ints as a moment.
fn moment(thread: &Thread, time: Ref, function: &str) -> Result<Moment> {
    let Some(tuple) = time.downcast::<PyTuple>() else {
        return Err(error::type_error(thread, "Tuple or struct_time argument required"));
    };
    if tuple.len() < 9 || tuple.len() > 9 && !time.is_exact(Ref::from_static(&STRUCT_TIME)) {
        return Err(error::type_error(thread, format_args!("{function}(): illegal time tuple argument")));
    }
    let mut fields = [0i64; 9];
    for (field, item) in fields.iter_mut().zip(tuple.iter()) {
        let value = number::as_i64(thread, item)?;
        *field = i32::try_from(value)
            .map_err(|_| {
                let bound = if value > 0 { "greater than maximum" } else { "less than minimum" };
                error::overflow_error(thread, format_args!("signed integer is {bound}"))
            })?
            .into();
    }
    let [year, month, day, hour, minute, second, weekday, day_of_year, summer] = fields;
    let mut zone = None;
    let mut offset = None;
    if let Some(own) = time.downcast::<PyStructSeq>() {
        zone = own.rest().get(0).and_then(|zone| zone.downcast::<PyStr>()).map(Ref::to_string_lossy);
        offset = own.rest().get(1).and_then(|offset| offset.downcast::<PyInt>()).and_then(|offset| offset.as_i64());
    }
    let summer = summer.signum();
    Ok(Moment { year, month, day, hour, minute, second, weekday, day_of_year, summer, zone, offset })
}

/// Refuses what is out of range; a zero for month or day counts as the first.
fn checked(thread: &Thread, mut moment: Moment) -> Result<Moment> {
    if moment.month == 0 {
        moment.month = 1;
    }
    if moment.day == 0 {
        moment.day = 1;
    }
    if moment.day_of_year == 0 {
        moment.day_of_year = 1;
    }
    let ranges = [
        ("month", moment.month, 1, 12),
        ("day of month", moment.day, 1, 31),
        ("hour", moment.hour, 0, 23),
        ("minute", moment.minute, 0, 59),
        ("seconds", moment.second, 0, 61),
        ("day of week", moment.weekday, -1, i64::MAX),
        ("day of year", moment.day_of_year, 1, 366),
    ];
    for (name, value, least, most) in ranges {
        if !(least..=most).contains(&value) {
            return Err(error::value_error(thread, format_args!("{name} out of range")));
        }
    }
    moment.weekday = moment.weekday.rem_euclid(7);
    if moment.zone.is_none() {
        let zone = zone();
        let seconds = moment.seconds_in_utc();
        let (offset, _, name) = offset_at(&zone, seconds);
        moment.zone = Some(name);
        moment.offset = Some(offset);
    }
    Ok(moment)
}

/// The instant that a moment of the local zone is (`mktime`).
pub(super) fn seconds_of(moment: &Moment) -> Option<i64> {
    let plain = moment.seconds_in_utc();
    let zone = zone();
    let (day, rest) = (plain.div_euclid(86_400), plain.rem_euclid(86_400));
    let (year, month, date) = civil(day);
    let civil = i16::try_from(year).ok().and_then(|year| {
        DateTime::new(year, month as i8, date as i8, (rest / 3600) as i8, (rest / 60 % 60) as i8, (rest % 60) as i8, 0)
            .ok()
    });
    let Some(civil) = civil else {
        let (offset, _, _) = offset_at(&zone, plain);
        return plain.checked_sub(offset);
    };
    let either = zone.to_ambiguous_timestamp(civil);
    // Which of two it is, the flag of summer time says.
    let chosen = if moment.summer > 0 { either.earlier() } else { either.compatible() };
    let seconds = chosen.ok()?.as_second();
    let (_, summer, _) = offset_at(&zone, seconds);
    match (moment.summer > 0, summer) {
        (false, true) if moment.summer == 0 => Some(seconds + 3600),
        (true, false) => Some(seconds - 3600),
        _ => Some(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::{civil, days};

    #[test]
    fn days_are_dates() {
        for (number, date) in [(0, (1970, 1, 1)), (-1, (1969, 12, 31)), (11_016, (2000, 2, 29)), (20_454, (2026, 1, 1))]
        {
            assert_eq!(civil(number), date);
            assert_eq!(days(date.0, date.1, date.2), number);
        }
    }
}
