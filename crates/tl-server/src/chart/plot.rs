//! What every plot shares: ink that follows the theme, sizes, axes, and the finished figure.
//!
//! In: closures that draw with `plotters`. Out: [`Plot`]: one SVG for wide screens, one for narrow.
//! Start at [`Plot::draw`].
//! **Invariant:** no SVG has a colour of its own. Each [`Ink`] is drawn in a made-up colour that
//! [`themed`] replaces by a variable of the page's style sheet, so that light, dark and print differ
//! only there.

use std::io;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tl_map::report::Figure;

use super::legend::Key;

/// Why a plot could not be drawn.
pub(crate) type DrawError = DrawingAreaErrorKind<io::Error>;
/// Room in pixels.
pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
/// Room in the numbers of two axes.
pub(crate) type Plane<'a> = DrawingArea<SVGBackend<'a>, Axes>;
/// Two axes with everything around them.
pub(crate) type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Axes>;
type Axes = Cartesian2d<RangedCoordf64, RangedCoordf64>;

/// A finished plot with all that stands around it.
pub(crate) struct Plot {
    /// Anchor, and prefix of the ids inside.
    pub(crate) id: &'static str,
    /// Heading and accessible name.
    pub(crate) title: String,
    /// What the plot shows, for those who cannot see it.
    pub(crate) description: String,
    /// Meaning of shapes and colours.
    pub(crate) legend: Vec<Key>,
    /// How to read it, and what was left out.
    pub(crate) notes: Vec<String>,
    /// For screens from 720 pixels, and for paper.
    pub(crate) wide: String,
    /// For narrower screens.
    pub(crate) narrow: String,
}

impl Plot {
    /// Draws both sizes with the same hand, and names them for those who cannot see them.
    pub(crate) fn draw(
        mut self,
        wide: u32,
        narrow: u32,
        paint: impl Fn(&Area<'_>, Size) -> Result<(), DrawError>,
    ) -> Result<Self, DrawError> {
        self.wide = self.svg(Size::wide(wide), &paint)?;
        self.narrow = self.svg(Size::narrow(narrow), &paint)?;
        Ok(self)
    }

    fn svg(
        &self,
        size: Size,
        paint: impl Fn(&Area<'_>, Size) -> Result<(), DrawError>,
    ) -> Result<String, DrawError> {
        let inside = draw(size, |area| paint(area, size))?;
        let Size { width, height, font, narrow } = size;
        let (id, class) = (self.id, if narrow { "narrow" } else { "wide" });
        let (title, description) = (escaped(&self.title), escaped(&self.description));
        Ok(format!(
            "<svg class=\"plot {class}\" viewBox=\"0 0 {width} {height}\" font-size=\"{font}\" \
             role=\"img\" aria-labelledby=\"{id}-{class}-title {id}-{class}-desc\">\
             <title id=\"{id}-{class}-title\">{title}</title>\
             <desc id=\"{id}-{class}-desc\">{description}</desc>{inside}</svg>"
        ))
    }
}

/// Value, lower and upper end of a figure that can be drawn; ends that are not known are the value.
pub(crate) fn drawable(figure: &Figure) -> Option<[f64; 3]> {
    let value = figure.value?;
    let all = [value, figure.low.unwrap_or(value), figure.high.unwrap_or(value)];
    all.iter().all(|number| number.is_finite()).then_some(all)
}

/// Text that is safe between tags.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Room for a plot.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Height of the letters, in the units of width and height.
    pub(crate) font: f64,
    /// Whether this is the plot for narrow screens.
    pub(crate) narrow: bool,
}

impl Size {
    pub(crate) const fn wide(height: u32) -> Self {
        Self { width: 960, height, font: 13.0, narrow: false }
    }

    pub(crate) const fn narrow(height: u32) -> Self {
        Self { width: 380, height, font: 12.0, narrow: true }
    }

    /// How wide a text will be, roughly: letters of a sans-serif face are about 0.6 of their height.
    pub(crate) fn text_width(self, text: &str) -> i32 {
        (text.chars().count() as f64 * self.font * 0.62).ceil() as i32
    }
}

/// A colour or pattern of the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Text,
    Muted,
    Grid,
    Surface,
    Coding,
    ReviewWait,
    ReleaseWait,
    Done,
    ReviewHatch,
    ReleaseHatch,
    CodingArea,
    DoneArea,
    Backlog,
    BacklogHatch,
    ReviewMixed,
    MergeHatch,
    Deploy,
    Blocked,
    BlockedHatch,
    Agent,
    Assisted,
    Plain,
    Bot,
    Failed,
    Accent,
}

