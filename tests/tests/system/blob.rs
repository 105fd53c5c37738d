//! Device tree blobs that are valid and unusual (Devicetree Specification,
//! chapter 5).

/// Size of a large device tree: a real board's has a quarter of it.
pub(crate) const LARGE: usize = 300 << 10;

/// Tokens of the structure block.
const BEGIN: u32 = 1;
const END: u32 = 2;
const PROPERTY: u32 = 3;
const FINISH: u32 = 9;
/// The strings block: one name for all properties.
const STRINGS: &[u8; 4] = b"reg\0";

/// A structure block that grows.
#[derive(Default)]
struct Structure(Vec<u8>);

impl Structure {
    fn word(&mut self, word: u32) {
        self.0.extend(word.to_be_bytes());
    }

    fn begin(&mut self, name: &str) {
        self.word(BEGIN);
        self.0.extend(name.as_bytes());
        self.0.push(0);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    fn property(&mut self, value: u32) {
        self.word(PROPERTY);
        self.word(4);
        self.word(0);
        self.word(value);
    }

    fn end(&mut self) {
        self.word(END);
    }

    /// The blob: header, no reservation, structure, strings.
    fn finish(mut self) -> Vec<u8> {
        const HEADER: usize = 40;
        const RESERVATIONS: usize = 16;
        const VERSION: usize = 17;
        const COMPATIBLE_VERSION: usize = 16;
        self.word(FINISH);
        let structure = HEADER + RESERVATIONS;
        let strings = structure + self.0.len();
        let header = [
            0xd00d_feed,
            strings + STRINGS.len(),
            structure,
            strings,
            HEADER,
            VERSION,
            COMPATIBLE_VERSION,
            0,
            STRINGS.len(),
            self.0.len(),
        ];
        let words = header.map(|word| u32::try_from(word).expect("less than 4 GiB"));
        let mut blob: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        blob.resize(structure, 0);
        blob.extend(self.0);
        blob.extend(STRINGS);
        blob
    }
}

/// A tree with `path` as its only nodes and many small nodes with a property
/// in the innermost: [`LARGE`] bytes.
pub(crate) fn large(path: &[&str]) -> Vec<u8> {
    let mut tree = Structure::default();
    tree.begin("");
    for name in path {
        tree.begin(name);
    }
    let mut number = 0;
    while tree.0.len() < LARGE {
        tree.begin(&format!("n{number}"));
        tree.property(number);
        tree.end();
        number += 1;
    }
    for _ in path {
        tree.end();
    }
    tree.end();
    tree.finish()
}

/// A tree of `depth` levels.
pub(crate) fn nested(depth: usize) -> Vec<u8> {
    let mut tree = Structure::default();
    tree.begin("");
    for _ in 0..depth {
        tree.begin("inner");
    }
    for _ in 0..=depth {
        tree.end();
    }
    tree.finish()
}
