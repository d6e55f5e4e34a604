//! `strftime` as the C library has it, in the C locale.

use super::calendar;
use crate::object::StrBuilder;

/// A time, taken apart.
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// 0 is Monday.
    pub(super) weekday: i64,
    /// 1 is the first of January.
    pub(super) day_of_year: i64,
    /// Positive for summer time, negative where that is not known.
    pub(super) summer: i64,
    pub(super) zone: Option<String>,
    pub(super) offset: Option<i64>,
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Moment {
    /// The seconds since the epoch, were it a time in UTC.
    pub(super) fn seconds_in_utc(&self) -> i64 {
        calendar::days(self.year, self.month, self.day) * 86_400 + self.hour * 3600 + self.minute * 60 + self.second
    }

    fn day_name(&self) -> &'static str {
        DAYS[self.weekday.rem_euclid(7) as usize]
    }

    fn month_name(&self) -> &'static str {
        MONTHS[(self.month - 1).rem_euclid(12) as usize]
    }

    /// Year and number of the week by ISO 8601.
    fn iso_week(&self) -> (i64, i64) {
        let week = (self.day_of_year - 1 - self.weekday + 10) / 7;
        let leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        if week < 1 {
            let length = if leap(self.year - 1) { 366 } else { 365 };
            return (self.year - 1, (self.day_of_year - 1 + length - self.weekday + 10) / 7);
        }
        let length = if leap(self.year) { 366 } else { 365 };
        // The last days belong to the next year if its first Thursday is in their week.
        if self.day_of_year - 1 - self.weekday + 3 >= length { (self.year + 1, 1) } else { (self.year, week) }
    }
}

/// `asctime`.
pub(super) fn plain(moment: &Moment) -> String {
    format!(
        "{} {} {:>2} {:02}:{:02}:{:02} {}",
        &moment.day_name()[..3],
        &moment.month_name()[..3],
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.year
    )
}

/// What a directive asks for between `%` and its letter.
#[derive(Default)]
struct Style {
    padding: Option<char>,
    upper: bool,
    swapped: bool,
    width: usize,
}

/// What a directive stands for: a number with its width and padding, or text.
enum Piece {
    Number(i64, usize, char),
    Text(String),
}

/// Expands a pattern.
pub(super) fn expand(pattern: &[u32], moment: &Moment, out: &mut StrBuilder) {
    let mut at = 0;
    while at < pattern.len() {
        let point = pattern[at];
        at += 1;
        if point != u32::from('%') {
            out.push(point);
            continue;
        }
        let start = at - 1;
        let mut style = Style::default();
        let letter = directive(pattern, &mut at, &mut style);
        match letter.and_then(|letter| piece(letter, moment)) {
            Some(piece) => out.push_text(&styled(piece, &style)),
            None => pattern[start..at].iter().for_each(|point| out.push(*point)),
        }
    }
}

/// Reads flags, width and modifier; gives the letter.
fn directive(pattern: &[u32], at: &mut usize, style: &mut Style) -> Option<char> {
    let mut take = || {
        let found = pattern.get(*at).copied().and_then(char::from_u32);
        *at += usize::from(*at < pattern.len());
        found
    };
    let mut next = take()?;
    while let '-' | '_' | '0' | '^' | '#' = next {
        match next {
            '^' => style.upper = true,
            '#' => style.swapped = true,
            padding => style.padding = Some(padding),
        }
        next = take()?;
    }
    while let Some(digit) = next.to_digit(10) {
        style.width = (style.width * 10 + digit as usize).min(1024);
        next = take()?;
    }
    if matches!(next, 'E' | 'O') {
        next = take()?;
    }
    Some(next)
}

