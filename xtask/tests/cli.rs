//! The command line as a user meets it: messages and exit statuses.

use std::process::{Command, Output};

/// Runs the tool in the workspace's root.
fn xtask(arguments: &[&str]) -> Output {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command
        .current_dir(root)
        .args(arguments)
        .output()
        .expect("the tool starts")
}

/// Exit status and standard error.
fn fails(arguments: &[&str]) -> (Option<i32>, String) {
    let output = xtask(arguments);
    (
        output.status.code(),
        String::from_utf8(output.stderr).expect("messages are text"),
    )
}

#[test]
fn help_names_every_command() {
    let output = xtask(&["--help"]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success());
    for word in ["run", "test", "image", "setup", "Exit status"] {
        assert!(text.contains(word), "{word} is missing from\n{text}");
    }
}

#[test]
fn a_wrong_manifest_is_told_before_anything_starts() {
    let wrong = ["run", "--set", "vm.0.memory=5T", "--set", "node.cpu=max"];
    let message = "error: the manifest is wrong\n\
                   --set vm.0.memory=5T: vm.linux0.memory: 5T is not a size\n  \
                   -> give bytes or a whole number with K, M or G, such as \"512M\"\n";
    assert_eq!(fails(&wrong), (Some(2), message.to_owned()));
}

#[test]
fn the_place_of_a_problem_is_file_and_line() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("node.toml");
    std::fs::write(&path, "[[vm]]\nkernel = \"debian\"\nmemroy = 1\n").expect("a file");
    let path = path.to_str().expect("text");
    let message = format!(
        "error: the manifest is wrong\n{path}:3: vm.vm0.memroy: unknown key\n  \
         -> did you mean `memory`? (docs/manifest.md has every key)\n"
    );
    assert_eq!(fails(&["run", path]), (Some(2), message.clone()));
    assert_eq!(
        fails(&["image", path, "-o", "/dev/null"]),
        (Some(2), message)
    );
}

#[test]
fn a_wrong_expression_is_told() {
    let (status, message) = fails(&["run", "--expect", "("]);
    assert_eq!(status, Some(2));
    assert!(
        message.starts_with("error: --expect: \"(\" is not a regular expression"),
        "{message}"
    );
}

#[test]
fn a_wrong_argument_is_told() {
    assert_eq!(fails(&["run", "--timeout", "soon"]).0, Some(2));
    assert_eq!(fails(&["fly"]).0, Some(2));
}

#[test]
fn a_missing_hypervisor_is_told() {
    let told = fails(&["run", "--hypervisor", "no/such/file"]);
    assert_eq!(
        told,
        (
            Some(3),
            "error: there is no hypervisor no/such/file\n".to_owned()
        )
    );
}
