//! The node as a whole: how it starts, how it ends, what it says.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use object::{Object, ObjectSymbol};
use system_tests::{Bench, Case, GUEST_TIME};
use xtask::image::{self, Format};
use xtask::manifest::Manifest;
use xtask::run::{Ending, MachineOptions, Options, Outcome, Session};

/// One VM that turns itself off.
const OFF: &str = "[[vm]]\nname = \"guest\"\nmemory = \"64M\"\nkernel = \"guest:psci-off\"\n";

/// A VM that echoes what it is sent up to a full stop and then ends the node.
const ECHO: &str = "[node]\nsemihosting = true\n\
    [[vm]]\nname = \"guest\"\nmemory = \"64M\"\nkernel = \"guest:hello\"\ncmdline = \"echo\"\n";

/// Time for keys to reach a guest on a busy machine.
const KEY_TIME: Duration = Duration::from_secs(30);

/// Every case.
pub(crate) fn cases() -> impl Iterator<Item = Case> {
    let el3 = [2, 3].map(|gic| {
        Case::new(format!("node/elf-starts-at-el3/gicv{gic}"), move |bench| {
            starts_at_el3(bench, gic)
        })
    });
    let keys = [2, 3].map(|gic| {
        let name = format!("node/elf-starts-at-el3/input/gicv{gic}");
        Case::new(name, move |bench| input_at_el3(bench, gic))
    });
    el3.into_iter().chain(keys).chain([
        Case::new("node/elf-starts-at-el2", elf),
        Case::new("node/counts-exits", counts_exits),
        Case::new("node/runs-repeat-under-icount", repeats),
        Case::new("node/many-vms", many_vms),
        Case::new("node/many-resets", many_resets),
        Case::new("node/memory-in-odd-sizes", odd_memory),
        Case::new("node/panic-tells-and-fails", panics),
        Case::new("node/stack-overflow-tells-and-fails", stack_overflow),
        Case::new("node/guest-cannot-forge-frames", forged_frames),
    ])
}

fn manifest(text: &str, sets: &[&str]) -> Result<Manifest> {
    let path = xtask::workspace().join("manifests").join("test.toml");
    let sets: Vec<String> = sets.iter().map(|&set| set.to_owned()).collect();
    Ok(Manifest::parse(&path, text, &sets)?)
}

fn options(bench: &Bench<'_>, machine: MachineOptions) -> Options {
    Options {
        machine,
        log: Some(bench.logs().to_owned()),
        tap: None,
    }
}

/// The ELF image boots where a loader gives it no device tree in x0.
fn elf(bench: &Bench<'_>) -> Result<()> {
    let manifest = manifest(OFF, &[])?;
    let image = image::build(bench.host(), &manifest, Format::Elf, true)?;
    let options = options(bench, MachineOptions::default());
    let outcome =
        Session::start_image(bench.host(), &manifest, &image, options)?.finish(GUEST_TIME);
    ensure!(outcome.ending == Ending::AllOff, "{}", outcome.tails());
    Ok(())
}

/// Starts a node on a machine with a secure world and no firmware: all cores
/// start at EL3 at once.
fn start_at_el3(bench: &Bench<'_>, node: &str, gic: u8) -> Result<Session> {
    let sets = [format!("node.gic={gic}"), "node.cpu=cortex-a72".to_owned()];
    let manifest = manifest(node, &sets.each_ref().map(String::as_str))?;
    let image = image::build(bench.host(), &manifest, Format::Elf, true)?;
    let machine = MachineOptions {
        extra: ["-machine", "secure=on"].map(str::to_owned).to_vec(),
        ..MachineOptions::default()
    };
    let options = options(bench, machine);
    Session::start_image(bench.host(), &manifest, &image, options)
}

/// The guest ended the node with status 0.
fn passed(outcome: &Outcome) -> Result<()> {
    let ending = &outcome.ending;
    ensure!(*ending == Ending::Exit(0), "{ending}\n{}", outcome.tails());
    Ok(())
}

