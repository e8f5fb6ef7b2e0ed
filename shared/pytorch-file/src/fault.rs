//! Why a file is no checkpoint that can be used.

use std::io;

/// A format of PyTorch before 1.6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// Several pickles one after the other, numbers behind them.
    Pickles,
    /// A tar archive, as before 0.1.10.
    Tar,
}

/// Why a file is no checkpoint that can be used.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The bytes cannot be had.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// Another kind of file.
    #[error("it is neither a .pth file of PyTorch nor a safetensors file; choose one that `torch.save` or safetensors wrote")]
    Foreign,
    /// An old format.
    #[error(
        "it is a {} file, as PyTorch wrote them before 1.6; load it there and save it again with `torch.save`, or choose a newer file",
        match .0 { Old::Pickles => "legacy", Old::Tar => "tar" }
    )]
    Old(Old),
    /// Cut short or damaged.
    #[error("it is damaged or cut short ({0}); fetch or copy it again")]
    Damaged(String),
    /// A zip file that `torch.save` did not write like this.
    #[error("{0}; save it again with `torch.save`")]
    Archive(String),
    /// Things beside tensors, by name and kind.
    #[error("it holds {0} beside tensors; save the weights alone with `torch.save(model.state_dict(), …)`")]
    Others(String),
    /// Nothing in it.
    #[error("it holds no tensors")]
    Empty,
    /// A tensor that cannot be read.
    #[error("tensor `{name}` {what}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: String,
    },
}
