//! Who answers: fills that need no net, methods of others, and edits by the net.

use infill::task::TaskKind;

use super::cases::PhotoCase;
use super::peers::Peer;
use crate::evaluate::baseline;
use crate::evaluate::cases::Baseline;

/// A way to an answer.
#[derive(Clone, Copy)]
pub enum Method {
    /// Without a net, by name.
    Baseline(&'static str, Baseline),
    /// Somebody else's.
    Peer(Peer),
    /// What the program and the page do.
    Edit,
}

impl Method {
    /// Its name in tables.
    pub fn name(&self) -> String {
        match self {
            Method::Baseline(name, _) => (*name).to_owned(),
            Method::Peer(peer) => peer.to_string(),
            Method::Edit => "net".to_owned(),
        }
    }

    /// All that answer a case: of the peers those that are asked for, which fill holes only.
    pub fn of(case: PhotoCase, peers: &[Peer]) -> Vec<Method> {
        let given: Baseline = |given, _| given.clone();
        let mut methods = match case.kind() {
            TaskKind::Inpaint => vec![Method::Baseline("smooth fill", baseline::smooth_fill)],
            TaskKind::Uncrop => {
                vec![Method::Baseline("smooth fill", baseline::smooth_fill), Method::Baseline("edge repeat", baseline::repeat_edge)]
            }
            TaskKind::Colorize => vec![Method::Baseline("grey", given)],
            TaskKind::Restore => vec![Method::Baseline("the JPEG itself", given)],
        };
        if case.has_hole() {
            methods.extend(peers.iter().map(|peer| Method::Peer(*peer)));
        }
        methods.push(Method::Edit);
        methods
    }
}
