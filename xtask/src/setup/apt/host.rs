//! What kind of system this machine runs, for the choice of packages.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::sources::{Mirrors, TARGET_FORMAT, parse_targets};
use crate::setup::{find_program, text};

/// Key rings that a distribution's own sources are signed with.
const KEYRINGS: [(&str, &str); 2] = [
    ("debian", "/usr/share/keyrings/debian-archive-keyring.gpg"),
    ("ubuntu", "/usr/share/keyrings/ubuntu-archive-keyring.gpg"),
];

/// The distribution, from `os-release(5)`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Host {
    /// Identifier such as `debian`.
    pub(crate) id: String,
    /// Code name of the release such as `bookworm`.
    pub(crate) codename: String,
}

impl Host {
    /// The machine this runs on, if its packages are managed by apt.
    pub(crate) fn detect() -> Option<Self> {
        for program in ["apt-get", "apt-cache", "dpkg-deb", "tar"] {
            find_program(program)?;
        }
        let text = ["/etc/os-release", "/usr/lib/os-release"]
            .iter()
            .find_map(|path| fs::read_to_string(path).ok())?;
        Some(Self::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let field = |name: &str| {
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            value
                .unwrap_or_default()
                .trim_matches(['"', '\'', ' '])
                .to_owned()
        };
        Self {
            id: field("ID"),
            codename: field("VERSION_CODENAME"),
        }
    }

    /// Whether this is Debian itself, whose archive has the guest packages.
    pub(crate) fn is_debian(&self) -> bool {
        self.id == "debian"
    }

    /// The distribution's archives that apt is configured for. An empty
    /// `lists` directory stands in for apt's own, so that the answer does not
    /// depend on what was ever downloaded.
    pub(crate) fn mirrors(&self, lists: &Path) -> Result<Mirrors> {
        let mut command = Command::new("apt-get");
        let lists = format!("Dir::State::Lists={}", lists.display());
        command.args(["indextargets", "--no-release-info", "-o", &lists]);
        command.args(["--format", TARGET_FORMAT, "Created-By: Packages"]);
        let targets = parse_targets(&text(&mut command)?);
        let keyring = KEYRINGS
            .iter()
            .find(|(id, path)| *id == self.id && Path::new(path).exists());
        let keyring = keyring.map(|(_, path)| (*path).to_owned());
        Mirrors::choose(&targets, &self.codename, keyring).with_context(|| {
            let Self { id, codename } = self;
            format!("apt has no source for the main archive of {id} {codename}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Host;

    #[test]
    fn os_release() {
        let text = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\n\
                    ID=debian\nBUG_REPORT_URL=\"x\"\n";
        let host = Host::parse(text);
        assert_eq!(
            host,
            Host {
                id: "debian".into(),
                codename: "bookworm".into()
            }
        );
        assert!(host.is_debian());
    }

    #[test]
    fn a_derivative_is_not_debian() {
        let host = Host::parse("ID=\"linuxmint\"\nID_LIKE=\"ubuntu debian\"\n");
        assert_eq!(host.codename, "");
        assert!(!host.is_debian());
    }
}
