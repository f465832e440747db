//! Words for what the store only names.

use oddflow_dashboard::Technique;

/// The techniques that incidents may suggest, by what MITRE calls them.
const TECHNIQUES: [(&str, &str); 14] = [
    ("T1021.001", "Remote Services: Remote Desktop Protocol"),
    ("T1021.002", "Remote Services: SMB/Windows Admin Shares"),
    ("T1021.004", "Remote Services: SSH"),
    ("T1039", "Data from Network Shared Drive"),
    ("T1046", "Network Service Discovery"),
    ("T1048", "Exfiltration Over Alternative Protocol"),
    ("T1071", "Application Layer Protocol"),
    ("T1071.001", "Application Layer Protocol: Web Protocols"),
    ("T1071.004", "Application Layer Protocol: DNS"),
    ("T1105", "Ingress Tool Transfer"),
    ("T1110", "Brute Force"),
    ("T1486", "Data Encrypted for Impact"),
    ("T1498", "Network Denial of Service"),
    ("T1595", "Active Scanning"),
];

/// What a technique is called.
pub(super) fn technique(id: &str) -> Technique {
    let known = TECHNIQUES.iter().find(|(known, _)| *known == id);
    Technique {
        id: id.into(),
        name: known.map_or(id, |(_, name)| name).into(),
        url: format!("https://attack.mitre.org/techniques/{}/", id.replace('.', "/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_in_order_and_have_pages() {
        assert!(TECHNIQUES.is_sorted());
        let known = technique("T1071.004");
        assert_eq!(known.name, "Application Layer Protocol: DNS");
        assert_eq!(known.url, "https://attack.mitre.org/techniques/T1071/004/");
        assert_eq!(technique("T9999").name, "T9999");
    }

    #[test]
    fn each_technique_that_the_detector_names_is_known() {
        let source = include_str!("../../../oddflow-detector/src/behaviour/story.rs");
        for id in source.split('"').filter(|word| {
            word.strip_prefix('T').is_some_and(|rest| {
                rest.len() >= 4 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            })
        }) {
            assert!(TECHNIQUES.iter().any(|(known, _)| *known == id), "{id}");
        }
    }
}
