//! What the line promises, as properties.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use alloc::{format, vec};
use proptest::prelude::*;

use super::*;
use crate::Report;
use crate::report::{NodeStatus, VcpuReport, VmReport, VmState};

/// Bytes that are rich in what matters to the parser.
fn tricky() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        3 => any::<u8>().prop_map(|b| vec![b]),
        3 => Just(vec![ESC]),
        3 => Just(vec![APC]),
        2 => Just(vec![ST]),
        2 => Just(b"toroid;".to_vec()),
        1 => Just(b"\x1b_toroid;s;".to_vec()),
        1 => Just(b"\x1b_toroid;s;7\x1b\\".to_vec()),
        1 => Just(b"\x1b_toroid;r;00".to_vec()),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn report() -> impl Strategy<Value = Report> {
    let status = prop_oneof![
        Just(NodeStatus::AllOff),
        ".*".prop_map(|reason| NodeStatus::Failed { reason }),
        ".*".prop_map(|message| NodeStatus::Panic { message }),
    ];
    let state = prop_oneof![
        Just(VmState::Off),
        Just(VmState::Running),
        ".*".prop_map(VmState::Failed)
    ];
    let vcpu = prop::collection::vec(("[a-z-]{1,12}", any::<u64>()), 0..4)
        .prop_map(|exits| VcpuReport { exits });
    let vm = (
        "[a-z]{1,8}",
        state,
        any::<u32>(),
        prop::collection::vec(vcpu, 0..3),
    )
        .prop_map(|(name, state, resets, vcpus)| VmReport {
            name,
            state,
            resets,
            vcpus,
        });
    (status, prop::collection::vec(vm, 0..3)).prop_map(|(status, vms)| Report { status, vms })
}

/// Each stream's bytes, and the reports, in order.
fn collect(events: impl IntoIterator<Item = Event>) -> (BTreeMap<Stream, Vec<u8>>, Vec<Report>) {
    let mut streams = BTreeMap::<Stream, Vec<u8>>::new();
    let mut reports = Vec::new();
    for event in events {
        match event {
            Event::Data(stream, data) => streams.entry(stream).or_default().extend(data),
            Event::Report(report) => reports.push(report),
        }
    }
    (streams, reports)
}

/// Everything that `line` says, pushed in pieces of `cut` bytes.
fn split(line: &[u8], cut: usize) -> Vec<Event> {
    let mut splitter = Splitter::new();
    let mut events: Vec<_> = line
        .chunks(cut.max(1))
        .flat_map(|c| splitter.push(c))
        .collect();
    events.extend(splitter.finish());
    events
}

proptest! {
    /// Whatever guests write arrives unchanged on their own stream, however
    /// the line is cut: they cannot forge a frame or reach another stream.
    #[test]
    fn guests_cannot_forge(
        writes in prop::collection::vec((0u16..4, tricky()), 0..12),
        cut in 1usize..9,
    ) {
        let mut line = Vec::new();
        let mut encoder = Encoder::new();
        let mut sent = BTreeMap::<Stream, Vec<u8>>::new();
        for (stream, data) in &writes {
            encoder.data(Stream(*stream), data, &mut |b| line.push(b));
            if !data.is_empty() {
                sent.entry(Stream(*stream)).or_default().extend(data);
            }
        }
        let (received, reports) = collect(split(&line, cut));
        prop_assert_eq!(received, sent);
        prop_assert!(reports.is_empty());
    }

    /// A report arrives, whatever a guest wrote before and after it.
    #[test]
    fn reports_arrive(report in report(), before in tricky(), after in tricky(), cut in 1usize..40) {
        let mut line = Vec::new();
        let mut encoder = Encoder::new();
        encoder.data(Stream::vm(0), &before, &mut |b| line.push(b));
        encoder.report(&report, &mut |b| line.push(b)).unwrap();
        encoder.data(Stream::vm(0), &after, &mut |b| line.push(b));
        let (streams, reports) = collect(split(&line, cut));
        prop_assert_eq!(reports, vec![report]);
        let sent = [before, after].concat();
        prop_assert_eq!(streams.get(&Stream::vm(0)).cloned().unwrap_or_default(), sent);
    }

    /// Any bytes at all are taken without a panic, the pieces they come in do
    /// not matter, and nothing is invented.
    #[test]
    fn any_line_is_taken(line in tricky(), cut in 1usize..9) {
        let whole = collect(split(&line, line.len()));
        prop_assert_eq!(&collect(split(&line, cut)), &whole);
        let bytes: usize = whole.0.values().map(Vec::len).sum();
        prop_assert!(bytes <= line.len());
    }

    /// After noise that ends in a plain byte, the next frame counts again.
    #[test]
    fn resynchronises(noise in tricky(), data in "[a-z]{1,9}") {
        let mut line = noise;
        line.push(b'\n');
        let mut encoder = Encoder::new();
        encoder.data(Stream(9), data.as_bytes(), &mut |b| line.push(b));
        let (streams, _) = collect(split(&line, 3));
        prop_assert!(streams.get(&Stream(9)).is_some_and(|d| d.ends_with(data.as_bytes())));
    }

    /// Escaped keys arrive as they are.
    #[test]
    fn keys_arrive(keys in prop::collection::vec(prop_oneof![Just(0x1d), any::<u8>()], 0..50)) {
        let mut decoder = InputDecoder::new();
        let got: Vec<_> = escape(&keys).into_iter().filter_map(|b| decoder.push(b)).collect();
        let wanted: Vec<_> = keys.into_iter().map(Input::Byte).collect();
        prop_assert_eq!(got, wanted);
    }
}

