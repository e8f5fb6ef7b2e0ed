//! What a pickle's value is: tensors by their names, or something else.

use std::{collections::BTreeMap, rc::Rc};

use crate::{
    Fault,
    machine::{self, Value},
    tensor::Tensor,
};

/// So many things that are no tensors are named.
const MOST_NAMED: usize = 5;

/// The tensors of a pickle, those of dictionaries inside it by both names with a point in between.
pub fn tensors(bytes: &[u8]) -> Result<BTreeMap<String, Tensor>, Fault> {
    let mut found = Found::default();
    found.look("", &machine::run(bytes)?);
    let Found { tensors, mut others } = found;
    if others.is_empty() {
        return Ok(tensors);
    }
    others.sort();
    let more = others.len().saturating_sub(MOST_NAMED);
    others.truncate(MOST_NAMED);
    others.extend((more > 0).then(|| format!("{more} more")));
    Err(Fault::Others(others.join(", ")))
}

#[derive(Default)]
struct Found {
    tensors: BTreeMap<String, Tensor>,
    others: Vec<String>,
}

impl Found {
    fn look(&mut self, name: &str, value: &Value) {
        let kind = match value {
            Value::Tensor(tensor) => {
                self.tensors.insert(name.to_owned(), Tensor::clone(tensor));
                return;
            }
            Value::Dict(entries, _) => {
                for (key, value) in entries {
                    let key: Rc<str> = match key {
                        Value::Text(key) => key.clone(),
                        Value::Int(key) => key.to_string().into(),
                        other => {
                            self.others.push(format!("a key of `{name}` ({})", other.kind()));
                            continue;
                        }
                    };
                    let within = if name.is_empty() { key.to_string() } else { format!("{name}.{key}") };
                    self.look(&within, value);
                }
                return;
            }
            other => other.kind(),
        };
        self.others.push(if name.is_empty() { kind.to_owned() } else { format!("`{name}` ({kind})") });
    }
}
