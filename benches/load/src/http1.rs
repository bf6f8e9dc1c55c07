//! HTTP/1.1 posts over connections that are kept open, for servers that speak no gRPC.

use std::time::Instant;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::Fail;
use crate::measure::{Load, Taken};

const BODY: &str = r#"{"text": "hello"}"#;

/// Keeps one post open on each of `in_flight` connections.
pub async fn post(load: Load) -> Result<Taken, Fail> {
    let mut taken = Taken::begin();
    let until = Instant::now() + load.lasts;
    let callers: Vec<_> = (0..load.in_flight)
        .map(|_| tokio::spawn(post_one_by_one(load.port, until)))
        .collect();
    for caller in callers {
        taken.join(caller.await??);
    }
    Ok(taken)
}

async fn post_one_by_one(port: u16, until: Instant) -> Result<Taken, Fail> {
    let socket = TcpStream::connect(("127.0.0.1", port)).await?;
    socket.set_nodelay(true)?;
    let mut socket = BufReader::new(socket);
    let message = format!(
        "POST /inference HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    let mut taken = Taken::begin();
    while Instant::now() < until {
        let sent = Instant::now();
        socket.get_mut().write_all(message.as_bytes()).await?;
        read_answer(&mut socket).await?;
        taken.answered(sent);
    }
    Ok(taken)
}

async fn read_answer(socket: &mut BufReader<TcpStream>) -> Result<(), Fail> {
    let mut line = String::new();
    socket.read_line(&mut line).await?;
    if !line.contains(" 200 ") {
        return Err(format!("answered {:?}", line.trim()).into());
    }
    let mut length = 0;
    loop {
        line.clear();
        socket.read_line(&mut line).await?;
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    socket.read_exact(&mut body).await?;
    Ok(())
}
