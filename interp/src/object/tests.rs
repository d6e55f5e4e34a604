//! The object core: counts, destruction, tags, containers. Miri runs these tests too.

use super::str::Kind;
use super::testing::with_thread;
use super::*;
use std::cell::Cell;

fn int(value: i64) -> Owned {
    PyInt::from_i64(value).upcast()
}

fn text(value: &str) -> Owned {
    PyStr::new(value).upcast()
}

fn count(object: &Owned) -> u32 {
    object.borrow().header().refcnt()
}

#[test]
fn handles_are_one_word() {
    assert_eq!(size_of::<Ref>(), size_of::<usize>());
    assert_eq!(size_of::<Option<Owned>>(), size_of::<usize>());
    assert_eq!(size_of::<StackRef>(), size_of::<usize>());
    assert_eq!(size_of::<Result<Owned>>(), size_of::<usize>());
    assert_eq!(size_of::<Option<crate::frame::Frame>>(), size_of::<usize>());
    assert_eq!(size_of::<PyObject>(), 2 * size_of::<usize>());
    assert_eq!(size_of::<PyInt>(), 3 * size_of::<usize>());
}

#[test]
fn counts_follow_the_handles() {
    with_thread(|_| {
        let number = int(1 << 40);
        assert_eq!(count(&number), 1);
        let second = number.clone();
        let third = number.borrow().to_owned();
        assert_eq!(count(&number), 3);
        drop(second);
        drop(third);
        assert_eq!(count(&number), 1);
    });
}

#[test]
fn small_ints_and_singletons_are_immortal() {
    with_thread(|_| {
        for object in [int(-5), int(256), none_object().to_owned(), text("x"), text("")] {
            assert!(object.borrow().is_immortal());
            drop(object.clone());
            assert!(object.borrow().is_immortal());
        }
        assert!(int(7).borrow().is(int(7).borrow()));
        assert!(!int(257).borrow().is_immortal());
    });
}

#[test]
fn a_container_releases_its_items_when_it_dies() {
    with_thread(|_| {
        let item = int(1 << 40);
        let list = PyList::new(vec![item.clone(), item.clone()]);
        let tuple = PyTuple::from_array([item.clone(), list.clone().upcast()]);
        assert_eq!(count(&item), 4);
        drop(list);
        assert_eq!(count(&item), 4);
        drop(tuple);
        assert_eq!(count(&item), 1);
    });
}

#[test]
fn deep_nests_are_taken_apart_without_deep_recursion() {
    with_thread(|_| {
        let depth = if cfg!(miri) { 300 } else { 200_000 };
        let bottom = int(1 << 40);
        let mut list = PyList::new(vec![bottom.clone()]);
        for _ in 0..depth {
            list = PyList::new(vec![list.upcast()]);
        }
        drop(list);
        assert_eq!(count(&bottom), 1);
    });
}

#[test]
fn slots_hold_a_count_only_where_their_tag_says_so() {
    with_thread(|_| {
        let object = int(1 << 40);
        let owned = StackRef::from_new(object.borrow());
        assert_eq!(count(&object), 2);
        let borrowed = owned.borrow_ref();
        assert_eq!(count(&object), 2);
        let copy = owned.dup();
        assert_eq!(count(&object), 3);
        let borrowed_copy = borrowed.dup();
        assert_eq!(count(&object), 3);
        assert!(!borrowed_copy.is_heap_safe() && copy.is_heap_safe());
        let safe = borrowed_copy.make_heap_safe();
        assert_eq!(count(&object), 4);
        drop(safe);
        drop(copy);
        drop(borrowed);
        assert_eq!(count(&object), 2);
        let back = owned.into_owned();
        assert_eq!(count(&object), 2);
        drop(back);
        assert_eq!(count(&object), 1);
        // A steal from a slot without a count makes one.
        let made = StackRef::from_borrowed(object.borrow()).into_owned();
        assert_eq!(count(&object), 2);
        drop(made);
    });
}

#[test]
fn immortal_objects_are_always_tagged() {
    with_thread(|_| {
        assert!(StackRef::from_owned(true_object().to_owned()).is_true());
        assert!(StackRef::from_new(false_object()).is_false());
        assert!(StackRef::from_borrowed(none_object()).is_none());
        assert!(StackRef::NONE.is_none() && !StackRef::NONE.is_null());
        assert!(StackRef::NULL.is_null() && StackRef::NULL.as_option().is_none());
        assert!(StackRef::NULL.dup().is_null() && StackRef::NULL.is_heap_safe());
    });
}

