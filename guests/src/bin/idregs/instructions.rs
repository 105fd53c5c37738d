//! Instructions of features that are offered execute; some results are checked.

use guests::{check, probe, skip};

use crate::{ISAR0, ISAR1, ISAR2, MMFR2, PFR0, PFR1, field};
use guests::probe::Reg;

/// Name, ID register, field, least value, an instruction with x1 = memory.
const OFFERS: [(&str, Reg, u32, u64, u32); 39] = [
    ("AES: aese", ISAR0, 4, 1, 0x4e28_4820),
    ("PMULL: pmull", ISAR0, 4, 2, 0x0ee2_e020),
    ("SHA1: sha1h", ISAR0, 8, 1, 0x5e28_0820),
    ("SHA2: sha256su0", ISAR0, 12, 1, 0x5e28_2820),
    ("SHA512: sha512su0", ISAR0, 12, 2, 0xcec0_8020),
    ("CRC32: crc32b", ISAR0, 16, 1, 0x1ac3_4040),
    ("LSE: ldadd", ISAR0, 20, 2, 0xb820_0022),
    ("RDM: sqrdmlah", ISAR0, 28, 1, 0x2e42_8420),
    ("SHA3: eor3", ISAR0, 32, 1, 0xce02_0c20),
    ("SM3: sm3partw1", ISAR0, 36, 1, 0xce62_c020),
    ("SM4: sm4e", ISAR0, 40, 1, 0xcec0_8420),
    ("DotProd: udot", ISAR0, 44, 1, 0x2e82_9420),
    ("FHM: fmlal", ISAR0, 48, 1, 0x0e22_ec20),
    ("FlagM: rmif", ISAR0, 52, 1, 0xba00_0400),
    ("FlagM2: axflag", ISAR0, 52, 2, 0xd500_405f),
    ("TLBIOS: tlbi vmalle1os", ISAR0, 56, 1, 0xd508_811f),
    ("TLBIRANGE: tlbi rvae1", ISAR0, 56, 2, 0xd508_8623),
    ("DPB: dc cvap", ISAR1, 0, 1, 0xd50b_7c21),
    ("DPB2: dc cvadp", ISAR1, 0, 2, 0xd50b_7d21),
    ("JSCVT: fjcvtzs", ISAR1, 12, 1, 0x1e7e_0000),
    ("FCMA: fcadd", ISAR1, 16, 1, 0x2e82_e420),
    ("LRCPC: ldapr", ISAR1, 20, 1, 0xb8bf_c020),
    ("LRCPC2: ldapur", ISAR1, 20, 2, 0x9940_0020),
    ("FRINTTS: frint32z", ISAR1, 32, 1, 0x1e28_4000),
    ("SB: sb", ISAR1, 36, 1, 0xd503_30ff),
    ("SPECRES: cfp rctx", ISAR1, 40, 1, 0xd50b_7382),
    ("BF16: bfdot", ISAR1, 44, 1, 0x2e42_fc20),
    ("I8MM: usdot", ISAR1, 52, 1, 0x0e82_9c20),
    ("XS: tlbi vmalle1nxs", ISAR1, 56, 1, 0xd508_971f),
    ("WFxT: wfit", ISAR2, 0, 2, 0xd503_1022),
    ("MOPS: setp of nothing", ISAR2, 16, 1, 0x19c3_0441),
    ("CSSC: abs", ISAR2, 52, 1, 0xdac0_2042),
    ("FP16: fadd h", PFR0, 16, 1, 0x1ee1_2800),
    ("AdvSIMD FP16: fadd 4h", PFR0, 20, 1, 0x0e42_1420),
    ("RAS: esb", PFR0, 28, 1, 0xd503_221f),
    ("BTI: bti c", PFR1, 0, 1, 0xd503_245f),
    ("MTE: irg", PFR1, 8, 1, 0x9ac2_1022),
    ("LSE2: misaligned ldar", MMFR2, 32, 1, 0x88df_fc20),
    ("AT S1E1RP", Reg(3, 0, 0, 7, 1), 20, 2, 0xd508_7901),
];

pub(crate) fn run() {
    let mut memory = [0u64; 8];
    let at = (&raw mut memory) as u64;
    for (name, id, shift, least, code) in OFFERS {
        let value = field(id, shift);
        if value < least || value == 0xf {
            continue;
        }
        // x2 = 0: a length, a time in the past, a mask, an ASID.
        let got = probe::run(&[code], [1, at, 0, 3]);
        check!(got.is_ok(), "{}", name; "{got:x?}");
    }
    results();
}

/// Known answers.
fn results() {
    if field(ISAR0, 16) >= 1 {
        // crc32cx w0, w0, x1 of ten zero bytes more or less: a known pair.
        let got = probe::run(&[0x9ac1_5c00], [0xffff_ffff, 0, 0, 0]);
        check!(got.is_ok_and(|r| r[0] == 0x73d7_4d75), "CRC32C of eight zero bytes"; "{got:x?}");
    } else {
        skip!("CRC32C"; "not offered");
    }
    if field(ISAR0, 20) >= 2 {
        let mut word = 40u32;
        let got = probe::run(&[0xb820_0022], [2, (&raw mut word) as u64, 0, 0]);
        let now = core::hint::black_box(word);
        check!(got.is_ok_and(|r| r[2] == 40) && now == 42, "ldadd: 40 + 2"; "{got:x?} {now}");
    }
    if field(ISAR0, 60) >= 1 {
        // mrs x0, rndr; mrs x1, rndr
        let got = probe::run(&[0xd53b_2400, 0xd53b_2401], [0; 4]);
        check!(got.is_ok_and(|r| r[0] != r[1]), "two random numbers differ"; "{got:x?}");
    }
}
