//! Whatever happens to the UART, in any order.

use super::*;
use proptest::prelude::*;

/// One thing that can happen to a UART.
#[derive(Clone, Debug)]
enum Event {
    Read(u64, AccessSize),
    Write(u64, AccessSize, u64),
    Receive(u8),
    Break,
    Drain(usize),
}

/// Any access size.
fn size() -> impl Strategy<Value = AccessSize> {
    (0u32..4).prop_map(AccessSize::from_log2)
}

fn event() -> impl Strategy<Value = Event> {
    let offset =
        prop_oneof![8 => (0u64..0x14).prop_map(|n| n * 4), 1 => 0u64..0x1000, 1 => any::<u64>()];
    prop_oneof![
        (offset.clone(), size()).prop_map(|(offset, size)| Event::Read(offset, size)),
        (offset, size(), any::<u64>()).prop_map(|(o, s, v)| Event::Write(o, s, v)),
        any::<u8>().prop_map(Event::Receive),
        Just(Event::Break),
        (0usize..20).prop_map(Event::Drain),
    ]
}

proptest! {
    /// Any sequence of events is harmless and leaves the flags consistent.
    #[test]
    fn any_sequence_keeps_the_flags_consistent(events in proptest::collection::vec(event(), 0..200)) {
        let mut bench = Bench::new();
        bench.out.room = 3;
        for event in events {
            match event {
                Event::Read(offset, size) => { bench.uart.read(offset, size); }
                Event::Write(offset, size, value) => bench.uart.write(offset, size, value, &mut bench.out),
                Event::Receive(byte) => { let _ = bench.uart.receive(byte); }
                Event::Break => { let _ = bench.uart.receive_break(); }
                Event::Drain(count) => bench.drain(count),
            }
            let flags = bench.read(FR);
            prop_assert!(flags & RXFE == 0 || flags & RXFF == 0);
            prop_assert!(flags & TXFE == 0 || flags & TXFF == 0);
            prop_assert_eq!(flags & BUSY != 0, bench.uart.transmitting());
            prop_assert_eq!(bench.uart.interrupt_line(), bench.read(MIS) != 0);
        }
    }

    /// A driver that honours TXFF loses nothing, whatever the sink's pace.
    #[test]
    fn every_character_arrives_in_order(text: Vec<u8>, fifos: bool, paces in proptest::collection::vec(0usize..5, 1..9)) {
        let mut bench = if fifos { Bench::with_fifos() } else { Bench::new() };
        bench.out.room = 0;
        let mut pace = paces.iter().cycle();
        for byte in &text {
            while bench.read(FR) & TXFF != 0 {
                bench.drain(pace.next().map_or(1, |n| n + 1));
            }
            bench.write(DR, u64::from(*byte));
        }
        bench.drain(usize::MAX);
        prop_assert_eq!(bench.out.sent, text);
    }
}
