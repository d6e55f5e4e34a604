//! What is known of the variables along the paths of a body.

use super::kind::Kind;
use super::{Lowering, State};

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

    /// Runs `inner` in a block of its own and gives its statements.
    pub(crate) fn in_block(&mut self, inner: impl FnOnce(&mut Self)) -> Vec<crate::rust_ir::Stmt> {
        self.blocks.push(Vec::new());
        self.scopes.push(Vec::new());
        inner(self);
        self.scopes.pop();
        self.blocks.pop().unwrap_or_default()
    }
}
