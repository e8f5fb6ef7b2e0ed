//! What handles stand for: files, bytes that go from worker to worker, and files to be downloaded. What the state does
//! not know any more is let go.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use js_sys::{Array, Uint8Array};
use web_sys::{Blob, BlobPropertyBag, File, Url};

use super::handle::Handle;

enum Thing {
    File(File),
    Bytes(Uint8Array),
    Download(Address),
}

#[derive(Default)]
struct Things {
    by_handle: BTreeMap<Handle, Thing>,
    /// Counts the handles; none is given twice.
    next: u32,
}

/// All that is held. Clones are the same.
#[derive(Clone, Default)]
pub struct Held(Rc<RefCell<Things>>);

impl Held {
    /// Holds a file.
    pub fn add_file(&self, file: File) -> Handle {
        self.add(Thing::File(file))
    }

    /// Holds bytes.
    pub fn add_bytes(&self, bytes: Uint8Array) -> Handle {
        self.add(Thing::Bytes(bytes))
    }

    /// Holds a PNG file under an address, if the browser has room for it.
    pub fn add_download(&self, png: &Uint8Array) -> Option<Handle> {
        Address::new(png).map(|address| self.add(Thing::Download(address)))
    }

    fn add(&self, thing: Thing) -> Handle {
        let mut things = self.0.borrow_mut();
        let handle = Handle(things.next);
        things.next += 1;
        things.by_handle.insert(handle, thing);
        handle
    }

    /// The file.
    pub fn file(&self, handle: Handle) -> Option<File> {
        match self.0.borrow().by_handle.get(&handle) {
            Some(Thing::File(file)) => Some(file.clone()),
            _ => None,
        }
    }

    /// The bytes, which are not held any more.
    pub fn take_bytes(&self, handle: Handle) -> Option<Uint8Array> {
        match self.0.borrow_mut().by_handle.remove(&handle) {
            Some(Thing::Bytes(bytes)) => Some(bytes),
            _ => None,
        }
    }

    /// The address of a file to be downloaded.
    pub fn address(&self, handle: Handle) -> Option<String> {
        match self.0.borrow().by_handle.get(&handle) {
            Some(Thing::Download(Address(address))) => Some(address.clone()),
            _ => None,
        }
    }

    /// Lets go of everything else.
    pub fn keep_only(&self, wanted: impl Iterator<Item = Handle>) {
        let wanted: BTreeSet<Handle> = wanted.collect();
        let mut things = self.0.borrow_mut();
        let gone: Vec<Handle> = things.by_handle.keys().filter(|handle| !wanted.contains(handle)).copied().collect();
        let gone: Vec<Option<Thing>> = gone.into_iter().map(|handle| things.by_handle.remove(&handle)).collect();
        // Addresses are given back to the browser when nothing is borrowed any more.
        drop(things);
        drop(gone);
    }
}

/// An address of a file in memory, given back on drop.
struct Address(String);

impl Address {
    fn new(png: &Uint8Array) -> Option<Self> {
        let options = BlobPropertyBag::new();
        options.set_type("image/png");
        let blob = Blob::new_with_u8_array_sequence_and_options(&Array::of1(png), &options).ok()?;
        Url::create_object_url_with_blob(&blob).ok().map(Self)
    }
}

impl Drop for Address {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}
