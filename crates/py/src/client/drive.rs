//! The tokio side of a stream: it carries requests from a mailbox to the wire and answers back.
//!
//! Nothing here touches Python.

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tidegate_core::{Error, ErrorKind, Request, Status};
use tidegate_transport::Encoding;
use tidegate_transport::client::{CallOptions, Channel, ChannelOptions};
use tokio::sync::mpsc::UnboundedReceiver;

use super::mailbox::{Answer, Mailbox};
use super::stream::{Ids, Outgoing};

/// The compression that Python names.
pub(super) fn encoding(name: Option<&str>) -> Option<Encoding> {
    match name {
        Some("gzip") => Some(Encoding::Gzip),
        Some("deflate") => Some(Encoding::Deflate),
        _ => None,
    }
}

/// The task of one stream.
pub(super) struct Drive {
    pub(super) channel: Channel,
    pub(super) options: CallOptions,
    pub(super) mailbox: Arc<Mailbox>,
    pub(super) requests: UnboundedReceiver<Outgoing>,
    pub(super) ids: Ids,
}

/// Ends the mailbox when its task ends, however it ends, so that nobody waits for it in vain.
struct EndOnDrop(Arc<Mailbox>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end(Some(Error::new(
            ErrorKind::Cancelled,
            "the call was cancelled",
        )));
    }
}

impl Drive {
    /// Runs all requests over one bidirectional stream.
    pub(super) async fn stream(self) {
        let Self {
            channel,
            options,
            mailbox,
            mut requests,
            ids,
        } = self;
        let _end = EndOnDrop(Arc::clone(&mailbox));
        let work = async {
            let (sender, mut receiver) = match channel.call_stream(&options) {
                Ok(ends) => ends,
                Err(error) => return Some(error),
            };
            let send = async {
                while let Some(Outgoing { message, .. }) = requests.recv().await {
                    let size = message.len();
                    let sent = sender.send(message).await;
                    mailbox.posted(size);
                    if sent.is_err() {
                        break;
                    }
                }
                drop(sender);
                std::future::pending::<()>().await;
            };
            let receive = async {
                loop {
                    match receiver.next().await {
                        Some(Ok(request)) => deliver(&mailbox, ids, request),
                        Some(Err(error)) => return Some(error),
                        None => return None,
                    }
                }
            };
            tokio::select! {
                failure = receive => failure,
                () = send => None,
            }
        };
        let failure = work.await;
        mailbox.end(failure);
    }

    /// Runs each request as a call of its own.
    pub(super) async fn unary(self) {
        let Self {
            channel,
            options,
            mailbox,
            mut requests,
            ..
        } = self;
        let _end = EndOnDrop(Arc::clone(&mailbox));
        let work = async {
            let mut calls = FuturesUnordered::new();
            let mut open = true;
            while open || !calls.is_empty() {
                tokio::select! {
                    next = requests.recv(), if open => match next {
                        Some(Outgoing { message, index }) => {
                            mailbox.posted(message.len());
                            let (channel, options) = (&channel, &options);
                            calls.push(async move {
                                (index, channel.unary(message, options).await)
                            });
                        }
                        None => open = false,
                    },
                    Some((index, outcome)) = calls.next() => {
                        mailbox.deliver(Answer { index, outcome });
                    }
                }
            }
            None
        };
        let failure = within(options.timeout, work).await;
        mailbox.end(failure);
    }
}

/// Puts a response where it belongs; one that answers nothing ends the stream.
fn deliver(mailbox: &Mailbox, ids: Ids, request: Request) {
    match ids.index(&request.header.request_id) {
        Some(index) => mailbox.deliver(Answer {
            index,
            outcome: Ok(request),
        }),
        None => mailbox.end(Some(Error::new(
            ErrorKind::Protocol,
            format!(
                "the server answered the unknown request {:?}",
                request.header.request_id
            ),
        ))),
    }
}

/// Runs `work` for up to `limit`.
async fn within(
    limit: Option<Duration>,
    work: impl Future<Output = Option<Error>>,
) -> Option<Error> {
    let Some(limit) = limit else {
        return work.await;
    };
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
        let message = format!(
            "the call did not end within its timeout of {} s",
            limit.as_secs_f64()
        );
        Some(Error::new(ErrorKind::DeadlineExceeded, message))
    })
}

/// A channel to a gateway; it connects when it is first used.
pub(super) fn connect(host: &str, port: u16, tls: bool) -> Result<Channel, Error> {
    Channel::connect(host, port, tls, &ChannelOptions::default())
}

/// Whether the Flow says that all is well.
pub(super) async fn dry_run(channel: &Channel) -> Result<bool, Error> {
    let status: Status = channel.dry_run(&CallOptions::default()).await?;
    Ok(!status.is_error())
}
