//! Cases, and the harness that runs them.

use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use anyhow::{Result, anyhow};
use libtest_mimic::{Arguments, Failed, Trial};
use xtask::host::Host;
use xtask::ui::Ui;

use crate::Bench;

/// Cases that run at the same time unless `--test-threads` says otherwise:
/// each of them keeps a core or two busy.
const PARALLEL: usize = 2;

/// What a case does; an error is a failure.
type Check = Box<dyn Fn(&Bench<'_>) -> Result<()> + Send + Sync>;

/// One test.
pub struct Case {
    name: String,
    long: bool,
    check: Check,
}

impl Case {
    /// A test that takes seconds.
    pub fn new(
        name: impl Into<String>,
        check: impl Fn(&Bench<'_>) -> Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            long: false,
            check: Box::new(check),
        }
    }

    /// The same test, run only when long ones are wanted (`--long`).
    #[must_use]
    pub fn long(mut self) -> Self {
        self.long = true;
        self
    }

    fn trial(self, host: Arc<OnceLock<Result<Host, String>>>) -> Trial {
        let name = self.name.clone();
        let run = move || {
            // Whoever is first builds; the others wait here.
            let host =
                host.get_or_init(|| Host::prepare(Ui::quiet()).map_err(|e| format!("{e:#}")));
            let host = host.as_ref().map_err(|error| anyhow!("{error}"));
            let result = host.and_then(|host| (self.check)(&Bench::new(host, &self.name)));
            result.map_err(|error| Failed::from(format!("{error:#}")))
        };
        Trial::test(name, run).with_ignored_flag(self.long)
    }
}

/// Runs cases as the command line of the process wants them (that of the
/// standard test harness).
#[must_use]
pub fn main(cases: Vec<Case>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(PARALLEL);
    let host = Arc::new(OnceLock::new());
    let trials = cases
        .into_iter()
        .map(|case| case.trial(Arc::clone(&host)))
        .collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}
