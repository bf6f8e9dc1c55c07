//! Compression of Documents' bytes, by the algorithms that docarray has.
//!
//! gzip and zlib come with the feature `flate`, which is on unless turned off; lz4, bz2 and lzma each with a
//! feature of its own name. One that is not built in is refused with an error that names its feature.

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

/// The most KiB that reading an xz file takes: enough for the strongest of xz's presets.
#[cfg(feature = "lzma")]
const XZ_MEMORY: u32 = 72 * 1024;

/// A compression algorithm.
///
/// ```
/// use tidegate_doc::compression::Compression;
///
/// let gzip: Compression = "gzip".parse()?;
/// let small = gzip.compress(&[7; 1000])?;
/// assert!(small.len() < 100);
/// assert_eq!(gzip.decompress(&small, 1000)?, [7; 1000]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// An lz4 frame.
    Lz4,
    /// A gzip file.
    Gzip,
    /// A zlib stream.
    Zlib,
    /// A bzip2 file.
    Bz2,
    /// An xz file.
    Lzma,
}

impl Compression {
    /// Every algorithm.
    pub const ALL: [Self; 5] = [Self::Lz4, Self::Gzip, Self::Zlib, Self::Bz2, Self::Lzma];

    /// Its name in Python's `compress=`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Lz4 => "lz4",
            Self::Gzip => "gzip",
            Self::Zlib => "zlib",
            Self::Bz2 => "bz2",
            Self::Lzma => "lzma",
        }
    }

    /// Whether it is built in.
    #[must_use]
    pub const fn is_built_in(self) -> bool {
        match self {
            Self::Lz4 => cfg!(feature = "lz4"),
            Self::Gzip | Self::Zlib => cfg!(feature = "flate"),
            Self::Bz2 => cfg!(feature = "bz2"),
            Self::Lzma => cfg!(feature = "lzma"),
        }
    }

    /// Bytes, compressed.
    ///
    /// # Errors
    /// When the algorithm is not built in.
    pub fn compress(self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        self.compress_into(bytes, &mut out)?;
        Ok(out)
    }

    /// Writes bytes, compressed.
    ///
    /// # Errors
    /// When the algorithm is not built in, and what writing fails with.
    pub fn compress_into(self, bytes: &[u8], to: impl Write) -> io::Result<()> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => {
                let mut writer = lz4_flex::frame::FrameEncoder::new(to);
                writer.write_all(bytes)?;
                writer.finish().map(drop).map_err(io::Error::other)
            }
            #[cfg(feature = "flate")]
            Self::Gzip => {
                let mut writer = flate2::write::GzEncoder::new(to, flate2::Compression::default());
                writer.write_all(bytes)?;
                writer.finish().map(drop)
            }
            #[cfg(feature = "flate")]
            Self::Zlib => {
                let mut writer =
                    flate2::write::ZlibEncoder::new(to, flate2::Compression::default());
                writer.write_all(bytes)?;
                writer.finish().map(drop)
            }
            #[cfg(feature = "bz2")]
            Self::Bz2 => {
                let mut writer = bzip2::write::BzEncoder::new(to, bzip2::Compression::best());
                writer.write_all(bytes)?;
                writer.finish().map(drop)
            }
            #[cfg(feature = "lzma")]
            Self::Lzma => {
                let mut writer = lzma_rust2::XzWriter::new(to, lzma_rust2::XzOptions::default())?;
                writer.write_all(bytes)?;
                writer.finish().map(drop)
            }
            #[allow(unreachable_patterns)]
            _ => {
                let _ = (bytes, to);
                Err(self.missing())
            }
        }
    }

    /// What bytes were before they were compressed. No more than `limit` bytes come out.
    ///
    /// # Errors
    /// When the bytes are not such, would become more than `limit`, or the algorithm is not built in.
    pub fn decompress(self, bytes: &[u8], limit: u64) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut reader = self.reader(bytes)?.take(limit.saturating_add(1));
        reader.read_to_end(&mut out).map_err(|error| {
            let said = format!(
                "these bytes are no whole {self}: {error}; name the compression that they were \
                 written with"
            );
            io::Error::new(io::ErrorKind::InvalidData, said)
        })?;
        if out.len() as u64 > limit {
            let said = format!("the bytes are more than {limit} once decompressed");
            return Err(io::Error::new(io::ErrorKind::InvalidData, said));
        }
        Ok(out)
    }

    /// A reader of what was compressed.
    ///
    /// # Errors
    /// When the algorithm is not built in.
    pub fn reader<'r>(self, from: impl Read + 'r) -> io::Result<Box<dyn Read + 'r>> {
        match self {
            #[cfg(feature = "lz4")]
            Self::Lz4 => Ok(Box::new(lz4_flex::frame::FrameDecoder::new(from))),
            #[cfg(feature = "flate")]
            Self::Gzip => Ok(Box::new(flate2::read::MultiGzDecoder::new(from))),
            #[cfg(feature = "flate")]
            Self::Zlib => Ok(Box::new(flate2::read::ZlibDecoder::new(from))),
            #[cfg(feature = "bz2")]
            Self::Bz2 => Ok(Box::new(bzip2::read::MultiBzDecoder::new(from))),
            #[cfg(feature = "lzma")]
            Self::Lzma => Ok(Box::new(lzma_rust2::XzReader::new_mem_limit(
                from, true, XZ_MEMORY,
            ))),
            #[allow(unreachable_patterns)]
            _ => {
                let _ = from;
                Err(self.missing())
            }
        }
    }

    #[allow(dead_code)]
    fn missing(self) -> io::Error {
        let feature = match self {
            Self::Gzip | Self::Zlib => "flate",
            other => other.name(),
        };
        let said = format!("compression '{self}' is not built in: turn on the feature '{feature}'");
        io::Error::new(io::ErrorKind::Unsupported, said)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no compression has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("compression '{0}' is not known; lz4, bz2, lzma, zlib and gzip are")]
pub struct UnknownCompression(String);

impl FromStr for Compression {
    type Err = UnknownCompression;

    fn from_str(name: &str) -> Result<Self, UnknownCompression> {
        let known = Self::ALL.into_iter().find(|known| known.name() == name);
        known.ok_or_else(|| UnknownCompression(name.to_owned()))
    }
}
