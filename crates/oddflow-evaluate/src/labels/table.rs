//! Reads the table: its header, then a [`Line`] a line.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use foldhash::fast::FixedState;

use super::{Labels, LabelsError, Line, Verdict};

const GZIP: &[u8] = &[0x1f, 0x8b];

/// Reads the whole file.
pub(super) fn read(path: &Path) -> Result<Labels, LabelsError> {
    let file = path.display().to_string();
    let unreadable = |source| LabelsError::Read { file: file.clone(), source };
    let input = open(path).map_err(unreadable)?;
    parse(&file, input)
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut input = File::open(path)?;
    let mut magic = Vec::with_capacity(GZIP.len());
    input.by_ref().take(GZIP.len() as u64).read_to_end(&mut magic)?;
    let compressed = magic == GZIP;
    let input = BufReader::new(io::Cursor::new(magic).chain(input));
    Ok(if compressed { Box::new(BufReader::new(MultiGzDecoder::new(input))) } else { Box::new(input) })
}

fn parse(file: &str, mut input: impl BufRead) -> Result<Labels, LabelsError> {
    let mut columns: Option<Columns> = None;
    let mut labels = Labels { lines: Vec::new(), names: Vec::new(), others_are_benign: false };
    let mut names: HashMap<String, u32, FixedState> = HashMap::default();
    let (mut bytes, mut number) = (Vec::new(), 0);
    loop {
        bytes.clear();
        let read = input.read_until(b'\n', &mut bytes);
        if read.map_err(|source| LabelsError::Read { file: file.into(), source })? == 0 {
            break;
        }
        number += 1;
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
        if text.is_empty() || (text.starts_with('#') && !text.starts_with("#fields\t")) {
            continue;
        }
        let Some(columns) = &columns else {
            let found = Columns::new(file, text)?;
            labels.others_are_benign = found.label.is_none();
            columns = Some(found);
            continue;
        };
        let cells: Vec<&str> = text.split('\t').collect();
        if cells.len() <= columns.last_needed() {
            return Err(LabelsError::ShortLine { file: file.into(), line: number, cells: cells.len() });
        }
        let verdict = columns.verdict(&cells, |name| {
            *names.entry(name.to_owned()).or_insert_with(|| {
                labels.names.push(name.to_owned());
                (labels.names.len() - 1) as u32
            })
        });
        let ts = columns.ts.and_then(|i| cells.get(i)?.parse().ok()).filter(|ts: &f64| ts.is_finite());
        labels.lines.push(Line { uid: cells[columns.uid].into(), ts, verdict });
    }
    if columns.is_none() {
        return Err(LabelsError::Empty { file: file.into() });
    }
    labels.lines.sort_by(|a, b| a.uid.cmp(&b.uid));
    Ok(labels)
}

/// Where the columns stand that are looked at.
#[derive(Debug)]
struct Columns {
    uid: usize,
    label: Option<usize>,
    kind: Option<usize>,
    campaign: Option<usize>,
    ts: Option<usize>,
}

impl Columns {
    fn new(file: &str, header: &str) -> Result<Self, LabelsError> {
        let names: Vec<&str> = header.trim_start_matches("#fields\t").split('\t').map(str::trim).collect();
        let place = |name: &str| names.iter().position(|&column| column.eq_ignore_ascii_case(name));
        let missing =
            |missing| LabelsError::MissingColumn { file: file.into(), missing, found: names.join(", ") };
        let (label, kind) = (place("label"), place("type").or_else(|| place("attack_type")));
        if label.is_none() && kind.is_none() {
            return Err(missing("label or type"));
        }
        let uid = place("uid").ok_or_else(|| missing("uid"))?;
        Ok(Self { uid, label, kind, campaign: place("campaign"), ts: place("ts") })
    }

    /// The last column that a line can't do without.
    fn last_needed(&self) -> usize {
        self.uid.max(self.label.or(self.kind).unwrap_or(0))
    }

