//! The configuration file that makes apt private.

use std::fmt::Write as _;
use std::path::Path;

use super::System;

/// Hooks and downloads that are for the system's own packages.
const SYSTEM_ONLY: [&str; 6] = [
    "Acquire::IndexTargets::deb::DEP-11",
    "APT::Update::Post-Invoke",
    "APT::Update::Post-Invoke-Success",
    "DPkg::Post-Invoke",
    "DPkg::Pre-Install-Pkgs",
    "DPkg::Pre-Invoke",
];

/// The text of the configuration that makes apt private.
pub(super) fn configuration(dir: &Path, system: System) -> String {
    let dir = dir.display();
    let mut text = format!(
        "Dir::State \"{dir}\";\nDir::State::Lists \"{dir}/lists\";\n\
         Dir::State::status \"{dir}/status\";\n\
         Dir::Cache \"{dir}\";\nDir::Cache::Archives \"{dir}/archives\";\n\
         Dir::Etc::SourceList \"/dev/null\";\nDir::Etc::SourceParts \"{dir}/sources\";\n\
         Acquire::Languages \"none\";\nAPT::Sandbox::User \"root\";\n\
         APT::Keep-Downloaded-Packages \"true\";\n"
    );
    for list in SYSTEM_ONLY {
        let _ = writeln!(text, "#clear {list};");
    }
    if let System::Empty(architecture) = system {
        let _ = write!(
            text,
            "APT::Architecture \"{architecture}\";\n#clear APT::Architectures;\n\
             APT::Architectures {{ \"{architecture}\"; }};\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{System, configuration};

    #[test]
    fn a_foreign_machine_has_one_architecture() {
        let foreign = configuration(Path::new("/c"), System::Empty("arm64"));
        assert!(foreign.contains("APT::Architectures { \"arm64\"; };"));
        assert!(foreign.contains("Dir::State::status \"/c/status\";"));
        let own = configuration(Path::new("/c"), System::ThisMachine);
        assert!(!own.contains("APT::Architecture"));
    }
}
