/// A file of the page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asset {
    /// Its path below `/page/`.
    pub(crate) path: &'static str,
    pub(crate) content_type: &'static str,
    pub(crate) text: &'static str,
}

/// The page itself, which loads the other files.
pub(crate) const INDEX: &str = include_str!("../../viewer/index.html");

/// What a browser may do with the page: nothing comes from elsewhere or goes there, and no script runs but those of its files.
/// The hash is that of the import map in the page, which browsers take in no other way.
pub(crate) const SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'sha256-E42iQfLo96aywyQRM7uwnQRTJreXp1UBnLSbNffKq2w='; style-src 'self'; \
     img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

macro_rules! assets {
    ($($path:literal: $content_type:literal,)*) => {
        &[$(Asset {
            path: $path,
            content_type: $content_type,
            text: include_str!(concat!("../../viewer/", $path)),
        },)*]
    };
}

const ASSETS: &[Asset] = assets! {
    "access.js": "text/javascript",
    "api.js": "text/javascript",
    "app.js": "text/javascript",
    "brush.js": "text/javascript",
    "candidates.js": "text/javascript",
    "compare.js": "text/javascript",
    "completion.js": "text/javascript",
    "decisions.js": "text/javascript",
    "differences.js": "text/javascript",
    "drawing.js": "text/javascript",
    "explain.js": "text/javascript",
    "field.js": "text/javascript",
    "filter.js": "text/javascript",
    "findings.js": "text/javascript",
    "form.js": "text/javascript",
    "grid.js": "text/javascript",
    "groups.js": "text/javascript",
    "health.js": "text/javascript",
    "histogram.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "insights.js": "text/javascript",
    "json.js": "text/javascript",
    "keys.js": "text/javascript",
    "labels.js": "text/javascript",
    "ledger.js": "text/javascript",
    "map.js": "text/javascript",
    "news.js": "text/javascript",
    "panel.js": "text/javascript",
    "place.js": "text/javascript",
    "range.js": "text/javascript",
    "removal.js": "text/javascript",
    "rule.js": "text/javascript",
    "sampling.js": "text/javascript",
    "search.js": "text/javascript",
    "sign.js": "text/javascript",
    "signin.js": "text/javascript",
    "style.css": "text/css",
    "text.js": "text/javascript",
    "timeline.js": "text/javascript",
    "trace.js": "text/javascript",
    "traces.js": "text/javascript",
    "tree.js": "text/javascript",
    "volume.js": "text/javascript",
    "waterfall.js": "text/javascript",
    "zoom.js": "text/javascript",
    "vendor/LICENSES": "text/plain",
    "vendor/hooks-11.2.0.mjs": "text/javascript",
    "vendor/htm-3.1.1.mjs": "text/javascript",
    "vendor/preact-11.2.0.mjs": "text/javascript",
    "vendor/signals-2.11.4.mjs": "text/javascript",
    "vendor/signals-core-1.14.5.mjs": "text/javascript",
};

impl Asset {
    /// The file of this path below `/page/`.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        ASSETS.iter().find(|asset| asset.path == path)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn files(folder: &Path, below: &str, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("a file");
            let path = format!("{below}{}", entry.file_name().to_string_lossy());
            match entry.file_type().expect("known").is_dir() {
                true => files(&entry.path(), &format!("{path}/"), found),
                false => found.push(path),
            }
        }
    }

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("viewer");
        let mut found = Vec::new();
        files(&folder, "", &mut found);
        found.sort();
        let mut served: Vec<_> = ASSETS.iter().map(|asset| asset.path.to_owned()).collect();
        served.extend(["index.html", "vendor/vendor.json"].map(str::to_owned));
        served.sort();
        assert_eq!(found, served);
    }
}
