//! YAML with the place of every value kept: read, filled in, written.

mod emit;
mod node;
pub(crate) mod parse;
pub(crate) mod problem;
mod scalar;
mod substitute;

pub use emit::emit;
pub use node::{Data, Mark, Node};
pub use parse::parse;
pub use problem::{Problem, Source};
pub use scalar::resolve;
pub use substitute::{Substitutes, substitute};