#[test]
fn integers_lie_in_slots_with_their_sign() {
    for value in [0, 1, -1, 4096, -70_000] {
        let slot = StackRef::tag_int(value);
        assert!(slot.is_tagged_int() && !slot.is_null());
        assert_eq!(slot.untag_int(), value);
        assert_eq!(slot.dup().untag_int(), value);
    }
}

#[test]
fn strings_take_the_narrowest_cells() {
    with_thread(|_| {
        for (value, kind, len) in
            [("abc", Kind::One, 3), ("aé", Kind::One, 2), ("a€", Kind::Two, 2), ("a😀é", Kind::Four, 3)]
        {
            let string = PyStr::new(value);
            assert_eq!((string.borrow().kind(), string.borrow().len()), (kind, len));
            assert_eq!(string.borrow().to_text().as_deref(), Ok(value));
        }
        let wide = PyStr::new("ab€");
        let narrowed = wide.borrow().slice(0, 2);
        assert_eq!(narrowed.borrow().kind(), Kind::One);
        assert!(narrowed.borrow().same_text(PyStr::new("ab").borrow()));
        assert_eq!(narrowed.borrow().hash(), PyStr::new("ab").borrow().hash());
        let mut builder = StrBuilder::new();
        builder.push_text("a");
        builder.push(0xD800);
        let lone = builder.finish();
        assert_eq!(lone.borrow().to_text(), Err(1));
    });
}

#[test]
fn appending_grows_in_place_only_what_nobody_else_holds() {
    with_thread(|_| {
        let mut string = PyStr::new("ab");
        let part = PyStr::new("cd");
        for _ in 0..100 {
            string = PyStr::append(string, part.borrow()).expect("memory");
        }
        assert_eq!(string.borrow().len(), 202);
        let held = string.clone();
        let longer = PyStr::append(string, PyStr::new("é").borrow()).expect("memory");
        assert_eq!((held.borrow().len(), longer.borrow().len()), (202, 203));
        assert!(!longer.borrow().is_ascii() && held.borrow().is_ascii());
    });
}

#[test]
fn interned_strings_are_one() {
    with_thread(|thread| {
        let first = thread.state.interned.intern(PyStr::new("a rather long name"));
        let second = thread.state.interned.intern(PyStr::new("a rather long name"));
        assert!(first.is(second) && first.upcast().is_immortal());
        let one = thread.state.interned.intern(PyStr::new("q"));
        assert!(one.is(latin1_str(b'q')));
    });
}

#[test]
fn big_ints_are_big_only_where_they_must() {
    with_thread(|_| {
        let big = PyInt::from_big(num_bigint::BigInt::from(i64::MAX) + 1);
        assert!(!big.is_compact() && big.as_i64().is_none() && !big.is_negative());
        let word = PyInt::from_big(num_bigint::BigInt::from(i64::MIN));
        assert!(word.is_compact() && word.as_i64() == Some(i64::MIN) && word.is_negative());
        drop(big.clone());
        assert_eq!(big.to_big(), num_bigint::BigInt::from(i64::MAX) + 1);
    });
}

fn shown(dict: &Owned<PyDict>) -> String {
    let items = dict.items();
    items.iter().map(|(key, value)| format!("{}={} ", name_of(key), number_of(value))).collect()
}

fn name_of(key: &Owned) -> String {
    match key.borrow().downcast::<PyStr>() {
        Some(key) => key.to_string_lossy(),
        None => number_of(key).to_string(),
    }
}

fn number_of(value: &Owned) -> i64 {
    value.borrow().cast::<PyInt>().as_i64().expect("small")
}