/// The interrupts of all cores work.
fn starts_at_el3(bench: &Bench<'_>, gic: u8) -> Result<()> {
    const NODE: &str = "[node]\nsemihosting = true\n\
        [[vm]]\nname = \"guest\"\nmemory = \"64M\"\ncpus = 4\nkernel = \"guest:gic-smp\"\ncmdline = \"hyp\"\n";
    let session = start_at_el3(bench, NODE, gic)?;
    passed(&session.finish(GUEST_TIME))
}

/// So does the UART's, which is the hypervisor's own.
fn input_at_el3(bench: &Bench<'_>, gic: u8) -> Result<()> {
    let mut session = start_at_el3(bench, ECHO, gic)?;
    session.wait_for(Some("guest"), "echo: type", GUEST_TIME)?;
    session.send(0, "keys arrive.")?;
    session.wait_for(Some("guest"), r"keys arrive\.", KEY_TIME)?;
    passed(&session.finish(GUEST_TIME))
}

/// The report has every exit under its name, for every vCPU.
fn counts_exits(bench: &Bench<'_>) -> Result<()> {
    let outcome = bench.start(OFF, &["vm.0.cpus=2"])?.finish(GUEST_TIME);
    let report = outcome.report.context("no report")?;
    let vcpus = &report.vms[0].vcpus;
    ensure!(vcpus.len() == 2, "{} vCPUs", vcpus.len());
    let count = |name: &str| {
        let mut exits = vcpus[0].exits.iter();
        exits
            .find(|(reason, _)| reason == name)
            .map_or(0, |&(_, n)| n)
    };
    ensure!(count("hvc") == 1, "{} HVCs", count("hvc"));
    let printed = outcome.consoles[1].text().len() as u64;
    ensure!(
        count("mmio-uart") >= printed,
        "{} UART accesses for {printed} characters",
        count("mmio-uart")
    );
    Ok(())
}

/// Two deterministic runs say the same and exit equally often.
fn repeats(bench: &Bench<'_>) -> Result<()> {
    let run = || -> Result<_> {
        let machine = MachineOptions {
            icount: true,
            ..MachineOptions::default()
        };
        let outcome = bench.start_on(OFF, &[""; 0], machine)?.finish(GUEST_TIME);
        Ok((outcome.text("hyp"), outcome.text("guest"), outcome.report))
    };
    let (first, second) = (run()?, run()?);
    ensure!(first == second, "{first:?}\n{second:?}");
    Ok(())
}

/// As many VMs as there are cores, each with its own console.
fn many_vms(bench: &Bench<'_>) -> Result<()> {
    const VMS: usize = 8;
    let vms: String = (0..VMS)
        .map(|n| {
            format!("[[vm]]\nname = \"vm{n}\"\nmemory = \"32M\"\nkernel = \"guest:psci-off\"\n")
        })
        .collect();
    let node = format!("[node]\ncpus = {VMS}\n{vms}");
    let outcome = bench.start(&node, &[""; 0])?.finish(GUEST_TIME);
    ensure!(outcome.ending == Ending::AllOff, "{}", outcome.ending);
    for n in 0..VMS {
        let text = outcome.text(&format!("vm{n}"));
        let lines: Vec<_> = text.lines().collect();
        ensure!(
            lines.len() == 1 && lines[0].starts_with("PASS psci-off"),
            "vm{n}: {text:?}"
        );
    }
    Ok(())
}

/// RAM that is no power of two, and RAM that has to be put together.
fn odd_memory(bench: &Bench<'_>) -> Result<()> {
    const NODE: &str = "[node]\nmemory = \"2G\"\n\
        [[vm]]\nname = \"a\"\nmemory = \"1534M\"\nkernel = \"guest:psci-off\"\n\
        [[vm]]\nname = \"b\"\nmemory = \"302M\"\nkernel = \"guest:psci-off\"\n\
        [[vm]]\nname = \"c\"\nmemory = \"62M\"\nkernel = \"guest:psci-off\"\n";
    let outcome = bench.start(NODE, &[""; 0])?.finish(GUEST_TIME);
    ensure!(
        outcome.ending == Ending::AllOff,
        "{}\n{}",
        outcome.ending,
        outcome.tails()
    );
    Ok(())
}

