//! Real threads as vCPUs: each sends SGIs to all others and reads their state
//! while it handles its own; none may be lost and nothing may deadlock.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use vbic::{
    AccessSize, Config, Frame, Gic, Host, Interface, Lr, LrState, Maintenance, SgiRegister, VcpuId,
    Version,
};

const VCPUS: usize = 4;
const ROUNDS: u32 = 400;
const LRS: usize = 2;
const REDISTRIBUTOR: u64 = 0x2_0000;
const SGI_FRAME: u64 = 0x1_0000;
const ISENABLER: u64 = 0x100;
const ISPENDR: u64 = 0x200;
const SGIR: u64 = 0xf00;

/// What cores see of each other.
#[derive(Default)]
struct Mailbox {
    kicked: AtomicBool,
    /// Passes asked for by others, and passes made.
    asked: AtomicU32,
    made: AtomicU32,
    /// SGIs received, by sender.
    received: [AtomicU32; VCPUS],
    done: AtomicBool,
}

struct World {
    gic: Gic,
    version: Version,
    boxes: [Mailbox; VCPUS],
}

struct Core<'w> {
    world: &'w World,
    me: usize,
    lrs: RefCell<[Lr; LRS]>,
    maintenance: RefCell<Maintenance>,
}

impl Host for Core<'_> {
    fn lr_count(&self) -> usize {
        LRS
    }
    fn lr_read(&self, index: usize) -> Lr {
        self.lrs.borrow()[index]
    }
    fn lr_write(&self, index: usize, lr: Lr) {
        self.lrs.borrow_mut()[index] = lr;
    }
    fn lr_empty(&self) -> u32 {
        let empty = |lr: &Lr| lr.state == LrState::Invalid && !lr.eoi_maintenance;
        (0..LRS)
            .map(|i| u32::from(empty(&self.lrs.borrow()[i])) << i)
            .sum()
    }
    fn set_maintenance(&self, conditions: Maintenance) {
        *self.maintenance.borrow_mut() = conditions;
    }
    fn take_eoi_count(&self) -> u32 {
        0
    }
    fn splits_end(&self) -> bool {
        false
    }

    fn kick(&self, target: VcpuId) {
        self.world.boxes[target.index()]
            .kicked
            .store(true, Ordering::Release);
    }
    fn sync_remote(&self, target: VcpuId) {
        let other = &self.world.boxes[target.index()];
        let ticket = other.asked.fetch_add(1, Ordering::AcqRel) + 1;
        while other.made.load(Ordering::Acquire) < ticket && !other.done.load(Ordering::Acquire) {
            self.serve();
            thread::yield_now();
        }
    }
    fn line(&self, _: u32) -> bool {
        false
    }
    fn deactivate(&self, _: u32) {}
}