    fn verdict(&self, cells: &[&str], mut id: impl FnMut(&str) -> u32) -> Verdict {
        // A cell that says something: Zeek writes `-` for unset and `(empty)` for empty.
        let cell = |column: Option<usize>| {
            let text = cells.get(column?)?.trim();
            (!matches!(text, "" | "-" | "(empty)")).then_some(text)
        };
        let is = |text: Option<&str>, word: &str| text.is_some_and(|text| text.eq_ignore_ascii_case(word));
        let kind = cell(self.kind);
        let malicious = match self.label {
            Some(_) if is(cell(self.label), "benign") => return Verdict::Benign,
            Some(_) => is(cell(self.label), "malicious"),
            None if is(kind, "benign") => return Verdict::Benign,
            None => kind.is_some() && !is(kind, "unknown"),
        };
        match cell(self.campaign) {
            _ if !malicious => Verdict::Neither,
            Some(campaign) => Verdict::Campaign(id(campaign)),
            None => Verdict::Kind(id(kind.unwrap_or("malicious"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(String, Option<f64>, Verdict)> {
        let labels = parse("labels.tsv", text.as_bytes()).expect("a table");
        labels.lines.into_iter().map(|line| (line.uid.into(), line.ts, line.verdict)).collect()
    }

    #[test]
    fn a_table_with_labels() {
        let text = "row\tuid\tts\tlabel\tcampaign\n0\tCb\t10.5\tbenign\t-\n1\tCa\t11\tMalicious\tscan@10.0.0.7\n\
                    2\tCc\t-\tunknown\t-\n";
        let expected = [
            ("Ca".into(), Some(11.0), Verdict::Campaign(0)),
            ("Cb".into(), Some(10.5), Verdict::Benign),
            ("Cc".into(), None, Verdict::Neither),
        ];
        assert_eq!(lines(text), expected);
    }

    #[test]
    fn a_table_of_attacks_alone() {
        let text =
            "uid\ttype\tcampaign\r\nCa\tbeacon\tbeacon-1\r\nCb\tbenign\t-\r\nCc\t-\t-\r\nCd\tbeacon\t-\r\n";
        let labels = parse("labels.tsv", text.as_bytes()).expect("a table");
        assert!(labels.others_are_benign);
        let verdicts: Vec<_> = labels.lines.iter().map(|line| line.verdict).collect();
        let expected = [Verdict::Campaign(0), Verdict::Benign, Verdict::Neither, Verdict::Kind(1)];
        assert_eq!(verdicts, expected);
        assert_eq!(labels.names, ["beacon-1", "beacon"]);
    }

    #[test]
    fn without_a_campaign_the_type_stands_for_it() {
        let text = "uid\tlabel\tattack_type\nCa\tmalicious\tDDoS\nCb\tmalicious\t-\nCc\tbenign\tDDoS\n";
        let labels = parse("labels.tsv", text.as_bytes()).expect("a table");
        let verdicts: Vec<_> = labels.lines.iter().map(|line| line.verdict).collect();
        assert_eq!(verdicts, [Verdict::Kind(0), Verdict::Kind(1), Verdict::Benign]);
        assert_eq!(labels.names, ["DDoS", "malicious"]);
    }

    #[test]
    fn comments_blank_lines_and_zeek_headers() {
        let text = "#separator \\x09\n#fields\tuid\tlabel\n#types\tstring\tstring\n\nCa\tbenign";
        assert_eq!(lines(text), [("Ca".into(), None, Verdict::Benign)]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let error = |text: &str| parse("labels.tsv", text.as_bytes()).expect_err("no table");
        for text in [
            "",
            "\n",
            "# nothing\n",
            "row\tts\tlabel\n",
            "uid\tcampaign\n",
            "uid label\n",
            "uid\tlabel\nCa\n",
        ] {
            let error = error(text);
            assert!(error.to_string().contains("labels.tsv") && error.remedy().ends_with('.'), "{error}");
        }
        insta::assert_snapshot!(error("row\tts\tlabel\n"), @"the labels labels.tsv have no column uid; their first line names row, ts, label");
        insta::assert_snapshot!(error("uid\tcampaign\n"), @"the labels labels.tsv have no column label or type; their first line names uid, campaign");
        insta::assert_snapshot!(error("uid\tlabel\nCa\n"), @"line 2 of the labels labels.tsv has 1 cells, too few for the columns that its first line names");
        assert!(read(Path::new("not/there.tsv")).is_err());
    }
}
