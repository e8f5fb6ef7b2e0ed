//! A pickle's instructions, carried out on data alone. Only tensors, dictionaries and plain values come about; whatever else a pickle would
//! make or call is kept as its name. What each instruction means is in CPython's `Lib/pickletools.py`.

use std::{collections::HashMap, rc::Rc};

use crate::{
    Fault,
    number::Kind,
    tensor::{Storage, Tensor},
};

/// Values lie inside each other no deeper.
const DEEPEST: u8 = 50;

/// A value.
#[derive(Clone)]
pub enum Value {
    None,
    Bool,
    Int(i64),
    Float,
    Text(Rc<str>),
    Bytes,
    /// What is in it nobody asks.
    List,
    /// With how deep it goes.
    Tuple(Rc<[Value]>, u8),
    /// With how deep it goes.
    Dict(Vec<(Value, Value)>, u8),
    /// A class or a function, by its full name.
    Class(Rc<str>),
    Storage(Rc<Storage>),
    Tensor(Rc<Tensor>),
    /// What a call makes that is not carried out.
    Object(Rc<str>),
}

impl Value {
    /// What Python calls it.
    pub fn kind(&self) -> &str {
        match self {
            Self::None => "None",
            Self::Bool => "bool",
            Self::Int(_) => "int",
            Self::Float => "float",
            Self::Text(_) => "str",
            Self::Bytes => "bytes",
            Self::List => "list",
            Self::Tuple(..) => "tuple",
            Self::Dict(..) => "dict",
            Self::Class(name) | Self::Object(name) => name,
            Self::Storage(_) => "storage",
            Self::Tensor(_) => "torch.Tensor",
        }
    }

    fn depth(&self) -> u8 {
        match self {
            Self::Tuple(_, depth) | Self::Dict(_, depth) => *depth,
            _ => 0,
        }
    }
}

/// The value that a pickle describes.
pub fn run(bytes: &[u8]) -> Result<Value, Fault> {
    let mut machine = Machine { rest: bytes, stack: Vec::new(), marks: Vec::new(), memo: HashMap::new() };
    loop {
        match machine.byte()? {
            b'.' => return machine.pop(),
            instruction => machine.carry_out(instruction)?,
        }
    }
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Value>,
    marks: Vec<usize>,
    /// Values to be used again; none for a dictionary, which may be changed after it was kept.
    memo: HashMap<u32, Option<Value>>,
}

fn damaged(what: impl Into<String>) -> Fault {
    Fault::Damaged(format!("pickle: {}", what.into()))
}

