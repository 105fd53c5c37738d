//! Expressions are found however the output arrives.

use proptest::prelude::*;

use super::super::consoles::Consoles;
use super::super::search::{Search, compile};

/// The hits of `expression` while console 1 says these pieces.
fn found(expression: &str, pieces: &[&[u8]]) -> Option<String> {
    let mut consoles = Consoles::new(&["a".to_owned()], None).unwrap();
    let mut search = Search::new(compile(expression).unwrap(), vec![0; 3], None);
    pieces.iter().find_map(|piece| {
        consoles.push(1, piece);
        search.poll(&consoles.list).map(|hit| hit.text)
    })
}

#[test]
fn matches_cross_pieces() {
    assert_eq!(
        found("hello world", &[b"hel", b"lo wo", b"rld"]).as_deref(),
        Some("hello world")
    );
}

#[test]
fn lines_end_either_way() {
    assert_eq!(found("^b$", &[b"a\r\nb\r\n"]).as_deref(), Some("b"));
    assert_eq!(found("^b$", &[b"a\nb\n"]).as_deref(), Some("b"));
    assert_eq!(found("a.b", &[b"a\rb"]), None);
}

#[test]
fn old_lines_are_not_forgotten_too_soon() {
    let long = [b'x'; 10_000];
    assert_eq!(
        found("start x+ end", &[b"start ", &long, b" end"]).map(|text| text.len()),
        Some(10_010)
    );
    let one = [b'.'; 3000];
    assert!(found("(?s)one\n.*two", &[b"one\n", &one, b"two"]).is_some());
}

#[test]
fn a_search_can_keep_to_one_console() {
    let mut consoles = Consoles::new(&["a".to_owned()], None).unwrap();
    consoles.push(0, b"x");
    let mut only_a = Search::new(compile("x").unwrap(), vec![0; 3], Some(1));
    assert_eq!(only_a.poll(&consoles.list), None);
    consoles.push(1, b"x");
    assert_eq!(only_a.poll(&consoles.list).unwrap().console, "a");
}

#[test]
fn bad_expressions_are_explained() {
    let error = compile("(").unwrap_err();
    assert_eq!(error.to_string(), "\"(\" is not a regular expression");
}

proptest! {
    /// What a search over everything finds, one over pieces finds too.
    #[test]
    fn pieces_do_not_matter(text in "[ab\n]{0,60}", cut in 1usize..7) {
        let chunks: Vec<_> = text.as_bytes().chunks(cut).collect();
        let whole = compile("ab\nb+a").unwrap().is_match(text.as_bytes());
        prop_assert_eq!(found("ab\nb+a", &chunks).is_some(), whole);
    }
}
