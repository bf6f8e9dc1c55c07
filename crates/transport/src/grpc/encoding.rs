//! Compression of single messages.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::bufread::{GzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use tidegate_core::{Error, ErrorKind};

/// What `grpc-accept-encoding` says of us.
pub(crate) const ACCEPTED: &str = "identity,deflate,gzip";

/// How a message is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 1952.
    Gzip,
    /// zlib (RFC 1950), which is what gRPC means by `deflate`.
    Deflate,
}

impl Encoding {
    /// Its name in gRPC's headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
        }
    }

    /// The encoding of that name; `None` for `identity`.
    ///
    /// # Errors
    /// `NotSupported` for any other name.
    pub(crate) fn named(name: &str) -> Result<Option<Self>, Error> {
        match name {
            "identity" | "" => Ok(None),
            "gzip" => Ok(Some(Self::Gzip)),
            "deflate" => Ok(Some(Self::Deflate)),
            other => Err(Error::new(
                ErrorKind::NotSupported,
                format!("messages compressed with `{other}` cannot be read"),
            )
            .with_hint("use gzip or deflate")),
        }
    }

    /// Appends the compressed `pieces` to `out`.
    pub(crate) fn compress(self, pieces: &[&[u8]], out: &mut Vec<u8>) -> Result<(), Error> {
        let level = Compression::fast();
        let written = match self {
            Self::Gzip => {
                let mut encoder = GzEncoder::new(out, level);
                pieces
                    .iter()
                    .try_for_each(|piece| encoder.write_all(piece))
                    .and_then(|()| encoder.try_finish())
            }
            Self::Deflate => {
                let mut encoder = ZlibEncoder::new(out, level);
                pieces
                    .iter()
                    .try_for_each(|piece| encoder.write_all(piece))
                    .and_then(|()| encoder.try_finish())
            }
        };
        written.map_err(|error| {
            Error::new(ErrorKind::Internal, "a message cannot be compressed").with_source(error)
        })
    }

    /// Decompresses a message; `None` where it would be longer than `limit`, which is checked as it grows.
    pub(crate) fn decompress(self, message: &[u8], limit: usize) -> Result<Option<Bytes>, Error> {
        let mut out = Vec::new();
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let read = match self {
            Self::Gzip => GzDecoder::new(message).take(most).read_to_end(&mut out),
            Self::Deflate => ZlibDecoder::new(message).take(most).read_to_end(&mut out),
        };
        if let Err(error) = read {
            let what = format!("a message is not the {} it says it is", self.as_str());
            return Err(Error::new(ErrorKind::InvalidInput, what).with_source(error));
        }
        Ok((out.len() <= limit).then(|| Bytes::from(out)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_comes_back_and_counts_against_the_limit() {
        for encoding in [Encoding::Gzip, Encoding::Deflate] {
            let mut out = Vec::new();
            encoding
                .compress(&[&[7; 5000], &[9; 5000]], &mut out)
                .unwrap();
            assert!(out.len() < 1000);
            let back = encoding.decompress(&out, 10_000).unwrap().unwrap();
            assert_eq!((back.len(), back[0], back[9999]), (10_000, 7, 9));
            assert!(encoding.decompress(&out, 9_999).unwrap().is_none());
            assert_eq!(
                encoding
                    .decompress(b"no such thing", 99)
                    .unwrap_err()
                    .kind(),
                ErrorKind::InvalidInput
            );
            assert_eq!(Encoding::named(encoding.as_str()).unwrap(), Some(encoding));
        }
        assert!(Encoding::named("snappy").is_err());
    }
}
