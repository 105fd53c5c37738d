//! What a bundle promises, as properties.

use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;
use proptest::prelude::*;

use super::*;

/// A small valid machine around `kernel`.
fn vm(name: &str, kernel: Blob) -> Vm {
    Vm {
        name: name.to_string(),
        vcpus: 2,
        pin: vec![0, 1],
        memory: 64 << 20,
        paging: Paging::Nested,
        gic: GicVersion::V3,
        kernel,
        initrd: None,
        dtb: None,
        dtb_overlay: None,
        cmdline: "console=ttyAMA0".to_string(),
        devices: vec![Device::Console],
        pmu: true,
        sve: None,
    }
}

fn node(vms: Vec<Vm>) -> Node {
    Node {
        vms,
        log_level: LogLevel::Info,
        semihosting: false,
        frames: true,
    }
}

/// A valid bundle with one machine.
fn sample() -> (Node, Vec<u8>) {
    let mut files = Writer::new();
    let kernel = files.add(vec![1, 2, 3], "Image");
    let mut machine = vm("linux", kernel);
    machine.initrd = Some(files.add(vec![4; 5000], "initrd"));
    let node = node(vec![machine]);
    let bytes = write(&node, files).unwrap();
    (node, bytes)
}

proptest! {
    /// Any bytes at all give an error or a bundle, never a panic.
    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse(&bytes);
        let mut head = MAGIC.to_vec();
        head.extend(VERSION.to_le_bytes());
        head.extend(&bytes);
        let _ = parse(&head);
    }

    /// A description of arbitrary bytes under a correct check sum neither.
    #[test]
    fn any_description_is_taken(description in prop::collection::vec(any::<u8>(), 1..300)) {
        let total = (HEADER_SIZE + description.len()) as u64;
        let mut bytes = Header::encode(&description, total).unwrap().to_vec();
        bytes.extend(&description);
        let _ = parse(&bytes);
    }

    /// What was written is read, blob by blob, and bytes behind do not matter.
    #[test]
    fn round_trip(
        files in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..5000), 1..5),
        behind in prop::collection::vec(any::<u8>(), 0..9),
    ) {
        let mut writer = Writer::new();
        let machines: Vec<_> = files
            .iter()
            .enumerate()
            .map(|(i, file)| vm(&i.to_string(), writer.add(file.clone(), "file")))
            .collect();
        let wanted = node(machines);
        let mut bytes = write(&wanted, writer).unwrap();
        bytes.extend(behind);
        let bundle = parse(&bytes).unwrap();
        prop_assert_eq!(&bundle.node, &wanted);
        for (machine, file) in bundle.node.vms.iter().zip(&files) {
            prop_assert_eq!(bundle.blob(&machine.kernel), file.as_slice());
        }
    }

    /// Any damage to header or description is noticed, and so is a cut.
    #[test]
    fn damage_is_noticed(at in any::<prop::sample::Index>(), flip in 1u8..) {
        let (node, mut bytes) = sample();
        let checked = HEADER_SIZE + postcard::to_allocvec(&node).unwrap().len();
        bytes[at.index(checked)] ^= flip;
        prop_assert!(parse(&bytes).is_err());
        let (_, bytes) = sample();
        prop_assert!(parse(&bytes[..at.index(bytes.len())]).is_err());
    }
}

#[test]
fn equal_files_are_stored_once() {
    let mut files = Writer::new();
    let first = files.add(vec![7; 10], "a");
    let second = files.add(vec![7; 10], "b");
    assert_eq!(first.offset, second.offset);
    assert_eq!(second.source, "b");
}

#[test]
fn blobs_must_lie_inside() {
    let (good, bytes) = sample();
    for (offset, size) in [
        (bytes.len() as u64, 1),
        (0, 1),
        (good.vms[0].kernel.offset + 1, 1),
        (good.vms[0].kernel.offset, 0),
        (good.vms[0].kernel.offset, u64::MAX),
        (u64::MAX - 4095, 8192),
    ] {
        let mut bad = good.clone();
        bad.vms[0].kernel = Blob {
            offset,
            size,
            source: "x".to_string(),
        };
        let refused = Error::Blob {
            vm: "linux".to_string(),
            role: "kernel",
        };
        assert_eq!(
            Writer::new().finish(&bad),
            Err(refused),
            "{offset:#x} {size:#x}"
        );
    }
}

#[test]
fn impossible_machines_are_refused() {
    let (good, _) = sample();
    let check = |change: fn(&mut Vm), message: &str| {
        let mut bad = good.clone();
        change(&mut bad.vms[0]);
        assert_eq!(bad.check().unwrap_err().to_string(), message);
    };
    check(
        |m| m.vcpus = 0,
        "virtual machine linux: it needs 1 to 8 virtual processors",
    );
    check(
        |m| m.vcpus = 9,
        "virtual machine linux: it needs 1 to 8 virtual processors",
    );
    check(
        |m| m.pin = vec![1],
        "virtual machine linux: pin needs one core for each virtual processor",
    );
    check(
        |m| m.pin = vec![1, 1],
        "virtual machine linux: pin names a core twice",
    );
    check(
        |m| m.memory = 4097,
        "virtual machine linux: its memory is not a positive multiple of 4 KiB",
    );
    check(
        |m| m.name = "a b".to_string(),
        "virtual machine 0: its name is empty, too long or has odd characters",
    );
    let mut twins = good.clone();
    twins.vms.push(good.vms[0].clone());
    let twin = "virtual machine linux: another one has the same name";
    assert_eq!(twins.check().unwrap_err().to_string(), twin);
    assert_eq!(
        node(vec![]).check().unwrap_err().to_string(),
        "node: it has no virtual machine"
    );
}

#[test]
fn messages_are_one_plain_line() {
    let (_, good) = sample();
    let message = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        parse(&bytes).unwrap_err().to_string()
    };
    assert_eq!(
        message(0, b'x'),
        "no bundle lies behind the hypervisor's image"
    );
    assert_eq!(
        message(8, 9),
        "the bundle has format version 9, this hypervisor reads 1"
    );
    assert!(message(40, 0xff).starts_with("the bundle is damaged: check sum "));
    assert_eq!(
        parse(&good[..10]).unwrap_err().to_string(),
        "the bundle is cut off: 10 bytes are there, 32 are needed"
    );
}
