//! Interrupt specifiers of the GIC (bindings `arm,gic` and `arm,gic-v3`).

use fdt::Fdt;

use super::{
    Error, Interrupt, Trigger,
    tree::{CELL, Place, number},
};

/// First cell: shared peripheral interrupt.
const TYPE_SPI: u64 = 0;
/// First cell: private peripheral interrupt.
const TYPE_PPI: u64 = 1;
/// INTID of SPI 0.
const FIRST_SPI: u32 = 32;
/// INTID of PPI 0.
const FIRST_PPI: u32 = 16;
/// SPIs of the architecture: INTID 32 to 1019.
const MAX_SPIS: u64 = 988;
/// PPIs of the architecture: INTID 16 to 31.
const MAX_PPIS: u64 = 16;
/// Third cell: bits that say what triggers the interrupt.
const TRIGGER_MASK: u64 = 0xf;
/// Third cell: rising or falling edge.
const TRIGGER_EDGE: u64 = 0b0011;
/// Fewest cells of a specifier; a GICv3 may add a fourth.
const MIN_SPECIFIER_CELLS: usize = 3;

/// The GIC as an interrupt parent.
#[derive(Clone, Copy)]
pub(super) struct Controller {
    /// Its phandle.
    pub(super) phandle: u32,
    /// Its `#interrupt-cells`.
    pub(super) cells: usize,
}

impl Controller {
    /// Reads the properties of the GIC's node that others refer to.
    pub(super) fn read(gic: &Place<'_, '_, '_>) -> Result<Self, Error> {
        let cells = gic.cell("#interrupt-cells")?.unwrap_or_default() as usize;
        if !(MIN_SPECIFIER_CELLS..=MIN_SPECIFIER_CELLS + 1).contains(&cells) {
            return Err(gic.error("#interrupt-cells", "must be 3 or 4"));
        }
        Ok(Self {
            phandle: gic.cell("phandle")?.unwrap_or_default(),
            cells,
        })
    }

    /// The interrupts of a node that go to this GIC, in order. `keep` gets
    /// `None` for one of another kind or another controller.
    pub(super) fn interrupts(
        self,
        tree: &Fdt<'_>,
        place: &Place<'_, '_, '_>,
        mut keep: impl FnMut(Option<Interrupt>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if let Some(list) = place.bytes("interrupts-extended") {
            return self.extended(tree, place, list, &mut keep);
        }
        let Some(list) = place.bytes("interrupts") else {
            return Ok(());
        };
        if interrupt_parent(place)? != Some(self.phandle) {
            return Ok(());
        }
        let size = self.cells * CELL;
        if !list.len().is_multiple_of(size) {
            return Err(place.error("interrupts", "does not suit #interrupt-cells"));
        }
        for specifier in list.chunks_exact(size) {
            keep(decode(place, "interrupts", specifier)?)?;
        }
        Ok(())
    }

    /// The same for a list in which each specifier names its controller.
    fn extended(
        self,
        tree: &Fdt<'_>,
        place: &Place<'_, '_, '_>,
        mut list: &[u8],
        keep: &mut dyn FnMut(Option<Interrupt>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        const NAME: &str = "interrupts-extended";
        while let Some((phandle, rest)) = list.split_at_checked(CELL) {
            let phandle = number(phandle, 1).unwrap_or_default() as u32;
            let cells = tree
                .find_phandle(phandle)
                .and_then(|node| number(node.property("#interrupt-cells")?.value, 1));
            let specifier = cells.and_then(|cells| {
                rest.split_at_checked(usize::try_from(cells).ok()?.checked_mul(CELL)?)
            });
            let Some((specifier, rest)) = specifier else {
                return Err(place.error(NAME, "does not suit the #interrupt-cells of a parent"));
            };
            keep(if phandle == self.phandle {
                decode(place, NAME, specifier)?
            } else {
                None
            })?;
            list = rest;
        }
        Ok(())
    }

    /// The first interrupt of a node, if it goes to this GIC.
    pub(super) fn first(
        self,
        tree: &Fdt<'_>,
        place: &Place<'_, '_, '_>,
    ) -> Result<Option<Interrupt>, Error> {
        let mut first = None;
        self.interrupts(tree, place, |interrupt| {
            first.get_or_insert(interrupt);
            Ok(())
        })?;
        Ok(first.flatten())
    }
}

/// The controller of a node's interrupts: its own or the nearest ancestor's
/// `interrupt-parent`.
fn interrupt_parent(place: &Place<'_, '_, '_>) -> Result<Option<u32>, Error> {
    let mut here = Some(place);
    while let Some(place) = here {
        if let Some(phandle) = place.cell("interrupt-parent")? {
            return Ok(Some(phandle));
        }
        here = place.parent;
    }
    Ok(None)
}

/// Decodes a specifier; `None` for the extended ranges of GICv3.1.
fn decode(
    place: &Place<'_, '_, '_>,
    property: &'static str,
    specifier: &[u8],
) -> Result<Option<Interrupt>, Error> {
    let cell = |index: usize| specifier.get(index * CELL..).and_then(|at| number(at, 1));
    let (Some(kind), Some(line), Some(flags)) = (cell(0), cell(1), cell(2)) else {
        return Err(place.error(property, "interrupt specifier is too short"));
    };
    let intid = match kind {
        TYPE_SPI if line < MAX_SPIS => FIRST_SPI + line as u32,
        TYPE_PPI if line < MAX_PPIS => FIRST_PPI + line as u32,
        TYPE_SPI | TYPE_PPI => return Err(place.error(property, "no such interrupt line")),
        _ => return Ok(None),
    };
    let trigger = if flags & TRIGGER_MASK & TRIGGER_EDGE != 0 {
        Trigger::Edge
    } else {
        Trigger::Level
    };
    Ok(Some(Interrupt { intid, trigger }))
}
