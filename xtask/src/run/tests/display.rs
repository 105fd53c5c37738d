//! What the terminal shows.

use proptest::prelude::*;

use super::Display;

fn display(raw: bool) -> Display<Vec<u8>> {
    let names = ["hyp", "a", "b", "qemu"].map(str::to_owned);
    Display::new(Vec::new(), names.to_vec(), raw)
}

/// What is shown of these pieces of output.
fn shown(raw: bool, pieces: &[(usize, &str)]) -> String {
    let mut display = display(raw);
    for (console, text) in pieces {
        display.feed(*console, text.as_bytes()).unwrap();
    }
    display.finish().unwrap();
    String::from_utf8(display.into_inner()).unwrap()
}

#[test]
fn the_attached_machine_is_shown_as_it_is() {
    assert_eq!(
        shown(true, &[(1, "x\x1b[1m"), (1, "y\r\n")]),
        "x\x1b[1my\r\n"
    );
}

#[test]
fn others_are_shown_in_whole_lines() {
    assert_eq!(
        shown(false, &[(0, "on"), (2, "two\r\n"), (0, "e\n")]),
        "[b] two\n[hyp] one\n"
    );
    assert_eq!(shown(true, &[(3, "x\n")]), "[qemu] x\r\n");
}

#[test]
fn a_prompt_comes_back_behind_a_line() {
    assert_eq!(
        shown(true, &[(1, "$ "), (0, "x\n"), (1, "ls\r\n")]),
        "$ \r\n[hyp] x\r\n$ ls\r\n"
    );
}

#[test]
fn unfinished_lines_are_not_lost() {
    assert_eq!(
        shown(false, &[(2, "boot"), (1, "$ ")]),
        "$ \n[b] boot\n$ \n"
    );
}

#[test]
fn attaching_changes_who_is_raw() {
    let mut display = display(false);
    display.feed(2, b"login: ").unwrap();
    display.attach(2).unwrap();
    display.feed(2, b"me\n").unwrap();
    display.feed(1, b"quiet\n").unwrap();
    display.attach(9).unwrap();
    let text = String::from_utf8(display.into_inner()).unwrap();
    assert_eq!(
        text,
        "\n[toroid] keys go to b\nlogin: me\n[a] quiet\n[toroid] there is no such machine\n"
    );
}

proptest! {
    /// However output is cut into pieces, the attached machine's bytes are
    /// shown in order and each line of the others exactly once.
    #[test]
    fn nothing_is_lost(pieces in prop::collection::vec((0usize..4, "[a-z\n]{0,6}"), 0..20)) {
        let mut display = display(false);
        for (console, text) in &pieces {
            display.feed(*console, text.as_bytes()).unwrap();
        }
        display.finish().unwrap();
        let text = String::from_utf8(display.into_inner()).unwrap();
        for (console, name) in [(0, "hyp"), (2, "b"), (3, "qemu")] {
            let said: String = pieces.iter().filter(|p| p.0 == console).map(|p| p.1.as_str()).collect();
            let prefix = format!("[{name}] ");
            let lines: Vec<_> = text.lines().filter_map(|line| line.strip_prefix(&prefix)).collect();
            prop_assert_eq!(lines, said.lines().collect::<Vec<_>>());
        }
    }
}
