//! The memory-mapped drivers on memory that stands in for the registers.

use core::ptr::NonNull;
use std::{vec, vec::Vec};

use tock_registers::interfaces::{Readable, Writeable};

use super::{
    gicd::Distributor,
    gicr::{Redistributor, SIZE, SIZE_VLPI},
    *,
};
use crate::machine::Trigger;

/// Memory that stands in for registers; lives as long as the test program.
fn registers(bytes: u64) -> &'static mut [u64] {
    Vec::leak(vec![0u64; (bytes / 8) as usize])
}

/// Where some stand-in memory is.
fn address(memory: &mut [u64]) -> NonNull<u8> {
    NonNull::from(memory).cast()
}

/// A distributor with this many INTIDs.
fn distributor(lines: u32) -> Distributor {
    let memory = registers(0x8000);
    // GICD_TYPER is the upper half of the first doubleword.
    memory[0] = u64::from(lines / 32 - 1) << 32;
    // SAFETY: the memory is as large as the register map and never freed.
    unsafe { Distributor::new(address(memory)) }
}

/// `GICR_TYPER.VLPIS`.
const VLPIS: u64 = 1 << 1;
/// `GICR_TYPER.Last`.
const LAST: u64 = 1 << 4;

/// A region of redistributors for these (affinity, flags), `stride` bytes apart.
fn region(frames: &[(u64, u64)], stride: u64) -> &'static mut [u64] {
    let memory = registers(stride * frames.len() as u64);
    for (index, (affinity, flags)) in frames.iter().enumerate() {
        memory[index * stride as usize / 8 + 1] = affinity << 32 | flags;
    }
    memory
}

/// Offset in its region of the redistributor that is found for `mpidr`.
fn found_at(memory: &mut [u64], stride: Option<u64>, mpidr: u64) -> Option<usize> {
    let size = size_of_val(memory) as u64;
    let base = address(memory);
    // SAFETY: the memory is a region of this size and never freed.
    let found = unsafe { Redistributor::find(base, size, stride, mpidr) }?;
    Some(core::ptr::from_ref(found.registers()).addr() - base.addr().get())
}

#[test]
fn a_redistributor_is_found_by_affinity() {
    let frames = [(0, 0), (1, 0), (0x0102_0304, LAST)];
    let memory = region(&frames, SIZE);
    assert_eq!(found_at(memory, None, 1), Some(SIZE as usize));
    // Aff3 is in bits 39:32 of MPIDR_EL1.
    let far = 0x1_0002_0304;
    assert_eq!(found_at(memory, None, far), Some(2 * SIZE as usize));
    assert_eq!(found_at(memory, None, 7), None);
}

#[test]
fn redistributors_with_virtual_lpis_are_twice_as_far_apart() {
    let memory = region(&[(0, VLPIS), (1, VLPIS | LAST)], SIZE_VLPI);
    assert_eq!(found_at(memory, None, 1), Some(SIZE_VLPI as usize));
}

#[test]
fn a_stride_from_the_device_tree_prevails() {
    let stride = 0x8_0000;
    let memory = region(&[(0, VLPIS), (1, LAST)], stride);
    assert_eq!(found_at(memory, Some(stride), 1), Some(stride as usize));
}

#[test]
fn the_search_ends_at_the_last_frame_and_at_the_end_of_the_region() {
    let memory = region(&[(0, LAST), (1, 0)], SIZE);
    assert_eq!(found_at(memory, None, 1), None);
    let memory = region(&[(0, 0), (2, 0)], SIZE);
    assert_eq!(found_at(memory, None, 1), None);
    let too_small = registers(SIZE / 2);
    assert_eq!(found_at(too_small, None, 0), None);
}

#[test]
fn each_interrupt_has_its_own_bit() {
    let gicd = distributor(288);
    gicd.enable(37);
    gicd.clear_active(287);
    assert_eq!(gicd.registers().isenabler[1].get(), 1 << 5);
    assert_eq!(gicd.registers().icactiver[8].get(), 1 << 31);
    gicd.set_active(64);
    assert!(gicd.is_active(64) && !gicd.is_active(65));
}

#[test]
fn the_trigger_of_one_interrupt_leaves_the_others() {
    let gicd = distributor(64);
    gicd.set_trigger(33, Trigger::Edge);
    gicd.set_trigger(47, Trigger::Edge);
    gicd.set_trigger(33, Trigger::Level);
    assert_eq!(gicd.registers().icfgr[2].get(), 0b10 << 30);
}

#[test]
fn spis_start_quiet_and_routed_to_the_core_that_boots() {
    let gicd = distributor(96);
    gicd.init_v3(0x0000_0001_8000_0102);
    let registers = gicd.registers();
    assert_eq!(gicd.lines(), 96);
    assert_eq!(registers.icenabler[0].get(), 0);
    assert_eq!(registers.icenabler[2].get(), u32::MAX);
    assert_eq!(registers.icenabler[3].get(), 0);
    assert_eq!(registers.igroupr[1].get(), u32::MAX);
    assert_eq!(registers.irouter[32].get(), 0x1_0000_0102);
    assert_eq!(registers.irouter[31].get(), 0);
    assert_eq!(registers.ipriorityr[95].get(), DEFAULT_PRIORITY);
    // ARE and EnableGrp1.
    assert_eq!(registers.ctlr.get(), 0b1_0010);
}

#[test]
fn interrupts_outside_the_architecture_change_nothing() {
    let gicd = distributor(288);
    gicd.enable(5000);
    gicd.set_priority(5000, 1);
    gicd.set_trigger(5000, Trigger::Edge);
    gicd.route_v2(31, 0xff);
    gicd.route_v3(5000, 1);
    assert!(!gicd.is_active(5000));
    assert!(gicd.registers().itargetsr.iter().all(|r| r.get() == 0));
}

#[test]
fn a_single_core_has_a_target_bit_although_the_register_reads_zero() {
    let gicd = distributor(64);
    assert_eq!(gicd.init_banked_v2(), Some(1));
    gicd.registers().itargetsr[0].set(1 << 3);
    assert_eq!(gicd.init_banked_v2(), Some(1 << 3));
}

#[test]
fn special_intids_are_told_from_interrupts() {
    assert!(Iar(1023).is_special());
    assert!(Iar(1020).is_special());
    assert!(!Iar(1019).is_special());
    // An SGI of GICv2 with its sender.
    assert_eq!(Iar(3 << 10 | 5).intid(), 5);
}
