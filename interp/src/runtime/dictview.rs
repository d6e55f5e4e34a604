//! The views of dicts and their iterators, by the names that the table of types knows.

pub(crate) use crate::builtins::views::{
    ITEM_ITERATOR_TYPE, ITEMS_TYPE, KEY_ITERATOR_TYPE, KEYS_TYPE, REVERSE_ITEM_ITERATOR_TYPE,
    REVERSE_KEY_ITERATOR_TYPE, REVERSE_VALUE_ITERATOR_TYPE, VALUE_ITERATOR_TYPE, VALUES_TYPE,
};
