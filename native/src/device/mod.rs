//! The only room of the program where a `Device` is made. A GPU is checked in a child process against numbers known from
//! the CPU before it is used, so that a driver that crashes, hangs or computes nonsense is passed over with a message
//! instead of producing noise.

mod check;
mod child;
mod choice;
mod choose;
mod lost;
mod make;
mod place;
mod serve;

pub use check::run as check;
pub use choice::DeviceChoice;
pub use choose::{choose, choose_several};
pub use lost::name_the_lost;
pub use make::{is_cpu, name, reference};
pub use place::Devices;
pub use serve::serve;
