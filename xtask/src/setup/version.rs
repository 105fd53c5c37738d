//! Dotted version numbers, as programs print them.

use std::fmt;

/// A version such as `10.0.2`; missing parts count as 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The number before the first dot.
    pub major: u32,
    /// The number after the first dot.
    pub minor: u32,
    /// The number after the second dot.
    pub patch: u32,
}

impl Version {
    /// A version from its parts.
    #[must_use]
    pub const fn new(major: u32, minor: u32, patch: u32) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// The first version number in `text`: a word that starts with
    /// `<digits>.<digits>`. Whatever follows the numbers (`-nightly`,
    /// `+dfsg1`) is ignored, so the result orders releases, not packages.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        text.split(|c: char| c.is_whitespace() || c == ':' || c == '(')
            .find_map(Self::parse_word)
    }

    fn parse_word(word: &str) -> Option<Self> {
        let end = word
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(word.len());
        let mut parts = word[..end]
            .trim_end_matches('.')
            .split('.')
            .map(str::parse::<u32>);
        let major = parts.next()?.ok()?;
        let minor = parts.next()?.ok()?;
        let patch = parts.next().and_then(Result::ok).unwrap_or(0);
        Some(Self {
            major,
            minor,
            patch,
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            major,
            minor,
            patch,
        } = self;
        write!(f, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Version;

    #[test]
    fn what_programs_and_packages_print() {
        let cases = [
            (
                "QEMU emulator version 10.0.2 (Debian 1:10.0.2+ds-2~bpo12+1)",
                (10, 0, 2),
            ),
            ("QEMU emulator version 7.2.17", (7, 2, 17)),
            ("rustc 1.95.0 (abcdef012 2026-03-01)", (1, 95, 0)),
            ("rustc 1.97.0-nightly (abcdef012 2026-03-01)", (1, 97, 0)),
            ("1:10.0.2+ds-2+deb13u1~bpo12+1", (10, 0, 2)),
            ("1.96.0+dfsg1-1~deb12u2", (1, 96, 0)),
            ("8.2", (8, 2, 0)),
        ];
        for (text, (major, minor, patch)) in cases {
            assert_eq!(
                Version::find(text),
                Some(Version::new(major, minor, patch)),
                "{text}"
            );
        }
    }

    #[test]
    fn text_without_a_version() {
        for text in ["", "no numbers", "7", "version x.1", "99999999999.1"] {
            assert_eq!(Version::find(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_finding_are_inverse(major: u32, minor: u32, patch: u32) {
            let version = Version::new(major, minor, patch);
            prop_assert_eq!(Version::find(&format!("tool {version}-rc1")), Some(version));
        }

        #[test]
        fn order_is_by_parts_and_not_by_text(a: (u32, u32, u32), b: (u32, u32, u32)) {
            let version = |(major, minor, patch)| Version::new(major, minor, patch);
            prop_assert_eq!(version(a).cmp(&version(b)), a.cmp(&b));
        }

        #[test]
        fn any_text_is_fine(text: String) {
            let _ = Version::find(&text);
        }
    }
}
