//! What is to be done outside of the state, as data. `effects` does it.

use std::rc::Rc;

use infill::mask::Mask;

use super::{embedding::Told, handle::Handle, models::OwnModel, opening::Purpose, picture::Pixels, session::Session};
use crate::message::{DeviceChoice, ToWorker};

/// Bytes that go to the worker beside a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Buffer {
    /// Pixels of a picture.
    Pixels(Pixels),
    /// A mask, one byte a pixel.
    Mask(Rc<Mask>),
    /// What a file says beside its samples.
    Metadata(Rc<Vec<u8>>),
    /// What an earlier worker sent. It is given away.
    Held(Handle),
}

impl Buffer {
    /// What of it is in this program's memory.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Pixels(bytes) | Self::Metadata(bytes) => bytes,
            Self::Mask(mask) => mask.values(),
            Self::Held(_) => &[],
        }
    }
}

/// One thing to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Start a worker of this number, in place of the one before.
    StartWorker(u32),
    /// End the worker, and free the device with it.
    EndWorker,
    /// Say something to the worker.
    Say(ToWorker, Vec<Buffer>),
    /// Read a model file of the visitor's and give it to the worker.
    SendModel {
        /// The number of the request.
        wanted: u32,
        /// The file.
        own: OwnModel,
    },
    /// Look for work of an earlier visit.
    LookForWork,
    /// Say as soon as the browser has drawn that what is done slice by slice goes on.
    NextSlice,
    /// Say soon that a change is to be kept: after the changes that follow at once.
    Remind,
    /// Keep the work for the next visit, in place of what was kept before; or keep nothing.
    Keep(Option<Box<Session>>),
    /// Remember the language, by its tag, for the next visit.
    RememberLanguage(&'static str),
    /// Remember what to compute on, for the next visit.
    RememberDevice(DeviceChoice),
    /// Remember which model was chosen, for the next visit.
    RememberModel(String),
    /// Remember how answers are saved, for the next visit.
    RememberOutput(String),
    /// Remember the colours that were used last, for the next visit.
    RememberColours(String),
    /// Read a picture file and have the worker decode it; the answer carries this number.
    Decode {
        /// Counts the files.
        load: u32,
        /// The file.
        file: Handle,
    },
    /// Decode a picture file by the browser's own decoder.
    DecodeHere {
        /// Counts the files.
        load: u32,
        /// The file.
        file: Handle,
        /// Its name.
        name: String,
    },
    /// Try whether the browser has canvases of a size: some leave larger ones empty and say nothing.
    Probe {
        /// What for.
        purpose: Purpose,
        /// Width and height in pixels.
        size: (usize, usize),
    },
    /// Tell the site around the page something.
    Tell {
        /// Its origin; all that may hear it without one.
        origin: Option<String>,
        /// What.
        told: Told,
    },
    /// Show which keys there are.
    ShowKeys,
    /// Make the picture that comes with the page, as a file.
    DrawSample,
    /// Ask for a file.
    ChooseFile,
    /// Ask for a mask file.
    ChooseMask,
    /// Read a mask file and have the worker understand it.
    ReadMask {
        /// The number of the picture that it is for.
        load: u32,
        /// The file.
        file: Handle,
    },
    /// Give a file to the visitor.
    Save {
        /// The file.
        file: Handle,
        /// Its name.
        name: String,
    },
    /// Keep the page itself for visits without a network. Its files are all here by now, so that the service worker
    /// finds them in the browser's cache instead of fetching them a second time.
    RegisterServiceWorker,
    /// Have the browser look for a new version of the page.
    LookForVersion,
    /// Ask the browser not to throw away the model when room gets scarce. Some ask the visitor, so this comes when
    /// somebody uses the page, not when it opens.
    KeepStorage,
}
