//! The drawing of a Flow's graph: who is given whose Documents, as SVG and as PNG.
//!
//! [`draw`] puts the nodes of a Plan into layers, each after all that it needs, orders each layer so that
//! few arrows cross, and gives a [`Drawing`]: shapes, which [`Drawing::svg`] writes and [`Drawing::png`]
//! paints. The same Plan is always drawn the same way, and nothing is asked of the network or the machine.

mod card;
mod chart;
mod color;
mod drawing;
mod font;
mod layers;
mod look;
mod order;
mod place;
#[cfg(feature = "png")]
mod raster;
mod route;
mod shape;
mod svg;

pub use drawing::{Drawing, Placed, draw};
pub use look::{Direction, Look, Role};
