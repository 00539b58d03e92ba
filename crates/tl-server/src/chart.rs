//! Plots and tables, drawn as SVG and HTML with nothing to load: for pages and for paper.
//!
//! In: a report, or a part of one. Out: [`plot::Plot`]s and [`table::Table`]s. A file per plot.
//! **Invariant:** what somebody else wrote is escaped: by `plotters` inside a plot, by `askama` around it.

pub(crate) mod aging;
pub(crate) mod axis;
pub(crate) mod bars;
pub(crate) mod cadence;
pub(crate) mod cohorts;
pub(crate) mod distribution;
pub(crate) mod flow;
pub(crate) mod journey;
pub(crate) mod legend;
pub(crate) mod plot;
pub(crate) mod ranking;
pub(crate) mod scatter;
pub(crate) mod spots;
pub(crate) mod stage_map;
pub(crate) mod table;
