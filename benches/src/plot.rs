//! The figures of a request as a picture: one line for each recorder, on a logarithmic scale.

use crate::row::Row;
use crate::table::short;

/// What a line of the picture shows: the variants and how their marks are drawn.
const SERIES: &[(&str, &str, &str)] = &[
    ("sampled", "sampled", "dot"),
    ("unsampled", "not sampled", "ring"),
    ("sampled-udp", "sampled and sent over UDP", "diamond"),
];

const WIDTH: f64 = 780.0;
const LEFT: f64 = 180.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 88.0;
const LINE: f64 = 34.0;
/// The powers of ten, in nanoseconds, at the ends of the scale.
const SCALE: (f64, f64) = (0.0, 6.0);

/// Colours by classes, so that the same file is legible on a light and on a dark page.
const STYLE: &str = "\
text{font:13px system-ui,-apple-system,'Segoe UI',sans-serif;fill:#24292f}\
.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#57606a}.ours{font-weight:600}\
.grid{stroke:#d0d7de;stroke-width:1}.span{stroke:#afb8c1;stroke-width:2}\
.mark{fill:#57606a;stroke:#57606a;stroke-width:2}.ours.mark{fill:#0969da;stroke:#0969da}\
.ring{fill:#ffffff}.ours.ring{fill:#ffffff}.page{fill:#ffffff}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.grid{stroke:#3d444d}.span{stroke:#656c76}\
.mark{fill:#9198a1;stroke:#9198a1}.ours.mark{fill:#4493f8;stroke:#4493f8}.ring,.ours.ring{fill:#0d1117}.page{fill:#0d1117}}";

/// The picture as SVG.
pub(crate) fn svg(head: &str, rows: &[Row]) -> String {
    let contenders = contenders(rows);
    let bottom = TOP + LINE * contenders.len() as f64;
    let height = bottom + 48.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\">\n\
         <title>What one traced request costs the thread that serves it</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"16\" y=\"26\">What one traced request costs the thread that serves it</text>\n\
         <text class=\"small\" x=\"16\" y=\"44\">a segment with five subsegments; less is better; each line of the grid is ten times the one before</text>\n"
    );
    legend(&mut out);
    for power in SCALE.0 as u32..=SCALE.1 as u32 {
        let x = across(10_f64.powi(power as i32));
        out.push_str(&format!(
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\"/>\
             <text class=\"small\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            TOP - 6.0,
            bottom + 16.0,
            time(10_f64.powi(power as i32)),
        ));
    }
    for (place, contender) in contenders.iter().enumerate() {
        line(&mut out, TOP + LINE * (place as f64 + 0.5), contender, rows);
    }
    out.push_str(&format!(
        "<text class=\"small\" x=\"16\" y=\"{:.1}\">{}</text>\n</svg>\n",
        height - 10.0,
        escaped(head)
    ));
    out
}

/// All who have a mark, the fastest first.
fn contenders(rows: &[Row]) -> Vec<&'static str> {
    let shown = |row: &&Row| SERIES.iter().any(|(variant, ..)| *variant == row.variant);
    let mut all: Vec<_> = rows.iter().filter(shown).collect();
    all.sort_by(|one, other| fastest(one, rows).total_cmp(&fastest(other, rows)));
    let mut names: Vec<&str> = Vec::new();
    for row in all {
        if !names.contains(&row.contender) {
            names.push(row.contender);
        }
    }
    names
}

/// Of a row's contender: by the first of the series that it has a figure in.
fn fastest(row: &Row, rows: &[Row]) -> f64 {
    let figure = |variant: &str| {
        rows.iter()
            .find(|other| other.contender == row.contender && other.variant == variant)
    };
    let sampled = figure("sampled").or_else(|| figure("sampled-udp"));
    sampled.map_or(row.ns, |row| row.ns)
}

fn legend(out: &mut String) {
    let mut x = LEFT;
    for (_, name, shape) in SERIES {
        mark(out, shape, "", x + 6.0, 63.0);
        out.push_str(&format!(
            "<text class=\"small\" x=\"{:.1}\" y=\"67\">{name}</text>\n",
            x + 17.0
        ));
        x += 40.0 + 6.0 * name.len() as f64;
    }
}

fn line(out: &mut String, y: f64, contender: &str, rows: &[Row]) {
    let ours = if contender == "xray-sdk" { "ours" } else { "" };
    out.push_str(&format!(
        "<text class=\"{ours}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
        LEFT - 14.0,
        y + 4.5,
        escaped(contender)
    ));
    let figure = |variant: &str| {
        rows.iter()
            .find(|row| row.contender == contender && row.variant == variant)
    };
    let mut marks: Vec<_> = SERIES
        .iter()
        .filter_map(|(variant, _, shape)| figure(variant).map(|row| (row.ns, *variant, *shape)))
        .collect();
    marks.sort_by(|one, other| one.0.total_cmp(&other.0));
    if let ([(low, ..), ..], [.., (high, ..)]) = (&marks[..], &marks[..]) {
        out.push_str(&format!(
            "<line class=\"span\" x1=\"{:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>\n",
            across(*low),
            across(*high)
        ));
    }
    for (ns, variant, shape) in marks {
        mark(out, shape, ours, across(ns), y);
        // Marks may be near each other: only the one that all are compared by has its figure above it.
        if variant == "sampled" || figure("sampled").is_none() && variant == "sampled-udp" {
            out.push_str(&format!(
                "<text class=\"small {ours}\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{} ns</text>\n",
                across(ns),
                y - 8.5,
                short(ns)
            ));
        }
    }
}

fn mark(out: &mut String, shape: &str, ours: &str, x: f64, y: f64) {
    let size = 5.0;
    out.push_str(&match shape {
        "diamond" => format!(
            "<path class=\"mark {ours}\" d=\"M{x:.1} {:.1}l{size} {size}l-{size} {size}l-{size} -{size}z\"/>\n",
            y - size
        ),
        shape => format!("<circle class=\"mark {ours} {shape}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{size}\"/>\n"),
    });
}

fn across(ns: f64) -> f64 {
    let part = (ns.max(1.0).log10() - SCALE.0) / (SCALE.1 - SCALE.0);
    LEFT + part.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT)
}

fn time(ns: f64) -> String {
    match ns {
        ns if ns < 1e3 => format!("{ns:.0} ns"),
        ns if ns < 1e6 => format!("{:.0} µs", ns / 1e3),
        ns => format!("{:.0} ms", ns / 1e6),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::tests::row;

    #[test]
    fn each_contender_has_a_line_and_the_fastest_comes_first() {
        let rows = [
            row("slow", "sampled", 9_000.0),
            row("xray-sdk", "unsampled", 12.0),
            row("xray-sdk", "sampled", 150.0),
            row("sends", "sampled-udp", 300.0),
            row("polls", "poll-task", 1.0),
        ];
        assert_eq!(contenders(&rows), ["xray-sdk", "sends", "slow"]);
        let svg = svg("AMD <EPYC> & more", &rows);
        assert!(
            svg.contains("AMD &lt;EPYC> &amp; more") && svg.contains("150 ns"),
            "{svg}"
        );
        let marks = svg.matches("class=\"mark").count();
        assert_eq!(marks, SERIES.len() + 4);
    }

    #[test]
    fn the_scale_is_logarithmic_and_ends_at_the_edges() {
        let step = across(100.0) - across(10.0);
        assert!((across(1_000.0) - across(100.0) - step).abs() < 0.01);
        assert_eq!((across(0.1), across(1e9)), (LEFT, WIDTH - RIGHT));
    }
}