#[test]
fn dicts_keep_the_order_of_insertion() {
    with_thread(|_| {
        let dict = PyDict::new();
        for (index, key) in ["x", "yy", "zz", "w1", "v2", "u3", "t4"].into_iter().enumerate() {
            dict.set_str(PyStr::new(key).borrow(), int(index as i64));
        }
        assert_eq!(number_of(&dict.remove_str(PyStr::new("zz").borrow()).expect("there")), 2);
        dict.set_str(PyStr::new("yy").borrow(), int(11));
        dict.set_str(PyStr::new("zz").borrow(), int(12));
        assert_eq!(shown(&dict), "x=0 yy=11 w1=3 v2=4 u3=5 t4=6 zz=12 ");
        assert_eq!(dict.len(), 7);
        assert!(dict.get_str(PyStr::new("absent").borrow()).is_none());
        let mut position = dict.end();
        let (last, _) = dict.previous(&mut position).expect("there");
        assert!(last.cast::<PyStr>().eq_text("zz"));
    });
}

#[test]
fn dicts_grow_shrink_and_copy() {
    with_thread(|_| {
        let dict = PyDict::new();
        let value = int(1 << 40);
        let many = if cfg!(miri) { 100 } else { 5000 };
        for index in 0..many {
            dict.set_str(PyStr::new(&format!("key{index}")).borrow(), value.clone());
        }
        assert_eq!((dict.len(), count(&value)), (many, many as u32 + 1));
        let copy = dict.copy();
        for index in 0..many {
            assert!(dict.remove_str(PyStr::new(&format!("key{index}")).borrow()).is_some());
        }
        assert_eq!((dict.len(), copy.len(), count(&value)), (0, many, many as u32 + 1));
        copy.clear();
        assert_eq!(count(&value), 1);
    });
}

#[test]
fn keys_have_a_version_until_they_change() {
    with_thread(|thread| {
        let dict = PyDict::new();
        dict.set_str(PyStr::new("aa").borrow(), int(1));
        let version = dict.borrow().keys_version(thread);
        assert!(version != 0 && dict.borrow().keys_version(thread) == version);
        dict.set_str(PyStr::new("aa").borrow(), int(2));
        assert_eq!(dict.keys().version(), version, "a value is no key");
        dict.set_str(PyStr::new("bb").borrow(), int(3));
        assert_eq!(dict.keys().version(), 0);
        let index = dict.find_key(PyStr::new("bb").borrow()).expect("there");
        assert!(dict.keys().is_unicode());
        assert_eq!(dict.keys().unicode_value_at(index).map(|v| number_of(&v.to_owned())), Some(3));
    });
}

#[test]
fn dicts_take_other_keys_than_strings() {
    with_thread(|thread| {
        let dict = PyDict::new();
        dict.set_str(PyStr::new("aa").borrow(), int(1));
        for value in 0..20i64 {
            let key = int(value << 33);
            dict.borrow().set_hashed(thread, key, value as isize % 3, int(value)).expect("no comparison fails");
        }
        assert!(!dict.keys().is_unicode());
        assert_eq!(dict.len(), 21);
        assert_eq!(dict.get_str(PyStr::new("aa").borrow()).map(|v| number_of(&v.to_owned())), Some(1));
        assert_eq!(dict.borrow().pop_last().map(|(_, value)| number_of(&value)), Some(19));
    });
}

#[test]
fn fields_drop_what_they_held() {
    with_thread(|_| {
        let object = int(1 << 40);
        let field = OptField::new(Some(object.clone()));
        assert_eq!(count(&object), 2);
        field.set(Some(int(3)));
        assert_eq!(count(&object), 1);
        assert!(field.take().is_some() && field.get().is_none());
        let cell = PyCell::new(Some(object.clone()));
        drop(cell);
        assert_eq!(count(&object), 1);
    });
}

#[test]
fn a_dead_frame_gives_its_memory_back() {
    use crate::frame::{DataStack, SlotPtr};
    with_thread(|_| {
        let stack = DataStack::new();
        assert!(!stack.has_space(1));
        let first = stack.push(100).expect("memory");
        let second = stack.push(100).expect("memory");
        stack.pop(second);
        assert!(stack.push(100).expect("memory") == second);
        let large = stack.push(1 << 17).expect("memory");
        stack.pop(large);
        stack.pop(second);
        stack.pop(first);
        let object = int(1 << 40);
        let mut few = [StackRef::from_new(object.borrow()), StackRef::NULL, StackRef::from_new(object.borrow())];
        let slots = SlotPtr::of(&mut few);
        assert_eq!(count(&object), 3);
        drop(slots.take(0));
        assert!(slots.get(0).is_null());
        slots.add(1).close(2);
        assert_eq!(count(&object), 1);
        few.into_iter().for_each(StackRef::leave);
    });
}

