//! The consoles of a node on one terminal: the attached machine's output as
//! it is, everybody else's in whole lines with a name in front.

use std::io::{self, Write};

/// Longest part of a line that is held back.
const LONGEST_LINE: usize = 4096;

/// Writes consoles to a terminal, a pipe or a file.
#[derive(Debug)]
pub struct Display<W> {
    out: W,
    names: Vec<String>,
    attached: usize,
    /// The unfinished line of each console. The attached one's is on the
    /// screen already; it is shown again after a line of another console.
    lines: Vec<Vec<u8>>,
    line_end: &'static str,
}

impl<W: Write> Display<W> {
    /// A display of the consoles with these names, attached to the first
    /// machine (console 1). `raw`: the terminal does no output processing.
    pub fn new(out: W, names: Vec<String>, raw: bool) -> Self {
        let lines = vec![Vec::new(); names.len()];
        Self {
            out,
            names,
            attached: 1,
            lines,
            line_end: if raw { "\r\n" } else { "\n" },
        }
    }

    /// Shows what a console said.
    ///
    /// # Errors
    /// Writing failed.
    pub fn feed(&mut self, console: usize, bytes: &[u8]) -> io::Result<()> {
        if console == self.attached {
            self.out.write_all(bytes)?;
        }
        let pieces = bytes.split_inclusive(|&byte| byte == b'\n');
        for piece in pieces {
            self.piece(console, piece)?;
        }
        self.out.flush()
    }

    /// Makes another machine the one whose output is shown as it is.
    ///
    /// # Errors
    /// Writing failed.
    pub fn attach(&mut self, console: usize) -> io::Result<()> {
        let Some(name) = self.names.get(console).cloned() else {
            return self.notice("there is no such machine");
        };
        if console != self.attached {
            self.attached = usize::MAX; // The line of the old one is left as it is.
            self.out.write_all(self.line_end.as_bytes())?;
            self.notice(&format!("keys go to {name}"))?;
            self.attached = console;
            self.show_unfinished()?;
        }
        self.out.flush()
    }

    /// A line of the tool itself.
    ///
    /// # Errors
    /// Writing failed.
    pub fn notice(&mut self, text: &str) -> io::Result<()> {
        self.whole_line("toroid", text.as_bytes())?;
        self.out.flush()
    }

    /// The node ended: unfinished lines are shown.
    ///
    /// # Errors
    /// Writing failed.
    pub fn finish(&mut self) -> io::Result<()> {
        for console in 0..self.lines.len() {
            if !self.lines.get(console).is_none_or(Vec::is_empty) && console != self.attached {
                self.end_line(console)?;
            }
        }
        if self
            .lines
            .get(self.attached)
            .is_some_and(|line| !line.is_empty())
        {
            self.out.write_all(self.line_end.as_bytes())?;
        }
        self.out.flush()
    }

    /// The destination, for tests and for reuse.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn piece(&mut self, console: usize, piece: &[u8]) -> io::Result<()> {
        let Some(line) = self.lines.get_mut(console) else {
            return Ok(());
        };
        line.extend_from_slice(piece);
        let ended = piece.ends_with(b"\n");
        if console == self.attached {
            if ended || line.len() > LONGEST_LINE {
                line.clear();
            }
        } else if ended || line.len() > LONGEST_LINE {
            self.end_line(console)?;
        }
        Ok(())
    }

    /// Shows a console's held line with its name.
    fn end_line(&mut self, console: usize) -> io::Result<()> {
        let line = self
            .lines
            .get_mut(console)
            .map(std::mem::take)
            .unwrap_or_default();
        let name = self.names.get(console).cloned().unwrap_or_default();
        let end = line
            .iter()
            .rposition(|b| !matches!(b, b'\r' | b'\n'))
            .map_or(0, |last| last + 1);
        self.whole_line(&name, line.get(..end).unwrap_or_default())
    }

    /// Writes a line of its own into the attached machine's output.
    fn whole_line(&mut self, name: &str, line: &[u8]) -> io::Result<()> {
        if self
            .lines
            .get(self.attached)
            .is_some_and(|held| !held.is_empty())
        {
            self.out.write_all(self.line_end.as_bytes())?;
        }
        write!(self.out, "[{name}] ")?;
        self.out.write_all(line)?;
        self.out.write_all(self.line_end.as_bytes())?;
        self.show_unfinished()
    }

    fn show_unfinished(&mut self) -> io::Result<()> {
        match self.lines.get(self.attached) {
            Some(line) => self.out.write_all(line),
            None => Ok(()),
        }
    }
}
