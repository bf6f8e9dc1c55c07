//! Documents in files and streams: one message for a whole array, or a length and a message per Document.
//!
//! The stream begins with a version byte, [`STREAM_VERSION`], and how many Documents follow, as 64 bits;
//! each Document is its length in 32 bits and that many bytes. Numbers stand with their high byte first.
//! A pickle is never read.

use std::io::{self, Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::compression::Compression;
use crate::document::Document;
use crate::documents::DocumentArray;
use crate::scan::ScanError;

/// The first byte of a stream.
pub const STREAM_VERSION: u8 = 1;

/// The most bytes that one message has: what a frame can hold.
pub const MESSAGE_LIMIT: u64 = u32::MAX as u64;

/// Why bytes are not Documents, or do not become them.
#[derive(Debug, thiserror::Error)]
pub enum FramingError {
    /// Reading or writing has failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The stream ends too soon.
    #[error("the stream of Documents is cut off within {}", within(*.0))]
    Cut(
        /// In which Document of how many; `None` for what stands before the first.
        Option<(u64, u64)>,
    ),
    /// The stream has another version.
    #[error(
        "the stream of Documents has version {0}, and {STREAM_VERSION} is what is read; \
         was it written with another protocol?"
    )]
    Version(u8),
    /// A pickle.
    #[error(
        "these bytes are a pickle, which can run any code when read and is not read here; \
         write them with protocol 'protobuf' or 'protobuf-array'"
    )]
    Pickle,
    /// A Document that is too long.
    #[error("a Document above 4 GiB does not fit the stream framing")]
    TooLong,
    /// More Documents, or fewer, than were promised.
    #[error("{written} Documents were written to a stream of {promised}")]
    Count {
        /// How many the stream was to have.
        promised: u64,
        /// How many it has.
        written: u64,
    },
    /// Text that is not base64.
    #[error("the text is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    /// A message that cannot be read.
    #[error("{0}")]
    Scan(#[from] ScanError),
}

fn within(place: Option<(u64, u64)>) -> String {
    match place {
        None => "its header".to_owned(),
        Some((index, count)) => format!("docs[{index}] of {count}"),
    }
}

/// How Documents are laid out in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Framing {
    /// One message for all (`protobuf-array` in Python); compression is over the whole.
    #[default]
    Array,
    /// A message for each (`protobuf` in Python); compression is over each.
    Stream,
}

/// Whether bytes are a pickle.
#[must_use]
pub fn is_pickle(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x80)
}

/// Refuses a pickle.
fn no_pickle(bytes: Vec<u8>) -> Result<Vec<u8>, FramingError> {
    if is_pickle(&bytes) {
        Err(FramingError::Pickle)
    } else {
        Ok(bytes)
    }
}

fn packed(bytes: &[u8], compression: Option<Compression>) -> io::Result<Vec<u8>> {
    match compression {
        None => Ok(bytes.to_vec()),
        Some(compression) => compression.compress(bytes),
    }
}

fn unpacked(bytes: Vec<u8>, compression: Option<Compression>) -> Result<Vec<u8>, FramingError> {
    no_pickle(match compression {
        None => bytes,
        Some(compression) => compression.decompress(&bytes, MESSAGE_LIMIT)?,
    })
}

/// The payloads of a stream that lies in memory.
///
/// # Errors
/// When the stream is cut off or of another version.
pub fn payloads(bytes: &[u8]) -> Result<Vec<&[u8]>, FramingError> {
    let (version, rest) = bytes.split_first().ok_or(FramingError::Cut(None))?;
    if *version != STREAM_VERSION {
        return Err(if is_pickle(bytes) {
            FramingError::Pickle
        } else {
            FramingError::Version(*version)
        });
    }
    let (count, mut rest) = rest
        .split_first_chunk::<8>()
        .ok_or(FramingError::Cut(None))?;
    let count = u64::from_be_bytes(*count);
    let mut payloads = Vec::new();
    for index in 0..count {
        let cut = || FramingError::Cut(Some((index, count)));
        let (len, tail) = rest.split_first_chunk::<4>().ok_or_else(cut)?;
        let (payload, tail) = tail
            .split_at_checked(u32::from_be_bytes(*len) as usize)
            .ok_or_else(cut)?;
        payloads.push(payload);
        rest = tail;
    }
    Ok(payloads)
}

