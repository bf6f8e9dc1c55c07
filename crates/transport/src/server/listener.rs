//! The port: taking it, accepting on it, giving it back.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tidegate_core::{Error, ErrorKind, RemoteException};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::backlog::Backlog;
use super::connection;
use super::dispatch::Edge;
use super::options::ServerOptions;
use super::service::Service;
use super::shutdown::Shutdown;

/// How long nothing is accepted after the system has refused to: out of descriptors, most of all.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A server that has not got its port yet.
#[derive(Debug)]
pub struct Server;

/// A server that has its port and serves nobody yet: clients that connect wait.
#[derive(Debug)]
pub struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Server {
    /// Takes a port; 0 stands for a free one.
    ///
    /// # Errors
    /// `Config`, naming host and port, where it cannot be had.
    pub async fn bind(host: &str, port: u16) -> Result<Bound, Error> {
        let listener = TcpListener::bind((host, port))
            .await
            .map_err(|error| refused(host, port, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| refused(host, port, error))?;
        Ok(Bound { listener, address })
    }
}

impl Bound {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` has begun and all is finished or cut.
    ///
    /// # Errors
    /// `Internal`, where the server cannot be built.
    ///
    /// # Cancel safety
    /// Dropping the future gives the port back and leaves connections to end by themselves.
    pub async fn serve(
        self,
        service: Arc<dyn Service>,
        options: ServerOptions,
        shutdown: Shutdown,
    ) -> Result<(), Error> {
        let router = super::health::router(Arc::clone(&service), shutdown.clone())?;
        let room = Arc::new(Semaphore::new(options.max_connections));
        let backlog = Arc::new(Backlog::new(options.max_unsent_bytes));
        let edge = Arc::new(Edge {
            service,
            backlog,
            options,
            shutdown: shutdown.clone(),
            router,
        });
        let connections = TaskTracker::new();
        tokio::select! {
            () = accept(&self.listener, &edge, &room, &connections) => {}
            () = shutdown.begun() => {}
        }
        drop(self.listener);
        connections.close();
        connections.wait().await;
        Ok(())
    }
}

/// Accepts for ever. Each connection is a task that ends with its client, or when the server is cut.
async fn accept(
    listener: &TcpListener,
    edge: &Arc<Edge>,
    room: &Arc<Semaphore>,
    connections: &TaskTracker,
) {
    loop {
        let Ok(permit) = Arc::clone(room).acquire_owned().await else {
            return;
        };
        let stream = next_stream(listener).await;
        let edge = Arc::clone(edge);
        connections.spawn(async move {
            let shutdown = edge.shutdown.clone();
            tokio::select! {
                () = connection::serve(stream, edge) => {}
                () = shutdown.cut() => {}
            }
            drop(permit);
        });
    }
}

async fn next_stream(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            // The client left before it was its turn.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn refused(host: &str, port: u16, error: io::Error) -> Error {
    let (what, hint) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            format!("port {port} on {host} is in use"),
            "choose another `port`, or leave it out to get a free one",
        ),
        io::ErrorKind::PermissionDenied => (
            format!("port {port} on {host} may not be taken by this user"),
            "choose a `port` above 1023",
        ),
        io::ErrorKind::AddrNotAvailable => (
            format!("{host} is no address of this machine, so port {port} cannot be taken there"),
            "set `host` to 127.0.0.1, or to 0.0.0.0 for all of its addresses",
        ),
        _ => (
            format!("port {port} on {host} cannot be taken: {error}"),
            "check `host` and `port`",
        ),
    };
    let taken = error.kind() == io::ErrorKind::AddrInUse;
    let refusal = Error::new(ErrorKind::Config, what)
        .with_hint(hint)
        .with_source(error);
    if !taken {
        return refusal;
    }
    // Jina has a class of its own for this one.
    refusal.with_exception(RemoteException {
        name: "PortAlreadyUsed".to_owned(),
        ..RemoteException::default()
    })
}
