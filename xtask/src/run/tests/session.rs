//! Sessions, with a shell script in QEMU's place.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::super::consoles::HYPERVISOR;
use super::super::session::{Options, Session};
use super::super::shared::Ending;
use super::manifest;
use crate::host::Host;

/// Long enough for a loaded machine, short enough for a test that fails.
const LONG: Duration = Duration::from_secs(20);
/// For what will not happen.
const SHORT: Duration = Duration::from_millis(200);
/// A report without machines: status 0 (all off), list of length 0.
const ALL_OFF: &str = r"printf '\033_toroid;r;0000\033\\'";

/// Starts the script as if it were QEMU, running a node with two machines.
fn start(script: &str, log: Option<&TempDir>) -> (Session, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let qemu = directory.path().join("qemu");
    fs::write(&qemu, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&qemu, fs::Permissions::from_mode(0o700)).unwrap();
    let log = log.map(|directory| directory.path().to_owned());
    let options = Options {
        log,
        ..Options::default()
    };
    let session =
        Session::start_image(&Host::with_qemu(qemu), &manifest(), b"image", options).unwrap();
    (session, directory)
}

#[test]
fn a_node_that_reports_its_end_ended_well() {
    let log = tempfile::tempdir().unwrap();
    let script = format!(r"printf 'up\n\033_toroid;s;2\033\\hi\n'; {ALL_OFF}; echo oops >&2");
    let (session, _directory) = start(&script, Some(&log));
    let outcome = session.finish(LONG);
    assert_eq!(outcome.ending, Ending::AllOff);
    assert_eq!(
        (outcome.text(HYPERVISOR), outcome.text("b")),
        ("up\n".to_owned(), "hi\n".to_owned())
    );
    assert_eq!(
        (outcome.text("a"), outcome.text("qemu")),
        (String::new(), "oops\n".to_owned())
    );
    let logged = |name: &str| fs::read_to_string(log.path().join("node-0").join(name)).unwrap();
    assert_eq!(
        (logged("hyp.log"), logged("b.log"), logged("a.log")),
        ("up\n".into(), "hi\n".into(), String::new())
    );
}

#[test]
fn a_missing_report_is_a_failure() {
    let outcome = start("echo up", None).0.finish(LONG);
    assert_eq!(
        outcome.ending,
        Ending::Lost("the node stopped without a report".to_owned())
    );
    assert!(!outcome.ending.is_success());
}

#[test]
fn an_exit_status_without_a_report_counts() {
    assert_eq!(start("exit 3", None).0.finish(LONG).ending, Ending::Exit(3));
}

#[test]
fn a_killed_emulator_is_a_failure() {
    let ending = start("kill -9 $$", None).0.finish(LONG).ending;
    assert!(
        matches!(&ending, Ending::Lost(reason) if reason.starts_with("QEMU was killed")),
        "{ending}"
    );
}

#[test]
fn waits_go_on_behind_the_last_hit() {
    let (mut session, _directory) = start(r"echo 'one two one'; exec sleep 100", None);
    assert_eq!(
        session.wait_for(None, "o(n)e", LONG).unwrap().groups,
        ["one", "n"]
    );
    session.wait_for(Some("hyp"), "one", LONG).unwrap();
    let error = session
        .wait_for(None, "one", SHORT)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "\"one\" did not appear within 200ms\n--- last lines of hyp ---\none two one\n"
        ),
        "{error}"
    );
    assert!(session.wait_for(Some("c"), "x", SHORT).is_err());
}

#[test]
fn waits_end_with_the_node() {
    let (mut session, _directory) = start("echo bye; exit 7", None);
    let error = session
        .wait_for(None, "never", LONG)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("\"never\" did not appear; QEMU ended with status 7\n"),
        "{error}"
    );
}

#[test]
fn keys_reach_the_machine_they_are_for() {
    // The first machine is attached from the start.
    let (mut session, _directory) = start("head -c 10 | od -An -c; exec sleep 100", None);
    session.send(0, "a").unwrap();
    session.send(1, "b\x1d").unwrap();
    session.send(0, "cd").unwrap();
    session.send(0, "e").unwrap();
    let dump = "a 035 1 b 035 035 035 0 c d".replace(' ', r"\s+");
    session.wait_for(None, &dump, LONG).unwrap();
    assert!(session.send(10, "x").is_err());
}

#[test]
fn expectations_are_met_in_any_order() {
    let (session, _directory) = start(
        r"printf 'b\n\033_toroid;s;1\033\\a\n'; exec sleep 100",
        None,
    );
    let compile = |text: &str| super::compile_expression(text).unwrap();
    let deadline = Some(Instant::now() + LONG);
    assert!(
        session
            .expect_all(&[compile("^a$"), compile("^b$")], deadline)
            .is_empty()
    );
    let soon = Some(Instant::now() + SHORT);
    assert_eq!(
        session.expect_all(&[compile("a"), compile("c")], soon),
        ["c"]
    );
}

#[test]
fn a_node_that_does_not_end_is_stopped() {
    let (session, _directory) = start("exec sleep 100", None);
    let outcome = session.finish(SHORT);
    assert_eq!(
        outcome.ending,
        Ending::Stopped("it did not end within 200ms".to_owned())
    );
    assert_eq!(outcome.exit, None);
}

#[test]
fn dropping_a_session_ends_the_node() {
    let (mut session, directory) =
        start("echo $$ > $(dirname $0)/pid; echo up; exec sleep 100", None);
    session.wait_for(None, "up", LONG).unwrap();
    let pid: i32 = fs::read_to_string(directory.path().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    drop(session);
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    assert!(rustix::process::test_kill_process(pid).is_err());
}

#[test]
fn a_node_can_be_stopped_from_another_thread() {
    let (session, _directory) = start("exec sleep 100", None);
    let controller = session.controller();
    std::thread::spawn(move || controller.stop("enough"));
    assert!(session.wait_end(Some(Instant::now() + LONG)));
    assert_eq!(
        session.finish(LONG).ending.to_string(),
        "the node was stopped: enough"
    );
}