/// The beginning of a stream of so many Documents.
#[must_use]
pub fn stream_head(count: u64) -> [u8; 9] {
    let mut head = [STREAM_VERSION; 9];
    head[1..].copy_from_slice(&count.to_be_bytes());
    head
}

/// The length that stands before a Document.
///
/// # Errors
/// When it is above 4 GiB.
pub fn payload_head(len: usize) -> Result<[u8; 4], FramingError> {
    let len = u32::try_from(len).map_err(|_| FramingError::TooLong)?;
    Ok(len.to_be_bytes())
}

/// Writes Documents one after the other.
///
/// ```
/// use tidegate_doc::Document;
/// use tidegate_doc::framing::{StreamReader, StreamWriter};
///
/// let mut file = Vec::new();
/// let mut writer = StreamWriter::new(&mut file, 2, None)?;
/// writer.write(&Document::new().with_text("a"))?;
/// writer.write(&Document::new().with_text("b"))?;
/// writer.finish()?;
///
/// let mut texts = Vec::new();
/// for document in StreamReader::new(&file[..], None)? {
///     texts.push(document?.text().to_owned());
/// }
/// assert_eq!(texts, ["a", "b"]);
/// # Ok::<(), tidegate_doc::framing::FramingError>(())
/// ```
#[derive(Debug)]
pub struct StreamWriter<W> {
    to: W,
    promised: u64,
    written: u64,
    compression: Option<Compression>,
}

impl<W: Write> StreamWriter<W> {
    /// Begins a stream of `count` Documents.
    ///
    /// # Errors
    /// What writing fails with.
    pub fn new(
        mut to: W,
        count: u64,
        compression: Option<Compression>,
    ) -> Result<Self, FramingError> {
        to.write_all(&stream_head(count))?;
        Ok(Self {
            to,
            promised: count,
            written: 0,
            compression,
        })
    }

    /// Writes the next Document.
    ///
    /// # Errors
    /// When there are enough, when it is too long, and what writing fails with.
    pub fn write(&mut self, document: &Document) -> Result<(), FramingError> {
        self.written += 1;
        if self.written > self.promised {
            return Err(self.miscounted());
        }
        let payload = packed(&document.to_bytes(), self.compression)?;
        self.to.write_all(&payload_head(payload.len())?)?;
        self.to.write_all(&payload)?;
        Ok(())
    }

    fn miscounted(&self) -> FramingError {
        FramingError::Count {
            promised: self.promised,
            written: self.written,
        }
    }

    /// Ends the stream and returns what was written to.
    ///
    /// # Errors
    /// When fewer Documents were written than promised, and what writing fails with.
    pub fn finish(mut self) -> Result<W, FramingError> {
        if self.written != self.promised {
            return Err(self.miscounted());
        }
        self.to.flush()?;
        Ok(self.to)
    }
}

/// Reads Documents one after the other; see [`StreamWriter`]. After an error it ends.
#[derive(Debug)]
pub struct StreamReader<R> {
    from: R,
    count: u64,
    left: u64,
    compression: Option<Compression>,
}

impl<R: Read> StreamReader<R> {
    /// Reads the beginning of a stream.
    ///
    /// # Errors
    /// When it is cut off or of another version, and what reading fails with.
    pub fn new(mut from: R, compression: Option<Compression>) -> Result<Self, FramingError> {
        let mut head = [0; 9];
        let count = fill(&mut from, &mut head)?;
        match head.get(..count) {
            None | Some([]) => Err(FramingError::Cut(None)),
            Some([STREAM_VERSION, count @ ..]) => {
                let count = count.try_into().map_err(|_| FramingError::Cut(None))?;
                let count = u64::from_be_bytes(count);
                Ok(Self {
                    from,
                    count,
                    left: count,
                    compression,
                })
            }
            Some(bytes) if is_pickle(bytes) => Err(FramingError::Pickle),
            Some([version, ..]) => Err(FramingError::Version(*version)),
        }
    }

