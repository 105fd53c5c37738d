//! Reading what apt prints for other programs.

/// What the archive says about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Package {
    /// Name of the package.
    pub(crate) name: String,
    /// Its version in the archive.
    pub(crate) version: String,
    /// The packages it depends on, without version limits; of alternatives
    /// the first.
    pub(crate) depends: Vec<String>,
}

/// Reads the first stanza of `apt-cache show`.
pub(super) fn parse_stanza(text: &str) -> Option<Package> {
    let stanza = text.split("\n\n").next()?;
    let field = |name: &str| {
        stanza
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    let depends = field("Depends").unwrap_or_default().split(',');
    let depends = depends
        .filter_map(|one| one.split_whitespace().next())
        .map(str::to_owned);
    Some(Package {
        name: field("Package")?.to_owned(),
        version: field("Version")?.to_owned(),
        depends: depends.collect(),
    })
}

/// Reads file names and sizes from `apt-get --print-uris`.
pub(super) fn parse_uris(text: &str) -> Vec<(String, u64)> {
    let line = |line: &str| {
        let mut words = line
            .strip_prefix('\'')?
            .split_once("' ")?
            .1
            .split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}

/// The percentage in a line `dlstatus:<number>:<percent>:<text>` of apt's
/// status stream (README.progress-reporting of apt).
pub(super) fn parse_progress(line: &str) -> Option<f64> {
    line.strip_prefix("dlstatus:")?
        .split(':')
        .nth(1)?
        .parse()
        .ok()
}

/// `total` bytes for a progress message.
pub(super) fn size_note(total: u64) -> String {
    const MEGABYTE: u64 = 1_000_000;
    if total < MEGABYTE {
        String::new()
    } else {
        format!(" ({} MB)", total.div_ceil(MEGABYTE))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Package, parse_progress, parse_stanza, parse_uris, size_note};

    #[test]
    fn the_first_stanza_counts() {
        let text = "Package: linux-image-arm64\nSource: linux-signed-arm64\nVersion: 6.1.192-2\n\
                    Depends: linux-image-6.1.0-56-arm64 (= 6.1.192-2), a | b\n\n\
                    Package: linux-image-arm64\nVersion: 6.1.176-1\n";
        let package = Package {
            name: "linux-image-arm64".into(),
            version: "6.1.192-2".into(),
            depends: vec!["linux-image-6.1.0-56-arm64".into(), "a".into()],
        };
        assert_eq!(parse_stanza(text), Some(package));
        assert_eq!(parse_stanza("N: nothing\n"), None);
    }

    #[test]
    fn addresses_with_sizes() {
        let text = "'http://m.example/pool/q_1%253a10_amd64.deb' q_1%3a10_amd64.deb 7340 SHA256:00\n\
                    some other line\n";
        assert_eq!(parse_uris(text), [("q_1%3a10_amd64.deb".to_owned(), 7340)]);
    }

    #[test]
    fn progress_lines() {
        assert_eq!(
            parse_progress("dlstatus:2:11.0848:Retrieving file 2 of 2"),
            Some(11.0848)
        );
        assert_eq!(parse_progress("pmstatus:dpkg:1:x"), None);
    }

    #[test]
    fn sizes_are_shown_when_they_matter() {
        assert_eq!(size_note(800_000), "");
        assert_eq!(size_note(59_812_568), " (60 MB)");
    }

    proptest! {
        #[test]
        fn any_output_is_fine(text: String) {
            let _ = parse_stanza(&text);
            let _ = parse_uris(&text);
            let _ = parse_progress(&text);
        }
    }
}