#[test]
fn the_frames_are_as_documented() {
    let mut line = Vec::new();
    let mut encoder = Encoder::new();
    encoder.data(Stream::HYPERVISOR, b"up\n", &mut |b| line.push(b));
    encoder.data(Stream::vm(1), b"\x1b_x", &mut |b| line.push(b));
    let report = Report {
        status: NodeStatus::AllOff,
        vms: Vec::new(),
    };
    encoder.report(&report, &mut |b| line.push(b)).unwrap();
    let text = String::from_utf8(line).unwrap();
    assert_eq!(
        text,
        "up\n\x1b_toroid;s;2\x1b\\\x1b\x1b_toroid;s;2\x1b\\_x\x1b_toroid;r;0000\x1b\\"
    );
}

#[test]
fn an_endless_frame_is_data() {
    let mut line = b"\x1b_toroid;r;".to_vec();
    line.resize(MAX_FRAME + 100, b'0');
    let mut splitter = Splitter::new();
    let (streams, reports) = collect(splitter.push(&line));
    assert!(reports.is_empty());
    assert_eq!(
        streams.get(&Stream::HYPERVISOR).map(Vec::len),
        Some(line.len())
    );
}

#[test]
fn unknown_and_ill_formed_frames_are_data() {
    for body in [
        "x;1", "s;", "s;65536", "s;+1", "s;-1", "s1", "r;0", "r;zz", "r;ff", "",
    ] {
        let line = format!("a\x1b_toroid;{body}\x1b\\b");
        let (streams, reports) = collect(split(line.as_bytes(), 2));
        assert!(reports.is_empty(), "{body}");
        let got = String::from_utf8(streams[&Stream::HYPERVISOR].clone()).unwrap();
        assert_eq!(got, line.to_string(), "{body}");
    }
}

#[test]
fn attaching_is_understood() {
    for vm in 0..=255 {
        let got: Vec<_> = attach(vm)
            .into_iter()
            .flatten()
            .scan(InputDecoder::new(), |decoder, byte| {
                Some(decoder.push(byte))
            })
            .flatten()
            .collect();
        let wanted = if vm < 10 {
            vec![Input::Attach(vm)]
        } else {
            vec![]
        };
        assert_eq!(got, wanted);
    }
}

#[test]
fn commands_hide_behind_the_escape_key() {
    let mut decoder = InputDecoder::new();
    let got: Vec<_> = b"a\x1d3\x1d?\x1dx\x1d\x1db"
        .iter()
        .filter_map(|&b| decoder.push(b))
        .collect();
    let byte = Input::Byte;
    assert_eq!(
        got,
        [
            byte(b'a'),
            Input::Attach(3),
            Input::Help,
            byte(0x1d),
            byte(b'b')
        ]
    );
}
