//! Everything that can happen to the page, as data. `listen` and `effects` say it, `update` says what follows.

use std::rc::Rc;

use infill::{sampler::SamplerKind, task::TaskKind};

use super::{
    embedding::Wish,
    field::Field,
    gesture::Pointer,
    handle::Handle,
    keeping::Found,
    notice::Notice,
    opening::Purpose,
    palette::{Colour, ColourTool},
    picture::{Metadata, Picture, Pixels},
    tool::Tool,
};
use crate::message::{DeviceChoice, FileKind, FromWorker};

/// Where events go.
pub type Sink = Rc<dyn Fn(Event)>;

/// What came with a worker's message.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Attached {
    /// Pixels: of a picture, of a preview, or of a result; or a mask, one byte a pixel.
    pub pixels: Option<Pixels>,
    /// What a picture's file says beside its samples.
    pub metadata: Metadata,
    /// What the browser holds: a result's PNG file, or what was saved of a run.
    pub held: Vec<Handle>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The page was opened.
    Started,
    /// The page is in the frame of a site that may.
    Embedded,
    /// That site wishes something.
    Wished {
        /// Its origin.
        origin: String,
        /// What.
        wish: Wish,
    },
    /// The browser shows the page's tab again.
    TabShown,
    /// The browser lost what was drawn, and it can be drawn again.
    Undrawn,
    /// The service worker keeps another version of the page than this one.
    NewVersion,
    /// The browser has looked for work of an earlier visit.
    Found(Found),
    /// A change is to be kept now.
    Remind,
    /// The browser did not keep the work: why.
    NotKept(String),
    /// Away with the picture and all work on it.
    BeginAnew,
    /// What waits for a word may take the place of the work.
    Replace,
    /// Give the answer to the visitor as a file.
    Download,
    /// Save answers as files of a kind.
    SaveAs(FileKind),
    /// Save them with what the picture's file says of how it was taken, or without.
    KeepExif(bool),
    /// A pointer went down on the canvas.
    PointerDown(Pointer),
    /// A pointer moved: all its points since the last time.
    PointerMoved(Vec<Pointer>),
    /// A pointer went up.
    PointerUp(Pointer),
    /// The browser took a pointer away: what it was doing is not meant.
    PointerCancelled(Pointer),
    /// The pointer left the canvas.
    PointerLeft,
    /// Zoom around a point of the canvas, or its middle.
    Zoom {
        /// Larger than 1 enlarges.
        factor: f64,
        /// The point that stays.
        at: Option<(f64, f64)>,
    },
    /// Move the picture by so much, CSS pixels.
    Pan(f64, f64),
    /// Show the whole picture.
    Fit,
    /// Move the keyboard's ring by so many strides.
    CursorMoved(f64, f64),
    /// The space bar went down, or up.
    Space(bool),
    /// Make the brush wider or thinner by a factor.
    ResizeBrush(f64),
    /// Choose a task.
    Task(TaskKind),
    /// Choose the next task that can be chosen, or the one before.
    TurnTask(bool),
    /// Choose a tool.
    Tool(Tool),
    /// Choose the next tool, or the one before.
    TurnTool(bool),
    /// Take the last step back.
    Undo,
    /// Make it again.
    Redo,
    /// Go so many steps forwards in the list of all, or backwards.
    Walk(isize),
    /// Go to a step by its place in the list.
    WalkTo(usize),
    /// Choose a tool of colouring.
    ColourTool(ColourTool),
    /// Choose the next one, or the one before.
    TurnColourTool(bool),
    /// Paint with another colour.
    Colour(Colour),
    /// Paint with a colour that was used before, by its place.
    Swatch(usize),
    /// Take all dabs away.
    ClearDabs,
    /// Mark nothing.
    Clear,
    /// Mark what is not marked.
    Invert,
    /// Move the edge of what is marked outwards by so many brushes' growths, inwards where negative.
    Grow(i32),
    /// Areas take marks away, or mark.
    Subtract(bool),
    /// A number was entered, or what was entered is none.
    Typed(Field, Option<f64>),
    /// The number is complete.
    Entered,
    /// Add as little as makes width to height this.
    Aspect(usize, usize),
    /// Numbers of the frame are percent of the picture, or pixels.
    Percent(bool),
    /// Add half of the picture's width at either side.
    Panorama,
    /// Keep the answer, add half of its width at either side, and begin a run.
    Further,
    /// Choose a sampler.
    Sampler(Option<SamplerKind>),
    /// Choose a model by the value of its option.
    Model(String),
    /// Show the picture before left of this share of its width, the result right of it.
    Compare(f64),
    /// Move that line by a share.
    MoveCompare(f64),
    /// Begin a run.
    Run,
    /// Enter on the picture: closes an outline of corners, else begins a run.
    Confirm,
    /// Take the last corner of an outline away.
    TakeCorner,
    /// Go on with what is done slice by slice.
    Slice,
    /// Give the run up.
    Cancel,
    /// Show which keys there are.
    ShowKeys,
    /// Make the result the picture to be edited.
    Keep,
    /// Go back to before the runs on this picture.
    Discard,
    /// Begin the same run with another seed.
    Another,
    /// Change what an answer is the answer to.
    ChangeArea,
    /// Look at an answer by its place.
    ShowAnswer(usize),
    /// Look at the next answer, or at the one before.
    TurnAnswer(bool),
    /// Begin a run when a stroke is done, or do not.
    AsIPaint(bool),
    /// Whether a repair is of parts, too, that show no blocks of JPEG.
    CleanToo(bool),
    /// Close the notice.
    Dismiss,
    /// Try again what failed.
    Retry,
    /// Compute on something else.
    ComputeOn(DeviceChoice),
    /// Speak the language of this tag.
    Speak(String),
    /// Go on on the CPU.
    UseCpu,
    /// Open the picture that comes with the page.
    Sample,
    /// Ask for a file.
    ChooseFile,
    /// Ask for a mask file.
    ChooseMask,
    /// Give the mask as a file.
    SaveMask,
    /// A mask file was chosen.
    MaskFile {
        /// The file.
        file: Handle,
        /// Its name.
        name: String,
    },
    /// A file is over the page, or is not any more.
    Dragging(bool),
    /// A file was chosen, dropped or pasted.
    File {
        /// The file.
        file: Handle,
        /// Its name.
        name: String,
    },
    /// The browser decoded a picture file, or could not.
    Decoded {
        /// The number that it was asked for with.
        load: u32,
        /// The picture, or why there is none.
        result: Result<Picture, Notice>,
    },
    /// It was tried whether the browser has canvases of a size.
    Probed {
        /// What for.
        purpose: Purpose,
        /// Width and height in pixels.
        size: (usize, usize),
        /// Whether it has.
        fits: bool,
    },
    /// The browser has no memory to show the result.
    NotShown(String),
    /// The canvas has another size.
    Resized {
        /// Its size, CSS pixels.
        canvas: (f64, f64),
        /// Pixels of the screen for one of these.
        density: f64,
    },
    /// The page is left, perhaps for good.
    Hidden,
    /// The page is looked at again.
    Shown,
    /// A worker said something.
    Worker {
        /// Its number.
        worker: u32,
        /// What it said.
        message: FromWorker,
        /// What came with it.
        attached: Attached,
    },
}
