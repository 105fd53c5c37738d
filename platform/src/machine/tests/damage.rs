//! Damaged trees: an error, never a panic. And NOP tokens, which are no damage.

use proptest::prelude::*;
use std::vec::Vec;

use super::*;

/// Token of the structure block that stands for nothing.
const NOP: u32 = 4;
/// Token that begins a node.
const BEGIN_NODE: u32 = 1;
/// Token that ends a node.
const END_NODE: u32 = 2;
/// Token of a property.
const PROP: u32 = 3;

/// The word at `offset`.
fn word(bytes: &[u8], offset: usize) -> u32 {
    u32::from_be_bytes(bytes[offset..offset + 4].try_into().unwrap())
}

/// Where the node with this name begins.
fn find_node(bytes: &[u8], name: &[u8]) -> usize {
    (0..bytes.len() - name.len() - 5)
        .step_by(4)
        .find(|&at| {
            word(bytes, at) == BEGIN_NODE
                && bytes[at + 4..].starts_with(name)
                && bytes[at + 4 + name.len()] == 0
        })
        .unwrap()
}

/// Where the node without children that begins at `start` ends.
fn node_end(bytes: &[u8], start: usize, name: &[u8]) -> usize {
    let mut at = (start + 4 + name.len() + 1).next_multiple_of(4);
    while word(bytes, at) == PROP {
        at = (at + 12 + word(bytes, at + 4) as usize).next_multiple_of(4);
    }
    assert_eq!(word(bytes, at), END_NODE);
    at + 4
}

/// Overwrites a part with NOP tokens.
fn blot(bytes: &mut [u8], start: usize, end: usize) {
    for token in bytes[start..end].chunks_exact_mut(4) {
        token.copy_from_slice(&NOP.to_be_bytes());
    }
}

#[test]
fn a_node_that_firmware_blotted_out_is_gone_and_nothing_else() {
    for (board, original) in VIRT {
        let mut blotted = original.to_vec();
        let start = find_node(&blotted, b"pmu");
        let end = node_end(&blotted, start, b"pmu");
        blot(&mut blotted, start, end);
        let mut whole = original.to_vec();
        let mut expected = discover(&mut whole).unwrap();
        expected.pmu.clear();
        assert_eq!(discover(&mut blotted), Ok(expected), "{board}");
    }
}

#[test]
fn a_property_that_firmware_blotted_out_is_gone_and_nothing_else() {
    let mut whole = virt("GICv3, 4 cores");
    let mut blotted = whole.clone();
    let property = find_node(&blotted, b"pmu") + 8;
    let end = (property + 12 + word(&blotted, property + 4) as usize).next_multiple_of(4);
    blot(&mut blotted, property, end);
    let mut expected = discover(&mut whole).unwrap();
    // The first property is `interrupts`.
    expected.pmu.clear();
    assert_eq!(discover(&mut blotted), Ok(expected));
}

#[test]
fn what_is_no_tree_is_refused() {
    for bytes in [&[][..], &[0; 64], b"\xd0\x0d\xfe\xed"] {
        assert!(matches!(claimed_size(bytes), Err(Error::Malformed { .. })));
        assert!(discover(&mut bytes.to_vec()).is_err());
    }
}

#[test]
fn a_tree_that_is_nested_too_deeply_is_refused() {
    let mut node = build::node("leaf", Vec::new(), Vec::new());
    for _ in 0..40 {
        node = build::node("branch", Vec::new(), std::vec![node]);
    }
    let root = build::node("", Vec::new(), std::vec![node]);
    let error = discover(&mut build::blob(root)).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
}

/// One of the boards' trees.
fn any_board() -> impl Strategy<Value = Vec<u8>> {
    (0..VIRT.len()).prop_map(|index| VIRT[index].1.to_vec())
}

/// Discovery on `bytes`, and its error as text.
fn outcome(mut bytes: Vec<u8>) -> Option<std::string::String> {
    discover(&mut bytes).err().map(|error| error.to_string())
}

proptest! {
    #[test]
    fn a_truncated_tree_is_refused(bytes in any_board(), keep in any::<prop::sample::Index>()) {
        let mut bytes = bytes;
        bytes.truncate(keep.index(bytes.len()));
        let error = outcome(bytes).unwrap();
        prop_assert!(error.starts_with("device tree is malformed"), "{error}");
    }

    #[test]
    fn changed_bytes_never_cause_a_panic(
        bytes in any_board(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..16),
    ) {
        let mut bytes = bytes;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(error) = outcome(bytes) {
            prop_assert!(!error.contains(char::is_control), "{error:?}");
        }
    }

    #[test]
    fn changed_words_never_cause_a_panic(
        bytes in any_board(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0u32..12), 1..8),
    ) {
        // Small numbers are tokens, lengths and cell counts.
        let mut bytes = bytes;
        for (at, value) in changes {
            let at = at.index(bytes.len() / 4) * 4;
            bytes[at..at + 4].copy_from_slice(&value.to_be_bytes());
        }
        outcome(bytes);
    }

    #[test]
    fn a_changed_header_never_causes_a_panic(
        bytes in any_board(),
        field in 1usize..10,
        value in prop_oneof![any::<u32>(), 0u32..10_000],
    ) {
        let mut bytes = bytes;
        bytes[field * 4..field * 4 + 4].copy_from_slice(&value.to_be_bytes());
        outcome(bytes);
    }

    #[test]
    fn whatever_parses_has_sane_memory(
        bytes in any_board(),
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let mut bytes = bytes;
        let at = at.index(bytes.len());
        bytes[at] = value;
        if let Ok(machine) = discover(&mut bytes) {
            for pair in machine.memory.windows(2) {
                prop_assert!(!pair[0].overlaps(&pair[1]));
                prop_assert!(pair[0].base < pair[1].base);
            }
            for range in machine.memory.iter().chain(&machine.reserved) {
                prop_assert!(range.size > 0);
                prop_assert!(range.base.checked_add(range.size).is_some());
            }
        }
    }
}