#[test]
fn caches_are_read_as_they_were_written() {
    use crate::frame::InstrPtr;
    use crate::generated::caches::LoadMethodCache;
    with_thread(|_| {
        let units: Vec<Cell<u16>> = (0..10).map(|_| Cell::new(0)).collect();
        let first = InstrPtr::first(&units);
        first.set_opcode(0x12);
        first.set_arg(0x34);
        assert_eq!((first.fetch(), first.opcode(), first.arg()), ((0x12, 0x34), 0x12, 0x34));
        first.set_opcode(crate::generated::opcode::LOAD_ATTR);
        let cache = first.cache::<LoadMethodCache>();
        first.set_counter(0xABCD);
        cache.set(LoadMethodCache::TYPE_VERSION, 0x0102_0304);
        assert_eq!((cache.get(LoadMethodCache::COUNTER), first.add(1).as_counter()), (0xABCD, 0xABCD));
        assert_eq!(cache.get(LoadMethodCache::TYPE_VERSION), 0x0102_0304);
        let object = int(1 << 40);
        cache.set(LoadMethodCache::DESCR, object.borrow());
        assert!(cache.get(LoadMethodCache::DESCR).is(object.borrow()));
        assert_eq!(first.add(5).offset_from(first), 5);
    });
}

#[test]
fn cycles_are_collected_and_what_is_held_is_not() {
    with_thread(|thread| {
        let (inner, kept) = (int(1 << 40), int(1 << 41));
        let list = PyList::new(vec![inner.clone()]);
        let dict = PyDict::new();
        dict.set_str(PyStr::new("list").borrow(), list.clone().upcast());
        list.push(PyTuple::from_array([dict.clone().upcast(), list.clone().upcast()]).upcast());
        let held = PyList::new(vec![kept.clone()]);
        held.push(held.clone().upcast());
        drop((list, dict));
        assert_eq!((count(&inner), count(&kept)), (2, 2));
        assert_eq!(gc::collect(thread), 3);
        assert_eq!((count(&inner), count(&kept)), (1, 2));
        assert_eq!(held.len(), 2);
        drop(held.pop());
        assert_eq!(gc::collect(thread), 0);
        drop(held);
        assert_eq!(count(&kept), 1);
    });
}

#[test]
fn large_containers_are_found_too() {
    with_thread(|thread| {
        let item = int(1 << 40);
        let list = PyList::new(vec![item.clone()]);
        // More than fits a cell.
        let tuple = PyTuple::from_vec(vec![list.clone().upcast(); 200]);
        list.push(tuple.upcast());
        drop(list);
        assert_eq!(gc::collect(thread), 2);
        assert_eq!(count(&item), 1);
    });
}

#[test]
fn weak_references_are_cleared_when_their_object_dies() {
    with_thread(|thread| {
        let ty = crate::runtime::types::weak_reference();
        let set = PySet::new(crate::runtime::types::set()).upcast();
        let one = PyWeakRef::new(ty, set.borrow(), None);
        let same = PyWeakRef::new(ty, set.borrow(), None);
        assert!(one.borrow().is(same.borrow()));
        assert!(one.target().is_some_and(|target| target.is(set.borrow())));
        drop(set);
        assert!(one.target().is_none());
        // The reference dies first.
        let set = PySet::new(crate::runtime::types::set()).upcast();
        drop(PyWeakRef::new(ty, set.borrow(), None));
        assert!(weakref::all(set.borrow()).is_empty());
        drop(set);
        assert_eq!(gc::collect(thread), 0);
    });
}

#[test]
fn strs_are_made_byte_by_byte() {
    with_thread(|_| {
        for len in [0, 1, 2, 7, 8, 300] {
            let ascii = PyStr::from_bytes_with(len, |at| b'a' + (at % 26) as u8);
            assert_eq!((ascii.borrow().len(), ascii.borrow().is_ascii()), (len, true));
            assert!(ascii.borrow().points().zip(0..).all(|(point, at)| point == u32::from('a') + at % 26));
            let latin = PyStr::from_bytes_with(len, |at| 0xE0 + (at % 16) as u8);
            assert!(latin.borrow().as_ascii().is_none() || len == 0);
            assert!(latin.borrow().points().zip(0..).all(|(point, at)| point == 0xE0 + at % 16));
        }
    });
}
