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
    /// What the program and the page do, with so much detail from the picture itself, 0 (the net alone) to 1.
    Edit(f32),
}

impl Method {
    /// Its name in tables.
    pub fn name(&self) -> String {
        match self {
            Method::Baseline(name, _) => (*name).to_owned(),
            Method::Peer(peer) => peer.to_string(),
            Method::Edit(detail) if *detail == 0.0 => "net".to_owned(),
            Method::Edit(detail) if *detail == 1.0 => "net + detail".to_owned(),
            Method::Edit(detail) => format!("net + detail {detail}"),
        }
    }

    /// All that answer a case: of peers and details those that are asked for, which are of holes only.
    pub fn of(case: PhotoCase, peers: &[Peer], details: &[f32]) -> Vec<Method> {
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
            methods.extend(details.iter().map(|detail| Method::Edit(*detail)));
        } else {
            methods.push(Method::Edit(0.0));
        }
        methods
    }
}
