//! The register files say the truth and keep what is written.

use guests::{
    check, check_eq,
    gic::{
        FIRST_SPI, ICACTIVER, ICENABLER, ICFGR, ICPENDR, IGROUPR, IPRIORITYR, IROUTER, ISACTIVER,
        ISENABLER, ISPENDR, ITARGETSR, TYPER,
    },
    machine, skip,
};

use crate::{SPI, fresh, gic};

/// `GICD_TYPER.SecurityExtn`
const SECURITY: u32 = 1 << 10;

pub(crate) fn run() {
    fresh();
    typer();
    set_clear();
    priorities();
    config();
    reserved();
    identification();
    if gic().is_v2() {
        targets();
    } else {
        routes();
        redistributors();
    }
    fresh();
}

fn typer() {
    let typer = gic().dist.r32(TYPER);
    check_eq!(typer & SECURITY, 0, "GICD_TYPER: one security state");
    check!(gic().lines() > SPI + 32, "GICD_TYPER: at least 264 interrupts"; "{}", gic().lines());
    if gic().is_v2() {
        check_eq!(
            (typer >> 5 & 7) as usize,
            machine::get().cpus - 1,
            "GICD_TYPER.CPUNumber"
        );
    } else {
        check!(typer >> 19 & 0x1f >= 9, "GICD_TYPER.IDbits covers 1024 INTIDs"; "{typer:#x}");
        check!(
            gic().dist.r32(0) & 1 << 6 != 0,
            "GICD_CTLR.DS is set: one security state"
        );
    }
}

/// Every set/clear pair, for every SPI.
fn set_clear() {
    let pairs = [
        ("enable", ISENABLER, ICENABLER),
        ("pending", ISPENDR, ICPENDR),
        ("active", ISACTIVER, ICACTIVER),
    ];
    for (name, set, clear) in pairs {
        let mut wrong = 0;
        // INTIDs above those that devices use.
        for intid in 96..gic().lines() {
            gic().poke(set, intid);
            let on = gic().bit(set, intid) && gic().bit(clear, intid);
            gic().poke(set, intid ^ 1);
            gic().poke(clear, intid ^ 1);
            let kept = gic().bit(set, intid);
            gic().poke(clear, intid);
            let off = !gic().bit(set, intid) && !gic().bit(clear, intid);
            wrong += u32::from(!(on && kept && off));
        }
        check_eq!(wrong, 0, "set and clear {} for each SPI", name);
    }
    let word = SPI as usize / 32 * 4;
    gic().dist.w32(IGROUPR + word, 0x5a5a_1234);
    check_eq!(
        gic().dist.r32(IGROUPR + word),
        0x5a5a_1234,
        "group bits are kept"
    );
}

fn priorities() {
    gic().set_priority(SPI, 0xff);
    let mask = gic().priority(SPI);
    check!(mask & 0xf0 == 0xf0 && mask.leading_ones() + mask.trailing_zeros() >= 8,
        "at least 16 priorities, high bits implemented"; "{mask:#x}");
    let base = IPRIORITYR + SPI as usize;
    gic().dist.w32(base, 0x4030_2010);
    let bytes = [0, 1, 2, 3].map(|i| gic().dist.r8(base + i));
    check_eq!(
        bytes,
        [0x10, 0x20, 0x30, 0x40],
        "priorities written as a word read as bytes"
    );
    gic().dist.w8(base + 2, 0xa0);
    check_eq!(
        gic().dist.r32(base),
        0x40a0_2010,
        "a priority byte changes no other"
    );
    let private = gic().bank(0);
    private.w8(IPRIORITYR + 5, 0x70);
    check_eq!(
        private.r32(IPRIORITYR + 4) >> 8 & 0xff,
        0x70,
        "an SGI's priority is kept"
    );
    gic().set_priority(5, 0xa0);
}

fn config() {
    gic().set_edge(SPI, true);
    check!(
        gic().is_edge(SPI) && !gic().is_edge(SPI + 1),
        "an SPI can be made edge-sensitive"
    );
    gic().set_edge(SPI, false);
    check!(!gic().is_edge(SPI), "and level-sensitive again");
    let sgis = gic().bank(0).r32(ICFGR);
    check_eq!(sgis & 0xaaaa_aaaa, 0xaaaa_aaaa, "SGIs are edge-triggered");
    gic().bank(0).w32(ICFGR, 0);
    check_eq!(gic().bank(0).r32(ICFGR), sgis, "SGIs stay edge-triggered");
    check!(
        !gic().is_edge(27) && !gic().is_edge(30),
        "timer interrupts are level-sensitive"
    );
}

