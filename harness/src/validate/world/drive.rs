// The recording world, Rust side: runs every body on every seed and writes the trace.

use crate::world::*;
use std::fmt::Write as _;

pub fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (first, count): (i64, i64) = (arguments[2].parse().unwrap(), arguments[3].parse().unwrap());
    std::panic::set_hook(Box::new(|_| {}));
    for body in crate::BODIES {
        for seed in first..first + count * body.rounds {
            let mut registers = with(|w| {
                let _ = writeln!(w.out, "# {} {seed}", body.name);
                w.set_up(body, seed)
            });
            let run = std::panic::AssertUnwindSafe(|| (body.run)(&mut registers));
            match std::panic::catch_unwind(run) {
                Ok(()) => with(|w| w.dump(&mut registers)),
                Err(payload) if payload.is::<Never>() => {
                    registers.exit = "never";
                    with(|w| w.dump(&mut registers));
                }
                Err(payload) if payload.is::<Undefined>() => with(|w| w.out.push_str("= undefined\n")),
                Err(payload) => {
                    let text = payload.downcast_ref::<String>().cloned();
                    let text = text.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                    with(|w| {
                        let _ = writeln!(w.out, "= panic {}", text.unwrap_or_default());
                    });
                }
            }
        }
    }
    with(|w| std::fs::write(&arguments[1], &w.out)).unwrap();
}