    /// How many Documents are left, as the stream says.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    fn read(&mut self) -> Result<Document, FramingError> {
        let cut = FramingError::Cut(Some((self.count - self.left - 1, self.count)));
        let mut head = [0; 4];
        if fill(&mut self.from, &mut head)? < head.len() {
            return Err(cut);
        }
        let len = u64::from(u32::from_be_bytes(head));
        // It grows with what comes: a length that lies makes no room.
        let mut payload = Vec::new();
        let read = self.from.by_ref().take(len).read_to_end(&mut payload)?;
        if read as u64 != len {
            return Err(cut);
        }
        Ok(Document::from_bytes(unpacked(payload, self.compression)?)?)
    }
}

impl<R: Read> Iterator for StreamReader<R> {
    type Item = Result<Document, FramingError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let read = self.read();
        if read.is_err() {
            self.left = 0;
        }
        Some(read)
    }
}

/// Reads until a buffer is full or nothing comes any more; returns how much came.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut at = 0;
    while let Some(rest) = buffer.get_mut(at..).filter(|rest| !rest.is_empty()) {
        match from.read(rest) {
            Ok(0) => break,
            Ok(count) => at += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(at)
}

impl DocumentArray {
    /// Writes the Documents.
    ///
    /// # Errors
    /// What writing fails with.
    ///
    /// ```
    /// use tidegate_doc::compression::Compression;
    /// use tidegate_doc::framing::Framing;
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let documents = DocumentArray::from([Document::new().with_text("a")]);
    /// let mut file = Vec::new();
    /// documents.save(&mut file, Framing::Stream, Some(Compression::Gzip))?;
    /// let again = DocumentArray::load(&file[..], Framing::Stream, Some(Compression::Gzip))?;
    /// assert_eq!(again, documents);
    /// # Ok::<(), tidegate_doc::framing::FramingError>(())
    /// ```
    pub fn save(
        &self,
        mut to: impl Write,
        framing: Framing,
        compression: Option<Compression>,
    ) -> Result<(), FramingError> {
        match (framing, compression) {
            (Framing::Array, None) => to.write_all(&self.to_bytes())?,
            (Framing::Array, Some(compression)) => {
                compression.compress_into(&self.to_bytes(), &mut to)?;
            }
            (Framing::Stream, _) => {
                let mut writer = StreamWriter::new(&mut to, self.len() as u64, compression)?;
                for document in self.iter() {
                    writer.write(document)?;
                }
                writer.finish()?;
            }
        }
        Ok(to.flush()?)
    }

    /// Reads what [`Self::save`] has written, or Python's `save_binary`.
    ///
    /// # Errors
    /// When it is no such file, and what reading fails with.
    pub fn load(
        from: impl Read,
        framing: Framing,
        compression: Option<Compression>,
    ) -> Result<Self, FramingError> {
        match framing {
            Framing::Array => {
                let mut bytes = Vec::new();
                from.take(MESSAGE_LIMIT + 1).read_to_end(&mut bytes)?;
                Ok(Self::from_bytes(unpacked(bytes, compression)?)?)
            }
            Framing::Stream => StreamReader::new(from, compression)?.collect(),
        }
    }

    /// The array's message as base64 text.
    ///
    /// ```
    /// use tidegate_doc::{Document, DocumentArray};
    ///
    /// let documents = DocumentArray::from([Document::new().with_text("a")]);
    /// assert_eq!(DocumentArray::from_base64(&documents.to_base64())?, documents);
    /// # Ok::<(), tidegate_doc::framing::FramingError>(())
    /// ```
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// An array from what [`Self::to_base64`] returned.
    ///
    /// # Errors
    /// When the text is not base64, or not of an array.
    pub fn from_base64(text: &str) -> Result<Self, FramingError> {
        Ok(Self::from_bytes(no_pickle(STANDARD.decode(text)?)?)?)
    }
}

impl Document {
    /// The Document's message as base64 text.
    ///
    /// ```
    /// use tidegate_doc::Document;
    ///
    /// let document = Document::new().with_text("a");
    /// assert_eq!(Document::from_base64(&document.to_base64())?, document);
    /// # Ok::<(), tidegate_doc::framing::FramingError>(())
    /// ```
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.to_bytes())
    }

    /// A Document from what [`Self::to_base64`] returned.
    ///
    /// # Errors
    /// When the text is not base64, or not of a Document.
    pub fn from_base64(text: &str) -> Result<Self, FramingError> {
        Ok(Self::from_bytes(no_pickle(STANDARD.decode(text)?)?)?)
    }
}
