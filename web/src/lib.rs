//! The page and its worker. The page (`page`) owns the document, the picture and the mask; the
//! worker (`worker`) owns the device and the model. They share nothing but messages.

#[cfg(any(feature = "worker", test))]
pub mod decode;
pub mod envelope;
pub mod message;
#[cfg(any(feature = "worker", test))]
mod pace;
pub mod page;
mod slot;
#[cfg(any(feature = "worker", test))]
mod transparency;
#[cfg(feature = "worker")]
pub mod worker;
