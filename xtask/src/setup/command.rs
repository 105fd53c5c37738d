//! Running other programs, with errors that say what was run and what it said.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// How many of a failed program's last lines its error quotes.
const QUOTED_LINES: usize = 8;

/// Runs `command` to its end and gives what it wrote to standard output.
///
/// # Errors
/// It could not be started or failed; the error quotes its last messages.
pub(crate) fn text(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", command.get_program().display()))?;
    check(command, &output)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Turns a failing exit status into an error.
pub(crate) fn check(command: &Command, output: &Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    let said = last_lines(&String::from_utf8_lossy(&output.stderr));
    bail!("`{}` failed ({})\n{said}", describe(command), output.status)
}

/// The command line as one would type it, without its environment.
pub(crate) fn describe(command: &Command) -> String {
    let mut line = command.get_program().to_string_lossy().into_owned();
    for arg in command.get_args() {
        line.push(' ');
        line.push_str(&arg.to_string_lossy());
    }
    line
}

/// The last few lines of a program's messages, indented for quoting.
pub(crate) fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    let skip = lines.len().saturating_sub(QUOTED_LINES);
    let quoted: Vec<String> = lines[skip..]
        .iter()
        .map(|line| format!("    {line}"))
        .collect();
    quoted.join("\n")
}

/// Where a program named `name` is on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    find_in(&env::var_os("PATH")?, name)
}

fn find_in(search: &std::ffi::OsStr, name: &str) -> Option<PathBuf> {
    env::split_paths(search)
        .map(|dir| dir.join(name))
        .find(|path| is_executable(path))
}

/// Whether `path` is a file that may be executed.
pub(crate) fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    const ANY_EXECUTE: u32 = 0o111;
    path.metadata()
        .is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & ANY_EXECUTE != 0)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{find_in, last_lines, text};

    #[test]
    fn output_of_a_program_that_works() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo noise >&2"]);
        assert_eq!(text(&mut command).unwrap(), "out\n");
    }

    #[test]
    fn an_error_quotes_the_program_and_its_words() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no luck >&2; exit 3"]);
        let message = text(&mut command).unwrap_err().to_string();
        assert!(
            message.contains("sh -c") && message.contains("no luck"),
            "{message}"
        );
    }

    #[test]
    fn only_the_end_is_quoted() {
        let many: String = (0..100).map(|n| format!("line {n}\n\n")).collect();
        let quoted = last_lines(&many);
        assert!(
            quoted.starts_with("    line 92\n") && quoted.ends_with("line 99"),
            "{quoted}"
        );
    }

    #[test]
    fn a_directory_is_not_a_program() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("tool")).unwrap();
        assert_eq!(find_in(dir.path().as_os_str(), "tool"), None);
        assert!(super::find_program("sh").is_some());
    }
}
