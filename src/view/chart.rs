//! A chart as it will be drawn.

/// A panel's chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// Unit of its values, as shown; may be empty.
    pub unit: String,
    /// Its lines.
    pub lines: Vec<Plot>,
    /// Seconds since the epoch at the left and right edge.
    pub x: (f64, f64),
    /// Times written below: where (seconds since the epoch), what.
    pub x_labels: Vec<(f64, String)>,
    /// Values at the bottom and the top.
    pub y: (f64, f64),
    /// Values written at the left, bottom first.
    pub y_labels: Vec<(f64, String)>,
    /// Values that matter: value, whether it is grave.
    pub thresholds: Vec<(f64, bool)>,
    /// When the present release began, seconds since the epoch.
    pub mark: Option<f64>,
    /// What is said instead of lines, and whether it is a fault.
    pub message: Option<(String, bool)>,
    /// A remark beside the title.
    pub note: String,
}

/// One line of a chart.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plot {
    /// Its name in the legend, with the newest value.
    pub legend: String,
    /// Seconds since the epoch and value; a gap is a missing point.
    pub points: Vec<(f64, f64)>,
}
