//! gRPC calls as a Jina client makes them: one connection, unary or over one stream.

use std::collections::HashMap;
use std::time::Instant;

use bytes::{BufMut, Bytes, BytesMut};
use http::uri::PathAndQuery;
use tidegate_core::{Header, Payload, Request};
use tidegate_proto::{decode_request, encode_request};
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use tonic::client::Grpc;
use tonic::transport::{Channel, Endpoint};

use crate::Fail;
use crate::codec::Raw;
use crate::measure::{Asked, Load, Taken};

const UNARY: &str = "/jina.JinaSingleDataRequestRPC/process_single_data";
const STREAM: &str = "/jina.JinaRPC/Call";

/// Keeps `in_flight` unary calls open.
pub async fn unary(load: Load) -> Result<Taken, Fail> {
    let client = connect(load).await?;
    let mut taken = Taken::begin();
    let until = Instant::now() + load.lasts;
    let callers: Vec<_> = (0..load.in_flight)
        .map(|n| tokio::spawn(call_one_by_one(client.clone(), n, until, load.asked)))
        .collect();
    for caller in callers {
        taken.join(caller.await??);
    }
    Ok(taken)
}

async fn call_one_by_one(
    mut client: Grpc<Channel>,
    caller: usize,
    until: Instant,
    asked: Asked,
) -> Result<Taken, Fail> {
    let mut taken = Taken::begin();
    let documents = documents(asked);
    let mut count = 0;
    while Instant::now() < until {
        let id = format!("{caller:04}-{count:010}");
        count += 1;
        let sent = Instant::now();
        client.ready().await?;
        let path = PathAndQuery::from_static(UNARY);
        let answer = client
            .unary(
                tonic::Request::new(message(&id, asked, &documents)),
                path,
                Raw,
            )
            .await?
            .into_inner();
        if asked == Asked::Echo && !answer.windows(CHANGED.len()).any(|run| run == CHANGED) {
            return Err("an answer whose texts are not changed".into());
        }
        judge(answer)?;
        taken.answered(sent);
    }
    Ok(taken)
}

/// Keeps `in_flight` requests open on one stream.
pub async fn stream(load: Load) -> Result<Taken, Fail> {
    let mut client = connect(load).await?;
    client.ready().await?;
    let (sender, receiver) = mpsc::channel(load.in_flight);
    let documents = documents(load.asked);
    let mut open = HashMap::new();
    let mut taken = Taken::begin();
    let until = Instant::now() + load.lasts;
    for count in 0..load.in_flight {
        let id = format!("stream-{count:010}");
        sender.send(message(&id, load.asked, &documents)).await?;
        open.insert(id, Instant::now());
    }
    let mut count = load.in_flight;
    let mut sender = Some(sender);
    let path = PathAndQuery::from_static(STREAM);
    let requests = tonic::Request::new(ReceiverStream::new(receiver));
    let mut answers = client.streaming(requests, path, Raw).await?.into_inner();
    while let Some(answer) = answers.next().await {
        let id = judge(answer?)?;
        taken.answered(open.remove(&id).ok_or("an answer to nothing")?);
        if Instant::now() >= until {
            sender = None;
        }
        if let Some(sender) = &sender {
            let id = format!("stream-{count:010}");
            count += 1;
            sender.send(message(&id, load.asked, &documents)).await?;
            open.insert(id, Instant::now());
        }
    }
    if open.is_empty() {
        Ok(taken)
    } else {
        Err("the stream ended too early".into())
    }
}

async fn connect(load: Load) -> Result<Grpc<Channel>, Fail> {
    let endpoint = Endpoint::from_shared(format!("http://127.0.0.1:{}", load.port))?;
    Ok(Grpc::new(endpoint.tcp_nodelay(true).connect().await?))
}

const TEXT: &[u8] = b"the quick brown fox jumps over it";
/// How a changed text begins.
const CHANGED: &[u8] = b"THE QUICK";

/// The Documents of a request.
fn documents(asked: Asked) -> Bytes {
    let (count, text) = match asked {
        Asked::Noop => (1, &b"hello"[..]),
        Asked::Echo => (100, TEXT),
    };
    let mut documents = BytesMut::new();
    for number in 0..count {
        let mut document = BytesMut::new();
        field(&mut document, 1, format!("{number:032x}").as_bytes());
        field(&mut document, 4, text);
        field(&mut documents, 1, &document);
    }
    documents.freeze()
}

/// A request.
fn message(id: &str, asked: Asked, documents: &Bytes) -> Bytes {
    let endpoint = match asked {
        Asked::Noop => "/noop",
        Asked::Echo => "/echo",
    };
    encode_request(&Request {
        header: Header {
            request_id: id.to_owned(),
            endpoint: Some(endpoint.into()),
            ..Header::default()
        },
        payload: Some(Payload(documents.clone())),
        ..Request::default()
    })
}

/// Writes a length-delimited protobuf field, shorter than 128 bytes.
fn field(out: &mut BytesMut, number: u8, content: &[u8]) {
    out.put_u8(number << 3 | 2);
    out.put_u8(content.len() as u8);
    out.put_slice(content);
}

/// Gives the id of the request that was answered; fails where the answer tells of an error.
fn judge(answer: Bytes) -> Result<String, Fail> {
    let answer = decode_request(answer)?;
    match &answer.header.status {
        Some(status) if status.is_error() => Err(status.description.clone().into()),
        _ if answer.payload.is_none() => Err("an answer without Documents".into()),
        _ => Ok(answer.header.request_id),
    }
}
