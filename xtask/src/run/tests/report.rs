//! Reports for programs and for people.

use bundle::Report;
use bundle::report::{NodeStatus, VcpuReport, VmReport, VmState};
use serde_json::json;

use super::{report_json, report_table};

fn sample() -> Report {
    let vcpu = |exits: &[(&str, u64)]| VcpuReport {
        exits: exits
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count))
            .collect(),
    };
    let vms = vec![
        VmReport {
            name: "linux0".to_owned(),
            state: VmState::Off,
            resets: 2,
            vcpus: vec![
                vcpu(&[("wfi", 100), ("hvc", 0), ("mmio", 7)]),
                vcpu(&[("wfi", 5)]),
            ],
        },
        VmReport {
            name: "bad".to_owned(),
            state: VmState::Failed("no kernel".to_owned()),
            resets: 0,
            vcpus: vec![],
        },
    ];
    Report {
        status: NodeStatus::Failed {
            reason: "bad failed".to_owned(),
        },
        vms,
    }
}

#[test]
fn json_names_are_stable() {
    let wanted = json!({
        "status": "failed",
        "reason": "bad failed",
        "vms": [
            {
                "name": "linux0", "state": "off", "reason": null, "resets": 2, "exits": 112,
                "vcpus": [
                    { "total": 107, "exits": { "wfi": 100, "hvc": 0, "mmio": 7 } },
                    { "total": 5, "exits": { "wfi": 5 } },
                ],
            },
            { "name": "bad", "state": "failed", "reason": "no kernel", "resets": 0, "exits": 0, "vcpus": [] },
        ],
    });
    assert_eq!(report_json(&sample()), wanted);
}

#[test]
fn the_table_is_for_people() {
    let table = "\
linux0: off, reset 2 times
  exits                          vCPU 0       vCPU 1
  wfi                               100            5
  mmio                                7            0
  total                             107            5
bad: failed (no kernel)
  exits                   \n  total                   \n";
    assert_eq!(report_table(&sample()), table);
}
