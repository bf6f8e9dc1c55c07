//! Tidegate's command line.

#[cfg(feature = "cli")]
pub mod cli;
