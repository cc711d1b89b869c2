//! Tables of PROTOCOL.md are the closed lists of the code.

use super::walls::root;
use lacre_proto::limits::Limit;
use lacre_proto::reasons::{Reason, Told};
use std::collections::{BTreeMap, BTreeSet};

/// PROTOCOL.md has every label, and no other. Seen red with a label taken out of the page.
#[test]
fn the_table_of_labels_is_the_closed_list() {
    let page = std::fs::read_to_string(root().join("PROTOCOL.md")).unwrap();
    let section = page.split_once("## 2. Labels").unwrap().1.split_once("## 3.").unwrap().0;
    let written: BTreeSet<&str> =
        section.split('`').filter(|t| t.starts_with("lacre ")).filter(|t| *t != "lacre channel v1").collect();
    let list: BTreeSet<&str> = lacre_ground::label::Label::ALL.iter().map(|l| l.text()).collect();

    assert_eq!(written, list);
}

/// PROTOCOL.md has every reason that is sent, with its gRPC code, and no other; and each limit that can refuse. Seen red with a
/// reason taken out of the page, with another code there, and with a limit renamed.
#[test]
fn the_table_of_reasons_is_what_relay_and_client_know() {
    let page = std::fs::read_to_string(root().join("PROTOCOL.md")).unwrap();
    let section = page.split_once("## 6. Calls and refusals").unwrap().1.split_once("| call | costs |").unwrap().0;
    let rows = section.lines().filter_map(|l| l.strip_prefix("| ")?.split_once(" | "));
    let written: BTreeMap<&str, &str> = rows
        .filter(|(reason, _)| reason.len() > 4 && reason.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .filter_map(|(reason, rest)| Some((reason, rest.split_once(' ')?.0)))
        .collect();
    let code = |reason: Reason| {
        let name = format!("{:?}", reason.code());
        let capitals = name.char_indices().skip(1).filter(|(_, c)| c.is_uppercase()).map(|(at, _)| at);
        let cuts: Vec<usize> = [0].into_iter().chain(capitals).chain([name.len()]).collect();
        cuts.windows(2).map(|w| name[w[0]..w[1]].to_uppercase()).collect::<Vec<_>>().join("_")
    };

    let known: Vec<(&str, String)> = Reason::ALL.iter().map(|r| (r.as_str(), code(*r))).collect();
    assert_eq!(known.iter().map(|(name, code)| (*name, code.as_str())).collect::<BTreeMap<_, _>>(), written);
    for reason in Reason::ALL {
        let line = section.lines().find(|l| l.starts_with(&format!("| {reason} |"))).unwrap();
        assert_eq!(line.contains("(registrar only)"), reason.told() == Told::Counter, "{line}");
    }
    let limits = page.split_once("## 20. Limits").unwrap().1.split_once("\n## ").unwrap().0;
    for limit in Limit::ALL {
        let said = limits.contains(&format!("`{limit}`")) || section.contains(&format!("`{limit}`"));
        assert!(said, "{limit} is not in PROTOCOL.md");
    }
}
