//! Gamma, its logarithm and the error functions (`Modules/mathmodule.c`): gamma by Lanczos' sum, as CPython has it, so
//! that the last digits are the same.

use std::f64::consts::PI;

const LANCZOS_G: f64 = 6.02468004077673;

const NUMERATOR: [f64; 13] = [
    23531376880.41076,
    42919803642.6491,
    35711959237.35567,
    17921034426.03721,
    6039542586.352028,
    1439720407.3117216,
    248874557.86205417,
    31426415.585400194,
    2876370.6289353725,
    186056.26539522348,
    8071.672002365816,
    210.82427775157936,
    2.5066282746310002,
];

const DENOMINATOR: [f64; 13] = [
    0.0,
    39916800.0,
    120543840.0,
    150917976.0,
    105258076.0,
    45995730.0,
    13339535.0,
    2637558.0,
    357423.0,
    32670.0,
    1925.0,
    66.0,
    1.0,
];

/// Factorials of 0 to 22, which floats hold exactly.
const FACTORIALS: [f64; 23] = {
    let mut all = [1.0; 23];
    let mut at = 1;
    while at < 23 {
        all[at] = all[at - 1] * at as f64;
        at += 1;
    }
    all
};

fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let value = match (2.0 * y).round() as i64 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1f64.copysign(x) * value
}

fn lanczos_sum(x: f64) -> f64 {
    let (mut top, mut bottom) = (0.0, 0.0);
    if x < 5.0 {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR).rev() {
            top = top * x + n;
            bottom = bottom * x + d;
        }
    } else {
        for (n, d) in NUMERATOR.iter().zip(&DENOMINATOR) {
            top = top / x + n;
            bottom = bottom / x + d;
        }
    }
    top / bottom
}

/// The gamma function: NaN where it has no value, infinite where that is too large.
pub(super) fn gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return if x == f64::NEG_INFINITY { f64::NAN } else { x };
    }
    if x == 0.0 {
        return f64::NAN;
    }
    if x == x.floor() {
        if x < 0.0 {
            return f64::NAN;
        }
        if x <= FACTORIALS.len() as f64 {
            return FACTORIALS[x as usize - 1];
        }
    }
    let abs = x.abs();
    if abs < 1e-20 {
        return 1.0 / x;
    }
    if abs > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    let y = abs + LANCZOS_G - 0.5;
    // What `y` lost by rounding.
    let lost = if abs > LANCZOS_G - 0.5 { (y - abs) - (LANCZOS_G - 0.5) } else { (y - (LANCZOS_G - 0.5)) - abs };
    let z = lost * LANCZOS_G / y;
    if x < 0.0 {
        let mut r = -PI / sin_pi(abs) / abs * y.exp() / lanczos_sum(abs);
        r -= z * r;
        if abs < 140.0 {
            return r / y.powf(abs - 0.5);
        }
        let root = y.powf(abs / 2.0 - 0.25);
        return r / root / root;
    }
    let mut r = lanczos_sum(abs) / y.exp();
    r += z * r;
    if abs < 140.0 {
        return r * y.powf(abs - 0.5);
    }
    let root = y.powf(abs / 2.0 - 0.25);
    r * root * root
}

/// The logarithm of gamma's absolute value; infinite where that is.
pub(super) fn log_gamma(x: f64) -> f64 {
    const LOG_PI: f64 = 1.1447298858494002;
    if !x.is_finite() {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { f64::INFINITY } else { 0.0 };
    }
    let abs = x.abs();
    if abs < 1e-20 {
        return -abs.ln();
    }
    let mut r = lanczos_sum(abs).ln() - LANCZOS_G;
    r += (abs - 0.5) * ((abs + LANCZOS_G - 0.5).ln() - 1.0);
    if x < 0.0 {
        r = LOG_PI - sin_pi(abs).abs().ln() - abs.ln() - r;
    }
    r
}
