//! Any files, any sizes.

use super::*;
use proptest::prelude::*;

/// Everything of a plan is in RAM and nothing overlaps.
fn check(plan: &Plan, request: &Request<'_>) -> Result<(), TestCaseError> {
    let mut pieces: Vec<(GuestPhys, u64)> = Vec::new();
    for segment in &plan.segments {
        prop_assert!(request.kernel.get(segment.source.clone()).is_some());
        pieces.push((segment.guest, segment.size()));
    }
    let inside = |&(start, size): &(GuestPhys, u64)| {
        plan.entry
            .checked_sub(start)
            .is_some_and(|offset| offset < size)
    };
    prop_assert!(pieces.iter().any(inside));
    pieces.push((plan.dtb, request.dtb));
    prop_assert!(plan.dtb.is_aligned(DTB_ALIGN));
    let last = plan.dtb.offset(request.dtb.saturating_sub(1));
    prop_assert_eq!(plan.dtb.align_down(BLOCK), last.align_down(BLOCK));
    if let Some(initrd) = &plan.initrd {
        prop_assert!(initrd.start.is_aligned(INITRD_ALIGN));
        let size = initrd.end.checked_sub(initrd.start);
        prop_assert_eq!(size, request.initrd);
        pieces.push((initrd.start, size.unwrap_or(0)));
    }
    pieces.retain(|&(_, size)| size > 0);
    pieces.sort_unstable();
    for &(start, size) in &pieces {
        prop_assert!(request.ram.contains_range(start, size));
    }
    for pair in pieces.windows(2) {
        prop_assert!(pair[0].0.offset(pair[0].1) <= pair[1].0, "{:?}", pair);
    }
    Ok(())
}

/// A size in bytes anywhere between nothing and everything.
fn any_size() -> impl Strategy<Value = u64> {
    prop_oneof![0u64..0x1000, 0u64..(256 * MIB), any::<u64>()]
}

fn any_kernel() -> impl Strategy<Value = Vec<u8>> {
    let address = || prop_oneof![3 => BASE..BASE + 256 * MIB, 1 => any::<u64>()];
    let load =
        (0u32..8, address(), 0u64..0x3000, any_size()).prop_map(|(flags, start, file, extra)| {
            (flags, start, start, file, file.wrapping_add(extra))
        });
    let near = (address(), proptest::collection::vec(load, 0..5)).prop_map(|(entry, loads)| {
        let entry = loads.first().map_or(entry, |load| load.1);
        elf(entry, &loads)
    });
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..0x200),
        (any_size(), any_size(), 0u64..16)
            .prop_map(|(offset, size, flags)| image(offset, size, flags)),
        near,
        (proptest::collection::vec((0usize..0x120, any::<u8>()), 0..20)).prop_map(|changes| {
            let mut file = elf(
                BASE,
                &[(RX, BASE, BASE, 0x100, 0x100), (RW, 0, BASE + 0x1000, 0, 9)],
            );
            changes.iter().for_each(|&(at, byte)| file[at] = byte);
            file
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever the files are: a plan keeps to RAM, or there is one line.
    #[test]
    fn a_plan_is_disjoint_and_in_ram_or_there_is_a_reason(
        kernel in any_kernel(),
        initrd in proptest::option::of(any_size()),
        dtb in prop_oneof![0u64..0x4000, 0u64..(3 * MIB)],
        size in any_size(),
    ) {
        let initrd = initrd.filter(|&size| size > 0);
        let request = request(&kernel, initrd, dtb, size);
        match plan(&request) {
            Ok(plan) => check(&plan, &request)?,
            Err(error) => {
                let text = error.to_string();
                prop_assert!(!text.is_empty() && !text.contains('\n'));
            }
        }
    }
}
