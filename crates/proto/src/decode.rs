//! Bytes to a [`Request`].

use bytes::{Bytes, BytesMut};
use prost::Message;
use tidegate_core::{Error, ErrorKind, Header, Payload, Request, Route, Status};

use crate::encode::{put_len_field, put_tag_len};
use crate::jina::{RouteProto, StatusProto};
use crate::scan::{Field, Scanner, Value};

const REQUEST: &str = "DataRequestProto";
/// The first byte of every pickle of protocol 2 and later.
const PICKLE: u8 = 0x80;

/// Decodes a serialised `DataRequestProto`, sharing `input` for parameters, Documents and what is unknown.
///
/// A field that occurs twice is merged, as protobuf has it. The deadline is left empty: it does not
/// travel in the message.
///
/// # Errors
/// `InvalidInput` for bytes that are no such message, and for Documents sent as a pickle.
pub fn decode_request(input: Bytes) -> Result<Request, Error> {
    let mut scanner = Scanner::new(&input, REQUEST);
    let mut request = Request::default();
    let mut parameters = Pieces::default();
    let mut documents = Pieces::default();
    let mut unknown = Unknown::default();
    while let Some(field) = scanner.next()? {
        match field.number {
            1 => {
                let range = scanner.len(&field, "header")?;
                read_header(
                    scanner.inside("HeaderProto", range),
                    &mut request.header,
                    &mut unknown,
                )?;
            }
            2 => {
                let (start, end) = scanner.len(&field, "parameters")?;
                parameters.push(scanner.slice(start, end));
            }
            3 => {
                let (start, end) = scanner.len(&field, "routes")?;
                request
                    .routes
                    .push(read_route(&scanner, &input[start..end])?);
            }
            4 => {
                let range = scanner.len(&field, "data")?;
                read_data(
                    scanner.inside("DataContentProto", range),
                    &mut documents,
                    &mut unknown,
                )?;
            }
            // Room that one of ours has made, see `encode`.
            crate::encode::ROOM => {}
            _ => unknown.request.push(scanner.slice(field.start, field.end)),
        }
    }
    request.parameters = parameters.join();
    request.payload = documents.seen.then(|| Payload(documents.join()));
    request.unknown = unknown.join();
    Ok(request)
}

/// Decodes the header alone, as far as that goes, from bytes that [`decode_request`] has refused.
///
/// For answering a request that cannot be read: who sent it stands in the header.
#[must_use]
pub fn request_header(input: &Bytes) -> Header {
    let mut scanner = Scanner::new(input, REQUEST);
    let mut header = Header::default();
    while let Ok(Some(field)) = scanner.next() {
        if field.number != 1 {
            continue;
        }
        if let Ok(range) = scanner.len(&field, "header") {
            let inner = scanner.inside("HeaderProto", range);
            if read_header(inner, &mut header, &mut Unknown::default()).is_err() {
                break;
            }
        }
    }
    header
}

fn read_header(
    mut scanner: Scanner<'_>,
    header: &mut Header,
    unknown: &mut Unknown,
) -> Result<(), Error> {
    while let Some(field) = scanner.next()? {
        match field.number {
            1 => header.request_id = scanner.text(&field, "request_id")?,
            2 => {
                let (start, end) = scanner.len(&field, "status")?;
                let mut status = header
                    .status
                    .as_ref()
                    .map(StatusProto::from)
                    .unwrap_or_default();
                let slice = scanner.slice(start, end);
                if let Err(error) = status.merge(slice) {
                    return Err(scanner.malformed(&error.to_string()));
                }
                header.status = Some(Status::from(status));
            }
            3 => header.endpoint = Some(scanner.text(&field, "exec_endpoint")?),
            4 => header.target = Some(scanner.text(&field, "target_executor")?),
            5 => header.timeout = Some(read_u32(&scanner, &field, "timeout")?),
            _ => unknown.header.push(scanner.slice(field.start, field.end)),
        }
    }
    Ok(())
}

#[allow(clippy::cast_possible_truncation)] // protobuf: a uint32 keeps the low 32 bits of what came
fn read_u32(scanner: &Scanner<'_>, field: &Field, name: &str) -> Result<u32, Error> {
    match field.value {
        Value::Varint(value) => Ok(value as u32),
        _ => Err(scanner.malformed(&format!("`{name}` has another wire type"))),
    }
}

fn read_route(scanner: &Scanner<'_>, bytes: &[u8]) -> Result<Route, Error> {
    RouteProto::decode(bytes)
        .map(Route::from)
        .map_err(|error| scanner.malformed(&error.to_string()))
}

fn read_data(
    mut scanner: Scanner<'_>,
    documents: &mut Pieces,
    unknown: &mut Unknown,
) -> Result<(), Error> {
    documents.seen = true;
    while let Some(field) = scanner.next()? {
        match field.number {
            1 => {
                let (start, end) = scanner.len(&field, "docs")?;
                documents.push(scanner.slice(start, end));
            }
            2 => {
                let (start, end) = scanner.len(&field, "docs_bytes")?;
                let bytes = scanner.slice(start, end);
                if bytes.first() == Some(&PICKLE) {
                    return Err(Error::new(
                        ErrorKind::InvalidInput,
                        "`docs_bytes` holds a pickle, which is never loaded from a socket",
                    )
                    .with_hint("send the Documents as `docs`"));
                }
                documents.replace(bytes);
            }
            _ => unknown.data.push(scanner.slice(field.start, field.end)),
        }
    }
    Ok(())
}

/// The content of one field, which may come in several pieces.
#[derive(Default)]
struct Pieces {
    seen: bool,
    first: Bytes,
    joined: Option<BytesMut>,
}

impl Pieces {
    fn push(&mut self, piece: Bytes) {
        self.seen = true;
        if piece.is_empty() {
            return;
        }
        match &mut self.joined {
            Some(joined) => joined.extend_from_slice(&piece),
            None if self.first.is_empty() => self.first = piece,
            None => {
                let mut joined = BytesMut::from(&self.first[..]);
                joined.extend_from_slice(&piece);
                self.joined = Some(joined);
            }
        }
    }

    fn replace(&mut self, piece: Bytes) {
        *self = Self {
            seen: true,
            first: piece,
            joined: None,
        };
    }

    fn join(self) -> Bytes {
        self.joined.map_or(self.first, BytesMut::freeze)
    }
}

/// Fields that no version of ours knows, by the message they stood in.
#[derive(Default)]
struct Unknown {
    request: Pieces,
    header: Pieces,
    data: Pieces,
}

impl Unknown {
    /// Everything as fields of the request: those of the header and the data wrapped in a second
    /// header and a second data, which any reader merges with the first.
    fn join(self) -> Bytes {
        if !self.header.seen && !self.data.seen {
            return self.request.join();
        }
        let mut out = BytesMut::from(&self.request.join()[..]);
        if self.header.seen {
            put_len_field(&mut out, 1, &self.header.join());
        }
        if self.data.seen {
            let inner = self.data.join();
            put_tag_len(&mut out, 4, inner.len());
            out.extend_from_slice(&inner);
        }
        out.freeze()
    }
}
