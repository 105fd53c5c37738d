//! Nothing is lost when everybody talks.

use guests::{check, check_eq, irq::gic, sysreg::cpu, timer};

use crate::team::{ON_IRQ, clear, count, cpus, done, order};

/// Rounds of ping-pong with each CPU.
const ROUNDS: u32 = 2000;
/// SGIs of each CPU when all send.
const SHOTS: u32 = 500;
const PING: u32 = 1;
const PONG: u32 = 2;

pub(crate) fn run() {
    for to in 1..cpus() {
        ping_pong(to);
    }
    all_to_one();
    all_to_all();
}

fn ping_pong(to: usize) {
    clear();
    ON_IRQ.set(|intid| {
        if intid == PING {
            gic().send(PONG, 1);
        }
    });
    let mut rounds = 0;
    for round in 1..=ROUNDS {
        gic().send(PING, 1 << to);
        if !timer::wait(|| count(0, PONG) == round) {
            break;
        }
        rounds = round;
    }
    check_eq!(rounds, ROUNDS, "ping-pong with CPU {}", to);
    check_eq!(count(to, PING), ROUNDS, "CPU {} took each ping once", to);
    ON_IRQ.clear();
}

/// Waits until a CPU has sent all its SGIs. It gives up by itself when one does
/// not arrive; how long all of them take says nothing where the host has fewer
/// cores than CPUs that spin, and each SGI waits for its turn.
fn finished(from: usize, arrived: impl Fn() -> u32) -> bool {
    loop {
        let before = arrived();
        if done(from) {
            return true;
        }
        if arrived() == before {
            return false;
        }
    }
}

/// Each CPU sends its own SGI to CPU 0 and waits for it to arrive.
fn all_to_one() {
    clear();
    for from in 1..cpus() {
        order(from, |me| {
            for shot in 1..=SHOTS {
                gic().send(me as u32, 1);
                if !timer::wait(|| count(0, me as u32) >= shot) {
                    break;
                }
            }
        });
    }
    for from in 1..cpus() {
        let end = finished(from, || count(0, from as u32));
        let got = count(0, from as u32);
        check!(end && got == SHOTS, "CPU {} to CPU 0 among the others: none lost", from; "{got}");
    }
}

/// Each CPU sends to the next one round the ring, all at once.
fn all_to_all() {
    clear();
    fn shoot(me: usize) {
        let next = (me + 1) % cpus();
        for shot in 1..=SHOTS {
            gic().send(8 + me as u32 % 4, 1 << next);
            if !timer::wait(|| count(next, 8 + me as u32 % 4) >= shot) {
                break;
            }
        }
    }
    for from in (0..cpus()).rev() {
        order(from, shoot);
    }
    for from in 0..cpus() {
        let arrived = || count((from + 1) % cpus(), 8 + from as u32 % 4);
        let end = from == cpu() || finished(from, arrived);
        let got = arrived();
        check!(end && got == SHOTS, "CPU {} round the ring: none lost", from; "{got}");
    }
}
