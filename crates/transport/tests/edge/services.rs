//! Services for tests, and a server that runs one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tidegate_core::{
    Error, ErrorKind, Payload, RemoteException, Request, Route, Status, StatusCode,
};
use tidegate_transport::client::{Channel, ChannelOptions};
use tidegate_transport::server::{BoxFuture, Server, ServerOptions, Service, Shutdown};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// A wait of a test has this long; one that takes longer has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Echoes; what else it does stands in the endpoint.
pub(crate) struct Echo {
    /// Requests that are in progress.
    pub(crate) running: watch::Sender<usize>,
    /// Requests that were begun.
    pub(crate) begun: AtomicUsize,
    /// Requests of `/hold` wait for a permit each.
    pub(crate) permits: Semaphore,
    pub(crate) ready: std::sync::atomic::AtomicBool,
}

impl Echo {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            running: watch::Sender::new(0),
            begun: AtomicUsize::new(0),
            permits: Semaphore::new(0),
            ready: true.into(),
        })
    }

    /// Waits until so many requests were begun in all.
    pub(crate) async fn wait_begun(&self, count: usize) {
        let mut running = self.running.subscribe();
        let begun = |_: &usize| self.begun.load(Ordering::SeqCst) >= count;
        within(running.wait_for(begun)).await.unwrap();
    }

    /// Waits until exactly so many requests are in progress.
    pub(crate) async fn wait_running(&self, count: usize) {
        let mut running = self.running.subscribe();
        within(running.wait_for(|running| *running == count))
            .await
            .unwrap();
    }
}

struct InProgress(Arc<Echo>);

impl InProgress {
    fn new(echo: Arc<Echo>) -> Self {
        echo.begun.fetch_add(1, Ordering::SeqCst);
        echo.running.send_modify(|running| *running += 1);
        Self(echo)
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        self.0.running.send_modify(|running| *running -= 1);
    }
}

impl Service for Echo {
    fn handle(self: Arc<Self>, mut request: Request) -> BoxFuture<Result<Request, Error>> {
        let running = InProgress::new(Arc::clone(&self));
        Box::pin(async move {
            let _running = running;
            let endpoint = request.header.endpoint.clone().unwrap_or_default();
            match endpoint.as_str() {
                "/hold" => self.permits.acquire().await.unwrap().forget(),
                "/overloaded" => {
                    let what = "10000 requests are waiting";
                    return Err(Error::new(ErrorKind::Overloaded, what));
                }
                "/boom" => {
                    let exception = RemoteException {
                        name: "ValueError".into(),
                        ..Default::default()
                    };
                    request.header.status = Some(Status {
                        code: StatusCode::Error,
                        description: "ValueError('boom')".into(),
                        exception: Some(exception),
                    });
                }
                "/deadline" => {
                    let left = request.deadline.map(|_| "some").unwrap_or("none");
                    request.payload = Some(Payload(Bytes::from_static(left.as_bytes())));
                }
                "/large" => request.payload = Some(Payload(Bytes::from(vec![7; 1 << 20]))),
                _ => {}
            }
            request.routes.push(Route {
                executor: "gateway".into(),
                start: None,
                end: None,
                status: None,
            });
            Ok(request)
        })
    }

    fn endpoints(&self) -> Vec<String> {
        vec!["/default".into(), "/hold".into()]
    }

    fn ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    fn dry_run(self: Arc<Self>) -> BoxFuture<Status> {
        Box::pin(async { Status::default() })
    }
}

/// A server that runs an [`Echo`].
pub(crate) struct Site {
    pub(crate) echo: Arc<Echo>,
    pub(crate) port: u16,
    pub(crate) shutdown: Shutdown,
    pub(crate) task: JoinHandle<Result<(), Error>>,
}

impl Site {
    pub(crate) async fn start(options: ServerOptions) -> Self {
        let echo = Echo::new();
        let bound = Server::bind("127.0.0.1", 0).await.unwrap();
        let port = bound.local_addr().port();
        let shutdown = Shutdown::new();
        let serve = bound.serve(Arc::clone(&echo) as _, options, shutdown.clone());
        Self {
            echo,
            port,
            shutdown,
            task: tokio::spawn(serve),
        }
    }

    pub(crate) fn channel(&self) -> Channel {
        Channel::connect("127.0.0.1", self.port, false, &ChannelOptions::default()).unwrap()
    }
}

/// Awaits what has to happen.
pub(crate) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work)
        .await
        .expect("it did not happen in time")
}

/// A request to `endpoint` with this id and some bytes for Documents.
pub(crate) fn request(id: &str, endpoint: &str, payload: &[u8]) -> Request {
    let mut request = Request::default();
    request.header.request_id = id.into();
    request.header.endpoint = Some(endpoint.into());
    request.payload = Some(Payload(Bytes::copy_from_slice(payload)));
    request
}