impl<'a> Machine<'a> {
    fn carry_out(&mut self, instruction: u8) -> Result<(), Fault> {
        match instruction {
            // Protocol and frame say nothing about the value.
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.above_mark()?),
            b'q' => self.keep(1)?,
            b'r' => self.keep(4)?,
            0x94 => self.keep(0)?,
            b'h' => self.use_again(1)?,
            b'j' => self.use_again(4)?,
            b'a' => drop(self.pop()?),
            b'e' => drop(self.above_mark()?),
            b's' => {
                let (value, key) = (self.pop()?, self.pop()?);
                self.add(vec![key, value])?;
            }
            b'u' => {
                let entries = self.above_mark()?;
                self.add(entries)?;
            }
            b'R' | 0x81 => {
                let (arguments, callee) = (self.pop()?, self.pop()?);
                self.stack.push(if instruction == b'R' { call(callee, arguments)? } else { Value::Object(callee.kind().into()) });
            }
            b'b' => self.build()?,
            b'Q' => {
                let storage = storage(&self.pop()?)?;
                self.stack.push(Value::Storage(Rc::new(storage)));
            }
            other => {
                let value = self.value(other)?;
                self.stack.push(value);
            }
        }
        Ok(())
    }

    /// What an instruction puts on the stack.
    fn value(&mut self, instruction: u8) -> Result<Value, Fault> {
        Ok(match instruction {
            b'N' => Value::None,
            0x88 | 0x89 => Value::Bool,
            b'K' => Value::Int(self.number(1)? as i64),
            b'M' => Value::Int(self.number(2)? as i64),
            b'J' => Value::Int(i64::from(self.number(4)? as u32 as i32)),
            0x8a => {
                let length = self.number(1)? as usize;
                integer(self.take(length)?)
            }
            b'G' => {
                self.take(8)?;
                Value::Float
            }
            b'X' => self.text(4)?,
            0x8c => self.text(1)?,
            0x8d => self.text(8)?,
            b'C' => self.bytes(1)?,
            b'B' => self.bytes(4)?,
            b']' => Value::List,
            b'}' => Value::Dict(Vec::new(), 1),
            b')' => tuple(Vec::new())?,
            b't' => tuple(self.above_mark()?)?,
            0x85..=0x87 => {
                let at = self.stack.len().checked_sub(usize::from(instruction - 0x84)).ok_or_else(|| damaged("a tuple of nothing"))?;
                tuple(self.stack.split_off(at))?
            }
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                Value::Class(format!("{module}.{name}").into())
            }
            0x93 => match (self.pop()?, self.pop()?) {
                (Value::Text(name), Value::Text(module)) => Value::Class(format!("{module}.{name}").into()),
                _ => return Err(damaged("a class without a name")),
            },
            other => return Err(damaged(format!("instruction {other:#04x} is not known, or occurs in no checkpoint"))),
        })
    }

    /// Attributes for what lies on the stack. Those of a state dict are the versions of its modules.
    fn build(&mut self) -> Result<(), Fault> {
        let attributes = self.pop()?;
        let versions = |value: &Value| match value {
            Value::Dict(entries, _) => entries.iter().all(|(key, _)| matches!(key, Value::Text(key) if &**key == "_metadata")),
            _ => false,
        };
        match self.pop()? {
            dict @ Value::Dict(..) if versions(&attributes) => self.stack.push(dict),
            other => self.stack.push(Value::Object(other.kind().into())),
        }
        Ok(())
    }

    /// Puts keys and values, one after the other, into the dictionary on the stack.
    fn add(&mut self, entries: Vec<Value>) -> Result<(), Fault> {
        let Some(Value::Dict(dict, depth)) = self.stack.last_mut() else {
            // Something that is no tensor, such as an object that acts like a dictionary.
            return if self.stack.is_empty() { Err(damaged("entries of nothing")) } else { Ok(()) };
        };
        let mut entries = entries.into_iter();
        while let (Some(key), Some(value)) = (entries.next(), entries.next()) {
            *depth = (*depth).max(within(value.depth())?);
            dict.push((key, value));
        }
        Ok(())
    }

    fn keep(&mut self, bytes: usize) -> Result<(), Fault> {
        let number = if bytes == 0 { self.memo.len() as u64 } else { self.number(bytes)? };
        let value = self.stack.last().ok_or_else(|| damaged("nothing to keep"))?;
        let value = if matches!(value, Value::Dict(..)) { None } else { Some(value.clone()) };
        self.memo.insert(number as u32, value);
        Ok(())
    }

    fn use_again(&mut self, bytes: usize) -> Result<(), Fault> {
        let number = self.number(bytes)? as u32;
        match self.memo.get(&number) {
            Some(Some(value)) => self.stack.push(value.clone()),
            Some(None) => return Err(Fault::Others("one dictionary in two places".to_owned())),
            None => return Err(damaged(format!("value {number} was never kept"))),
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Value, Fault> {
        self.stack.pop().ok_or_else(|| damaged("a value is missing"))
    }

    fn above_mark(&mut self) -> Result<Vec<Value>, Fault> {
        let mark = self.marks.pop().filter(|mark| *mark <= self.stack.len()).ok_or_else(|| damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or_else(|| damaged("it ends too early"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// A number of so many bytes, which has no sign.
    fn number(&mut self, bytes: usize) -> Result<u64, Fault> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// As many bytes as the number before them says.
    fn counted(&mut self, bytes: usize) -> Result<&'a [u8], Fault> {
        let count = self.number(bytes)?;
        self.take(usize::try_from(count).unwrap_or(usize::MAX))
    }

    fn text(&mut self, bytes: usize) -> Result<Value, Fault> {
        let text = std::str::from_utf8(self.counted(bytes)?).map_err(|_| damaged("a text is no UTF-8"))?;
        Ok(Value::Text(text.into()))
    }

    fn bytes(&mut self, bytes: usize) -> Result<Value, Fault> {
        self.counted(bytes)?;
        Ok(Value::Bytes)
    }

    fn line(&mut self) -> Result<&'a str, Fault> {
        let length = self.rest.iter().position(|byte| *byte == b'\n').ok_or_else(|| damaged("a line does not end"))?;
        std::str::from_utf8(&self.take(length + 1)?[..length]).map_err(|_| damaged("a name is no UTF-8"))
    }
}

/// How deep a value goes that holds one so deep.
fn within(depth: u8) -> Result<u8, Fault> {
    if depth < DEEPEST { Ok(depth + 1) } else { Err(damaged(format!("values lie inside each other deeper than {DEEPEST} times"))) }
}

fn tuple(values: Vec<Value>) -> Result<Value, Fault> {
    let depth = within(values.iter().map(Value::depth).max().unwrap_or(0))?;
    Ok(Value::Tuple(values.into(), depth))
}

/// An integer of any length, with its sign; what is longer than 64 bits is kept as the name of its type.
fn integer(bytes: &[u8]) -> Value {
    let fill = if bytes.last().is_some_and(|byte| *byte >= 0x80) { 0xff } else { 0 };
    let mut all = [fill; 8];
    match all.get_mut(..bytes.len()) {
        Some(place) => {
            place.copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(all))
        }
        None => Value::Object("int".into()),
    }
}

/// Calls of PyTorch that make tensors; what any other call would make is its name.
fn call(callee: Value, arguments: Value) -> Result<Value, Fault> {
    let Value::Class(name) = &callee else { return Ok(Value::Object(callee.kind().into())) };
    let Value::Tuple(arguments, _) = &arguments else { return Err(damaged(format!("{name} is called with a {}", arguments.kind()))) };
    Ok(match (&**name, &**arguments) {
        ("collections.OrderedDict", []) => Value::Dict(Vec::new(), 1),
        ("torch._utils._rebuild_parameter", [tensor @ Value::Tensor(_), ..]) => tensor.clone(),
        ("torch._utils._rebuild_tensor" | "torch._utils._rebuild_tensor_v2", [Value::Storage(storage), offset, shape, strides, ..]) => {
            let (offset, shape, strides) = (size(offset)?, sizes(shape)?, sizes(strides)?);
            Value::Tensor(Rc::new(Tensor::new(Storage::clone(storage), offset, shape, strides)?))
        }
        _ => Value::Object(name.clone()),
    })
}

/// What stands for numbers outside the pickle: `('storage', class, key, where, count)`.
fn storage(reference: &Value) -> Result<Storage, Fault> {
    let Value::Tuple(parts, _) = reference else { return Err(damaged("a storage is named by no tuple")) };
    let [Value::Text(tag), Value::Class(class), Value::Text(key), _, count, ..] = &**parts else {
        return Err(damaged("a storage is named by another tuple than PyTorch's"));
    };
    if &**tag != "storage" {
        return Err(damaged(format!("`{tag}` stands where a storage should")));
    }
    let kind = match &**class {
        "torch.DoubleStorage" => Kind::F64,
        "torch.FloatStorage" => Kind::F32,
        "torch.HalfStorage" => Kind::F16,
        "torch.BFloat16Storage" => Kind::Bf16,
        _ => Kind::Other,
    };
    Ok(Storage { key: key.clone(), kind, count: size(count)? })
}

fn size(value: &Value) -> Result<usize, Fault> {
    match value {
        Value::Int(value) => usize::try_from(*value).map_err(|_| damaged(format!("{value} is no size"))),
        other => Err(damaged(format!("a {} stands where a size should", other.kind()))),
    }
}

fn sizes(value: &Value) -> Result<Vec<usize>, Fault> {
    match value {
        Value::Tuple(sizes, _) => sizes.iter().map(size).collect(),
        other => Err(damaged(format!("a {} stands where a shape should", other.kind()))),
    }
}
