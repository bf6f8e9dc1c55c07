//! The one spec: what every option is called, means and may be, and how a file says it.
//!
//! [`options()`] is the table. Python's keywords, YAML's keys, the command line's flags, the JSON schema
//! and the reference page are made from it.

mod check;
mod entries;
mod flag;
mod flow_file;
mod options;
mod reference;
mod schema;
mod table;
pub mod yaml;

pub use flag::read_flag;
pub use flow_file::{FileKind, Surroundings, load};
pub use options::{Fate, Kind, Literal, OptionSpec, Places, RENAMED, find, options, options_of};
pub use reference::reference;
pub use schema::schema;