impl Ink {
    const ALL: [(Self, &'static str); 25] = [
        (Self::Text, "var(--text)"),
        (Self::Muted, "var(--muted)"),
        (Self::Grid, "var(--grid)"),
        (Self::Surface, "var(--surface)"),
        (Self::Coding, "var(--coding)"),
        (Self::ReviewWait, "var(--review)"),
        (Self::ReleaseWait, "var(--release)"),
        (Self::Done, "var(--done)"),
        (Self::ReviewHatch, "url(#hatch-review)"),
        (Self::ReleaseHatch, "url(#hatch-release)"),
        (Self::CodingArea, "var(--coding-area)"),
        (Self::DoneArea, "var(--done-area)"),
        (Self::Backlog, "var(--backlog)"),
        (Self::BacklogHatch, "url(#hatch-backlog)"),
        (Self::ReviewMixed, "url(#mixed-review)"),
        (Self::MergeHatch, "url(#hatch-merge)"),
        (Self::Deploy, "var(--deploy)"),
        (Self::Blocked, "var(--failed)"),
        (Self::BlockedHatch, "url(#hatch-blocked)"),
        (Self::Agent, "var(--agent)"),
        (Self::Assisted, "var(--assisted)"),
        (Self::Plain, "var(--plain)"),
        (Self::Bot, "var(--bot)"),
        (Self::Failed, "var(--failed)"),
        (Self::Accent, "var(--accent)"),
    ];

    /// The made-up colour that stands for it until [`themed`].
    pub(crate) const fn color(self) -> RGBColor {
        RGBColor(1, 2, self as u8)
    }

    pub(crate) fn fill(self) -> ShapeStyle {
        self.color().filled()
    }

    pub(crate) fn line(self, width: u32) -> ShapeStyle {
        self.color().stroke_width(width)
    }

    /// The value of a style sheet.
    pub(crate) fn css(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Text in this ink, at this place of the point that it is drawn at.
pub(crate) fn letters(size: Size, ink: Ink, across: HPos, down: VPos) -> TextStyle<'static> {
    // The backend divides by 1.24 to come from a font's size to the height of its letters.
    let font = ("sans-serif", size.font * 1.24).into_font();
    TextStyle { font, color: ink.color().to_backend_color(), pos: Pos::new(across, down) }
}

/// A label below an axis: its middle at this pixel of the area, or as near as it can be inside of it.
pub(crate) fn foot_label(
    area: &Area<'_>,
    size: Size,
    label: &str,
    (x, y): (i32, i32),
) -> Result<(), DrawError> {
    let half = size.text_width(label) / 2;
    let middle = x.clamp(half, (size.width as i32 - half).max(half));
    let style = letters(size, Ink::Muted, HPos::Center, VPos::Top);
    area.draw(&Text::new(label.to_owned(), (middle, y), style))
}

/// Draws the inside of one SVG.
fn draw(
    size: Size,
    paint: impl FnOnce(&Area<'_>) -> Result<(), DrawError>,
) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (size.width, size.height)).into_drawing_area();
        paint(&area)?;
        area.present()?;
    }
    Ok(themed(&svg))
}

/// Takes the made-up colours and all that is the default out of an SVG; keeps what is inside it.
fn themed(svg: &str) -> String {
    let inside = svg.split_once('>').map_or("", |(_, inside)| inside);
    let inside = inside.rsplit_once("</svg>").map_or(inside, |(inside, _)| inside);
    let mut inside = inside
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" stroke-width=\"1\"", "")
        .replace(" font-family=\"sans-serif\"", "")
        .replace(" font-size=\"13\"", "")
        .replace(" font-size=\"12\"", "")
        .replace(" \"/>", "\"/>")
        .replace(">\n", ">")
        .replace("\n</text>", "</text>");
    for (ink, css) in Ink::ALL {
        let RGBColor(red, green, blue) = ink.color();
        inside = inside.replace(&format!("#{red:02X}{green:02X}{blue:02X}"), css);
    }
    inside
}

/// Moves the middles of labels apart until none overlaps its neighbour, between 0 and `room`.
pub(crate) fn spread(middles: &[i32], widths: &[i32], room: i32) -> Vec<i32> {
    let mut placed = Vec::with_capacity(middles.len());
    let mut free_from = 0;
    for (middle, width) in middles.iter().zip(widths) {
        let at = (*middle).max(free_from + width / 2);
        placed.push(at);
        free_from = at + width / 2;
    }
    let mut free_to = room;
    for (at, width) in placed.iter_mut().zip(widths).rev() {
        *at = (*at).min(free_to - width / 2);
        free_to = *at - width / 2;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_has_its_own_place_in_the_style_sheet() {
        for (position, (ink, _)) in Ink::ALL.into_iter().enumerate() {
            assert_eq!(ink as usize, position);
        }
    }

    #[test]
    fn labels_are_moved_apart_and_stay_inside() {
        assert_eq!(spread(&[5, 10, 300], &[80, 80, 80], 300), [40, 120, 260]);
        assert_eq!(spread(&[150, 290, 299], &[80, 80, 80], 300), [100, 180, 260]);
    }

    #[test]
    fn a_label_below_an_axis_stays_inside_wherever_its_tick_is() {
        let size = Size::narrow(100);
        let half = size.text_width("21 Nov") / 2;
        let svg = |x| draw(size, |area| foot_label(area, size, "21 Nov", (x, 80))).unwrap();
        let right = size.width as i32 - half;
        for (x, at) in [(0, half), (200, 200), (size.width as i32, right)] {
            assert!(svg(x).contains(&format!("<text x=\"{at}\"")), "{}", svg(x));
        }
    }
}
