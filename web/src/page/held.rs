//! What handles stand for: files, bytes that go from worker to worker, and files to be downloaded. What the state does
//! not know any more is let go.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use js_sys::{Array, Uint8Array};
use web_sys::{Blob, Url};

use super::handle::Handle;
use crate::slot::Slot;

enum Thing {
    File(Blob),
    Bytes(Uint8Array),
    Download(Blob, Address),
}

struct Things {
    /// Out while it is looked at; the browser is called when it is back.
    by_handle: Slot<BTreeMap<Handle, Thing>>,
    /// Counts the handles; none is given twice.
    next: Cell<u32>,
}

/// All that is held. Clones are the same.
#[derive(Clone)]
pub struct Held(Rc<Things>);

impl Default for Held {
    fn default() -> Self {
        Self(Rc::new(Things { by_handle: Slot::with(BTreeMap::new()), next: Cell::new(0) }))
    }
}

impl Held {
    /// Holds a file.
    pub fn add_file(&self, file: Blob) -> Handle {
        self.add(Thing::File(file))
    }

    /// Holds bytes.
    pub fn add_bytes(&self, bytes: Uint8Array) -> Handle {
        self.add(Thing::Bytes(bytes))
    }

    /// Holds a file under an address, if the browser has one for it.
    pub fn add_download(&self, blob: Blob) -> Option<Handle> {
        Address::new(&blob).map(|address| self.add(Thing::Download(blob, address)))
    }

    fn add(&self, thing: Thing) -> Handle {
        let handle = Handle(self.0.next.get());
        self.0.next.set(handle.0 + 1);
        self.0.by_handle.using(|things| things.insert(handle, thing));
        handle
    }

    /// What a handle stands for, as somebody needs it.
    fn get<R>(&self, handle: Handle, read: impl FnOnce(&Thing) -> Option<R>) -> Option<R> {
        self.0.by_handle.using(|things| things.get(&handle).and_then(read)).flatten()
    }

    /// The file.
    pub fn file(&self, handle: Handle) -> Option<Blob> {
        self.get(handle, |thing| if let Thing::File(file) | Thing::Download(file, _) = thing { Some(file.clone()) } else { None })
    }

    /// Holds a copy of a file's bytes in place of the file, which may be changed or gone when it is needed again.
    pub fn keep_copy(&self, handle: Handle, bytes: &Uint8Array) {
        // One that cannot be read.
        if bytes.length() == 0 {
            return;
        }
        let copy = Blob::new_with_u8_array_sequence(&Array::of1(bytes));
        self.0.by_handle.using(|things| {
            if let (Some(Thing::File(file)), Ok(copy)) = (things.get_mut(&handle), copy) {
                *file = copy;
            }
        });
    }

    /// The bytes, which are not held any more.
    pub fn take_bytes(&self, handle: Handle) -> Option<Uint8Array> {
        let thing = self.0.by_handle.using(|things| things.remove(&handle)).flatten();
        if let Some(Thing::Bytes(bytes)) = thing { Some(bytes) } else { None }
    }

    /// The address of a file to be downloaded.
    pub fn address(&self, handle: Handle) -> Option<String> {
        self.get(handle, |thing| if let Thing::Download(_, Address(address)) = thing { Some(address.clone()) } else { None })
    }

    /// Lets go of everything else.
    pub fn keep_only(&self, wanted: impl Iterator<Item = Handle>) {
        let wanted: BTreeSet<Handle> = wanted.collect();
        let gone = self.0.by_handle.using(|things| {
            let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
                std::mem::take(things).into_iter().partition(|(handle, _)| wanted.contains(handle));
            *things = kept;
            gone
        });
        // Addresses are given back to the browser when the things are in their place again.
        drop(gone);
    }
}

/// An address of a file in memory, given back on drop.
struct Address(String);

impl Address {
    fn new(blob: &Blob) -> Option<Self> {
        Url::create_object_url_with_blob(blob).ok().map(Self)
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}
