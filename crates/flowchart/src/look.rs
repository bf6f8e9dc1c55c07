//! What is drawn of an Executor beside its place in the Plan.

/// Which way requests go on the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Direction {
    /// From left to right.
    #[default]
    Right,
    /// From top to bottom.
    Down,
}

/// What a node of a Flow is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Role {
    /// It runs code.
    #[default]
    Executor,
    /// It only joins: nothing runs.
    Joiner,
    /// It looks on, beside the way.
    Inspector,
    /// It stands for the node that it needs, and is not drawn.
    Passing,
}

/// What is drawn of an Executor beside its place in the Plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Its name in the Plan.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The name of its class.
    pub uses: Option<String>,
    /// How many replicas each shard has; 0 and 1 are not said.
    pub replicas: usize,
    /// How many shards it has; 0 and 1 stand for no shards.
    pub shards: usize,
    /// How a request is spread over the shards, such as `any`.
    pub polling: String,
    /// The class before the shards.
    pub before: Option<String>,
    /// The class after the shards.
    pub after: Option<String>,
    /// Where it is reached, if somebody else runs it.
    pub addresses: Vec<String>,
    /// Whether it runs in the Flow's own process.
    pub inline: bool,
}
