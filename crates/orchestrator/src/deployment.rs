//! One Executor and how to run it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::frames::{FrameHeader, HEADER_LEN, Kind, sections};

/// One Executor and how to run it: everything that its workers are told.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The Executor's name in the Flow.
    pub name: String,
    /// What the replicas have as `CUDA_VISIBLE_DEVICES`, in turn; none for what the environment says.
    pub devices: Vec<String>,
    /// Whether its one Pod goes by the name itself, without a replica's number.
    pub single: bool,
    /// How many workers serve it, at least one.
    pub replicas: u32,
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// The whole environment of the workers; nothing is inherited beside it.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory of the workers; `None` for the present one.
    pub cwd: Option<PathBuf>,
    /// Settings for the worker; `pod`, `replica` and `replicas` are added for each worker.
    pub settings: Map<String, Value>,
    /// The class and its arguments, as the worker unpickles them.
    pub blob: Bytes,
    /// How long a worker may take until it is ready; `None` for as long as it likes.
    pub timeout_ready: Option<Duration>,
    /// The most calls that a worker has at once.
    pub max_in_flight: usize,
    /// The largest frame to and from a worker, in bytes.
    pub max_message_bytes: u64,
}

impl Deployment {
    /// The name of the Pod that runs `replica`.
    #[must_use]
    pub fn pod(&self, replica: u32) -> String {
        if self.single {
            return self.name.clone();
        }
        format!("{}/rep-{replica}", self.name)
    }

    /// The device of `replica`, where they are given out.
    pub(crate) fn device(&self, replica: u32) -> Option<&str> {
        let count = u32::try_from(self.devices.len())
            .ok()
            .filter(|count| *count > 0)?;
        let device = self.devices.get((replica % count) as usize)?;
        Some(device)
    }

    /// The Spec frame for `replica`.
    ///
    /// # Errors
    /// `TooLarge` above 4 GiB.
    pub(crate) fn spec_frame(&self, replica: u32) -> Result<Vec<u8>, Error> {
        let mut settings = self.settings.clone();
        settings.insert("name".to_owned(), Value::from(self.name.as_str()));
        settings.insert("pod".to_owned(), Value::from(self.pod(replica)));
        settings.insert("replica".to_owned(), Value::from(replica));
        settings.insert("replicas".to_owned(), Value::from(self.replicas));
        settings.insert("max_in_flight".to_owned(), Value::from(self.max_in_flight));
        settings.insert(
            "max_message_bytes".to_owned(),
            Value::from(self.max_message_bytes),
        );
        let settings = Value::Object(settings).to_string();
        let parts = [settings.as_bytes(), &self.blob[..]];
        let len = sections::encoded_len(&parts);
        let mut header = FrameHeader::new(Kind::Spec, 0);
        header.len = u32::try_from(len).map_err(|_| {
            let message = format!("`{}` and its arguments take {len} bytes", self.name);
            Error::new(ErrorKind::TooLarge, message).with_hint(
                "keep large data out of the class and its arguments: load it in `__init__`",
            )
        })?;
        let mut frame = Vec::with_capacity(HEADER_LEN + len);
        frame.extend_from_slice(&header.to_bytes());
        sections::encode(&parts, &mut frame);
        Ok(frame)
    }
}
