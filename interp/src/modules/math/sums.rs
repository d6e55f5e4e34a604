//! Sums that do not lose digits on the way: `fsum`, `sumprod`, `hypot`.

use crate::object::*;
use crate::runtime::{error, iter, number};

/// The sum without rounding on the way (Shewchuk's partial sums).
pub(super) fn exact_sum(thread: &Thread, items: Ref) -> Result<f64> {
    let mut partials: Vec<f64> = Vec::new();
    let mut special = 0.0;
    let mut infinite = 0.0;
    iter::each(thread, items, |item| {
        let original = number::as_f64(thread, item.borrow())?;
        let x = fold(&mut partials, original);
        if x.is_finite() {
            partials.push(x);
        } else if original.is_finite() {
            return Err(error::overflow_error(thread, "intermediate overflow in fsum"));
        } else {
            if original.is_infinite() {
                infinite += original;
            }
            special += original;
            partials.clear();
        }
        Ok(())
    })?;
    if special != 0.0 {
        if infinite.is_nan() {
            return Err(error::value_error(thread, "-inf + inf in fsum"));
        }
        return Ok(special);
    }
    Ok(round_partials(&partials))
}

fn round_partials(partials: &[f64]) -> f64 {
    let mut rest = partials.iter().rev().copied();
    let Some(mut high) = rest.next() else { return 0.0 };
    let mut low = 0.0;
    for y in rest.by_ref() {
        let x = high;
        high = x + y;
        low = y - (high - x);
        if low != 0.0 {
            break;
        }
    }
    // Half-way cases are rounded by what is below.
    if let Some(below) = rest.next()
        && (low < 0.0 && below < 0.0 || low > 0.0 && below > 0.0)
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

/// `sumprod(p, q)`: of ints and floats exactly, of other numbers by their operators.
pub(super) fn sum_of_products(thread: &Thread, p: Ref, q: Ref) -> Result {
    let (p, q) = (iter::collect(thread, p)?, iter::collect(thread, q)?);
    if p.len() != q.len() {
        return Err(error::value_error(thread, "Inputs are not the same length"));
    }
    let is_float = |item: &Owned| item.borrow().is_exact(crate::runtime::types::float());
    let is_number = |item: &Owned| is_float(item) || item.borrow().is_exact(crate::runtime::types::int());
    let all_numbers = p.iter().chain(&q).all(is_number);
    if all_numbers && p.iter().chain(&q).any(is_float) {
        let mut partials = Vec::new();
        let mut finite = true;
        let mut plain = 0.0;
        for (p, q) in p.iter().zip(&q) {
            let (p, q) = (number::as_f64(thread, p.borrow())?, number::as_f64(thread, q.borrow())?);
            let product = p * q;
            plain += product;
            finite &= product.is_finite();
            add_exactly(&mut partials, product);
            add_exactly(&mut partials, p.mul_add(q, -product));
        }
        return Ok(PyFloat::new(if finite { round_partials(&partials) } else { plain }).upcast());
    }
    let mut total = PyInt::from_i64(0).upcast();
    for (p, q) in p.iter().zip(&q) {
        let product = number::multiply(thread, p.borrow(), q.borrow())?;
        total = number::add(thread, total.borrow(), product.borrow())?;
    }
    Ok(total)
}

/// Adds to a sum that is kept as parts that do not overlap.
fn add_exactly(partials: &mut Vec<f64>, x: f64) {
    let highest = fold(partials, x);
    partials.push(highest);
}

/// The rounded sum; what rounding leaves of each step becomes the parts.
fn fold(partials: &mut Vec<f64>, mut x: f64) -> f64 {
    let mut kept = 0;
    for index in 0..partials.len() {
        let mut y = partials[index];
        if x.abs() < y.abs() {
            std::mem::swap(&mut x, &mut y);
        }
        let high = x + y;
        let low = y - (high - x);
        if low != 0.0 {
            partials[kept] = low;
            kept += 1;
        }
        x = high;
    }
    partials.truncate(kept);
    x
}

/// The length of a vector: scaled by a power of two, squared and added with the rounding errors kept, and the root
/// corrected once.
pub(super) fn norm(mut values: Vec<f64>) -> f64 {
    values.iter_mut().for_each(|value| *value = value.abs());
    if values.iter().any(|value| value.is_infinite()) {
        return f64::INFINITY;
    }
    if values.iter().any(|value| value.is_nan()) {
        return f64::NAN;
    }
    let largest = values.iter().copied().fold(0.0, f64::max);
    if largest == 0.0 || values.len() <= 1 {
        return largest;
    }
    let (_, exponent) = super::split(largest);
    if exponent < -1023 {
        let scaled = values.iter().map(|value| value / f64::MIN_POSITIVE).collect();
        return f64::MIN_POSITIVE * norm(scaled);
    }
    let scale = super::power_of_two(-exponent);
    let (mut sum, mut squares, mut carries) = (1.0f64, 0.0, 0.0);
    let mut add = |x: f64, y: f64| {
        let product = x * y;
        let high = sum + product;
        carries += (sum - high) + product;
        squares += x.mul_add(y, -product);
        sum = high;
        sum - 1.0 + (squares + carries)
    };
    let mut total = 0.0;
    for value in values {
        let x = value * scale;
        total = add(x, x);
    }
    let root = f64::sqrt(total);
    let rest = add(-root, root);
    (root + rest / (2.0 * root)) / scale
}
