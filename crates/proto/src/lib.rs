//! Tidegate: proto
