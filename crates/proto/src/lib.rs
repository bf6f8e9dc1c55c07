//! Jina's messages on the wire: generated types for what is small, a hand-written scan for requests.
//!
//! A gateway needs a request's header and nothing of its Documents, so [`decode_request`] decodes the
//! header and leaves the rest as slices of the bytes that came in; [`encode_request`] is its inverse.

mod convert;
mod decode;
mod encode;
mod scan;

pub use decode::{decode_request, request_header};
pub use encode::{Encoded, encode_request, encode_request_split, encoded_len};

/// The generated types of package `jina`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod jina {
    include!("generated/jina.rs");
}

/// The generated types of package `docarray`.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]
pub mod docarray {
    include!("generated/docarray.rs");
}

/// The serialised `FileDescriptorSet` of `jina.proto`, `docarray.proto` and what they import.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!("generated/descriptors.bin");
