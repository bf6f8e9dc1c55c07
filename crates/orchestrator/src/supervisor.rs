//! Spawns the workers of all Deployments, and holds them until it is told to stop.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use parking_lot::Mutex;
use tidegate_core::{Error, ErrorKind};
use tidegate_transport::pool::Pool;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::deployment::Deployment;
use crate::events::EventSink;
use crate::keeper::{Crew, Keeper, Stop};
use crate::state::{Board, PodState};

/// What the workers that did start are given when another one did not.
const ABANDON: Stop = Stop::Drain {
    grace: Duration::ZERO,
    limit: Duration::from_millis(250),
};
/// What a worker gets on top of its grace to close its Executor. It keeps to less by itself, where user
/// code lets it.
const CLOSE_LIMIT: Duration = Duration::from_millis(1500);
/// What SIGTERM, SIGKILL and sweeping may take on top.
const END_LIMIT: Duration = Duration::from_secs(2);

/// The workers of one Flow, each with a keeper task that ends when the supervisor stops.
pub struct Supervisor {
    crews: Vec<Arc<Crew>>,
    board: Arc<Board>,
    stop: watch::Sender<Stop>,
    keepers: Mutex<JoinSet<()>>,
}

impl Supervisor {
    /// A supervisor of `deployments`, each with the pool that its workers join. Nothing is spawned yet.
    #[must_use]
    pub fn new(deployments: Vec<(Deployment, Arc<Pool>)>, events: Arc<dyn EventSink>) -> Self {
        let crews: Vec<_> = deployments
            .into_iter()
            .map(|(deployment, pool)| {
                let hopeful = AtomicU32::new(deployment.replicas);
                Arc::new(Crew {
                    deployment,
                    pool,
                    hopeful,
                })
            })
            .collect();
        let pods = crews.iter().flat_map(|crew| {
            (0..crew.deployment.replicas).map(|replica| Arc::from(crew.deployment.pod(replica)))
        });
        let board = Arc::new(Board::new(pods, events));
        Self {
            crews,
            board,
            stop: watch::Sender::new(Stop::No),
            keepers: Mutex::default(),
        }
    }

    /// Spawns every worker at once and waits until all are ready.
    ///
    /// # Errors
    /// The first failure, after everything has been stopped again: within about half a second of it.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the workers running; [`Supervisor::stop`] ends them.
    pub async fn start(&self) -> Result<(), Error> {
        // One outcome each: no keeper waits for room.
        let count = self.board.rows().len();
        let (launched, mut outcomes) = mpsc::channel(count.max(1));
        let mut row = 0;
        for crew in &self.crews {
            for replica in 0..crew.deployment.replicas {
                let keeper = Keeper {
                    crew: crew.clone(),
                    replica,
                    row,
                    pod: self.board.pod(row),
                    board: self.board.clone(),
                    stop: self.stop.subscribe(),
                };
                self.keepers.lock().spawn(keeper.run(launched.clone()));
                row += 1;
            }
        }
        drop(launched);
        self.board.tell_awaited();
        for _ in 0..count {
            let outcome = outcomes.recv().await.unwrap_or_else(|| {
                Err(Error::new(
                    ErrorKind::Internal,
                    "a worker's keeper ended while it was starting",
                ))
            });
            if let Err(error) = outcome {
                self.stop_with(ABANDON, Duration::from_millis(250)).await;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Answers the calls that wait where no worker is: none comes any more. To be called before
    /// [`Supervisor::stop`], while calls in progress are waited for.
    pub fn forsake_queues(&self) {
        for crew in &self.crews {
            if crew.pool.replicas().is_empty() {
                let what = format!(
                    "the flow is closing, and Executor '{}' has no worker",
                    crew.deployment.name
                );
                crew.pool.fail(Error::new(ErrorKind::Unavailable, what));
            }
        }
    }

    /// Lets the workers finish what runs, for at most `grace`, and close their Executors; then ends
    /// those that are still there. Bounded, and without effect the second time.
    ///
    /// # Cancel safety
    /// The workers are being stopped all the same.
    pub async fn stop(&self, grace: Duration) {
        let limit = grace.saturating_add(CLOSE_LIMIT);
        self.stop_with(Stop::Drain { grace, limit }, limit).await;
    }

    /// Ends every worker now, also while [`Supervisor::stop`] waits for them.
    pub fn kill(&self) {
        self.stop.send_replace(Stop::Kill);
    }

    /// Every Pod as it is now, in the order of the Deployments and their replicas.
    #[must_use]
    pub fn pods(&self) -> Vec<PodState> {
        self.board.rows()
    }

    /// The Pods that have not been ready yet.
    #[must_use]
    pub fn awaited(&self) -> Vec<Arc<str>> {
        self.board.awaited()
    }

    async fn stop_with(&self, how: Stop, limit: Duration) {
        self.stop.send_if_modified(|stop| {
            let first = *stop == Stop::No;
            if first {
                *stop = how;
            }
            first
        });
        let mut keepers = std::mem::take(&mut *self.keepers.lock());
        let ended = async { while keepers.join_next().await.is_some() {} };
        if timeout(limit.saturating_add(END_LIMIT), ended)
            .await
            .is_err()
        {
            // Dropping a keeper kills its worker.
            keepers.abort_all();
            while keepers.join_next().await.is_some() {}
        }
    }
}
