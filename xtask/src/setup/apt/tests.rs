//! What apt prints, as it prints it, with the hosts replaced.

use std::path::Path;

use proptest::prelude::*;

use super::{Package, System, configuration, parse_progress, parse_stanza, parse_uris, size_note};

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

#[test]
fn a_foreign_machine_has_one_architecture() {
    let foreign = configuration(Path::new("/c"), System::Empty("arm64"));
    assert!(foreign.contains("APT::Architectures { \"arm64\"; };"));
    assert!(foreign.contains("Dir::State::status \"/c/status\";"));
    let own = configuration(Path::new("/c"), System::ThisMachine);
    assert!(!own.contains("APT::Architecture"));
}

proptest! {
    #[test]
    fn any_output_is_fine(text: String) {
        let _ = parse_stanza(&text);
        let _ = parse_uris(&text);
        let _ = parse_progress(&text);
    }
}
