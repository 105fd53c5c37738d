//! What the manual says of the clock.

use super::*;
use proptest::prelude::*;

/// 2026-11-20 00:00 UTC.
const NOW: u64 = 1_795_132_800;
/// An access to one register.
const WORD: AccessSize = AccessSize::Word;

fn clock() -> Pl031 {
    Pl031::new(NOW)
}

#[test]
fn shows_the_time_of_day_and_runs_from_reset() {
    let mut rtc = clock();
    assert_eq!(rtc.read(CR, WORD, NOW), 1);
    assert_eq!(rtc.read(DR, WORD, NOW), NOW);
    assert_eq!(rtc.read(DR, WORD, NOW + 5), NOW + 5);
    rtc.write(CR, WORD, 0, NOW);
    assert_eq!(rtc.read(CR, WORD, NOW), 1);
}

#[test]
fn the_load_register_sets_the_time_and_reads_back() {
    let mut rtc = clock();
    rtc.write(LR, WORD, 1000, NOW);
    assert_eq!(rtc.read(LR, WORD, NOW + 3), 1000);
    assert_eq!(rtc.read(DR, WORD, NOW + 3), 1003);
}

#[test]
fn the_alarm_comes_when_time_reaches_the_match_register() {
    let mut rtc = clock();
    rtc.write(IMSC, WORD, 1, NOW);
    rtc.write(MR, WORD, NOW + 10, NOW);
    assert_eq!(rtc.next_alarm(NOW + 1), Some(NOW + 10));
    assert!(!rtc.interrupt_line(NOW + 9));
    assert!(rtc.interrupt_line(NOW + 10));
    assert_eq!(rtc.next_alarm(NOW + 10), None);
    assert_eq!(rtc.read(MIS, WORD, NOW + 10), 1);
}

#[test]
fn a_cleared_alarm_stays_quiet_until_the_counter_comes_round() {
    let mut rtc = clock();
    rtc.write(IMSC, WORD, 1, NOW);
    rtc.write(MR, WORD, NOW, NOW);
    assert!(rtc.interrupt_line(NOW));
    rtc.write(ICR, WORD, 1, NOW);
    assert!(!rtc.interrupt_line(NOW));
    let round = NOW + (1 << 32);
    assert_eq!(rtc.next_alarm(NOW), Some(round));
    assert!(!rtc.interrupt_line(round - 1));
    assert!(rtc.interrupt_line(round));
}

#[test]
fn a_masked_alarm_is_raw_only() {
    let mut rtc = clock();
    rtc.write(MR, WORD, NOW + 1, NOW);
    assert_eq!(rtc.next_alarm(NOW), None);
    assert!(!rtc.interrupt_line(NOW + 2));
    assert_eq!(rtc.read(RIS, WORD, NOW + 2), 1);
    assert_eq!(rtc.read(MIS, WORD, NOW + 2), 0);
    rtc.write(IMSC, WORD, 1, NOW + 2);
    assert!(rtc.interrupt_line(NOW + 2));
}

#[test]
fn identifies_itself_as_a_pl031() {
    let mut rtc = clock();
    let ids: [u64; 8] = core::array::from_fn(|i| rtc.read(0xfe0 + 4 * i as u64, WORD, NOW));
    assert_eq!(ids, [0x31, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1]);
}

/// The driver rounds through read-modify-write of `RTCCR` and sets an alarm
/// as Linux's `rtc-pl031` does.
#[test]
fn linux_sets_an_alarm() {
    let mut rtc = clock();
    let control = rtc.read(CR, WORD, NOW);
    rtc.write(CR, WORD, control | 1, NOW);
    rtc.write(IMSC, WORD, 0, NOW);
    rtc.write(ICR, WORD, 1, NOW);
    rtc.write(MR, WORD, NOW + 60, NOW);
    rtc.write(IMSC, WORD, 1, NOW);
    assert_eq!(rtc.next_alarm(NOW), Some(NOW + 60));
    assert!(rtc.interrupt_line(NOW + 60));
    assert_eq!(rtc.read(MIS, WORD, NOW + 60), 1);
    rtc.write(ICR, WORD, 1, NOW + 60);
    assert!(!rtc.interrupt_line(NOW + 61));
}

#[test]
fn reset_forgets_alarms_and_keeps_the_set_time() {
    let mut rtc = clock();
    rtc.write(LR, WORD, 7, NOW);
    rtc.write(IMSC, WORD, 1, NOW);
    rtc.write(MR, WORD, 8, NOW);
    rtc.reset(NOW + 100);
    assert!(!rtc.interrupt_line(NOW + 100));
    assert_eq!(rtc.read(DR, WORD, NOW + 100), 107);
}

/// Any access size.
fn size() -> impl Strategy<Value = AccessSize> {
    (0u32..4).prop_map(AccessSize::from_log2)
}

proptest! {
    /// `next_alarm` is exact: the line is down until then and up from then on.
    #[test]
    fn the_line_rises_exactly_when_foretold(start: u32, set: u32, alarm: u32, late in 0u64..9) {
        let start = u64::from(start);
        let mut rtc = Pl031::new(start);
        rtc.write(IMSC, WORD, 1, start);
        rtc.write(LR, WORD, u64::from(set), start);
        rtc.write(MR, WORD, u64::from(alarm), start);
        rtc.write(ICR, WORD, 1, start);
        let when = rtc.next_alarm(start).unwrap();
        prop_assert!(!rtc.interrupt_line(when - 1));
        prop_assert!(rtc.interrupt_line(when + late));
    }

    /// Any access at any time is answered, even when time goes back.
    #[test]
    fn any_access_is_harmless(
        accesses in proptest::collection::vec(
            (any::<bool>(), any::<u64>(), size(), any::<u64>(), any::<u64>()),
            0..50,
        )
    ) {
        let mut rtc = clock();
        for (write, offset, size, value, now) in accesses {
            let offset = if value & 1 == 0 { offset % 0x1000 } else { offset };
            if write {
                rtc.write(offset, size, value, now);
            } else {
                rtc.read(offset, size, now);
            }
            let _ = (rtc.interrupt_line(now), rtc.next_alarm(now));
        }
    }
}
