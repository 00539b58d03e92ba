//! Points of a plot that lead somewhere: links drawn over the marks, in the plot's own numbers.
//!
//! In: where marks were painted. Out: the SVG with links over them. Start at [`Spots`] and [`over`].
//! **Invariants:** links are for pointers alone: whoever uses a keyboard or a screen reader has the same
//! points as a table beside; a plot has at most so many links as [`MOST`].

use std::cell::RefCell;

use super::plot::{Plot, Size, escaped};

/// Links over one plot, on a wide and on a narrow screen.
pub(crate) const MOST: [usize; 2] = [800, 200];

/// One link.
struct Spot {
    at: (i32, i32),
    href: String,
    /// What is shown under the pointer.
    title: String,
}

/// Links that are gathered while a plot is painted, of both sizes.
#[derive(Default)]
pub(crate) struct Spots(RefCell<[Vec<Spot>; 2]>);

impl Spots {
    /// Adds one at a pixel of the plot; what is over the most is left out.
    pub(crate) fn add(&self, size: Size, at: (i32, i32), href: String, title: String) {
        let row = usize::from(size.narrow);
        let spots = &mut self.0.borrow_mut()[row];
        if spots.len() < MOST[row] {
            spots.push(Spot { at, href, title });
        }
    }

    /// The plot with its links.
    pub(crate) fn over(self, mut plot: Plot) -> Plot {
        let [wide, narrow] = self.0.into_inner();
        plot.wide = over(&plot.wide, &wide);
        plot.narrow = over(&plot.narrow, &narrow);
        plot
    }
}

fn over(svg: &str, spots: &[Spot]) -> String {
    let Some(inside) = svg.strip_suffix("</svg>") else { return svg.to_owned() };
    let links: String = spots.iter().map(link).collect();
    format!("{inside}<g class=\"spots\" aria-hidden=\"true\">{links}</g></svg>")
}

fn link(spot: &Spot) -> String {
    let Spot { at: (x, y), href, title } = spot;
    let (href, title) = (escaped(href).replace('"', "&quot;"), escaped(title));
    format!(
        "<a href=\"{href}\" tabindex=\"-1\"><title>{title}</title>\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"7\"/></a>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_cannot_break_out_of_its_place() {
        let spot = Spot {
            at: (1, 2),
            href: "/journey?change=\"><script>".to_owned(),
            title: "</title><script>".to_owned(),
        };
        let svg = over("<svg></svg>", &[spot]);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(svg.ends_with("</a></g></svg>"), "{svg}");
    }
}
