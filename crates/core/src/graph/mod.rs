//! A Flow's graph: the edges as written ([`Topology`]), and checked ([`Plan`]).

mod nearest;
mod plan;
mod topology;

pub use nearest::nearest;
pub use plan::{Index, Plan, PlanNode, Source};
pub use topology::{Topology, TopologyNode};
