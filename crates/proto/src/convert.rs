//! Between generated messages and the core's own types.

use tidegate_core::{RemoteException, Route, Status, StatusCode, Timestamp};

use crate::jina::status_proto::ExceptionProto;
use crate::jina::{EndpointsProto, JinaInfoProto, RouteProto, StatusProto};

impl From<StatusProto> for Status {
    fn from(proto: StatusProto) -> Self {
        let exception = proto.exception.map(|exception| RemoteException {
            name: exception.name,
            args: exception.args,
            stacks: exception.stacks,
            executor: exception.executor,
        });
        Self::from_wire(proto.code, proto.description, exception)
    }
}

impl From<&Status> for StatusProto {
    fn from(status: &Status) -> Self {
        let exception = status.exception.as_ref().map(|exception| ExceptionProto {
            name: exception.name.clone(),
            args: exception.args.clone(),
            stacks: exception.stacks.clone(),
            executor: exception.executor.clone(),
        });
        let code = i32::from(status.code == StatusCode::Error);
        Self {
            code,
            description: status.description.clone(),
            exception,
        }
    }
}

impl From<RouteProto> for Route {
    fn from(proto: RouteProto) -> Self {
        let time = |time: prost_types::Timestamp| Timestamp {
            seconds: time.seconds,
            nanos: time.nanos,
        };
        Self {
            executor: proto.executor,
            start: proto.start_time.map(time),
            end: proto.end_time.map(time),
            status: proto.status.map(Status::from),
        }
    }
}

impl EndpointsProto {
    /// The answer of a discovery without schemas.
    #[must_use]
    pub fn of(endpoints: Vec<String>) -> Self {
        Self {
            endpoints,
            write_endpoints: Vec::new(),
            schemas: None,
        }
    }
}

impl JinaInfoProto {
    /// The answer of a status request: what runs, and nothing of the environment.
    pub fn of<K: Into<String>, V: Into<String>>(facts: impl IntoIterator<Item = (K, V)>) -> Self {
        let jina = facts
            .into_iter()
            .map(|(key, value)| (key.into(), value.into()))
            .collect();
        Self {
            jina,
            ..Self::default()
        }
    }
}
