//! Bare-metal guests: every check in them holds, on every interrupt controller
//! and kind of core. `guests/README.md` says what each of them promises.

use anyhow::ensure;
use system_tests::{Case, GUEST_TIME};
use xtask::run::Ending;

/// A guest and the numbers of vCPUs that it is run with.
struct Guest(&'static str, &'static [u8]);

const GUESTS: &[Guest] = &[
    Guest("hello", &[1]),
    Guest("gic", &[2]),
    Guest("gic-smp", &[4]),
    Guest("timers", &[1]),
    Guest("psci", &[4]),
    Guest("psci-reset", &[2]),
    Guest("smc", &[1]),
    Guest("idregs", &[2]),
    Guest("sysregs", &[1]),
    Guest("aborts", &[1]),
    Guest("mmio", &[1]),
    Guest("uart", &[1]),
    Guest("rtc", &[1]),
    Guest("wfi", &[1]),
    Guest("pmu", &[1]),
    Guest("debug", &[1]),
    Guest("gpr", &[1]),
    Guest("fp", &[1]),
    Guest("smp", &[4]),
];

/// More sizes, for the guests in which the number of vCPUs matters. (Those in
/// which all of them spin take too long with eight on a small host; a Linux
/// guest has eight in `linux`.)
const SIZES: &[Guest] = &[
    Guest("hello", &[8]),
    Guest("gic", &[1, 8]),
    Guest("gic-smp", &[2]),
    Guest("psci", &[1, 8]),
    Guest("smp", &[1, 2]),
];

/// Where they run: the host's GIC, the guest's, the core.
const MACHINES: &[(u8, u8, &str)] = &[
    (3, 3, "cortex-a53"),
    (3, 3, "cortex-a72"),
    (3, 3, "max"),
    (2, 2, "cortex-a53"),
    (2, 2, "cortex-a72"),
    (2, 2, "max"),
];

/// A GICv2 for the guest on a board whose GICv3 cannot provide one: the CPU
/// interface is emulated.
const EMULATED: (u8, u8, &str) = (3, 2, "cortex-a72");
/// The guests that this makes a difference to.
const WITH_INTERRUPTS: &[Guest] = &[
    Guest("gic", &[2]),
    Guest("gic-smp", &[4]),
    Guest("timers", &[1]),
    Guest("psci", &[2]),
    Guest("psci-reset", &[2]),
    Guest("wfi", &[1]),
    Guest("pmu", &[1]),
    Guest("uart", &[1]),
];

/// Four vCPUs that turn each other on and off.
const STORM: &str = "[[vm]]\nname = \"guest\"\ncpus = 4\nmemory = \"32M\"\n\
    kernel = \"guest:psci-storm\"\ncmdline = \"hyp exit=psci\"\n";

/// Every case.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let everywhere = MACHINES.iter().flat_map(|&machine| on(GUESTS, machine));
    let sizes = [(3, 3, "max"), (2, 2, "cortex-a53")]
        .into_iter()
        .flat_map(|machine| on(SIZES, machine));
    everywhere
        .chain(sizes)
        .chain(on(WITH_INTERRUPTS, EMULATED))
        .chain(choices())
        .chain([(2, "cortex-a53"), (3, "max")].map(|(gic, cpu)| warm(gic, cpu)))
        .chain([(2, "cortex-a72"), (3, "cortex-a72")].map(|(gic, cpu)| storm(gic, cpu)))
}

/// A warm reset is as any other, except that RAM keeps its contents.
fn warm(gic: u8, cpu: &'static str) -> Case {
    let name = format!("guest/psci-reset/warm/gicv{gic}/{cpu}/2-vcpus");
    Case::new(name, move |bench| {
        let sets = [
            format!("node.gic={gic}"),
            format!("node.cpu={cpu}"),
            "vm.0.cpus=2".to_owned(),
            "vm.0.cmdline=hyp warm".to_owned(),
        ];
        bench.run_guest("psci-reset", &sets).map(drop)
    })
}

/// The guest ends itself from several vCPUs at once, so the verdict is in what
/// it prints; the node must end well.
fn storm(gic: u8, cpu: &'static str) -> Case {
    let name = format!("guest/psci-storm/gicv{gic}/{cpu}/4-vcpus");
    Case::new(name, move |bench| {
        let sets = [format!("node.gic={gic}"), format!("node.cpu={cpu}")];
        let outcome = bench.start(STORM, &sets)?.finish(GUEST_TIME);
        let console = outcome.text("guest");
        ensure!(
            outcome.ending == Ending::AllOff && console.contains("PASS psci-storm"),
            "{}\n{}",
            outcome.ending,
            outcome.tails()
        );
        ensure!(!console.contains("not ok"), "{console}");
        Ok(())
    })
}

/// What the manifest can take away from a processor.
fn choices() -> impl Iterator<Item = Case> {
    [
        Case::new("guest/choices/sve-256", |bench| {
            let outcome = bench.run_guest("fp", &["vm.0.sve=256", "vm.0.cmdline=hyp"])?;
            let console = outcome.text("guest");
            ensure!(console.contains("longest vector: 256 bits"), "{console}");
            Ok(())
        }),
        Case::new("guest/choices/no-sve", |bench| {
            let outcome = bench.run_guest("fp", &["vm.0.sve=0", "vm.0.cmdline=hyp"])?;
            let console = outcome.text("guest");
            ensure!(!console.contains("longest vector"), "{console}");
            bench
                .run_guest("idregs", &["vm.0.sve=0", "vm.0.cmdline=hyp"])
                .map(drop)
        }),
        Case::new("guest/choices/no-pmu", |bench| {
            let sets = ["vm.0.pmu=false", "vm.0.cmdline=hyp"];
            bench.run_guest("idregs", &sets).map(drop)
        }),
    ]
    .into_iter()
}

fn on(guests: &'static [Guest], machine: (u8, u8, &'static str)) -> impl Iterator<Item = Case> {
    guests.iter().flat_map(move |Guest(guest, sizes)| {
        sizes.iter().map(move |&vcpus| case(guest, vcpus, machine))
    })
}

fn case(guest: &'static str, vcpus: u8, (host, gic, cpu): (u8, u8, &'static str)) -> Case {
    let controller = if host == gic {
        format!("gicv{gic}")
    } else {
        format!("gicv{gic}-on-gicv{host}")
    };
    let name = format!("guest/{guest}/{controller}/{cpu}/{vcpus}-vcpus");
    Case::new(name, move |bench| {
        let sets = [
            format!("node.gic={host}"),
            format!("node.cpu={cpu}"),
            format!("node.cpus={}", vcpus.max(2)),
            format!("vm.0.gic={gic}"),
            format!("vm.0.cpus={vcpus}"),
            "vm.0.cmdline=hyp".to_owned(),
        ];
        bench.run_guest(guest, &sets).map(drop)
    })
}
