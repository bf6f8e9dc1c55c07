//! Holds the crates to their floors: an edge goes down, never sideways, never up.

use serde_json::Value;

use crate::workspace::{self, Fail};

/// The floor of each crate; ARCHITECTURE.md draws them.
const FLOORS: [(&str, u8); 12] = [
    ("tidegate-doc", 0),
    ("tidegate-macros", 0),
    ("tidegate-core", 1),
    ("tidegate-proto", 2),
    ("tidegate-flowchart", 2),
    ("tidegate-transport", 3),
    ("tidegate-testkit", 4),
    ("tidegate-executor", 4),
    ("tidegate-gateway", 5),
    ("tidegate-orchestrator", 5),
    ("tidegate", 6),
    ("tidegate-py", 7),
];

/// Where the heavy guests may lodge: the crates on the right are the only ones to name them.
const GUESTS: [(&[&str], &[&str]); 6] = [
    (&["pyo3", "pyo3-ffi", "numpy"], &["tidegate-py"]),
    (
        &[
            "axum",
            "h2",
            "hyper",
            "hyper-util",
            "tonic",
            "tonic-health",
            "tonic-prost",
            "tonic-reflection",
        ],
        &["tidegate-proto", "tidegate-transport"],
    ),
    (
        &["clap", "clap_complete", "tracing-subscriber"],
        &["tidegate"],
    ),
    (
        &["serde_yaml", "serde_norway", "saphyr", "saphyr-parser"],
        &["tidegate-core"],
    ),
    (&["tiny-skia", "ttf-parser"], &["tidegate-flowchart"]),
    (&["k8s-openapi"], &["tidegate-orchestrator"]),
];

/// Only for tests, so that no shipped crate leans on it.
const TEST_ONLY: &str = "tidegate-testkit";

/// Fails with every edge that the house forbids.
pub fn run() -> Result<(), Fail> {
    let metadata = workspace::cargo_metadata()?;
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = text(package, "name");
        if !text(package, "manifest_path").contains("/crates/") {
            continue;
        }
        let Some(floor) = floor(name) else {
            wrong.push(format!(
                "{name} has no floor; give it one in xtask/src/layers.rs"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let for_tests = dependency["kind"] == "dev";
            wrong.extend(judge(name, floor, text(dependency, "name"), for_tests));
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

fn judge(name: &str, own: u8, dependency: &str, for_tests: bool) -> Option<String> {
    if dependency == TEST_ONLY && !for_tests {
        return Some(format!(
            "{name} ships {TEST_ONLY}; make it a dev-dependency"
        ));
    }
    if let Some(below) = floor(dependency) {
        return (below >= own).then(|| {
            let way = if below == own { "sideways" } else { "up" };
            format!("{name} (floor {own}) leans {way} on {dependency} (floor {below})")
        });
    }
    let (_, hosts) = GUESTS
        .iter()
        .find(|(guests, _)| guests.contains(&dependency))?;
    (!hosts.contains(&name) && !for_tests).then(|| {
        format!(
            "{name} names {dependency}, which lodges in {} only",
            hosts.join(" and ")
        )
    })
}

fn floor(name: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, floor)| *floor)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn an_edge_goes_down_only() {
        assert_eq!(judge("tidegate-gateway", 5, "tidegate-core", false), None);
        assert!(judge("tidegate-core", 1, "tidegate-gateway", false).is_some());
        assert!(judge("tidegate-gateway", 5, "tidegate-orchestrator", true).is_some());
    }

    #[test]
    fn a_heavy_guest_has_one_host() {
        assert_eq!(judge("tidegate-py", 7, "pyo3", false), None);
        assert!(judge("tidegate-gateway", 5, "pyo3", false).is_some());
        assert!(judge("tidegate-gateway", 5, "tonic", false).is_some());
    }
}
