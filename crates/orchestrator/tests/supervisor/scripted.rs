//! A worker that does what its settings say.

use std::io::{IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::exit;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use tidegate_core::{Error, ErrorKind, RemoteException};
use tidegate_transport::frames::{
    Decoder, Frame, FrameHeader, Hello, HelloEndpoint, Kind, Lane, Ledger, StartFrame,
    encode_error, encode_reply, sections,
};

struct Channel {
    stream: UnixStream,
    decoder: Decoder,
}

impl Channel {
    fn next(&mut self) -> Frame {
        loop {
            if let Some(frame) = self.decoder.frame().unwrap() {
                return frame;
            }
            let wanted = self.decoder.wanted() as u64;
            let stream = &mut self.stream;
            if stream.take(wanted).read_to_end_once(self.decoder.buffer()) == 0 {
                exit(0);
            }
        }
    }

    fn send(&mut self, kind: Kind, body: Vec<u8>) {
        let frame = Frame::new(FrameHeader::new(kind, 0), body.into()).unwrap();
        self.stream.write_all(&frame.header.to_bytes()).unwrap();
        self.stream.write_all(&frame.body).unwrap();
    }
}

/// One read, appended.
trait ReadOnce: Read {
    fn read_to_end_once(&mut self, out: &mut Vec<u8>) -> usize {
        let mut bytes = [0; 4096];
        let count = self.read(&mut bytes).unwrap_or(0);
        out.extend_from_slice(&bytes[..count]);
        count
    }
}

impl<T: Read> ReadOnce for T {}

fn ledger(stream: &UnixStream) -> Ledger {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut byte = [0];
    recvmsg(
        stream,
        &mut [IoSliceMut::new(&mut byte)],
        &mut control,
        RecvFlags::CMSG_CLOEXEC,
    )
    .unwrap();
    assert_eq!(byte, [0x54]);
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(mut fds) = message {
            return Ledger::from_fd(fds.next().unwrap());
        }
    }
    panic!("no ledger came")
}

pub(crate) fn run() -> ! {
    let stream = UnixStream::from(std::io::stdin().as_fd().try_clone_to_owned().unwrap());
    let ledger = ledger(&stream);
    let mut channel = Channel {
        stream,
        decoder: Decoder::new(1 << 24),
    };
    let hello = channel.next();
    assert_eq!(hello.header.kind, Kind::Hello);
    Hello::decode(&hello.body).unwrap();
    let spec = channel.next();
    assert_eq!(spec.header.kind, Kind::Spec);
    let parts = sections::decode(&spec.body, "spec").unwrap();
    assert_eq!(&parts[1][..], b"blob");
    let settings: serde_json::Value = serde_json::from_slice(&parts[0]).unwrap();
    let text = |key: &str| settings[key].as_str().unwrap().to_owned();
    assert!(text("pod").starts_with(&text("name")));
    let script = text("script");
    let (word, argument) = script.split_once(' ').unwrap_or((&script, ""));

    let mut hello = Hello {
        executor: "Scripted".into(),
        ..Hello::ours()
    };
    hello.endpoints.push(HelloEndpoint {
        name: "/x".into(),
        sync: false,
    });
    match word {
        "fail" => fail(&mut channel),
        "exit" => exit(argument.parse().unwrap()),
        "hang" => loop {
            channel.next();
        },
        "other-release" => hello.version = "0.0.1".into(),
        "other-protocol" => hello.protocol = 77,
        _ => {}
    }
    channel.send(Kind::Hello, hello.encode());
    match word {
        "die-when-ready" => exit(3),
        // A child of the worker that holds the channel and outlives it.
        "with-child" => {
            let held = channel.stream.as_fd().try_clone_to_owned().unwrap();
            let child = std::process::Command::new("sleep")
                .arg("1000")
                .stdin(held)
                .spawn();
            std::fs::write(argument, child.unwrap().id().to_string()).unwrap();
        }
        _ => {}
    }
    serve(&mut channel, &ledger, word, argument)
}

fn fail(channel: &mut Channel) -> ! {
    let exception = RemoteException {
        name: "ValueError".into(),
        args: vec!["no model".into()],
        stacks: vec!["Traceback (most recent call last):\n".into()],
        executor: "Scripted".into(),
    };
    let error = Error::new(ErrorKind::Startup, "ValueError('no model')").with_exception(exception);
    let mut out = Vec::new();
    encode_error(0, &error, &mut out).unwrap();
    channel.stream.write_all(&out).unwrap();
    exit(1)
}

fn serve(channel: &mut Channel, ledger: &Ledger, word: &str, argument: &str) -> ! {
    loop {
        let frame = channel.next();
        match frame.header.kind {
            Kind::Start => {
                ledger.start(Lane::Async, frame.header.id).unwrap();
                let start = StartFrame::try_from(frame).unwrap();
                let payload = &start.branches[0].1;
                if &payload[..] == b"die" {
                    exit(5);
                }
                if &payload[..] == b"nonsense" {
                    channel.stream.write_all(&[255; 64]).unwrap();
                    continue;
                }
                let mut out = Vec::new();
                encode_reply(start.id, None, Some(payload), &mut out).unwrap();
                channel.stream.write_all(&out).unwrap();
            }
            Kind::Drain if word == "stay" => {}
            Kind::Drain => {
                if word == "note-drain" {
                    std::fs::write(argument, frame.header.arg.to_string()).unwrap();
                }
                exit(0);
            }
            _ => {}
        }
    }
}
