//! Which package mirrors this machine uses, as apt itself understands its
//! configuration, and the private source entries made from them.

use std::fmt::Write as _;

/// Fields, in this order, that [`parse_targets`] reads from
/// `apt-get indextargets --format`. The key comes last because a key block
/// written into a source entry spans lines.
pub(crate) const TARGET_FORMAT: &str = "$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(SIGNED_BY)";

/// The component that everything fetched here is in.
const COMPONENT: &str = "main";

/// Suite names that a Debian source entry may use instead of a code name.
const SUITE_ALIASES: [&str; 4] = ["stable", "testing", "unstable", "sid"];

/// One suite and component of one configured package source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Base address of the archive.
    pub(crate) uri: String,
    /// Suite as the source entry names it, such as `bookworm-security`.
    pub(crate) suite: String,
    /// Component, such as `main`.
    pub(crate) component: String,
    /// Key ring file, if the entry names one.
    pub(crate) keyring: Option<String>,
}

/// Reads the output of `apt-get indextargets` with [`TARGET_FORMAT`].
pub(crate) fn parse_targets(text: &str) -> Vec<Target> {
    text.lines().filter_map(parse_target).collect()
}

fn parse_target(line: &str) -> Option<Target> {
    let mut fields = line.trim().splitn(4, '|').map(str::to_owned);
    let (uri, suite, component) = (fields.next()?, fields.next()?, fields.next()?);
    let usable = uri.contains(":/") && !uri.starts_with("cdrom:");
    let keyring = fields.next().filter(|key| key.starts_with('/'));
    usable.then_some(Target {
        uri,
        suite,
        component,
        keyring,
    })
}

/// The archives of the distribution that a machine runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mirrors {
    main: Target,
    security: Option<Target>,
    /// Key ring for entries that name none.
    keyring: Option<String>,
}

impl Mirrors {
    /// Picks the archives of the release `codename` from all that are
    /// configured; other vendors' archives are left out. `keyring` is for
    /// entries that name no keys.
    pub(crate) fn choose(
        targets: &[Target],
        codename: &str,
        keyring: Option<String>,
    ) -> Option<Self> {
        let names: Vec<&str> = std::iter::once(codename).chain(SUITE_ALIASES).collect();
        let find = |wanted: &dyn Fn(&str, &str) -> bool| {
            let fits = |target: &&Target| {
                target.component == COMPONENT
                    && names.iter().any(|name| wanted(&target.suite, name))
            };
            targets.iter().find(fits).cloned()
        };
        let main = find(&|suite, name| suite == name)?;
        let security = find(&|suite, name| {
            let rest = suite.strip_prefix(name);
            matches!(rest, Some("-security" | "/updates"))
        });
        Some(Self {
            main,
            security,
            keyring,
        })
    }

    /// Source entries (`sources.list(5)`, deb822 style) for the release
    /// `codename` with its updates, and its backports if asked for.
    pub(crate) fn entries(&self, codename: &str, backports: bool) -> String {
        let mut suites = format!("{codename} {codename}-updates");
        if backports {
            let _ = write!(suites, " {codename}-backports");
        }
        let mut text = self.entry(&self.main, &suites);
        if let Some(security) = &self.security {
            text.push('\n');
            text.push_str(&self.entry(security, &format!("{codename}-security")));
        }
        text
    }

    fn entry(&self, target: &Target, suites: &str) -> String {
        let uri = &target.uri;
        let mut text =
            format!("Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: {COMPONENT}\n");
        if let Some(keyring) = target.keyring.as_ref().or(self.keyring.as_ref()) {
            let _ = writeln!(text, "Signed-By: {keyring}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Mirrors, Target, parse_targets};

    const CONFIGURED: &str = "\
cdrom:[Debian 12]/|bookworm|main|
https://vendor.example/apt|bookworm-vendor|main|/etc/vendor.gpg
http://mirror.example/debian/|bookworm|contrib|/k/debian.gpg
http://mirror.example/debian/|bookworm|main|/k/debian.gpg
http://mirror.example/debian/|bookworm-updates|main|/k/debian.gpg
http://mirror.example/security/|bookworm-security|main|
";

    fn mirrors(codename: &str) -> Option<Mirrors> {
        Mirrors::choose(
            &parse_targets(CONFIGURED),
            codename,
            Some("/k/all.gpg".into()),
        )
    }

    #[test]
    fn each_line_is_one_target() {
        let targets = parse_targets(CONFIGURED);
        assert_eq!(targets.len(), 5, "the disc is left out");
        let vendor = Target {
            uri: "https://vendor.example/apt".into(),
            suite: "bookworm-vendor".into(),
            component: "main".into(),
            keyring: Some("/etc/vendor.gpg".into()),
        };
        assert_eq!(targets[0], vendor);
        assert_eq!(targets[4].keyring, None);
    }

    #[test]
    fn a_key_block_in_an_entry_is_skipped() {
        let text = "http://a.example/|sid|main|-----BEGIN PGP PUBLIC KEY BLOCK-----\nmQINBF\n";
        let targets = parse_targets(text);
        assert_eq!(targets.len(), 1);
        assert_eq!(targets[0].keyring, None);
    }

    #[test]
    fn entries_name_the_distribution_s_archives_only() {
        let text = mirrors("bookworm").unwrap().entries("bookworm", true);
        assert_eq!(
            text,
            "Types: deb\nURIs: http://mirror.example/debian/\n\
             Suites: bookworm bookworm-updates bookworm-backports\nComponents: main\n\
             Signed-By: /k/debian.gpg\n\n\
             Types: deb\nURIs: http://mirror.example/security/\n\
             Suites: bookworm-security\nComponents: main\nSigned-By: /k/all.gpg\n"
        );
    }

    #[test]
    fn another_release_of_the_same_archive() {
        let targets = parse_targets("http://m.example/debian|stable|main|\n");
        let mirrors = Mirrors::choose(&targets, "trixie", None).unwrap();
        assert_eq!(
            mirrors.entries("bookworm", false),
            "Types: deb\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\n\
             Components: main\n"
        );
    }

    #[test]
    fn a_machine_without_that_release() {
        assert_eq!(mirrors("jammy"), None);
    }

    proptest! {
        #[test]
        fn any_output_is_fine(text: String) {
            let _ = Mirrors::choose(&parse_targets(&text), "bookworm", None);
        }
    }
}
