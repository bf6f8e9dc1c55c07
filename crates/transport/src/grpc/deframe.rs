//! HTTP bodies to messages.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use http::HeaderMap;
use http_body::Body;
use tidegate_core::{Error, ErrorKind};

use super::{Encoding, PREFIX_LEN};

/// The least that is set aside for a message that comes in pieces.
const FIRST_PIECE: usize = 64 * 1024;

/// Cuts a body into messages. A message over the limit is refused by its prefix, unread.
pub(crate) struct Deframer<B> {
    body: B,
    encoding: Option<Encoding>,
    limit: usize,
    /// What the setting that holds the limit is called, for the refusal.
    setting: &'static str,
    chunk: Bytes,
    prefix: [u8; PREFIX_LEN],
    have: usize,
    partial: Vec<u8>,
    trailers: Option<HeaderMap>,
}

impl<B> Deframer<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    pub(crate) fn new(body: B, encoding: Option<Encoding>, limit: usize) -> Self {
        Self {
            body,
            encoding,
            limit,
            setting: "max_message_bytes",
            chunk: Bytes::new(),
            prefix: [0; PREFIX_LEN],
            have: 0,
            partial: Vec::new(),
            trailers: None,
        }
    }

    /// Takes `head` for the trailers: some servers that send no message say how it went at once.
    pub(crate) fn with_trailers(mut self, head: HeaderMap) -> Self {
        self.trailers = Some(head);
        self
    }

    /// The trailers, once the body has ended with them.
    pub(crate) fn take_trailers(&mut self) -> Option<HeaderMap> {
        self.trailers.take()
    }

    /// The next message, or `None` where the body ends. After an error nothing more is to be read.
    pub(crate) fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            match self.cut() {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
            match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.chunk = data,
                    Err(frame) => self.trailers = frame.into_trailers().ok(),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(lost(error)))),
                None if self.have == 0 => return Poll::Ready(None),
                None => {
                    self.have = 0;
                    let what = "the stream ends in the middle of a message";
                    return Poll::Ready(Some(Err(Error::new(ErrorKind::Protocol, what))));
                }
            }
        }
    }

    /// Takes what it can from the chunk at hand; a message, if that completes one.
    fn cut(&mut self) -> Result<Option<Bytes>, Error> {
        while self.have < PREFIX_LEN {
            if self.chunk.is_empty() {
                return Ok(None);
            }
            self.prefix[self.have] = self.chunk.get_u8();
            self.have += 1;
            if self.have == PREFIX_LEN {
                self.check_prefix()?;
            }
        }
        let len = self.message_len();
        if self.partial.is_empty() && self.chunk.len() >= len {
            self.have = 0;
            return self.finish(self.prefix[0] == 1, len, None).map(Some);
        }
        let missing = len - self.partial.len();
        let piece = self.chunk.split_to(missing.min(self.chunk.len()));
        // Memory follows what has come, not what the prefix says is to come.
        let needed = self.partial.len() + piece.len();
        if needed > self.partial.capacity() {
            let wanted = (2 * needed).max(FIRST_PIECE).min(len);
            self.partial.reserve_exact(wanted - self.partial.len());
        }
        self.partial.extend_from_slice(&piece);
        if self.partial.len() < len {
            return Ok(None);
        }
        self.have = 0;
        let whole = Bytes::from(std::mem::take(&mut self.partial));
        self.finish(self.prefix[0] == 1, len, Some(whole)).map(Some)
    }

    fn message_len(&self) -> usize {
        let [_, length @ ..] = self.prefix;
        usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX)
    }

    fn check_prefix(&self) -> Result<(), Error> {
        match (self.prefix[0], self.encoding) {
            (0, _) | (1, Some(_)) => {}
            (1, None) => {
                let what = "a message is compressed, and no `grpc-encoding` says how";
                return Err(Error::new(ErrorKind::Protocol, what));
            }
            (flag, _) => {
                return Err(Error::new(
                    ErrorKind::Protocol,
                    format!("a message has the flag {flag}"),
                ));
            }
        }
        let len = self.message_len();
        if len > self.limit {
            Err(self.too_large(&format!("{len} bytes")))
        } else {
            Ok(())
        }
    }

    fn finish(
        &mut self,
        compressed: bool,
        len: usize,
        whole: Option<Bytes>,
    ) -> Result<Bytes, Error> {
        let message = match whole {
            Some(whole) => whole,
            None => self.chunk.split_to(len),
        };
        let Some(encoding) = self.encoding.filter(|_| compressed) else {
            return Ok(message);
        };
        match encoding.decompress(&message, self.limit)? {
            Some(message) => Ok(message),
            None => Err(self.too_large(&format!("over {} bytes, decompressed,", self.limit))),
        }
    }

    fn too_large(&self, size: &str) -> Error {
        let Self { limit, setting, .. } = self;
        let what = format!("a message of {size} is larger than `{setting}`, which is {limit}");
        Error::new(ErrorKind::TooLarge, what).with_hint(format!(
            "send fewer Documents in a request, or raise `{setting}`"
        ))
    }
}

fn lost<E: std::error::Error + Send + Sync + 'static>(error: E) -> Error {
    Error::new(
        ErrorKind::Unavailable,
        "the connection was lost in the middle of a stream",
    )
    .with_source(error)
}
