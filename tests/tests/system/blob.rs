//! Device tree blobs that are valid and unusual (Devicetree Specification,
//! chapter 5).

/// Size of a large device tree: a real board's has a quarter of it.
const LARGE: usize = 300 << 10;

/// First word of a blob.
const MAGIC: u32 = 0xd00d_feed;

/// Tokens of the structure block.
const BEGIN: u32 = 1;
const END: u32 = 2;
const PROPERTY: u32 = 3;
const FINISH: u32 = 9;
/// The strings block: the names of all properties.
const STRINGS: &[u8] = b"reg\0target-path\0";
/// Where the names are in it.
const REG: u32 = 0;
const TARGET_PATH: u32 = 4;

/// The header's size; behind it there is one empty memory reservation.
const HEADER: usize = 40;
const RESERVATIONS: usize = 16;
/// Where the structure block starts.
const STRUCTURE: usize = HEADER + RESERVATIONS;

/// A size as a blob has it.
fn word(size: usize) -> u32 {
    u32::try_from(size).expect("blobs are smaller than 4 GiB")
}

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
        self.align();
    }

    fn property(&mut self, name: u32, value: &[u8]) {
        self.word(PROPERTY);
        self.word(word(value.len()));
        self.word(name);
        self.0.extend(value);
        self.align();
    }

    fn align(&mut self) {
        self.0.resize(self.0.len().next_multiple_of(4), 0);
    }

    /// [`LARGE`] bytes of small nodes.
    fn fill(&mut self) {
        let mut number = 0_u32;
        while self.0.len() < LARGE {
            self.begin(&format!("n{number}"));
            self.property(REG, &number.to_be_bytes());
            self.end();
            number += 1;
        }
    }

    fn end(&mut self) {
        self.word(END);
    }

    /// The blob: header, no reservation, structure, strings.
    fn finish(mut self) -> Vec<u8> {
        const VERSION: usize = 17;
        const COMPATIBLE_VERSION: usize = 16;
        self.word(FINISH);
        let strings = STRUCTURE + self.0.len();
        let header = [
            MAGIC as usize,
            strings + STRINGS.len(),
            STRUCTURE,
            strings,
            HEADER,
            VERSION,
            COMPATIBLE_VERSION,
            0,
            STRINGS.len(),
            self.0.len(),
        ];
        let words = header.map(word);
        let mut blob: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        blob.resize(STRUCTURE, 0);
        blob.extend(self.0);
        blob.extend(STRINGS);
        blob
    }
}

/// A tree with a processor that has far too much to say.
pub(crate) fn large() -> Vec<u8> {
    let mut tree = Structure::default();
    for name in ["", "cpus", "cpu@0"] {
        tree.begin(name);
    }
    tree.fill();
    for _ in 0..3 {
        tree.end();
    }
    tree.finish()
}

/// An overlay that adds many nodes to the root.
pub(crate) fn large_overlay() -> Vec<u8> {
    let mut tree = Structure::default();
    tree.begin("");
    tree.begin("fragment@0");
    tree.property(TARGET_PATH, b"/\0");
    tree.begin("__overlay__");
    tree.fill();
    for _ in 0..3 {
        tree.end();
    }
    tree.finish()
}

/// An overlay whose header is right and nothing else.
pub(crate) fn garbage() -> Vec<u8> {
    let mut blob = large_overlay();
    blob[STRUCTURE..].fill(0xa5);
    blob
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