/// Reserved registers and interrupts that do not exist: zero, writes ignored.
fn reserved() {
    let end = gic().lines() as usize;
    for (name, offset) in [
        ("0x034", 0x034),
        ("0xd20's end 0xf30", 0xf30),
        ("0xf80", 0xf80),
    ] {
        gic().dist.w32(offset, u32::MAX);
        check_eq!(
            gic().dist.r32(offset),
            0,
            "reserved offset {} is RAZ/WI",
            name
        );
    }
    if end < 1020 {
        for register in [ISENABLER, ISPENDR, ISACTIVER] {
            let offset = register + end / 8;
            gic().dist.w32(offset, u32::MAX);
            check_eq!(
                gic().dist.r32(offset),
                0,
                "{:#x}: no interrupt beyond TYPER's",
                offset
            );
        }
        gic().dist.w8(IPRIORITYR + end, 0xff);
        check_eq!(
            gic().dist.r8(IPRIORITYR + end),
            0,
            "no priority beyond TYPER's"
        );
    }
    let typer = gic().dist.r32(TYPER);
    gic().dist.w32(TYPER, !typer);
    check_eq!(gic().dist.r32(TYPER), typer, "GICD_TYPER ignores writes");
}

/// `PIDR2.ArchRev`
fn identification() {
    let (offset, revision) = if gic().is_v2() {
        (0xfe8, 2)
    } else {
        (0xffe8, 3)
    };
    check_eq!(
        gic().dist.r32(offset) >> 4 & 0xf,
        revision,
        "architecture revision in PIDR2"
    );
    if !gic().is_v2() {
        check_eq!(
            gic().second.r32(0xffe8) >> 4 & 0xf,
            3,
            "redistributor's PIDR2"
        );
    }
}

fn targets() {
    let cpus = machine::get().cpus;
    if cpus == 1 {
        // Uniprocessor: the registers may be RAZ/WI (Arm IHI 0048B §4.3.12).
        skip!("targets"; "one CPU");
        return;
    }
    let all = (1u32 << cpus) - 1;
    let mine = gic().dist.r8(ITARGETSR);
    check_eq!(mine, 1, "a private interrupt's target is the reader");
    gic().dist.w8(ITARGETSR + 27, 0);
    check_eq!(gic().dist.r8(ITARGETSR + 27), 1, "and read-only");
    let base = ITARGETSR + SPI as usize;
    gic().dist.w32(base, 0xffff_ffff);
    // QEMU keeps the bits of CPUs that do not exist.
    let real = all * 0x0101_0101;
    let mask = if machine::strict() { u32::MAX } else { real };
    check_eq!(
        gic().dist.r32(base) & mask,
        real,
        "targets: only CPUs that exist"
    );
    gic().dist.w32(base, real);
    gic().dist.w8(base + 1, 2);
    check_eq!(gic().dist.r8(base + 1), 2, "a target byte is kept");
    check_eq!(gic().dist.r8(base + 2), all as u8, "and changes no other");
}

fn routes() {
    let base = IROUTER + SPI as usize * 8;
    gic().dist.w64(base, 0x0000_0003_0002_0100);
    check_eq!(
        gic().dist.r64(base),
        0x0000_0003_0002_0100,
        "an affinity route is kept"
    );
    gic().dist.w64(base, 0);
    gic().dist.w32(base, 1);
    gic().dist.w32(base + 4, 0);
    check_eq!(
        gic().dist.r64(base),
        1,
        "the halves of IROUTER are accessible"
    );
    check_eq!(gic().dist.r32(base), 1, "each alone");
    let private = gic().dist.r32(ISENABLER);
    check_eq!(private, 0, "with affinity routing GICD_ISENABLER0 is RAZ");
    check_eq!(
        gic().dist.r32(ITARGETSR + FIRST_SPI as usize),
        0,
        "and so is GICD_ITARGETSR"
    );
}

fn redistributors() {
    let mut frame = gic().second;
    for cpu in 0..machine::get().cpus {
        let typer = frame.r64(8);
        check_eq!(
            typer >> 32,
            cpu as u64,
            "GICR_TYPER.Affinity of CPU {}",
            cpu
        );
        check_eq!(
            typer >> 8 & 0xffff,
            cpu as u64,
            "GICR_TYPER.Processor_Number of CPU {}",
            cpu
        );
        let last = cpu + 1 == machine::get().cpus;
        check_eq!(
            typer >> 4 & 1,
            u64::from(last),
            "GICR_TYPER.Last of CPU {}",
            cpu
        );
        check_eq!(
            u64::from(frame.r32(12)),
            typer >> 32,
            "its upper half alone, CPU {}",
            cpu
        );
        frame = frame.at(0x2_0000);
    }
}
