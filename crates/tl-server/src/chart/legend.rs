//! Legends: what a shape and its ink mean.

use super::plot::Ink;

/// One line of a legend.
pub(crate) struct Key {
    /// What it means.
    pub(crate) label: String,
    /// The shape, as the inside of an SVG of 16 by 16.
    pub(crate) mark: String,
}

/// A shape that a legend can show.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mark {
    Block,
    Line,
    Dashed,
    Circle,
    Ring,
    Triangle,
    Diamond,
    Cross,
}

pub(crate) fn key(mark: Mark, ink: Ink, label: impl Into<String>) -> Key {
    let ink = ink.css();
    let stroke = |path: &str, rest: &str| {
        format!("<path d=\"{path}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"2\"{rest}/>")
    };
    let mark = match mark {
        Mark::Block => {
            format!("<rect x=\"1\" y=\"2\" width=\"14\" height=\"12\" rx=\"2\" fill=\"{ink}\"/>")
        }
        Mark::Line => stroke("M0 8H16", ""),
        Mark::Dashed => stroke("M0 8H16", " stroke-dasharray=\"4 3\""),
        Mark::Circle => format!("<circle cx=\"8\" cy=\"8\" r=\"4.5\" fill=\"{ink}\"/>"),
        Mark::Ring => stroke("M8 3.5a4.5 4.5 0 1 0 .01 0z", ""),
        Mark::Triangle => format!("<path d=\"M8 2.5 14 13.5H2z\" fill=\"{ink}\"/>"),
        Mark::Diamond => format!("<path d=\"M8 2 14 8 8 14 2 8z\" fill=\"{ink}\"/>"),
        Mark::Cross => stroke("M3 3 13 13M13 3 3 13", ""),
    };
    Key { label: label.into(), mark }
}
