//! The first words between a supervisor and a worker.
//!
//! The supervisor sends one byte that carries the ledger's descriptor, its Hello and the Spec; the
//! worker loads the Executor and answers with its Hello, or with the Error that kept it from starting.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream as StdStream;

use bytes::Bytes;
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::frames::{
    Decoder, Frame, FrameError, FrameHeader, Hello, Kind, Ledger, error_from_frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The byte that carries the ledger's descriptor.
const LEDGER_BYTE: u8 = 0x54;
/// The largest frame that a worker may send before it is ready: tracebacks can be long.
const FRAME_LIMIT: u64 = 16 * 1024 * 1024;

/// Why there was no Hello.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The worker says why it cannot start, or is of another release.
    Told(Error),
    /// The worker has closed its end.
    HungUp,
}

/// Sends the ledger's descriptor over a channel that nothing has been sent on yet.
///
/// # Errors
/// What the system says.
pub(crate) fn send_ledger(channel: &StdStream, ledger: &Ledger) -> io::Result<()> {
    let descriptors = [ledger.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(
        channel,
        &[IoSlice::new(&[LEDGER_BYTE])],
        &mut control,
        SendFlags::empty(),
    )?;
    Ok(())
}

/// Sends our Hello and `spec`, and reads until the worker is ready.
pub(crate) async fn greet(channel: &mut UnixStream, spec: &[u8]) -> Result<Hello, Refusal> {
    let (mut reader, mut writer) = channel.split();
    let send = async {
        let hello = Frame::new(
            FrameHeader::new(Kind::Hello, 0),
            Bytes::from(Hello::ours().encode()),
        );
        if let Ok(hello) = hello {
            // Where the worker has gone, reading says so.
            let _ = writer.write_all(&hello.header.to_bytes()).await;
            let _ = writer.write_all(&hello.body).await;
            let _ = writer.write_all(spec).await;
        }
        std::future::pending::<Refusal>().await
    };
    tokio::select! {
        answer = answer(&mut reader) => answer,
        refusal = send => Err(refusal),
    }
}

async fn answer(reader: &mut (impl AsyncReadExt + Unpin)) -> Result<Hello, Refusal> {
    let mut decoder = Decoder::new(FRAME_LIMIT);
    loop {
        if let Some(frame) = decoder.frame().map_err(broken)? {
            let hello = match frame.header.kind {
                Kind::Hello => Hello::decode(&frame.body).map_err(broken)?,
                Kind::Error => {
                    return Err(Refusal::Told(error_from_frame(&frame).map_err(broken)?));
                }
                _ => return Err(broken(FrameError::Malformed("hello"))),
            };
            if decoder.is_partial() {
                return Err(broken(FrameError::Malformed("hello")));
            }
            return same_release(hello);
        }
        let wanted = decoder.wanted() as u64;
        match (&mut *reader).take(wanted).read_buf(decoder.buffer()).await {
            Ok(0) | Err(_) => return Err(Refusal::HungUp),
            Ok(_) => {}
        }
    }
}

fn broken(error: FrameError) -> Refusal {
    Refusal::Told(
        Error::new(
            ErrorKind::Protocol,
            format!("the worker broke the frame protocol: {error}"),
        )
        .with_source(error),
    )
}

fn same_release(hello: Hello) -> Result<Hello, Refusal> {
    let ours = Hello::ours();
    if hello.version == ours.version {
        return Ok(hello);
    }
    let message = format!(
        "the worker is tidegate {}, this is tidegate {}",
        hello.version, ours.version
    );
    Err(Refusal::Told(
        Error::new(ErrorKind::Protocol, message).with_hint("install the same release for both"),
    ))
}
