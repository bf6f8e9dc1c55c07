//! One connection, from its first byte to its last.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::dispatch::{Dispatch, Edge};

/// What every HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// The longest headers of a request.
const MAX_HEADER_BYTES: u32 = 16 * 1024;
/// As many as one replica has in flight: one client's calls share a connection, and what they may send
/// unread is bounded by [`CONNECTION_WINDOW`], however many they are.
const MAX_STREAMS: u32 = 10_000;
/// What a client may send ahead of us, on one stream and on all of a connection.
const STREAM_WINDOW: u32 = 1024 * 1024;
const CONNECTION_WINDOW: u32 = 8 * 1024 * 1024;
/// Large enough that a tensor is not cut to crumbs, small enough that streams take turns.
const MAX_FRAME: u32 = 256 * 1024;

/// Serves a connection until its client leaves or the server ends.
pub(crate) async fn serve(mut stream: TcpStream, edge: Arc<Edge>) {
    // Without it an answer waits for the acknowledgement of the one before.
    let _ = stream.set_nodelay(true);
    let patience = edge.options.header_timeout;
    let first = tokio::select! {
        first = tokio::time::timeout(patience, read_first(&mut stream)) => first,
        () = edge.shutdown.begun() => return,
    };
    // A client that says nothing, or leaves, is no event.
    let Ok(Ok(first)) = first else { return };
    let io = TokioIo::new(Resumed { first, stream });
    if first.is_preface() {
        serve_http2(io, edge).await;
    } else {
        serve_http1(io, edge).await;
    }
}

async fn serve_http2(io: TokioIo<Resumed>, edge: Arc<Edge>) {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_header_list_size(MAX_HEADER_BYTES)
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(MAX_FRAME)
        .keep_alive_interval(edge.options.keepalive_interval)
        .keep_alive_timeout(edge.options.keepalive_timeout);
    let mut connection = std::pin::pin!(builder.serve_connection(io, Dispatch(Arc::clone(&edge))));
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = edge.shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    note(connection.await);
}

async fn serve_http1(io: TokioIo<Resumed>, edge: Arc<Edge>) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(edge.options.header_timeout)
        .max_header_size(MAX_HEADER_BYTES as usize);
    let mut connection = std::pin::pin!(builder.serve_connection(io, Dispatch(Arc::clone(&edge))));
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = edge.shutdown.begun() => connection.as_mut().graceful_shutdown(),
    }
    note(connection.await);
}

/// A connection that ends badly concerns nobody else.
fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

/// Reads until it is clear whether the client speaks HTTP/2.
async fn read_first(stream: &mut TcpStream) -> io::Result<First> {
    let mut first = First {
        bytes: [0; 24],
        read: 0,
        given: 0,
    };
    while first.read < PREFACE.len() && first.bytes[..first.read] == PREFACE[..first.read] {
        let read = stream.read(&mut first.bytes[first.read..]).await?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        first.read += read;
    }
    Ok(first)
}

/// The bytes that were read to find out.
#[derive(Clone, Copy)]
struct First {
    bytes: [u8; 24],
    read: usize,
    given: usize,
}

impl First {
    fn is_preface(&self) -> bool {
        self.bytes == *PREFACE
    }
}

/// A connection whose first bytes have been read, and are read again.
struct Resumed {
    first: First,
    stream: TcpStream,
}

impl AsyncRead for Resumed {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let First { bytes, read, given } = self.first;
        if given < read {
            let count = (read - given).min(buf.remaining());
            buf.put_slice(&bytes[given..given + count]);
            self.first.given += count;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Resumed {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
