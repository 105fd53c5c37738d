//! What keys mean.

use bundle::wire::{Input, InputDecoder};
use proptest::prelude::*;

use super::{Action, Keys};

#[test]
fn commands_hide_behind_the_escape_key() {
    let sent = |bytes: &[u8]| Action::Send(bytes.to_vec());
    let actions = Keys::new().push(b"ls\r\x03\x1d1x\x1d?\x1d\x1d\x1dz\x1dq");
    assert_eq!(
        actions,
        [
            sent(b"ls\r\x03"),
            Action::Attach(1, b"\x1d1".to_vec()),
            sent(b"x\x1d?\x1d\x1d"),
            Action::Help,
            Action::Quit,
        ]
    );
}

#[test]
fn the_escape_key_may_come_alone() {
    let mut keys = Keys::new();
    assert_eq!(keys.push(b"\x1d"), []);
    assert_eq!(keys.push(b"q"), [Action::Quit]);
}

proptest! {
    /// Keys without commands reach the guest as they are, however they are
    /// cut into pieces.
    #[test]
    fn plain_keys_arrive(keys in prop::collection::vec(any::<u8>(), 0..40), cut in 1usize..5) {
        let typed: Vec<u8> =
            keys.iter().flat_map(|&k| std::iter::repeat_n(k, if k == 0x1d { 2 } else { 1 })).collect();
        let (mut reader, mut decoder) = (Keys::new(), InputDecoder::new());
        let mut arrived = Vec::new();
        for action in typed.chunks(cut).flat_map(|chunk| reader.push(chunk)) {
            let Action::Send(bytes) = action else { panic!("{action:?}") };
            arrived.extend(bytes.into_iter().filter_map(|b| decoder.push(b)));
        }
        prop_assert_eq!(arrived, keys.into_iter().map(Input::Byte).collect::<Vec<_>>());
    }
}