impl Core<'_> {
    fn id(&self) -> VcpuId {
        VcpuId(self.me as u8)
    }

    /// Serves kicks and requests of other cores, and maintenance interrupts.
    fn serve(&self) {
        let own = &self.world.boxes[self.me];
        let asked = own.asked.load(Ordering::Acquire);
        let ended = self
            .lrs
            .borrow()
            .iter()
            .any(|lr| lr.state == LrState::Invalid && lr.eoi_maintenance);
        let pending = self
            .lrs
            .borrow()
            .iter()
            .any(|lr| lr.state == LrState::Pending);
        let starved = self.maintenance.borrow().contains(Maintenance::NO_PENDING) && !pending;
        let kicked = own.kicked.swap(false, Ordering::AcqRel);
        if kicked || ended || starved || asked != own.made.load(Ordering::Acquire) {
            self.world.gic.sync(self, self.id());
            own.made.store(asked, Ordering::Release);
        }
    }

    /// The guest: handles one interrupt, if there is any.
    fn handle(&self) {
        let mut lrs = self.lrs.borrow_mut();
        let Some(lr) = lrs.iter_mut().find(|lr| lr.state == LrState::Pending) else {
            return;
        };
        lr.state = LrState::Invalid;
        let sender = match self.world.version {
            Version::V2 => usize::from(lr.source),
            Version::V3 => lr.intid as usize,
        };
        self.world.boxes[self.me].received[sender].fetch_add(1, Ordering::AcqRel);
    }

    fn send(&self, target: usize) {
        let gic = &self.world.gic;
        match self.world.version {
            Version::V2 => {
                let value = 1 << (16 + target) | 5;
                gic.write(
                    self,
                    self.id(),
                    Frame::Distributor,
                    SGIR,
                    AccessSize::Word,
                    value,
                );
            }
            Version::V3 => {
                let value = 1 << target | (self.me as u64) << 24;
                gic.write_sgi(self, self.id(), SgiRegister::Sgi1r, value);
            }
        }
    }

    /// Reads pending state, now and then that of another vCPU.
    fn look(&self, round: u32) {
        let other = (self.me + 1) % VCPUS;
        let (frame, at) = match self.world.version {
            Version::V3 if round.is_multiple_of(8) => (
                Frame::Redistributors,
                other as u64 * REDISTRIBUTOR + SGI_FRAME + ISPENDR,
            ),
            _ => (Frame::Distributor, ISPENDR + 4),
        };
        self.world
            .gic
            .read(self, self.id(), frame, at, AccessSize::Word);
    }

    fn run(&self) {
        let (gic, word) = (&self.world.gic, AccessSize::Word);
        let own_sgis = self.me as u64 * REDISTRIBUTOR + SGI_FRAME + ISENABLER;
        gic.write(
            self,
            self.id(),
            Frame::Redistributors,
            own_sgis,
            word,
            0xffff,
        );
        for round in 1..=ROUNDS {
            (0..VCPUS).for_each(|target| self.send(target));
            self.look(round);
            while (0..VCPUS).any(|target| self.received_by(target) < round) {
                self.serve();
                self.handle();
                thread::yield_now();
            }
        }
    }

    /// How many of this core's SGIs `target` has received.
    fn received_by(&self, target: usize) -> u32 {
        self.world.boxes[target].received[self.me].load(Ordering::Acquire)
    }
}

fn all_arrive(version: Version) {
    let config = Config {
        version,
        interface: Interface::Hardware,
        vcpus: VCPUS,
        linked: 0,
        link: vbic::Link::Hardware,
    };
    let world = World {
        gic: Gic::new(config),
        version,
        boxes: Default::default(),
    };
    let finished = AtomicU32::new(0);
    thread::scope(|scope| {
        for me in 0..VCPUS {
            let (world, finished) = (&world, &finished);
            scope.spawn(move || {
                let core = Core {
                    world,
                    me,
                    lrs: RefCell::new([Lr::EMPTY; LRS]),
                    maintenance: RefCell::default(),
                };
                if me == 0 {
                    let ctlr = 0;
                    world.gic.write(
                        &core,
                        core.id(),
                        Frame::Distributor,
                        ctlr,
                        AccessSize::Word,
                        3,
                    );
                }
                core.run();
                finished.fetch_add(1, Ordering::AcqRel);
                while finished.load(Ordering::Acquire) < VCPUS as u32 {
                    core.serve();
                    core.handle();
                    thread::yield_now();
                }
                world.boxes[me].done.store(true, Ordering::Release);
            });
        }
    });
    for mailbox in &world.boxes {
        let counts = mailbox.received.iter().map(|n| n.load(Ordering::Acquire));
        assert!(
            counts.eq([ROUNDS; VCPUS]),
            "each SGI is delivered exactly once"
        );
    }
}

#[test]
fn no_sgi_is_lost_between_gicv2_vcpus() {
    all_arrive(Version::V2);
}

#[test]
fn no_sgi_is_lost_between_gicv3_vcpus() {
    all_arrive(Version::V3);
}
