//! Draws every figure from made-up numbers of the shapes that real ones have, to look at after a change of style:
//! `cargo run -p oddflow-figures --example gallery -- FOLDER`.

mod random;
mod traffic;

use std::path::PathBuf;

use oddflow_figures::{
    Curve, ErrorCounts, Figure, FigureError, RateAxis, error_histogram, loss_curve, precision_recall,
    reconstruction, roc_curve,
};

use random::Random;

fn main() -> Result<(), FigureError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".into()));
    let mut random = Random(7);
    let mut figures: Vec<(String, Figure)> = Vec::new();

    for (epochs, best) in [(0, 0), (1, 1), (5, 5), (60, 57), (500, 180)] {
        figures.push((format!("loss-{epochs}"), loss_curve(&losses(epochs, &mut random), best)));
    }
    let flat: Vec<_> = losses(40, &mut random).iter().map(|l| (0.2 + 0.1 * l.0, 0.21 + 0.1 * l.1)).collect();
    figures.push(("loss-flat".into(), loss_curve(&flat, 12)));

    for count in [11, 55, 155] {
        let (columns, input, output) = row(count, &mut random);
        let title = "An input against its reconstruction";
        figures.push((format!("reconstruction-{count}"), reconstruction(&columns, &input, &output, title)?));
    }

    let errors: Vec<f32> = (0..248_604).map(|_| (1.6 * random.normal() - 2.6).exp() as f32).collect();
    let tiny: Vec<f32> = errors.iter().take(20_000).map(|e| e * 1e-13).collect();
    let wide: Vec<f32> = errors.iter().take(20_000).map(|e| e.powi(4)).collect();
    let noted = [f32::NAN, 0.0, 0.0, 0.0, f32::INFINITY];
    let few: Vec<f32> = errors.iter().copied().take(40).collect();
    let noted: Vec<f32> = errors.iter().copied().take(2_000).chain(noted).collect();
    for (name, errors, threshold) in [
        ("errors", &errors[..], 3.07),
        ("errors-noted", &noted[..], 3.07),
        ("errors-few", &few[..], 1.5),
        ("errors-equal", &[0.25; 900][..], 0.25),
        ("errors-one", &[0.4][..], 0.4),
        ("errors-tiny", &tiny[..], 3e-13),
        ("errors-wide", &wide[..], 1.0),
        ("errors-zero", &[0.0; 12][..], 0.0),
        ("errors-none", &[][..], 1.0),
    ] {
        let mut counts = ErrorCounts::new(threshold);
        counts.extend(errors.iter().copied());
        figures.push((name.into(), error_histogram(&counts, "99th percentile", "mean squared error")));
    }

    let detectors = detectors(&mut random);
    for (name, count) in [("five", 5), ("one", 1), ("none", 0)] {
        let curve = |d: usize, precision: bool| {
            let (detector, roc, pr) = &detectors[d];
            Curve {
                name: detector,
                points: if precision { pr } else { roc },
                area: Some(0.97 - 0.06 * d as f64),
            }
        };
        let roc: Vec<_> = (0..count).map(|d| curve(d, false)).collect();
        let pr: Vec<_> = (0..count).map(|d| curve(d, true)).collect();
        figures.push((format!("roc-{name}"), roc_curve(&roc, RateAxis::Log)));
        figures.push((format!("roc-linear-{name}"), roc_curve(&roc, RateAxis::Linear)));
        figures.push((format!("precision-recall-{name}"), precision_recall(&pr, 1.0 / 11.0)));
    }

    figures.extend(traffic::figures(&mut random));

    for (name, figure) in figures {
        figure.save(&folder, &name)?;
    }
    Ok(())
}

/// Points of a curve.
type Points = Vec<(f64, f64)>;

/// Five detectors of falling quality, each with its ROC and its precision-recall points.
fn detectors(random: &mut Random) -> Vec<(&'static str, Points, Points)> {
    const NAMES: [&str; 5] = ["behaviour", "classic", "isolation forest", "tuple rarity", "robust z"];
    const BENIGN: usize = 6000;
    const MALICIOUS: usize = 600;
    let mut detector = |name, shift: f64| {
        let mut scores: Vec<(f64, bool)> = (0..BENIGN + MALICIOUS)
            .map(|i| (random.normal() + if i < MALICIOUS { shift } else { 0.0 }, i < MALICIOUS))
            .collect();
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let (mut hits, mut false_alarms) = (0.0, 0.0);
        let (mut roc, mut pr) = (vec![(0.0, 0.0)], Vec::new());
        for (_, malicious) in scores {
            if malicious {
                hits += 1.0;
            } else {
                false_alarms += 1.0;
            }
            roc.push((false_alarms / BENIGN as f64, hits / MALICIOUS as f64));
            pr.push((hits / MALICIOUS as f64, hits / (hits + false_alarms)));
        }
        (name, roc, pr)
    };
    NAMES.into_iter().zip([3.4, 2.5, 1.9, 1.2, 0.6]).map(|(name, shift)| detector(name, shift)).collect()
}

/// Losses that fall fast, then slowly, while validation turns up again.
fn losses(epochs: usize, random: &mut Random) -> Vec<(f64, f64)> {
    let at = |i: usize, noise: f64| {
        let t = i as f64;
        let train = 0.9 * (-t / 4.0).exp() + 0.12 * (-t / 40.0).exp() + 0.018;
        (train, train * 1.08 + 0.00002 * (t - 50.0).max(0.0).powf(1.3) + noise)
    };
    (0..epochs).map(|i| at(i, 0.002 * random.normal().abs())).collect()
}

/// A row of the `classic` recipe, more or less: a few heavy columns, many indicators.
fn row(count: usize, random: &mut Random) -> (Vec<String>, Vec<f32>, Vec<f32>) {
    const NUMERIC: [&str; 11] = [
        "uid",
        "src_ip",
        "src_p",
        "dst_ip",
        "dst_p",
        "duration",
        "src_bytes",
        "history",
        "ip_proto",
        "dst_bytes_per_orig_pkt",
        "dst_bytes_per_resp_pkt",
    ];
    const LEVELS: [&str; 6] = [
        "proto_udp",
        "service_ssl,http",
        "service_gssapi,smb,ntlm",
        "conn_state_S0",
        "service_dns",
        "local_orig_T",
    ];
    let columns = (0..count)
        .map(|i| NUMERIC.get(i).map_or_else(|| format!("{}{i}", LEVELS[i % 6]), |&name| name.to_owned()))
        .collect();
    let input: Vec<f32> = (0..count)
        .map(|i| match i {
            0..11 => (random.normal() * 1.2) as f32,
            _ if i % 17 == 4 => 3.4,
            _ => -0.25 + 0.2 * random.normal() as f32,
        })
        .collect();
    let output = input.iter().map(|v| v * 0.85 + 0.22 * random.normal() as f32).collect();
    (columns, input, output)
}
