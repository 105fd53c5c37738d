//! QEMU's `virt` board.

use super::*;

#[test]
fn every_virt_board_has_memory_console_timers_and_firmware() {
    for (board, bytes) in VIRT {
        let mut bytes = bytes.to_vec();
        let machine = discover(&mut bytes).unwrap();
        assert_eq!(machine.model, "linux,dummy-virt", "{board}");
        assert_eq!(machine.memory.as_slice(), [range(0x4000_0000, 128 << 20)]);
        assert_eq!(machine.reserved.as_slice(), []);
        assert_eq!(machine.psci, Some(Conduit::Smc));
        assert_eq!(machine.stdout_path, Some("/pl011@9000000"));
        assert_eq!(machine.pmu.as_slice(), [level(23)]);
        assert_eq!(machine.rtc, Some(range(0x0901_0000, 0x1000)));
        assert_eq!(
            machine.uart,
            Some(UartInfo {
                kind: UartKind::Pl011,
                registers: range(0x0900_0000, 0x1000),
                interrupt: Some(level(33)),
                clock: Some(24_000_000),
            })
        );
        assert_eq!(
            machine.timers,
            Some(TimerInterrupts {
                secure_physical: level(29),
                physical: level(30),
                virtual_: level(27),
                hyp_physical: level(26),
            })
        );
    }
}

#[test]
fn cores_are_listed_in_order() {
    for (board, count) in [("GICv2, 1 core", 1), ("GICv3, 4 cores", 4)] {
        let mut bytes = virt(board);
        let machine = discover(&mut bytes).unwrap();
        let affinities: Vec<u64> = machine.cpus.iter().map(|cpu| cpu.mpidr).collect();
        assert_eq!(affinities, (0..count).collect::<Vec<u64>>());
        assert_eq!(machine.cpus_left_out, 0);
    }
}

#[test]
fn several_cores_are_started_by_psci() {
    let mut bytes = virt("GICv2, 4 cores");
    let machine = discover(&mut bytes).unwrap();
    assert!(machine.cpus.iter().all(|cpu| cpu.enable == CpuEnable::Psci));
}

#[test]
fn gicv2_has_its_virtualization_part() {
    let mut bytes = virt("GICv2, 4 cores");
    let machine = discover(&mut bytes).unwrap();
    let expected = GicInfo::V2(GicV2Info {
        gicd: range(0x0800_0000, 0x1_0000),
        gicc: range(0x0801_0000, 0x1_0000),
        virt: Some(GicV2Virtual {
            gich: range(0x0803_0000, 0x1_0000),
            gicv: range(0x0804_0000, 0x1_0000),
            maintenance: level(25),
        }),
    });
    assert_eq!(machine.gic, Some(expected));
}

#[test]
fn gicv3_has_one_redistributor_region() {
    let mut bytes = virt("GICv3, 4 cores");
    let machine = discover(&mut bytes).unwrap();
    let Some(GicInfo::V3(gic)) = machine.gic else {
        panic!("{:?}", machine.gic);
    };
    assert_eq!(gic.gicd, range(0x0800_0000, 0x1_0000));
    assert_eq!(gic.gicr.as_slice(), [range(0x080a_0000, 0x00f6_0000)]);
    assert_eq!(gic.maintenance, Some(level(25)));
    assert_eq!((gic.stride, gic.legacy), (None, None));
}

#[test]
fn bytes_after_the_tree_do_not_matter() {
    let mut exact = virt("GICv3, 1 core");
    let mut longer = exact.clone();
    longer.resize(1 << 20, 0xa5);
    assert_eq!(discover(&mut longer), discover(&mut exact));
}