fn styled(piece: Piece, style: &Style) -> String {
    let (text, width, padding) = match piece {
        Piece::Number(value, width, padding) => {
            let padding = match style.padding {
                Some('_') => ' ',
                Some('0') => '0',
                Some(_) => '\0',
                None => padding,
            };
            (value.to_string(), style.width.max(width), padding)
        }
        Piece::Text(text) => {
            let text = match () {
                () if style.upper => text.to_uppercase(),
                // Names become upper case, AM and PM lower.
                () if style.swapped && text.chars().any(char::is_lowercase) => text.to_uppercase(),
                () if style.swapped && matches!(text.as_str(), "AM" | "PM") => text.to_lowercase(),
                () => text,
            };
            (text, style.width, if style.padding == Some('0') { '0' } else { ' ' })
        }
    };
    if padding == '\0' || text.len() >= width {
        return text;
    }
    let fill: String = std::iter::repeat_n(padding, width - text.len()).collect();
    match text.strip_prefix('-').filter(|_| padding == '0') {
        Some(digits) => format!("-{fill}{digits}"),
        None => fill + &text,
    }
}

fn piece(letter: char, moment: &Moment) -> Option<Piece> {
    let padded = |value: i64| Some(Piece::Number(value, 2, '0'));
    let spaced = |value: i64| Some(Piece::Number(value, 2, ' '));
    let text = |text: &str| Some(Piece::Text(text.to_owned()));
    let all = |pattern: &str| {
        let mut out = StrBuilder::new();
        expand(&pattern.chars().map(u32::from).collect::<Vec<u32>>(), moment, &mut out);
        Some(Piece::Text(out.finish().borrow().to_string_lossy()))
    };
    let half = (moment.hour + 11) % 12 + 1;
    match letter {
        'a' => text(&moment.day_name()[..3]),
        'A' => text(moment.day_name()),
        'b' | 'h' => text(&moment.month_name()[..3]),
        'B' => text(moment.month_name()),
        'c' => all("%a %b %e %H:%M:%S %Y"),
        'C' => Some(Piece::Number(moment.year.div_euclid(100), 2, '0')),
        'd' => padded(moment.day),
        'D' | 'x' => all("%m/%d/%y"),
        'e' => spaced(moment.day),
        'F' => all("%Y-%m-%d"),
        'g' => padded(moment.iso_week().0.rem_euclid(100)),
        'G' => Some(Piece::Number(moment.iso_week().0, 0, '0')),
        'H' => padded(moment.hour),
        'I' => padded(half),
        'j' => Some(Piece::Number(moment.day_of_year, 3, '0')),
        'k' => spaced(moment.hour),
        'l' => spaced(half),
        'm' => padded(moment.month),
        'M' => padded(moment.minute),
        'n' => text("\n"),
        'p' => text(if moment.hour < 12 { "AM" } else { "PM" }),
        'P' => text(if moment.hour < 12 { "am" } else { "pm" }),
        'r' => all("%I:%M:%S %p"),
        'R' => all("%H:%M"),
        's' => Some(Piece::Number(calendar::seconds_of(moment).unwrap_or(-1), 0, '0')),
        'S' => padded(moment.second),
        't' => text("\t"),
        'T' | 'X' => all("%H:%M:%S"),
        'u' => Some(Piece::Number(moment.weekday + 1, 1, '0')),
        'U' => padded((moment.day_of_year - 1 + 7 - (moment.weekday + 1) % 7) / 7),
        'V' => padded(moment.iso_week().1),
        'w' => Some(Piece::Number((moment.weekday + 1) % 7, 1, '0')),
        'W' => padded((moment.day_of_year - 1 + 7 - moment.weekday) / 7),
        'y' => padded(moment.year.rem_euclid(100)),
        'Y' => Some(Piece::Number(moment.year, 0, '0')),
        'z' => {
            let offset = moment.offset.unwrap_or(0);
            let (sign, size) = if offset < 0 { ('-', -offset) } else { ('+', offset) };
            Some(Piece::Text(format!("{sign}{:02}{:02}", size / 3600, size / 60 % 60)))
        }
        'Z' => text(moment.zone.as_deref().unwrap_or("")),
        '%' => text("%"),
        _ => None,
    }
}
