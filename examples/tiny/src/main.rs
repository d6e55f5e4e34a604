//! A virtual machine that counts: its interpreter is generated from `src/bytecodes.c`, its runtime is `machine`.
#![forbid(unsafe_code)]

mod machine;

#[allow(dead_code, unused, reason = "tables and labels are whole, whether or not the machine looks at each entry")]
#[allow(clippy::drop_non_drop, reason = "what a body closes holds no count in this machine")]
mod interpreter {
    include!(concat!(env!("OUT_DIR"), "/generated.rs"));
    pub(crate) use generated::{dispatch, opcode};
}

use interpreter::{dispatch, opcode};
use machine::surface::{Exit, Frame, Silent, Thread};

/// Ten factorial, counted down: locals are the counter and the product.
fn factorial(of: u8) -> Vec<(u8, u8)> {
    vec![
        (opcode::PUSH, of),
        (opcode::STORE, 0),
        (opcode::PUSH, 1),
        (opcode::STORE, 1),
        // 4: the loop ends when the counter is zero.
        (opcode::LOAD, 0),
        (opcode::JUMP_IF_NOT_ZERO, 3),
        (opcode::POP, 0),
        (opcode::LOAD, 1),
        (opcode::HALT, 0),
        // 9: product *= counter; counter += -1.
        (opcode::LOAD, 1),
        (opcode::MULTIPLY, 0),
        (opcode::STORE, 1),
        (opcode::LOAD, 0),
        (opcode::DECREMENT, 0),
        (opcode::STORE, 0),
        (opcode::JUMP_BACK, 12),
    ]
}

fn run(code: Vec<(u8, u8)>) -> (Option<i64>, Vec<String>) {
    let thread = Thread::default();
    let frame = Frame::new(code);
    let result = dispatch::run::<Silent>(&thread, frame, Exit::Dispatch);
    (result.map(|number| number.0), thread.reports())
}

fn main() {
    println!("10! = {:?}", run(factorial(10)).0.expect("it fits"));
    let (result, reports) = run(factorial(30));
    println!("30! = {result:?}, {}", reports.join("; "));
}
