//! Tidegate: orchestrator
