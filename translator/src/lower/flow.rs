//! What is known of the variables along the paths of a body.

use super::kind::Kind;
use super::{Lowering, State};
use crate::rust_ir::Stmt;

/// The state of every variable at one point.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    states: Vec<(State, Kind)>,
    synced: bool,
    diverged: bool,
}

impl Snapshot {
    pub(crate) fn diverged(&self) -> bool {
        self.diverged
    }
}

impl Lowering<'_> {
    pub(crate) fn snapshot(&self) -> Snapshot {
        let states = self.variables.iter().map(|v| (v.state, v.kind.clone())).collect();
        Snapshot { states, synced: self.synced, diverged: self.diverged }
    }

    pub(crate) fn restore(&mut self, snapshot: &Snapshot) {
        for (variable, (state, kind)) in self.variables.iter_mut().zip(&snapshot.states) {
            variable.state = *state;
            variable.kind = kind.clone();
        }
        self.synced = snapshot.synced;
        self.diverged = snapshot.diverged;
    }

    /// Joins the present point with the end of another path.
    pub(crate) fn merge(&mut self, other: &Snapshot) {
        if other.diverged {
            return;
        }
        if self.diverged {
            self.restore(other);
            return;
        }
        for (variable, (state, kind)) in self.variables.iter_mut().zip(&other.states) {
            variable.state = match (variable.state, *state) {
                (a, b) if a == b => a,
                _ => State::Mixed,
            };
            if variable.kind != *kind
                && let Some(joined) = variable.kind.join(kind)
            {
                variable.kind = joined;
            }
        }
        self.synced &= other.synced;
    }

    /// Two paths come together: what one of them has left dead and the other has given away is forgotten at the end of
    /// the first.
    pub(crate) fn settle(&mut self, paths: [(&mut Vec<Stmt>, &mut Snapshot); 2]) {
        let [(one, after_one), (other, after_other)] = paths;
        if after_one.diverged || after_other.diverged {
            return;
        }
        let objects = self.rules.objects();
        for (id, variable) in self.variables.iter().enumerate() {
            let (Some(a), Some(b)) = (after_one.states.get_mut(id), after_other.states.get_mut(id)) else { break };
            let leave = Stmt::Expression(format!("{}.leave()", variable.name));
            match (a.0, b.0) {
                (State::Dead, State::Dead) => {}
                // An item that only one path gives away holds nothing on the other: C just pops it.
                (State::Live, State::Moved) if objects && variable.holds_a_count() => {
                    one.push(leave);
                    a.0 = State::Moved;
                }
                (State::Moved, State::Live) if objects && variable.holds_a_count() => {
                    other.push(leave);
                    b.0 = State::Moved;
                }
                (State::Dead, _) => {
                    one.push(leave);
                    a.0 = State::Moved;
                }
                (_, State::Dead) => {
                    other.push(leave);
                    b.0 = State::Moved;
                }
                _ => {}
            }
        }
    }

    /// Forgets those of the variables that are dead.
    pub(crate) fn forget(&mut self, variables: &[usize]) {
        for id in variables {
            if self.variables[*id].state == State::Dead {
                let name = self.variables[*id].name.clone();
                self.emit(Stmt::Expression(format!("{name}.leave()")));
                self.variables[*id].state = State::Moved;
            }
        }
    }

    /// Of two paths that come together, on one `id` is known to be NULL: who has not consumed it there has nothing to consume.
    pub(crate) fn nothing_to_consume(&self, id: usize, null_path: &mut Snapshot, other: &Snapshot) {
        if let (Some(null), Some((State::Moved, _))) = (null_path.states.get_mut(id), other.states.get(id))
            && null.0 == State::Live
        {
            null.0 = State::Moved;
        }
    }

    /// Runs `inner` in a block of its own and gives its statements.
    pub(crate) fn in_block(&mut self, inner: impl FnOnce(&mut Self)) -> Vec<crate::rust_ir::Stmt> {
        self.blocks.push(Vec::new());
        self.scopes.push(Vec::new());
        inner(self);
        let ended = self.scopes.pop().unwrap_or_default();
        if !self.diverged {
            self.forget(&ended);
        }
        self.blocks.pop().unwrap_or_default()
    }
}
