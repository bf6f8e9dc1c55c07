//! Tidegate: gateway
