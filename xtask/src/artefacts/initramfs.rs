//! Initial RAM disks: a list of files packed as a newc cpio archive and
//! compressed, the same bytes for the same list.

use std::io::{self, Write};

use cpio::newc::{Builder, ModeFileType, trailer};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

/// What an entry is, with its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Content<'a> {
    /// A directory.
    Directory,
    /// A file with these bytes.
    File(&'a [u8]),
    /// A symbolic link to this path.
    Link(&'a str),
    /// A character device with these major and minor numbers.
    CharDevice(u32, u32),
}

/// One entry of an initial RAM disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Entry<'a> {
    /// Path without a leading slash; directories come before what is in them.
    pub(super) path: &'a str,
    /// Permission bits.
    pub(super) mode: u32,
    /// What it is.
    pub(super) content: Content<'a>,
}

/// Packs and compresses `entries`. Times and owners are all 0.
pub(super) fn pack(entries: &[Entry<'_>]) -> io::Result<Vec<u8>> {
    // The default header has no time and no file name, so nothing varies.
    let mut archive: GzEncoder<Vec<u8>> = GzBuilder::new().write(Vec::new(), Compression::best());
    for (index, entry) in entries.iter().enumerate() {
        let inode = u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1);
        archive = append(archive, entry, inode)?;
    }
    trailer(archive)?.finish()
}

fn append<W: Write>(archive: W, entry: &Entry<'_>, inode: u32) -> io::Result<W> {
    let builder = Builder::new(entry.path)
        .mode(entry.mode)
        .ino(inode)
        .nlink(1);
    let (builder, bytes): (Builder, &[u8]) = match entry.content {
        Content::Directory => (
            builder.nlink(2).set_mode_file_type(ModeFileType::Directory),
            &[],
        ),
        Content::File(bytes) => (builder.set_mode_file_type(ModeFileType::Regular), bytes),
        Content::Link(to) => (
            builder.set_mode_file_type(ModeFileType::Symlink),
            to.as_bytes(),
        ),
        Content::CharDevice(major, minor) => {
            let builder = builder.set_mode_file_type(ModeFileType::Char);
            (builder.rdev_major(major).rdev_minor(minor), &[])
        }
    };
    let size = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut writer = builder.write(archive, size);
    writer.write_all(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read};

    use cpio::newc::Reader;
    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::{Content, Entry, pack};

    /// File type bits of a mode (`inode(7)`).
    const TYPE: u32 = 0o170_000;

    /// Name, mode, device number and contents of an unpacked file.
    type Unpacked = (String, u32, (u32, u32), Vec<u8>);

    /// What is in a packed archive.
    fn unpack(packed: &[u8]) -> Vec<Unpacked> {
        let mut plain = Vec::new();
        GzDecoder::new(packed).read_to_end(&mut plain).unwrap();
        let mut input = Cursor::new(plain);
        let mut found = Vec::new();
        loop {
            let mut reader = Reader::new(input).unwrap();
            if reader.entry().is_trailer() {
                return found;
            }
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).unwrap();
            let entry = reader.entry();
            assert_eq!((entry.uid(), entry.gid(), entry.mtime()), (0, 0, 0));
            let device = (entry.rdev_major(), entry.rdev_minor());
            found.push((entry.name().to_owned(), entry.mode(), device, bytes));
            input = reader.finish().unwrap();
        }
    }

    #[test]
    fn every_kind_of_entry() {
        let entries = [
            Entry {
                path: "dev",
                mode: 0o755,
                content: Content::Directory,
            },
            Entry {
                path: "dev/console",
                mode: 0o600,
                content: Content::CharDevice(5, 1),
            },
            Entry {
                path: "init",
                mode: 0o755,
                content: Content::File(b"#!/bin/sh\n"),
            },
            Entry {
                path: "sbin",
                mode: 0o777,
                content: Content::Link("bin"),
            },
        ];
        let found = unpack(&pack(&entries).unwrap());
        let types: Vec<u32> = found.iter().map(|(_, mode, ..)| mode & TYPE).collect();
        assert_eq!(types, [0o040_000, 0o020_000, 0o100_000, 0o120_000]);
        assert_eq!(found[1].2, (5, 1));
        assert_eq!(found[2].3, b"#!/bin/sh\n");
        assert_eq!(found[3].3, b"bin");
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out(files: Vec<Vec<u8>>) {
            let names: Vec<String> = (0..files.len()).map(|n| format!("file-{n}")).collect();
            let entry = |(path, bytes)| Entry { path, mode: 0o644, content: Content::File(bytes) };
            let entries: Vec<_> = names
                .iter()
                .map(String::as_str)
                .zip(files.iter().map(Vec::as_slice))
                .map(entry)
                .collect();
            let packed = pack(&entries).unwrap();
            prop_assert_eq!(&packed, &pack(&entries).unwrap(), "the same bytes each time");
            let found: Vec<_> = unpack(&packed).into_iter().map(|(.., bytes)| bytes).collect();
            prop_assert_eq!(found, files);
        }
    }
}
