//! Who may do what (Arm ARM DDI 0487, D8.4.1).

use super::*;

const AP_TABLE_NO_EL0: u64 = 1 << 61;
const AP_TABLE_READ_ONLY: u64 = 1 << 62;
const UXN_TABLE: u64 = 1 << 60;
const PXN_TABLE: u64 = 1 << 59;
const HPD0: u64 = 1 << 41;

/// Rights as EL1, EL1 with PAN, EL0.
fn rights(machine: &Machine) -> String {
    let access = Access::el1(Rights::empty());
    let rights = machine.access(0x1000, access).unwrap().rights;
    std::format!("{} {} {}", rights.el1, rights.el1_pan, rights.el0)
}

fn page(descriptor: u64) -> String {
    rights(&Machine::one_page(PAGE | descriptor))
}

#[test]
fn ap_and_execute_never() {
    assert_eq!(page(0), "rwx rwx --x");
    assert_eq!(
        page(AP_EL0),
        "rw- --- rwx",
        "EL1 never runs what EL0 writes"
    );
    assert_eq!(page(AP_READ_ONLY), "r-x r-x --x");
    assert_eq!(page(AP_READ_ONLY | AP_EL0), "r-x --x r-x");
    assert_eq!(page(PXN), "rw- rw- --x");
    assert_eq!(page(UXN), "rwx rwx ---");
    assert_eq!(page(AP_EL0 | UXN), "rw- --- rw-");
    assert_eq!(page(AP_READ_ONLY | AP_EL0 | PXN | UXN), "r-- --- r--");
}

#[test]
fn wxn_takes_execution_from_what_is_writable() {
    let page = |descriptor| rights(&Machine::one_page(PAGE | descriptor).sctlr(SCTLR_WXN));
    assert_eq!(page(0), "rw- rw- --x");
    assert_eq!(page(AP_EL0), "rw- --- rw-");
    assert_eq!(page(AP_READ_ONLY), "r-x r-x --x");
    assert_eq!(page(AP_READ_ONLY | AP_EL0), "r-x --x r-x");
}

#[test]
fn epan_guards_what_el0_can_only_execute() {
    let machine = |d| Machine::one_page(PAGE | d).sctlr(SCTLR_EPAN);
    assert_eq!(rights(&machine(0)), "rwx --x --x");
    assert_eq!(rights(&machine(UXN)), "rwx rwx ---");
    assert_eq!(rights(&machine(0).id(V8_0)), "rwx rwx --x");
}

#[test]
fn tables_limit_what_is_below() {
    let below = |table: u64, descriptor| {
        let machine = Machine::one_page(PAGE | descriptor);
        let upper = machine.clone().put(0x1000, 0x2000 | TABLE | table);
        let lower = machine.put(0x2000, 0x3000 | TABLE | table);
        assert_eq!(rights(&upper), rights(&lower));
        rights(&upper)
    };
    assert_eq!(below(AP_TABLE_NO_EL0, AP_EL0), "rwx rwx --x");
    assert_eq!(below(AP_TABLE_READ_ONLY, AP_EL0), "r-x --x r-x");
    assert_eq!(
        below(AP_TABLE_READ_ONLY | AP_TABLE_NO_EL0, AP_EL0),
        "r-x r-x --x"
    );
    assert_eq!(below(UXN_TABLE, 0), "rwx rwx ---");
    assert_eq!(below(PXN_TABLE, 0), "rw- rw- --x");
}

#[test]
fn the_limits_of_several_tables_add_up() {
    let machine = Machine::one_page(PAGE | AP_EL0)
        .put(0x1000, 0x2000 | TABLE | AP_TABLE_READ_ONLY)
        .put(0x2000, 0x3000 | TABLE | UXN_TABLE);
    assert_eq!(rights(&machine), "r-x --x r--");
}

#[test]
fn hpd_lifts_the_limits() {
    let machine = Machine::one_page(PAGE | AP_EL0)
        .put(0x1000, 0x2000 | TABLE | AP_TABLE_READ_ONLY | UXN_TABLE)
        .tcr(HPD0);
    assert_eq!(rights(&machine), "rw- --- rwx");
    assert_eq!(rights(&machine.id(V8_0)), "r-x --x r--");
}

#[test]
fn accesses_that_lack_a_right_fault() {
    let machine = Machine::one_page(PAGE | AP_EL0 | AP_READ_ONLY | UXN);
    let denied = |access| parts(machine.access(0x1000, access)) == (FaultKind::Permission, 3);
    let pan = |access| Access {
        pan: true,
        ..access
    };
    assert!(machine.access(0x1000, Access::el0(Rights::READ)).is_ok());
    assert!(denied(Access::el0(Rights::WRITE)));
    assert!(denied(Access::el0(Rights::EXECUTE)));
    assert!(denied(Access::el1(Rights::READ_WRITE)), "an atomic access");
    assert!(denied(pan(Access::el1(Rights::READ))));
    let fetch = pan(Access::el1(Rights::EXECUTE));
    assert!(
        machine.access(0x1000, fetch).is_ok(),
        "PAN is not for fetches"
    );
    let unprivileged = pan(Access::el0(Rights::READ));
    assert!(machine.access(0x1000, unprivileged).is_ok());
    let old = machine.clone().id(V8_0);
    assert!(old.access(0x1000, pan(Access::el1(Rights::READ))).is_ok());
}

#[test]
fn a_clean_page_is_writable_where_hardware_manages_dirty_state() {
    let clean = Machine::one_page(PAGE | AP_READ_ONLY | DBM).tcr(HA | HD);
    let write = Access::el1(Rights::WRITE);
    let found = clean.access(0x1000, write).unwrap();
    assert_eq!(found.updates, Updates::DIRTY);
    assert!(found.entry.unwrap().clean);
    assert_eq!(clean.read(0x1000).unwrap().updates, Updates::empty());
    assert_eq!(rights(&clean), "rwx rwx --x");

    let dirty = Machine::one_page(PAGE | DBM).tcr(HA | HD);
    let found = dirty.access(0x1000, write).unwrap();
    assert_eq!(found.updates, Updates::empty());
    assert!(!found.entry.unwrap().clean);
}

#[test]
fn dbm_means_nothing_without_ha_and_hd() {
    let write = Access::el1(Rights::WRITE);
    let page = Machine::one_page(PAGE | AP_READ_ONLY | DBM);
    let no_dbs = Capabilities {
        features: ALL.features - Feature::DBS,
        ..ALL
    };
    let machines = [
        page.clone(),
        page.clone().tcr(HA),
        page.clone().tcr(HD),
        page.tcr(HA | HD).id(no_dbs),
    ];
    for machine in machines {
        let result = machine.access(0x1000, write);
        assert_eq!(parts(result), (FaultKind::Permission, 3));
    }
}

#[test]
fn a_clean_page_below_a_read_only_table_is_read_only() {
    let machine = Machine::one_page(PAGE | AP_READ_ONLY | DBM)
        .put(0x1000, 0x2000 | TABLE | AP_TABLE_READ_ONLY)
        .tcr(HA | HD);
    assert_eq!(rights(&machine), "r-x r-x --x");
    assert!(!machine.read(0x1000).unwrap().entry.unwrap().clean);
}

#[test]
fn both_updates_can_be_wanted_at_once() {
    let machine = Machine::one_page(0b11 | AP_READ_ONLY | DBM).tcr(HA | HD);
    let found = machine.access(0x1000, Access::el1(Rights::WRITE)).unwrap();
    assert_eq!(found.updates, Updates::all());
}
