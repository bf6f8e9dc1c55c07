//! `timeout_send`: how long one Executor may take over one request.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tidegate_core::{Call, CallFuture, CallRequest, Error, ErrorKind};

/// A call that is given up when it takes too long; the caller's own deadline still holds.
pub struct SendTimeout {
    name: Arc<str>,
    call: Arc<dyn Call>,
    limit: Duration,
}

impl SendTimeout {
    /// Bounds the calls of the Executor `name` by `limit`.
    #[must_use]
    pub fn new(name: Arc<str>, call: Arc<dyn Call>, limit: Duration) -> Self {
        Self { name, call, limit }
    }
}

impl Call for SendTimeout {
    fn call(&self, mut request: CallRequest) -> CallFuture<'_> {
        let Some(ours) = Instant::now().checked_add(self.limit) else {
            return self.call.call(request);
        };
        if request.deadline.is_some_and(|theirs| theirs <= ours) {
            return self.call.call(request);
        }
        request.deadline = Some(ours);
        let request_id = request.request_id.clone();
        Box::pin(async move {
            match self.call.call(request).await {
                Err(error) if error.kind() == ErrorKind::DeadlineExceeded => {
                    let seconds = self.limit.as_secs_f64();
                    let message = format!(
                        "executor `{}` did not answer request `{request_id}` within {seconds} s",
                        self.name
                    );
                    Err(Error::new(ErrorKind::DeadlineExceeded, message)
                        .with_hint("raise `timeout_send` where it needs longer"))
                }
                outcome => outcome,
            }
        })
    }

    fn serves(&self, endpoint: &str) -> bool {
        self.call.serves(endpoint)
    }

    fn endpoints(&self) -> Vec<String> {
        self.call.endpoints()
    }

    fn flush(&self) {
        self.call.flush();
    }

    fn ready(&self) -> Result<(), Error> {
        self.call.ready()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tidegate_core::CallReply;

    use super::*;

    /// Answers when its deadline has passed, or at once where there is none.
    struct Late;

    impl Call for Late {
        fn call(&self, request: CallRequest) -> CallFuture<'_> {
            Box::pin(async move {
                let Some(deadline) = request.deadline else {
                    return Ok(CallReply::default());
                };
                tokio::time::sleep_until(deadline.into()).await;
                Err(Error::new(ErrorKind::DeadlineExceeded, "the caller's"))
            })
        }

        fn serves(&self, _endpoint: &str) -> bool {
            true
        }

        fn endpoints(&self) -> Vec<String> {
            Vec::new()
        }
    }

    fn request(deadline: Option<Instant>) -> CallRequest {
        CallRequest {
            request_id: "r".into(),
            endpoint: "/".into(),
            parameters: Bytes::new(),
            branches: Vec::new(),
            deadline,
        }
    }

    #[tokio::test]
    async fn the_limit_is_named_and_the_callers_deadline_stays_the_callers() {
        let limit = Duration::from_millis(20);
        let limited = SendTimeout::new("e".into(), Arc::new(Late), limit);
        let error = limited.call(request(None)).await.unwrap_err();
        assert!(
            error
                .to_string()
                .contains("`e` did not answer request `r` within 0.02 s")
        );
        assert!(error.to_string().contains("timeout_send"));
        let error = limited
            .call(request(Some(Instant::now())))
            .await
            .unwrap_err();
        assert_eq!(error.message(), "the caller's");
    }
}
