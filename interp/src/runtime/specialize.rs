//! The specialisers and counters under the names that generated bodies use.

pub(crate) use crate::specialize::{
    advance_counter, binary_op, call, call_kw, compare_op, contains_op, counter_triggers, for_iter, load_attr,
    load_global, load_super_attr, pause_counter, send, store_attr, store_subscr, to_bool, unpack_sequence,
};
