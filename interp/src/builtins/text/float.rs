//! Floats as text (`Python/pystrtod.c`, `format_float_short`): digits come from Rust's exact conversions, the rules for
//! exponents, points and trailing zeros are CPython's.

/// The conversions of a format specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// The fewest digits that read back as the same float.
    Repr,
    Exponent,
    Fixed,
    General,
}

/// How to write a float.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Float {
    pub(crate) style: Style,
    /// Digits: after the point, or in all for `General`; unused by `Repr`.
    pub(crate) precision: usize,
    /// Keep the point and trailing zeros (`#`).
    pub(crate) alternate: bool,
    /// End in `.0` where there would be neither point nor exponent.
    pub(crate) add_dot_0: bool,
}

/// `repr(x)`.
pub(crate) fn repr(value: f64) -> String {
    let text = unsigned(value, Float { style: Style::Repr, precision: 0, alternate: false, add_dot_0: true });
    if value.is_sign_negative() && !value.is_nan() { format!("-{text}") } else { text }
}

/// The text of the absolute value.
pub(crate) fn unsigned(value: f64, float: Float) -> String {
    let value = value.abs();
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return "inf".to_owned();
    }
    match float.style {
        Style::Fixed => {
            let text = format!("{value:.*}", float.precision);
            if float.alternate && float.precision == 0 { text + "." } else { text }
        }
        Style::Exponent => {
            let (digits, exponent) = digits(&format!("{value:.*e}", float.precision));
            with_exponent(&digits, exponent, float.alternate)
        }
        Style::General => {
            let precision = float.precision.max(1);
            let (digits, exponent) = digits(&format!("{value:.*e}", precision - 1));
            let limit = precision as i32 - i32::from(float.add_dot_0);
            let digits = if float.alternate { digits.as_str() } else { digits.trim_end_matches('0') };
            short(digits, exponent, exponent + 1 > limit, float)
        }
        Style::Repr => {
            let (digits, exponent) = digits(&format!("{value:e}"));
            short(digits.trim_end_matches('0'), exponent, exponent + 1 > 16, float)
        }
    }
}

/// The digits without the point, and the decimal exponent of the first, of Rust's scientific form.
fn digits(scientific: &str) -> (String, i32) {
    let (mantissa, exponent) = scientific.split_once('e').expect("scientific form has an exponent");
    (mantissa.replace('.', ""), exponent.parse().expect("an exponent is a number"))
}

/// Fixed notation, or scientific for a small exponent or where `large` says so.
fn short(digits: &str, exponent: i32, large: bool, float: Float) -> String {
    let digits = if digits.is_empty() { "0" } else { digits };
    if exponent < -4 || large {
        return with_exponent(digits, exponent, float.alternate);
    }
    let mut text = String::new();
    if exponent < 0 {
        text.push_str("0.");
        text.extend(std::iter::repeat_n('0', (-exponent - 1) as usize));
        text.push_str(digits);
        return text;
    }
    let whole = exponent as usize + 1;
    if digits.len() > whole {
        text.push_str(&digits[..whole]);
        text.push('.');
        text.push_str(&digits[whole..]);
        return text;
    }
    text.push_str(digits);
    text.extend(std::iter::repeat_n('0', whole - digits.len()));
    match (float.add_dot_0, float.alternate) {
        (true, _) => text.push_str(".0"),
        (false, true) => text.push('.'),
        (false, false) => {}
    }
    text
}

fn with_exponent(digits: &str, exponent: i32, alternate: bool) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if !rest.is_empty() || alternate { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_the_shortest_with_a_point_or_an_exponent() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (1e-4, "0.0001"),
            (0.00001234, "1.234e-05"),
            (1.5e300, "1.5e+300"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(repr(value), text);
        }
    }

    #[test]
    fn general_style_drops_zeros_and_switches_to_exponents() {
        let general = |precision| Float { style: Style::General, precision, alternate: false, add_dot_0: false };
        assert_eq!(unsigned(1234.5678, general(6)), "1234.57");
        assert_eq!(unsigned(1234.0, general(4)), "1234");
        assert_eq!(unsigned(1234.0, Float { add_dot_0: true, ..general(4) }), "1.234e+03");
        assert_eq!(unsigned(1e-5, general(6)), "1e-05");
        assert_eq!(unsigned(100000.0, general(6)), "100000");
        assert_eq!(unsigned(1000000.0, general(6)), "1e+06");
        assert_eq!(unsigned(1.0, Float { alternate: true, ..general(6) }), "1.00000");
    }
}
