//! Tidegate: doc