/// VMs that reset again and again, all at once: a reset leaves nothing behind.
fn many_resets(bench: &Bench<'_>) -> Result<()> {
    const VMS: usize = 16;
    const RESETS: u32 = 20;
    let vms: String = (0..VMS)
        .map(|n| {
            format!(
                "[[vm]]\nname = \"vm{n}\"\nmemory = \"4M\"\nkernel = \"guest:resets\"\n\
                cmdline = \"exit=psci resets={RESETS}\"\n"
            )
        })
        .collect();
    let node = format!("[node]\ncpus = {VMS}\n{vms}");
    let outcome = bench.start(&node, &[""; 0])?.finish(GUEST_TIME);
    ensure!(
        outcome.ending == Ending::AllOff,
        "{}\n{}",
        outcome.ending,
        outcome.tails()
    );
    let report = outcome.report.context("no report")?;
    ensure!(
        report.vms.len() == VMS && report.vms.iter().all(|vm| vm.resets == RESETS),
        "{report:?}"
    );
    Ok(())
}

/// A fault of the hypervisor itself names core, VM, vCPU and registers, gives a
/// backtrace, and ends the node with a failing status. The fault is an
/// undefined instruction at the start of the exit path.
fn panics(bench: &Bench<'_>) -> Result<()> {
    broken(bench, &[0], &["backtrace: 0x"])
}

/// So does a stack that is used up: SP is at its end, and the address of the
/// fault in the unmapped page below. For that, the exit path pushes for ever.
fn stack_overflow(bench: &Bench<'_>) -> Result<()> {
    /// `stp x29, x30, [sp, #-16]!`
    const PUSH: u32 = 0xa9bf_7bfd;
    /// `b .-4`
    const AGAIN: u32 = 0x17ff_ffff;
    /// What it is, and where the stacks of the cores are.
    const WORDS: [&str; 2] = ["stack overflow: synchronous exception", "FAR 0xff80"];
    broken(bench, &[PUSH, AGAIN], &WORDS)
}

/// Puts `code` at the start of the exit path, runs a guest, and expects a panic
/// that is reported with all that is always known and with `words`.
fn broken(bench: &Bench<'_>, code: &[u32], words: &[&str]) -> Result<()> {
    let manifest = manifest(OFF, &[])?;
    let mut image = image::build(bench.host(), &manifest, Format::Raw, true)?;
    let at = offset_of(bench, "exit_sync")?;
    let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
    image[at..at + code.len()].copy_from_slice(&code);
    let options = options(bench, MachineOptions::default());
    let outcome =
        Session::start_image(bench.host(), &manifest, &image, options)?.finish(GUEST_TIME);
    ensure!(
        matches!(outcome.ending, Ending::Panic(_)),
        "{}\n{}",
        outcome.ending,
        outcome.tails()
    );
    let log = outcome.text("hyp");
    let always = ["core 0", "guest vCPU 0", "ESR 0x", "FAR 0x", "ELR 0x"];
    for word in always.iter().chain(words) {
        ensure!(log.contains(word), "no {word:?} in:\n{log}");
    }
    Ok(())
}

/// Where a symbol of the hypervisor is in the raw image.
fn offset_of(bench: &Bench<'_>, name: &str) -> Result<usize> {
    let bytes = std::fs::read(bench.host().hypervisor())?;
    let elf = object::File::parse(&*bytes)?;
    let address = |name: &str| {
        let symbol = elf.symbol_by_name(name);
        symbol
            .map(|s| s.address())
            .with_context(|| format!("no symbol {name}"))
    };
    Ok(usize::try_from(address(name)? - address("__image_start")?)?)
}

/// What a guest writes to its console stays on its console, escape sequences
/// of the console format included.
fn forged_frames(bench: &Bench<'_>) -> Result<()> {
    let mut session = bench.start(ECHO, &[""; 0])?;
    session.wait_for(Some("guest"), "echo", GUEST_TIME)?;
    session.send(0, "\x1b_toroid;s;0\x1b\\toroid: forged.")?;
    let outcome = session.finish(GUEST_TIME);
    ensure!(
        !outcome.text("hyp").contains("forged"),
        "{}",
        outcome.tails()
    );
    ensure!(
        outcome.text("guest").contains("forged"),
        "{}",
        outcome.tails()
    );
    Ok(())
}
