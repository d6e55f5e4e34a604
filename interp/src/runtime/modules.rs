//! `sys.modules` as every program starts with it.

use super::importer::spec;
use crate::modules::put;
use crate::object::*;

/// Makes the table of modules with those that every program starts with.
pub(crate) fn start(thread: &Thread) {
    let modules = PyDict::new();
    thread.state.modules.set(Some(modules.clone()));
    for ty in [&spec::SPEC_TYPE, &spec::LOADER_TYPE, &crate::runtime::importer::finders::BUILTIN_TYPE] {
        super::types::ready(thread, Ref::from_static(ty));
    }
    let builtins = thread.state.builtins.get().expect("builtins are made before the table of modules");
    let builtins = PyModule::new(builtins.to_owned());
    let sys = super::sys::make(thread);
    for (name, module) in [("builtins", builtins), ("sys", sys)] {
        let own = spec::builtin(name);
        let loader = Ref::from_static(&crate::runtime::importer::finders::BUILTIN_TYPE).to_owned().upcast();
        put(module.dict(), "__package__", PyStr::new("").upcast());
        put(module.dict(), "__loader__", loader);
        put(module.dict(), "__spec__", own);
        put(modules.borrow(), name, module.upcast());
    }
}
