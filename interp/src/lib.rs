//! A Python virtual machine around the generated interpreter.
