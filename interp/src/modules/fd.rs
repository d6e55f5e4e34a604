//! The descriptors that a program has open: numbers to files. With them owned here, a number that a program makes up is
//! an error (EBADF), not somebody else's file.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Error, Result};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

thread_local! {
    static OPEN: RefCell<BTreeMap<i32, Rc<File>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Takes a descriptor in, and gives its number.
pub(crate) fn adopt(fd: impl Into<OwnedFd>) -> i32 {
    let file = File::from(fd.into());
    let number = file.as_raw_fd();
    OPEN.with_borrow_mut(|open| open.insert(number, Rc::new(file)));
    number
}

/// The file of a number. The standard streams are there from the start, by a descriptor of our own to the same file.
pub(crate) fn get(number: i32) -> Result<Rc<File>> {
    if let Some(file) = OPEN.with_borrow(|open| open.get(&number).map(Rc::clone)) {
        return Ok(file);
    }
    let copy = match number {
        0 => std::io::stdin().as_fd().try_clone_to_owned()?,
        1 => std::io::stdout().as_fd().try_clone_to_owned()?,
        2 => std::io::stderr().as_fd().try_clone_to_owned()?,
        _ => return Err(Error::from_raw_os_error(libc::EBADF)),
    };
    let file = Rc::new(File::from(copy));
    OPEN.with_borrow_mut(|open| open.insert(number, Rc::clone(&file)));
    Ok(file)
}

/// Closes a number.
pub(crate) fn close(number: i32) -> Result<()> {
    match OPEN.with_borrow_mut(|open| open.remove(&number)) {
        Some(_) => Ok(()),
        None if (0..3).contains(&number) => Ok(()),
        None => Err(Error::from_raw_os_error(libc::EBADF)),
    }
}

/// Makes `number` another name of `file` (`dup2`).
pub(crate) fn replace(file: &File, number: i32, inheritable: bool) -> Result<()> {
    use rustix::io::{DupFlags, dup3};
    match number {
        0 => return Ok(rustix::stdio::dup2_stdin(file)?).inspect(|()| drop(close(0))),
        1 => return Ok(rustix::stdio::dup2_stdout(file)?).inspect(|()| drop(close(1))),
        2 => return Ok(rustix::stdio::dup2_stderr(file)?).inspect(|()| drop(close(2))),
        _ => {}
    }
    let known = OPEN.with_borrow_mut(|open| open.remove(&number));
    let made = match known.map(Rc::try_unwrap) {
        Some(Ok(old)) => {
            let mut target = OwnedFd::from(old);
            if inheritable {
                rustix::io::dup2(file, &mut target)?;
            } else {
                dup3(file, &mut target, DupFlags::CLOEXEC)?;
            }
            target
        }
        Some(Err(busy)) => {
            OPEN.with_borrow_mut(|open| open.insert(number, busy));
            return Err(Error::from_raw_os_error(libc::EBUSY));
        }
        None => {
            let made = rustix::io::fcntl_dupfd_cloexec(file, number)?;
            if made.as_raw_fd() != number {
                return Err(Error::from_raw_os_error(libc::EBADF));
            }
            if inheritable {
                rustix::io::fcntl_setfd(&made, rustix::io::FdFlags::empty())?;
            }
            made
        }
    };
    adopt(made);
    Ok(())
}

/// Closes all: at the end of the interpreter.
pub(crate) fn close_all() {
    drop(OPEN.take());
}
