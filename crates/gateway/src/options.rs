//! How a gateway behaves.

use std::fmt;
use std::sync::Arc;

/// How a gateway behaves, and whom it tells what.
#[derive(Clone)]
pub struct GatewayOptions {
    /// The name under which the gateway's own hop stands in the routes. Default `gateway`.
    pub name: Arc<str>,
    /// Called with one line, once, for each thing that a caller probably did not mean; by default it is
    /// logged. Called on the gateway's threads, so it returns soon.
    pub on_warning: Arc<dyn Fn(String) + Send + Sync>,
}

impl Default for GatewayOptions {
    fn default() -> Self {
        Self {
            name: Arc::from("gateway"),
            on_warning: Arc::new(|warning| tracing::warn!("{warning}")),
        }
    }
}

impl fmt::Debug for GatewayOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayOptions")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
